"""Each update of Telegram's has one effect, whoever brings it and how often."""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlmodel import col

from core.services import Services
from core.tables import TelegramUpdate
from core.updates import MOST_TRIES, Begin, begin, end, forget_old, unfinished

BOT = 424242001


async def age(services: Services, by: timedelta) -> None:
    """All updates were begun so long ago."""
    async with services.sessions.begin() as session:
        await session.execute(
            update(TelegramUpdate).values(began_at=col(TelegramUpdate.began_at) - by)
        )


async def test_an_update_that_ended_is_not_handled_again(services: Services) -> None:
    assert await begin(services, BOT, 7, "a", alone=True) is Begin.OURS
    await end(services, BOT, 7)
    assert await begin(services, BOT, 7, "a", alone=True) is Begin.DONE
    assert await begin(services, BOT, 7, "b", alone=False) is Begin.DONE
    assert await begin(services, BOT, 8, "a", alone=True) is Begin.OURS
    assert await begin(services, BOT + 1, 7, "a", alone=True) is Begin.OURS


async def test_what_a_dead_process_began_is_handled_by_the_next_one(services: Services) -> None:
    await begin(services, BOT, 7, "dead", alone=True)
    assert await begin(services, BOT, 7, "next", alone=True) is Begin.OURS


async def test_two_listeners_do_not_handle_one_update_at_once(services: Services) -> None:
    await begin(services, BOT, 7, "a", alone=False)
    assert await begin(services, BOT, 7, "b", alone=False) is Begin.ELSEWHERE
    await age(services, timedelta(minutes=2))
    assert await begin(services, BOT, 7, "b", alone=False) is Begin.OURS


async def test_what_telegram_has_forgotten_is_forgotten(services: Services) -> None:
    await begin(services, BOT, 7, "a", alone=True)
    await age(services, timedelta(days=3))
    await begin(services, BOT, 8, "a", alone=True)
    await forget_old(services)
    async with services.sessions() as session:
        left = (await session.execute(select(col(TelegramUpdate.update_id)))).scalars().all()
        assert left == [8]
        assert await session.scalar(select(func.count()).select_from(TelegramUpdate)) == 1


async def test_what_a_dead_process_had_in_hand_is_kept_until_it_has_ended(
    services: Services,
) -> None:
    content = {"update_id": 7, "message": {"text": "Привет"}}
    await begin(services, BOT, 7, "dead", alone=True, content=content)
    await begin(services, BOT, 8, "dead", alone=True, content={"update_id": 8})
    await end(services, BOT, 8)
    assert await unfinished(services, BOT) == [content]
    assert await unfinished(services, BOT + 1) == []
    await begin(services, BOT, 7, "next", alone=True, content=content)
    await end(services, BOT, 7)
    assert await unfinished(services, BOT) == []


async def test_an_update_that_processes_die_of_is_left_in_the_end(services: Services) -> None:
    for _ in range(MOST_TRIES):
        assert await begin(services, BOT, 7, "dies", alone=True, content={}) is Begin.OURS
    assert await unfinished(services, BOT) == []
