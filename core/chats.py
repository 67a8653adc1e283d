"""Telegram chats as members: the auditorium a chat is in now, and its own one-person auditorium.

A chat may be a member of several auditoriums; the last chosen is the current one. A chat that
never joined any gets one of its own, with the same rows as every other auditorium. A group that is
bound to an auditorium is a member too; a person who takes part through it becomes a member who is
sent nothing in his own chat.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from core.access import Viewer, viewer_of
from core.chat_life import activate_chat
from core.db import transaction
from core.errors import BoardNotFound
from core.rooms import chat_name, insert_auditorium
from core.services import Services
from core.tables import Auditorium, Board, Member
from core.values import Channel, Hears, InactiveReason, MemberState, Role

# The first key of advisory locks for chats, so that no other use of them meets it: "chat".
_LOCK_SPACE: Final = 0x63686174


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A person's private chat with the bot. name: as in Telegram; locale: "ru" or "en"."""

    chat_id: int
    name: str
    locale: str


async def current_or_own(services: Services, chat: Chat, own_title: str) -> Viewer:
    """The chat as a member of its current auditorium; one of its own if it never joined any.

    Who had become inactive, as after blocking the bot, is back: he has just written to it.
    """
    async with transaction(services.sessions) as session:
        viewer = await _current(session, chat.chat_id)
        if viewer is not None:
            return viewer
        # The photos of one album arrive together: only the first of them makes the auditorium.
        await session.execute(
            select(func.pg_advisory_xact_lock(_LOCK_SPACE, func.hashint8(chat.chat_id)))
        )
        await activate_chat(session, chat.chat_id)
        viewer = await _current(session, chat.chat_id)
        if viewer is not None:
            return viewer
        auditorium_id, _ = await insert_auditorium(session, services.settings, own_title)
        session.add(
            Member(
                auditorium_id=auditorium_id,
                name=chat_name(chat.name, chat.chat_id),
                role=Role.OWNER,
                channel=Channel.TELEGRAM,
                locale=chat.locale,
                telegram_chat_id=chat.chat_id,
            )
        )
        await session.flush()
        viewer = await _current(session, chat.chat_id)
    if viewer is None:
        raise RuntimeError("an auditorium that was just made is not there")
    return viewer


async def come_back(services: Services, chat_id: int) -> Viewer | None:
    """Make the chat an active member of its auditoriums again; the current one, None if none."""
    async with transaction(services.sessions) as session:
        await activate_chat(session, chat_id)
        return await _current(session, chat_id)


async def member_for_board(services: Services, chat_id: int, board_id: UUID) -> Viewer:
    """The chat as a member of the auditorium that has this board. Raises BoardNotFound."""
    async with transaction(services.sessions) as session:
        row = (
            await session.execute(
                select(Member, Auditorium)
                .join(Auditorium, col(Auditorium.id) == col(Member.auditorium_id))
                .join(Board, col(Board.auditorium_id) == col(Auditorium.id))
                .where(col(Board.id) == board_id, col(Member.telegram_chat_id) == chat_id)
                .where(col(Member.state) == MemberState.ACTIVE)
            )
        ).one_or_none()
    if row is None:
        raise BoardNotFound
    return viewer_of(*row)


async def person_for_board(
    services: Services, person: Chat, board_id: UUID, via_chat_id: int
) -> Viewer:
    """Who presses a button below a board, as a member of its auditorium. Raises BoardNotFound.

    via_chat_id: the chat that shows the board: his own, or a group that is a member.
    """
    async with transaction(services.sessions) as session:
        auditorium_id = await session.scalar(
            select(Board.auditorium_id)
            .join(Member, col(Member.auditorium_id) == col(Board.auditorium_id))
            .where(col(Board.id) == board_id, col(Member.telegram_chat_id) == via_chat_id)
            .where(col(Member.state) == MemberState.ACTIVE)
        )
        if auditorium_id is None:
            raise BoardNotFound
        return await person_in(session, person, auditorium_id)


async def person_in(session: AsyncSession, person: Chat, auditorium_id: UUID) -> Viewer:
    """A person who takes part in an auditorium through a group. Raises BoardNotFound if kicked.

    Who is no member becomes one; who had left is one again, through the group only.
    """
    through_group = {
        "state": MemberState.ACTIVE,
        "inactive_reason": None,
        "hears": Hears.NOTHING,
    }
    await session.execute(
        insert(Member)
        .values(
            id=uuid4(),
            auditorium_id=auditorium_id,
            name=chat_name(person.name, person.chat_id),
            role=Role.STUDENT,
            channel=Channel.TELEGRAM,
            locale=person.locale,
            telegram_chat_id=person.chat_id,
            **through_group,
        )
        .on_conflict_do_update(
            index_elements=["auditorium_id", "telegram_chat_id"],
            set_=through_group,
            where=col(Member.inactive_reason).in_([InactiveReason.LEFT, InactiveReason.BLOCKED]),
        )
    )
    row = (
        await session.execute(
            select(Member, Auditorium)
            .join(Auditorium, col(Auditorium.id) == col(Member.auditorium_id))
            .where(col(Member.auditorium_id) == auditorium_id)
            .where(col(Member.telegram_chat_id) == person.chat_id)
            .where(col(Member.state) == MemberState.ACTIVE)
        )
    ).one_or_none()
    if row is None:
        raise BoardNotFound
    return viewer_of(*row)


async def _current(session: AsyncSession, chat_id: int) -> Viewer | None:
    row = (
        await session.execute(
            select(Member, Auditorium)
            .join(Auditorium, col(Auditorium.id) == col(Member.auditorium_id))
            .where(col(Member.telegram_chat_id) == chat_id)
            .where(col(Member.state) == MemberState.ACTIVE)
            .where(col(Member.hears) != Hears.NOTHING)
            .order_by(col(Member.chosen_at).desc())
            .limit(1)
        )
    ).one_or_none()
    return None if row is None else viewer_of(*row)
