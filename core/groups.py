"""Groups in Telegram: bound to one auditorium, in which the group is a member like any other.

Boards come to the group's chat, in a forum to the topic in which it was bound. Who sends a photo
or presses a button there takes part as himself (core.chats.person_in).
"""

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from core.access import Viewer
from core.chat_life import drop_owed
from core.chats import Chat, person_in
from core.db import transaction
from core.errors import MemberKicked
from core.rooms import chat_name, find_room
from core.services import Services
from core.tables import Auditorium, Member
from core.values import AuditoriumState, Channel, Hears, InactiveReason, MemberState, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The auditorium of a group. topic_id: of the forum's topic that is meant; None: anywhere."""

    auditorium_id: UUID
    member_id: UUID
    code: str
    title: str
    state: AuditoriumState
    topic_id: int | None


async def bind_group(
    services: Services, group: Chat, *, code: str, topic_id: int | None
) -> Binding:
    """Make the group a member of the auditorium with this code, and of no other.

    Raises AuditoriumNotFound, MemberKicked. That an administrator of the group asks is for the
    caller to check.
    """
    room = await find_room(services, code)
    joined = {
        "state": MemberState.ACTIVE,
        "inactive_reason": None,
        "name": chat_name(group.name, group.chat_id),
        "hears": Hears.ALL,
        "telegram_topic_id": topic_id,
    }
    async with transaction(services.sessions) as session:
        await _unbind(session, group.chat_id, except_for=room.auditorium_id)
        bound = await session.execute(
            insert(Member)
            .values(
                id=uuid4(),
                auditorium_id=room.auditorium_id,
                role=Role.STUDENT,
                channel=Channel.TELEGRAM,
                locale=group.locale,
                telegram_chat_id=group.chat_id,
                **joined,
            )
            .on_conflict_do_update(
                index_elements=["auditorium_id", "telegram_chat_id"],
                set_={**joined, "chosen_at": func.now()},
                where=col(Member.inactive_reason).is_distinct_from(InactiveReason.KICKED),
            )
            .returning(col(Member.id))
        )
        if bound.scalar_one_or_none() is None:
            raise MemberKicked
        binding = await _binding(session, group.chat_id)
    if binding is None:
        raise RuntimeError("a group that was just bound is not")
    return binding


async def unbind_group(services: Services, chat_id: int) -> Binding | None:
    """End the group's binding; which it was, None if there was none."""
    async with transaction(services.sessions) as session:
        binding = await _binding(session, chat_id)
        await _unbind(session, chat_id)
    return binding


async def binding_of(services: Services, chat_id: int) -> Binding | None:
    """The auditorium that the group is bound to."""
    async with transaction(services.sessions) as session:
        return await _binding(session, chat_id)


async def sender_in_group(
    services: Services, group_id: int, topic_id: int | None, person: Chat
) -> Viewer | None:
    """Who sends a photo in a group, as a member of its auditorium; None where it is not meant.

    It is not where the group is unbound, or in another topic than the bound one. Raises
    BoardNotFound for somebody whom the teacher has removed.
    """
    async with transaction(services.sessions) as session:
        binding = await _binding(session, group_id)
        if binding is None or binding.topic_id not in {None, topic_id}:
            return None
        return await person_in(session, person, binding.auditorium_id)


async def _binding(session: AsyncSession, chat_id: int) -> Binding | None:
    row = (
        await session.execute(
            select(Member, Auditorium)
            .join(Auditorium, col(Auditorium.id) == col(Member.auditorium_id))
            .where(col(Member.telegram_chat_id) == chat_id)
            .where(col(Member.state) == MemberState.ACTIVE)
            .order_by(col(Member.chosen_at).desc())
            .limit(1)
        )
    ).one_or_none()
    if row is None:
        return None
    member, auditorium = row
    return Binding(
        auditorium_id=auditorium.id,
        member_id=member.id,
        code=auditorium.code,
        title=auditorium.title,
        state=AuditoriumState(auditorium.state),
        topic_id=member.telegram_topic_id,
    )


async def _unbind(session: AsyncSession, chat_id: int, *, except_for: UUID | None = None) -> None:
    left = (
        update(Member)
        .where(col(Member.telegram_chat_id) == chat_id)
        .where(col(Member.state) == MemberState.ACTIVE)
        .values(state=MemberState.INACTIVE, inactive_reason=InactiveReason.LEFT)
    )
    if except_for is not None:
        left = left.where(col(Member.auditorium_id) != except_for)
    ids = (await session.execute(left.returning(col(Member.id)))).scalars().all()
    await drop_owed(session, ids)
