"""The way from the bot to the pages: a link that works once, then a browser's session.

Whoever writes to the bot from a member's chat is that member, so the bot may hand him a link. It
is a secret that lies in a chat and in a browser's history: hence once, and only for minutes.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from core.access import Viewer, new_token, takes_part, token_sha256, viewer_of
from core.db import in_seconds, transaction
from core.errors import LoginLinkSpent, NotAMember
from core.services import Services
from core.tables import AccessToken, Auditorium, Member
from core.values import TokenKind

# More expired rows than this wait for the next link: nobody waits for the sweeping.
_SWEPT_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session that a link has opened. token: for the browser's cookie, not shown again."""

    viewer: Viewer
    token: str


async def new_link(services: Services, member_id: UUID) -> str:
    """The token of a link that works once, for login_link_minutes; older ones end.

    Raises NotAMember for who left or was removed.
    """
    token = new_token()
    lifetime = timedelta(minutes=services.settings.login_link_minutes)
    async with transaction(services.sessions) as session:
        # The lock: of two links that are asked for at once only one is left.
        found = await session.scalar(
            select(col(Member.id))
            .where(col(Member.id) == member_id, takes_part())
            .with_for_update(key_share=True)
        )
        if found is None:
            raise NotAMember
        await _sweep(session)
        await session.execute(
            delete(AccessToken)
            .where(col(AccessToken.member_id) == member_id)
            .where(col(AccessToken.kind) == TokenKind.LINK)
        )
        await _keep(session, token, member_id, TokenKind.LINK, lifetime)
    return token


async def open_link(services: Services, link_token: str) -> Opened:
    """A session in exchange for the link, which is spent by that.

    Raises LoginLinkSpent where there is no such link any more; nothing is spent then.
    """
    token = new_token()
    lifetime = timedelta(days=services.settings.login_session_days)
    async with transaction(services.sessions) as session:
        member_id = await session.scalar(
            delete(AccessToken)
            .where(col(AccessToken.sha256) == token_sha256(link_token))
            .where(col(AccessToken.kind) == TokenKind.LINK)
            .where(col(AccessToken.expires_at) > func.now())
            .returning(col(AccessToken.member_id))
        )
        row = (
            await session.execute(
                select(Member, Auditorium)
                .join(Auditorium, col(Auditorium.id) == col(Member.auditorium_id))
                .where(col(Member.id) == member_id, takes_part())
            )
        ).one_or_none()
        if row is None:
            raise LoginLinkSpent
        viewer = viewer_of(*row)
        await _keep(session, token, viewer.member_id, TokenKind.SESSION, lifetime)
    return Opened(viewer=viewer, token=token)


async def end_access(session: AsyncSession, member_id: UUID) -> None:
    """No link and no session of this member's works from the commit on."""
    await session.execute(delete(AccessToken).where(col(AccessToken.member_id) == member_id))


async def _keep(
    session: AsyncSession, token: str, member_id: UUID, kind: TokenKind, lifetime: timedelta
) -> None:
    await session.execute(
        insert(AccessToken).values(
            sha256=token_sha256(token),
            member_id=member_id,
            kind=kind,
            expires_at=in_seconds(lifetime.total_seconds()),
        )
    )


async def _sweep(session: AsyncSession) -> None:
    """Remove what has expired; rows that another transaction has in hand are left to it."""
    expired = (
        select(col(AccessToken.sha256))
        .where(col(AccessToken.expires_at) <= func.now())
        .limit(_SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    await session.execute(delete(AccessToken).where(col(AccessToken.sha256).in_(expired)))
