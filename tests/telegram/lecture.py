"""A lecture in Telegram as tests begin with it: who has joined, and what was sent."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.rooms import join_from_telegram
from core.services import Services
from core.tables import Attempt, Board, Delivery, Member
from tests.conftest import Room
from tests.pictures import photo
from tests.telegram.botapi import BotApi
from tests.telegram.people import Person, person

both_languages = pytest.mark.parametrize("language", ["en", "ru"])


async def join(services: Services, room: Room, somebody: Person) -> UUID:
    """Somebody is a member, without a word between him and the bot; the member's id."""
    joined_room = await join_from_telegram(
        services,
        code=room.created.code,
        chat_id=somebody.chat_id,
        name=somebody.name,
        locale="ru" if somebody.language.startswith("ru") else "en",
    )
    return joined_room.member_id


async def joined(api: BotApi, room: Room, name: str = "Emmy", language: str = "en") -> Person:
    """Somebody who has followed the QR code and was welcomed."""
    somebody = person(api, name, language)
    await somebody.starts(room.created.code)
    await somebody.got(1)
    return somebody


async def waiting_board(services: Services, sender: Person, seed: int = 1) -> UUID:
    """A board that `sender` has sent through the bot and that is not ready yet."""
    told = len(sender.inbox)
    await sender.sends_photo(photo(seed, size=(800, 600)))
    await sender.got(told + 1)
    return (await boards(services))[-1]


async def boards(services: Services) -> list[UUID]:
    """All boards, in the order of their numbers."""
    async with services.sessions() as session:
        rows = await session.execute(select(col(Board.id)).order_by(col(Board.number)))
        return list(rows.scalars())


async def delivery_of(services: Services, somebody: Person) -> tuple[Delivery, list[Attempt]]:
    """What somebody is owed of the only board, and the attempts at it."""
    async with services.sessions() as session:
        delivery = (
            await session.execute(
                select(Delivery)
                .join(Member, col(Member.id) == col(Delivery.member_id))
                .where(col(Member.telegram_chat_id) == somebody.chat_id)
            )
        ).scalar_one()
        attempts = await session.execute(
            select(Attempt)
            .where(col(Attempt.delivery_id) == delivery.id)
            .order_by(col(Attempt.number))
        )
        return delivery, list(attempts.scalars())
