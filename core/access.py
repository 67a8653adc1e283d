"""Who is asking: tokens to members. A token is shown once; only its SHA-256 is stored."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, union_all
from sqlmodel import col, select

from core.db import transaction
from core.errors import NotAllowed, NotAMember
from core.services import Services
from core.tables import AccessToken, Auditorium, Member
from core.values import AuditoriumState, Channel, InactiveReason, MemberState, Role, TokenKind

# 256 bits of randomness: a plain hash is enough to store, there is nothing to guess.
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A member as the use cases see him: always of exactly one auditorium."""

    member_id: UUID
    name: str
    role: Role
    channel: Channel
    locale: str
    auditorium_id: UUID
    code: str
    title: str
    state: AuditoriumState

    @property
    def manages(self) -> bool:
        """Whether the admin page is his."""
        return self.role in {Role.OWNER, Role.MODERATOR}


def new_token() -> str:
    """A fresh token, 43 characters that fit a URL and a header."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_sha256(token: str) -> bytes:
    """What is stored of a token."""
    return sha256(token.encode()).digest()


def takes_part() -> ColumnElement[bool]:
    """Members who read and send: the active ones, and those who only blocked the bot.

    Blocking the bot says that he wants no messages; on the pages he is who he was.
    """
    return or_(
        col(Member.state) == MemberState.ACTIVE,
        col(Member.inactive_reason) == InactiveReason.BLOCKED,
    )


async def viewer_by_token(services: Services, token: str) -> Viewer:
    """The member whom this token names: a guest's own, or a session that has not ended.

    Raises NotAMember, also for who left or was removed.
    """
    digest = token_sha256(token)
    # Two unique indexes, one query: every picture of a page asks this.
    named = union_all(
        select(col(Member.id)).where(col(Member.token_sha256) == digest),
        select(col(AccessToken.member_id)).where(
            col(AccessToken.sha256) == digest,
            col(AccessToken.kind) == TokenKind.SESSION,
            col(AccessToken.expires_at) > func.now(),
        ),
    )
    async with transaction(services.sessions) as session:
        row = (
            await session.execute(
                select(Member, Auditorium)
                .join(Auditorium, col(Auditorium.id) == col(Member.auditorium_id))
                .where(col(Member.id).in_(named))
                .where(takes_part())
            )
        ).one_or_none()
    if row is None:
        raise NotAMember
    return viewer_of(*row)


def viewer_of(member: Member, auditorium: Auditorium) -> Viewer:
    """A member of this auditorium as the use cases see him."""
    return Viewer(
        member_id=member.id,
        name=member.name,
        role=Role(member.role),
        channel=Channel(member.channel),
        locale=member.locale,
        auditorium_id=auditorium.id,
        code=auditorium.code,
        title=auditorium.title,
        state=AuditoriumState(auditorium.state),
    )


def require_manager(viewer: Viewer) -> None:
    """Raises NotAllowed unless the member is an owner or a moderator."""
    if not viewer.manages:
        raise NotAllowed
