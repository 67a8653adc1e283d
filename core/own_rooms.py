"""A Telegram chat and the auditoriums that it is in: which is current, muted, left."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.access import Viewer, viewer_of
from core.chat_life import drop_owed
from core.db import transaction
from core.errors import AuditoriumNotFound, NotInAuditorium, OwnerStays
from core.services import Services
from core.tables import Auditorium, Member
from core.values import AuditoriumState, Hears, InactiveReason, MemberState, Role

# More buttons than this is a list that nobody reads; older ones are reached by their code.
ROOMS_SHOWN: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomOfChat:
    """An auditorium as a chat that is in it sees it."""

    auditorium_id: UUID
    code: str
    title: str
    state: AuditoriumState
    role: Role
    muted: bool
    is_current: bool


async def rooms_of_chat(services: Services, chat_id: int) -> tuple[RoomOfChat, ...]:
    """The auditoriums that the chat is in, the current one first, at most ROOMS_SHOWN."""
    async with transaction(services.sessions) as session:
        rows = (await session.execute(_memberships(chat_id).limit(ROOMS_SHOWN))).all()
    return tuple(
        RoomOfChat(
            auditorium_id=auditorium.id,
            code=auditorium.code,
            title=auditorium.title,
            state=AuditoriumState(auditorium.state),
            role=Role(member.role),
            muted=member.hears == Hears.OWN,
            is_current=place == 0,
        )
        for place, (member, auditorium) in enumerate(rows)
    )


async def choose_room(services: Services, chat_id: int, auditorium_id: UUID) -> Viewer:
    """Make an auditorium that the chat is in its current one. Raises AuditoriumNotFound."""
    async with transaction(services.sessions) as session:
        row = (
            await session.execute(
                _memberships(chat_id).where(col(Member.auditorium_id) == auditorium_id)
            )
        ).one_or_none()
        if row is None:
            raise AuditoriumNotFound
        member, auditorium = row
        member.chosen_at = (await session.execute(select(func.now()))).scalar_one()
    return viewer_of(member, auditorium)


async def current_room(services: Services, chat_id: int) -> Viewer:
    """The chat as a member of its current auditorium. Raises NotInAuditorium if it is in none."""
    async with transaction(services.sessions) as session:
        member, auditorium = await _current(session, chat_id)
    return viewer_of(member, auditorium)


async def toggle_mute(services: Services, chat_id: int) -> tuple[Viewer, bool]:
    """Mute the current auditorium, or end that; whether it is muted now. Raises NotInAuditorium.

    A muted member still gets the boards that he sends himself.
    """
    async with transaction(services.sessions) as session:
        member, auditorium = await _current(session, chat_id)
        muted = member.hears != Hears.OWN
        member.hears = Hears.OWN if muted else Hears.ALL
    return viewer_of(member, auditorium), muted


async def leave(services: Services, chat_id: int) -> Viewer:
    """Leave the current auditorium; who one was there. Raises NotInAuditorium, OwnerStays."""
    async with transaction(services.sessions) as session:
        member, auditorium = await _current(session, chat_id)
        if member.role == Role.OWNER:
            raise OwnerStays(title=auditorium.title)
        member.state = MemberState.INACTIVE
        member.inactive_reason = InactiveReason.LEFT
        await session.flush()
        await drop_owed(session, [member.id])
    return viewer_of(member, auditorium)


def _memberships(chat_id: int) -> Select[Member, Auditorium]:
    return (
        select(Member, Auditorium)
        .join(Auditorium, col(Auditorium.id) == col(Member.auditorium_id))
        .where(col(Member.telegram_chat_id) == chat_id)
        .where(col(Member.state) == MemberState.ACTIVE)
        .where(col(Member.hears) != Hears.NOTHING)
        .order_by(col(Member.chosen_at).desc(), col(Member.id))
    )


async def _current(session: AsyncSession, chat_id: int) -> tuple[Member, Auditorium]:
    row = (await session.execute(_memberships(chat_id).limit(1))).one_or_none()
    if row is None:
        raise NotInAuditorium
    member, auditorium = row
    return member, auditorium
