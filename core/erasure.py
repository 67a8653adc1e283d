"""Everything that is known of a person in Telegram, deleted at his word."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from core.db import transaction
from core.logs import get_logger
from core.removal import Removed, SentMessage, remove_rows, tell_removed
from core.services import Services
from core.tables import Auditorium, Member, StatusMessage, TelegramChat, Upload
from core.values import AuditoriumState, MemberState, Role

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """uploads, boards: how many went. messages: in which others have boards that went."""

    uploads: int
    boards: int
    messages: tuple[SentMessage, ...]


async def delete_member_data(services: Services, chat_id: int) -> Erased:
    """Delete uploads, votes, answers, memberships and choices of a chat, in one transaction.

    Boards that others have sent too stay. An auditorium in which he is alone goes whole. One that
    he owns and others are in passes to its first moderator; without any it is closed, since nobody
    manages it any more.
    """
    removed: list[Removed] = []
    async with transaction(services.sessions) as session:
        uploads = 0
        for auditorium in await _auditoriums(session, chat_id):
            member = await _member(session, auditorium.id, chat_id)
            ids = await _uploads_of(session, member.id)
            uploads += len(ids)
            removed += await remove_rows(session, ids)
            await session.delete(member)
            await session.flush()
            await _settle(session, services, auditorium, was_owner=member.role == Role.OWNER)
        await session.execute(delete(TelegramChat).where(col(TelegramChat.chat_id) == chat_id))
        await session.execute(delete(StatusMessage).where(col(StatusMessage.chat_id) == chat_id))
    await tell_removed(services, removed)
    log.info("person.erased", uploads=uploads, boards=sum(each.gone for each in removed))
    return Erased(
        uploads=uploads,
        boards=sum(each.gone for each in removed),
        messages=tuple(
            message for each in removed for message in each.messages if message.chat_id != chat_id
        ),
    )


async def _auditoriums(session: AsyncSession, chat_id: int) -> Sequence[Auditorium]:
    """Those that he is or was in, locked in one order, so that two who leave do not meet."""
    return (
        (
            await session.execute(
                select(Auditorium)
                .join(Member, col(Member.auditorium_id) == col(Auditorium.id))
                .where(col(Member.telegram_chat_id) == chat_id)
                .order_by(col(Auditorium.id))
                .with_for_update(of=Auditorium)
            )
        )
        .scalars()
        .all()
    )


async def _member(session: AsyncSession, auditorium_id: UUID, chat_id: int) -> Member:
    return (
        await session.execute(
            select(Member)
            .where(col(Member.auditorium_id) == auditorium_id)
            .where(col(Member.telegram_chat_id) == chat_id)
        )
    ).scalar_one()


async def _uploads_of(session: AsyncSession, member_id: UUID) -> Sequence[UUID]:
    rows = await session.execute(select(Upload.id).where(col(Upload.member_id) == member_id))
    return rows.scalars().all()


async def _settle(
    session: AsyncSession, services: Services, auditorium: Auditorium, *, was_owner: bool
) -> None:
    """The auditorium after he went."""
    here = col(Member.auditorium_id) == auditorium.id
    members = await session.scalar(select(func.count()).select_from(Member).where(here))
    if not members:
        await session.delete(auditorium)
        return
    if not was_owner:
        return
    managers = (
        (
            await session.execute(
                select(Member)
                .where(here, col(Member.role).in_([Role.OWNER, Role.MODERATOR]))
                .where(col(Member.state) == MemberState.ACTIVE)
                .order_by(col(Member.role) == Role.MODERATOR, col(Member.joined_at))
            )
        )
        .scalars()
        .all()
    )
    if managers:
        managers[0].role = Role.OWNER
    elif auditorium.state == AuditoriumState.OPEN:
        auditorium.state = AuditoriumState.CLOSED
        auditorium.closed_at = services.clock()
