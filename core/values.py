"""The words of the domain as frozen values: what the pure functions take and give."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a member may do in an auditorium."""

    OWNER = "owner"
    MODERATOR = "moderator"
    STUDENT = "student"


class Channel(StrEnum):
    """The way by which a member reads and sends."""

    TELEGRAM = "telegram"
    WEB = "web"
    API = "api"


class AuditoriumState(StrEnum):
    """Whether an auditorium takes uploads; what it holds stays readable either way."""

    OPEN = "open"
    CLOSED = "closed"


class MemberState(StrEnum):
    """Whether a member is owed boards: a blocked bot or a person who left makes him inactive."""

    ACTIVE = "active"
    INACTIVE = "inactive"


class InactiveReason(StrEnum):
    """Why a member is inactive."""

    BLOCKED = "blocked"  # the bot was blocked or put out, the chat is gone: writing brings him back
    LEFT = "left"  # he left; joining again brings him back
    KICKED = "kicked"  # a manager removed him; only a manager brings him back


class Hears(StrEnum):
    """Which ready boards are sent to a member's chat; the gallery shows him all of them."""

    ALL = "all"
    OWN = "own"  # muted: those that he sent himself
    NOTHING = "nothing"  # known through a group: the group gets them


class Quality(StrEnum):
    """What a sender wants of the upscaling: the network, or a plain picture at once."""

    FAST = "fast"
    BEST = "best"


class Vote(IntEnum):
    """What a member says of a board."""

    LIKE = 1
    DISLIKE = -1


class SurveyAnswer(StrEnum):
    """An answer to a question of the survey."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class SurveyQuestion(StrEnum):
    """The questions of the survey, in the order in which they are asked."""

    READABLE = "readable"
    FAST = "fast"
    MISSING = "missing"  # free text; the others are answered with a SurveyAnswer


class TokenKind(StrEnum):
    """What an access token opens: a link the door, once; a session the pages, until it ends."""

    LINK = "link"
    SESSION = "session"


class NoticeKind(StrEnum):
    """What a member is told besides boards."""

    SURVEY = "survey"
    OVERLOAD = "overload"
    OVERLOAD_OVER = "overload_over"
    KICKED = "kicked"


class BoardState(StrEnum):
    """The life of a board: waiting -> running -> ready, or failed with a reason."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


class Stage(StrEnum):
    """What the worker does with a board just now, in this order."""

    FETCH = "fetch"
    DECODE = "decode"
    UPSCALE = "upscale"
    ENCODE = "encode"
    STORE = "store"


class RenderChoice(StrEnum):
    """What a worker did otherwise than asked; it stands in the board's record."""

    SMALLER_INPUT = "smaller_input"  # the network saw the picture in fewer pixels
    CLEAN_ONLY = "clean_only"  # the network's work is missing; the clean view stands for it


class ChoiceReason(StrEnum):
    """Why it did."""

    DEADLINE = "deadline"
    MEMORY = "memory"
    NETWORK_FAILED = "network_failed"


class RenditionKind(StrEnum):
    """A picture derived from an original. None of them carries the original's metadata."""

    UPRIGHT = (
        "upright"  # the original's pixels, upright, sRGB: shown while waiting, and as "before"
    )
    UPSCALED = "upscaled"
    PREVIEW = "preview"
    THUMBNAIL = "thumbnail"
    LOSSLESS = "lossless"  # only on demand: about eight times the bytes of UPSCALED
    CLEAN = "clean"  # these three: views of the result beside UPSCALED, as ResultView names them
    SHARP = "sharp"
    STRAIGHT = "straight"


class ResultView(StrEnum):
    """What is shown of a board, one tap apart. Not the domain's View, which is another shot of it.

    In the order in which a page offers them: from the photo to what is furthest from it.

    ORIGINAL: the photo. COMPOSED: of the two that follow, whichever is faithful, line by line.
    CLEAN: even light, no colour cast, large writing stronger, interpolated; nothing is invented.
    SHARP: a network's work on a strengthened picture, whatever it may invent. STRAIGHT: COMPOSED
    cropped to the board without perspective, where its four edges were found.
    """

    ORIGINAL = "original"
    COMPOSED = "composed"
    CLEAN = "clean"
    SHARP = "sharp"
    STRAIGHT = "straight"


class ViewUse(StrEnum):
    """What a member did with a view of a board: looked at it, or kept it as a file."""

    OPENED = "opened"
    KEPT = "kept"


class DeliveryState(StrEnum):
    """The life of one ready board owed to one member."""

    OWED = "owed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class AttemptPurpose(StrEnum):
    """Why an attempt was made."""

    RENDER = "render"
    LOSSLESS = "lossless"
    SEND = "send"


class AttemptOutcome(StrEnum):
    """How an attempt ended; LOST is one whose owner vanished with its lease."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LOST = "lost"


class VerdictName(StrEnum):
    """What dedup said of an upload, as it is stored and told."""

    NEW = "new"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What dedup knows of a picture; computed from its upright sRGB pixels.

    bytes_sha256, pixels_sha256: 32 bytes each. phash64 and phash256: DCT hashes as unsigned
    integers of 64 and 256 bits (imagehash.phash with hash_size 8 and 16). sketch: SKETCH_SIDE
    squared bytes, row by row, the luminance squeezed onto a square. width, height: pixels, upright.
    """

    bytes_sha256: bytes
    pixels_sha256: bytes
    phash64: int
    phash256: int
    sketch: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A picture that an auditorium already has: the fingerprint of one upload and its board."""

    board_id: UUID
    upload_id: UUID
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why dedup decided so; stored with the upload. Distances are None where nothing was compared.

    rule: "bytes", "pixels", "picture" or "none". compared: how many known pictures were looked at.
    phash64, phash256: Hamming distances in bits. largest_change, stands_out: core.dedup.Change.
    """

    rule: str
    compared: int
    phash64: int | None = None
    phash256: int | None = None
    largest_change: float | None = None
    stands_out: float | None = None


@dataclass(frozen=True, slots=True)
class New:
    """Nothing in the auditorium is this picture: it gets a board of its own."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The auditorium already has this picture: the upload joins that board."""

    board_id: UUID
    evidence: Evidence


Verdict = New | Duplicate


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One act of sending as it reaches core.intake, whatever the channel.

    content: the bytes, in chunks, not yet trusted or bounded. idempotency_key: the same key by the
    same member answers with the first upload and stores nothing. quality: what a new board of it
    is rendered with.
    """

    member_id: UUID
    channel: Channel
    content: AsyncIterator[bytes]
    caption: str | None = None
    idempotency_key: str | None = None
    quality: Quality = Quality.BEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the sender is told at once: his upload, the board it belongs to, and the verdict."""

    upload_id: UUID
    board_id: UUID
    board_number: int
    verdict: VerdictName
    state: BoardState


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A lease on one board: whoever holds `attempt_id` may write it, nobody else (fencing token).

    attempt_number: counts all attempts of this purpose. tries: those since the board was queued.
    """

    board_id: UUID
    auditorium_id: UUID
    attempt_id: UUID
    attempt_number: int
    tries: int
    purpose: AttemptPurpose
    owner: str
    original_key: str
    quality: Quality
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class ResultPart:
    """Rows of a result from `top` on, as PNG. made_of: what they were made of and with."""

    made_of: str
    top: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An encoded picture ready to be stored. width, height: pixels."""

    kind: RenditionKind
    media_type: str
    width: int
    height: int
    content: bytes = field(repr=False)
