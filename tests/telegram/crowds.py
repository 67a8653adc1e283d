"""Many people at once: members made in one go, a board that all are owed, what each one got."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from core.intake import accept
from core.services import Services
from core.tables import Attempt, Delivery, Member
from core.values import Arrival, Channel, DeliveryState, RenditionKind, Role
from tests.conftest import Room
from tests.pictures import chunks, photo
from tests.telegram.botapi import BotApi
from tests.telegram.conftest import make_ready
from tests.telegram.people import Person, person


async def crowd(services: Services, room: Room, api: BotApi, count: int) -> list[Person]:
    """So many people with Telegram, all of them members already."""
    people = [person(api, f"Student {number}") for number in range(1, count + 1)]
    async with services.sessions.begin() as session:
        session.add_all(
            Member(
                auditorium_id=room.created.auditorium_id,
                name=each.name,
                role=Role.STUDENT,
                channel=Channel.TELEGRAM,
                locale="en",
                telegram_chat_id=each.chat_id,
            )
            for each in people
        )
    return people


async def ready_board(
    services: Services, sender: Person, seed: int, *, kinds: Sequence[RenditionKind] = ()
) -> UUID:
    """A board that one of them has sent, and that is ready now, so that all are owed it."""
    async with services.sessions() as session:
        member_id = await session.scalar(
            select(col(Member.id)).where(col(Member.telegram_chat_id) == sender.chat_id)
        )
    assert member_id is not None
    content = chunks(photo(seed, size=(800, 600)))
    receipt = await accept(
        services, Arrival(member_id=member_id, channel=Channel.TELEGRAM, content=content)
    )
    await make_ready(services, receipt.board_id, kinds=kinds)
    return receipt.board_id


def copies(people: list[Person], number: int) -> dict[str, int]:
    """How often each one has this board in his chat, by his name."""
    return {
        each.name: sum(message.get("caption") == f"Board {number}" for message in each.inbox)
        for each in people
    }


async def told(services: Services, board_id: UUID) -> Counter[str]:
    """The states of a board's deliveries to Telegram chats, counted."""
    async with services.sessions() as session:
        states = await session.execute(
            select(col(Delivery.state))
            .join(Member, col(Member.id) == col(Delivery.member_id))
            .where(col(Delivery.board_id) == board_id)
            .where(col(Member.telegram_chat_id).is_not(None))
        )
        return Counter(DeliveryState(state).value for state in states.scalars())


async def attempts_of(services: Services, board_id: UUID) -> list[Attempt]:
    """All attempts at sending a board."""
    async with services.sessions() as session:
        attempts = await session.execute(
            select(Attempt)
            .join(Delivery, col(Delivery.id) == col(Attempt.delivery_id))
            .where(col(Delivery.board_id) == board_id)
        )
        return list(attempts.scalars())


async def let_the_leases_run_out(services: Services) -> None:
    """The minute for which a dead sender's deliveries are left to him has passed."""
    async with services.sessions.begin() as session:
        await session.execute(
            text(
                "UPDATE delivery SET lease_until = now() - interval '1 s'"
                " WHERE lease_until IS NOT NULL"
            )
        )
