"""What can go wrong, as types with a stable code. The edges turn a code into HTTP or a message.

A code never changes once released: clients and translations are keyed by it. `detail` is plain
English for logs and API clients; people read the text that `core.texts` has for the code.
"""

from typing import ClassVar


class DomainError(Exception):
    """The root. `context` holds the numbers a message needs, never a secret."""

    code: ClassVar[str] = "internal"

    def __init__(self, detail: str = "", **context: str | float) -> None:
        super().__init__(detail or self.code)
        self.detail = detail or self.code
        self.context = context


class BadPicture(DomainError):
    """The bytes are not a picture that we take. The sender can do something about it."""

    code = "bad_picture"


class EmptyFile(BadPicture):
    """No bytes came."""

    code = "empty_file"


class UnknownFormat(BadPicture):
    """The magic bytes are of none of the formats that are taken (SVG and text among them)."""

    code = "unknown_format"


class DamagedPicture(BadPicture):
    """The format is known but the pixels cannot be decoded, as with a cut-off transfer."""

    code = "damaged_picture"


class TooManyBytes(BadPicture):
    """More bytes than the limit; context: limit_mb."""

    code = "too_many_bytes"


class TooManyPixels(BadPicture):
    """More pixels than the limit, seen in the header before decoding; context: limit_mp."""

    code = "too_many_pixels"


class TooFewPixels(BadPicture):
    """A side is shorter than the least; context: least_px."""

    code = "too_few_pixels"


class BadRequest(DomainError):
    """The request cannot be understood; context may hold the field."""

    code = "bad_request"


class NotFound(DomainError):
    """There is no such thing, or it is not this member's to see: the two are not told apart."""

    code = "not_found"


class AuditoriumNotFound(NotFound):
    """No auditorium has this code."""

    code = "auditorium_not_found"


class BoardNotFound(NotFound):
    """No board with this id in an auditorium of this member."""

    code = "board_not_found"


class UploadNotFound(NotFound):
    """No upload with this id in an auditorium of this member."""

    code = "upload_not_found"


class SurveyNotFound(NotFound):
    """Nobody has asked this chat, or its member is gone."""

    code = "survey_not_found"


class MemberNotFound(NotFound):
    """No such member in an auditorium of this member."""

    code = "member_not_found"


class RenditionNotReady(NotFound):
    """The board exists, the picture asked for does not yet."""

    code = "rendition_not_ready"


class NotAMember(DomainError):
    """No token, or one that opens nothing here."""

    code = "not_a_member"


class NotInAuditorium(DomainError):
    """The chat is in no auditorium that this could be about."""

    code = "not_in_auditorium"


class OwnerStays(DomainError):
    """The owner of an auditorium cannot leave it; context: title."""

    code = "owner_stays"


class LoginLinkSpent(DomainError):
    """A login link that was opened already, is too old, or was replaced by a newer one."""

    code = "login_link_spent"


class MemberKicked(DomainError):
    """A manager removed this member: only a manager brings him back."""

    code = "member_kicked"


class NotAllowed(DomainError):
    """A member, but without the role that this takes."""

    code = "not_allowed"


class AuditoriumClosed(DomainError):
    """The owner closed the auditorium: it can be read, nothing can be sent."""

    code = "auditorium_closed"


class QuotaReached(DomainError):
    """The auditorium holds as many uploads as it may; context: limit."""

    code = "quota_reached"


class Unavailable(DomainError):
    """A server that we need does not answer; nothing was stored, sending again is right."""

    code = "unavailable"


class StorageUnavailable(Unavailable):
    """The object store does not answer."""

    code = "storage_unavailable"


class DatabaseUnavailable(Unavailable):
    """PostgreSQL does not answer."""

    code = "database_unavailable"


class LeaseLost(DomainError):
    """A worker came back after its lease had gone to another: what it made is dropped."""

    code = "lease_lost"
