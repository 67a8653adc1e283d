"""What becomes of a Telegram chat: it blocks the bot, goes away, comes back, or gets a new id."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.db import rows_changed, transaction
from core.services import Services
from core.tables import Delivery, Member, Notice, StatusMessage, TelegramChat
from core.values import DeliveryState, InactiveReason, MemberState

MEMBER_INACTIVE: Final = "member_inactive"


async def chat_gone(services: Services, chat_id: int) -> int:
    """The chat blocked the bot, put it out, or is no more; how many memberships that ended."""
    async with transaction(services.sessions) as session:
        return await deactivate_chat(session, chat_id)


async def chat_back(services: Services, chat_id: int) -> None:
    """The chat takes messages again: what blocking had ended goes on."""
    async with transaction(services.sessions) as session:
        await activate_chat(session, chat_id)


async def deactivate_chat(session: AsyncSession, chat_id: int) -> int:
    """The same within a transaction; what the chat is owed is dropped."""
    mine = select(col(Member.id)).where(col(Member.telegram_chat_id) == chat_id)
    ids = (await session.execute(mine)).scalars().all()
    ended = await session.execute(
        update(Member)
        .where(col(Member.id).in_(ids), col(Member.state) == MemberState.ACTIVE)
        .values(state=MemberState.INACTIVE, inactive_reason=InactiveReason.BLOCKED)
    )
    await drop_owed(session, ids)
    await session.execute(
        update(StatusMessage).where(col(StatusMessage.chat_id) == chat_id).values(done=True)
    )
    return rows_changed(ended)


async def activate_chat(session: AsyncSession, chat_id: int) -> None:
    """Who had blocked the bot is active again; who left or was removed is not."""
    await session.execute(
        update(Member)
        .where(col(Member.telegram_chat_id) == chat_id)
        .where(col(Member.inactive_reason) == InactiveReason.BLOCKED)
        .values(state=MemberState.ACTIVE, inactive_reason=None)
    )


async def drop_owed(session: AsyncSession, member_ids: Sequence[UUID]) -> None:
    """Nothing more is sent to these members."""
    failed = {"state": DeliveryState.FAILED, "error_code": MEMBER_INACTIVE}
    for table in (Delivery, Notice):
        await session.execute(
            update(table)
            .where(col(table.member_id).in_(member_ids))
            .where(col(table.state) == DeliveryState.OWED)
            .values(**failed)
        )


async def chat_migrated(services: Services, old_id: int, new_id: int) -> None:
    """A group became a supergroup and has another id: its bindings and choices move with it.

    Telegram tells it more than once (both chats hear of it, and so does a send): the second time
    changes nothing.
    """
    async with transaction(services.sessions) as session:
        already = select(col(Member.auditorium_id)).where(col(Member.telegram_chat_id) == new_id)
        await session.execute(
            update(Member)
            .where(col(Member.telegram_chat_id) == old_id)
            .where(col(Member.auditorium_id).not_in(already))
            .values(telegram_chat_id=new_id)
        )
        old = await session.get(TelegramChat, old_id)
        if old is not None:
            await session.execute(
                insert(TelegramChat)
                .values(
                    chat_id=new_id,
                    locale=old.locale,
                    quality=old.quality,
                    first_view=old.first_view,
                )
                .on_conflict_do_nothing(index_elements=["chat_id"])
            )
            await session.delete(old)
        # Messages have other numbers there: what was to be edited stays as it is.
        await session.execute(
            update(StatusMessage).where(col(StatusMessage.chat_id) == old_id).values(done=True)
        )
