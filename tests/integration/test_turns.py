"""Whose turn it is: fast boards go first, best ones do not starve, and the queue agrees."""

from datetime import timedelta
from uuid import UUID

import pytest

from core.boards import retry, status
from core.leases import fail
from core.services import Services
from core.sweep import sweep
from core.turns import HEAD_START
from core.values import Quality
from tests.acts import let_wait, send_photo, take
from tests.conftest import Room

FAST, BEST = Quality.FAST, Quality.BEST
ALMOST = HEAD_START[FAST] - timedelta(seconds=30)
LONGER = HEAD_START[FAST] + timedelta(minutes=2)


async def send(services: Services, room: Room, *qualities: Quality) -> list[UUID]:
    """A board of each quality, sent one after another."""
    return [
        (await send_photo(services, room.student, seed, quality)).board_id
        for seed, quality in enumerate(qualities)
    ]


async def places(services: Services, boards: list[UUID]) -> list[int]:
    return [(await status(services, board_id)).ahead for board_id in boards]


async def queued(services: Services) -> list[UUID]:
    """The boards as arq will hand them to the workers, the next one first."""
    jobs = await services.redis.zrange(services.redis.default_queue_name, 0, -1)
    return [UUID(job.decode().split(":")[1]) for job in jobs]


async def woken_again(services: Services) -> list[UUID]:
    """The queue after Redis lost all it had and a sweep went by."""
    await services.redis.flushdb()
    woken = await sweep(services)
    found = await queued(services)
    assert woken == len(found)
    assert await services.redis.exists(*(f"arq:job:render:{each}:1" for each in found)) == woken
    return found


async def test_a_board_keeps_the_quality_that_its_sender_wished(
    services: Services, room: Room
) -> None:
    fast, best = await send(services, room, FAST, BEST)
    assert [(await status(services, board_id)).quality for board_id in (fast, best)] == [FAST, BEST]
    assert (await take(services, fast)).quality is FAST


async def test_a_fast_board_goes_before_the_best_ones_that_wait(
    services: Services, room: Room
) -> None:
    boards = await send(services, room, BEST, BEST, FAST, FAST)
    assert await places(services, boards) == [2, 3, 0, 1]
    assert await queued(services) == [boards[2], boards[3], boards[0], boards[1]]


async def test_a_best_board_that_waited_long_goes_before_a_new_fast_one(
    services: Services, room: Room
) -> None:
    boards = await send(services, room, BEST, BEST, FAST)
    await let_wait(services, boards[0], LONGER)
    await let_wait(services, boards[1], ALMOST)
    assert await places(services, boards) == [0, 2, 1]


async def test_the_queue_is_in_turn_again_after_redis_lost_it(
    services: Services, room: Room
) -> None:
    boards = await send(services, room, FAST, BEST, BEST)
    for board_id, waited in zip(boards, (timedelta(minutes=1), ALMOST, LONGER), strict=True):
        await let_wait(services, board_id, waited)
    in_turn = [boards[2], boards[0], boards[1]]
    assert await places(services, in_turn) == [0, 1, 2]
    assert await woken_again(services) == in_turn


@pytest.mark.parametrize("days", [0, 2])
async def test_a_board_is_woken_however_long_it_waits(
    services: Services, room: Room, days: int
) -> None:
    (board_id,) = await send(services, room, FAST)
    await let_wait(services, board_id, timedelta(days=days, minutes=1))
    assert await woken_again(services) == [board_id]


async def test_a_clock_of_the_database_that_is_ahead_delays_nothing(
    services: Services, room: Room
) -> None:
    (board_id,) = await send(services, room, BEST)
    await let_wait(services, board_id, timedelta(seconds=2))
    await fail(services, await take(services, board_id), "out_of_memory", final=True)
    hours = timedelta(hours=1)
    ahead = Services(
        settings=services.settings,
        sessions=services.sessions,
        store=services.store,
        redis=services.redis,
        pixels=services.pixels,
        clock=lambda: services.clock() + hours,
    )
    await services.redis.flushdb()
    await retry(ahead, room.owner, board_id)
    ((_, due_ms),) = await services.redis.zrange(
        services.redis.default_queue_name, 0, -1, withscores=True
    )
    assert due_ms <= services.clock().timestamp() * 1000


async def test_a_fast_board_that_is_retried_has_its_head_start_again(
    services: Services, room: Room
) -> None:
    best, fast = await send(services, room, BEST, FAST)
    await fail(services, await take(services, fast), "out_of_memory", final=True)
    await services.redis.zrem(services.redis.default_queue_name, f"render:{fast}:1")
    await services.redis.delete(f"arq:job:render:{fast}:1")
    await retry(services, room.owner, fast)
    assert await queued(services) == [fast, best]
    assert await places(services, [fast, best]) == [0, 1]
