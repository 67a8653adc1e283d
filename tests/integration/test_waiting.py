"""core.waiting on real rows: what waits, what runs, how fast it went and who is at work."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlmodel import col

from core.boards import status, want_lossless
from core.leases import fail, finish, release
from core.services import Services
from core.sweep import sweep
from core.tables import Attempt, Board
from core.turns import HEAD_START
from core.values import AttemptOutcome, AttemptPurpose, Quality
from core.waiting import (
    SECONDS_UNTIL_KNOWN,
    TYPICAL_OF,
    Queue,
    queue_now,
    wait_for_new,
    wait_for_place,
)
from tests.acts import let_lease_expire, let_wait, made, send_photo, take
from tests.conftest import Room, make_room

FAST, BEST = Quality.FAST, Quality.BEST


async def was_made(
    services: Services,
    room: Room,
    seconds: float,
    quality: Quality = BEST,
    *,
    ago: timedelta = timedelta(minutes=5),
    owner: str = "worker-a",
    outcome: AttemptOutcome = AttemptOutcome.SUCCEEDED,
) -> None:
    """A board whose one attempt took this long and ended a while ago."""
    async with services.sessions.begin() as session:
        number = await session.scalar(select(func.greatest(func.max(col(Board.number)), 1000) + 1))
        board_id = await session.scalar(
            insert(Board)
            .values(
                auditorium_id=room.created.auditorium_id,
                number=number,
                quality=quality,
                state="ready",
                ready_at=func.now() - ago,
                progress=1,
                attempts=1,
                width=8,
                height=6,
            )
            .returning(col(Board.id))
        )
        await session.execute(
            insert(Attempt).values(
                board_id=board_id,
                purpose=AttemptPurpose.RENDER,
                number=1,
                owner=owner,
                outcome=outcome,
                started_at=func.now() - ago - timedelta(seconds=seconds),
                ended_at=func.now() - ago,
            )
        )


async def began(services: Services, seconds_ago: float) -> None:
    """Whatever runs was begun so long ago."""
    async with services.sessions.begin() as session:
        await session.execute(
            update(Attempt)
            .where(col(Attempt.outcome) == AttemptOutcome.RUNNING)
            .values(started_at=func.now() - timedelta(seconds=seconds_ago))
        )


def shown(queue: Queue) -> list[Quality]:
    return [each.quality for each in queue.waiting]


async def test_an_empty_queue_has_one_worker_and_the_stated_speeds(services: Services) -> None:
    queue = await queue_now(services)
    assert (queue.waiting, queue.running, queue.workers) == ((), (), 1)
    assert queue.seconds == SECONDS_UNTIL_KNOWN
    assert wait_for_new(queue, BEST) == SECONDS_UNTIL_KNOWN[BEST]


async def test_boards_of_all_auditoriums_wait_in_one_queue_as_they_are_told(
    services: Services, room: Room
) -> None:
    other = await make_room(services, "Physics")
    boards = [
        (await send_photo(services, one.student, seed, quality)).board_id
        for seed, (one, quality) in enumerate(
            [(room, BEST), (other, BEST), (room, FAST), (other, FAST)]
        )
    ]
    await let_wait(services, boards[1], HEAD_START[FAST] + timedelta(minutes=1))
    queue = await queue_now(services)
    assert shown(queue) == [BEST, FAST, FAST, BEST]
    assert queue.waiting[0].waited_s == pytest.approx(660, abs=30)
    places = [(await status(services, board_id)).ahead for board_id in boards]
    assert places == [3, 0, 1, 2]
    best, fast = queue.seconds[BEST], queue.seconds[FAST]
    waits = [
        wait_for_place(queue, place, quality)
        for place, quality in zip(places, (BEST, BEST, FAST, FAST), strict=True)
    ]
    assert waits == [best + fast + fast + best, best, best + fast, best + fast + fast]
    assert wait_for_new(queue, FAST) == best + fast + fast + fast


async def test_a_board_that_runs_is_waited_for_and_not_counted_as_waiting(
    services: Services, room: Room
) -> None:
    first = await send_photo(services, room.student, 1, FAST)
    await send_photo(services, room.student, 2)
    held = await take(services, first.board_id)
    await began(services, 20)
    queue = await queue_now(services)
    assert shown(queue) == [BEST]
    (running,) = queue.running
    assert running.quality is FAST
    assert running.running_s == pytest.approx(20, abs=15)
    await finish(services, held, await made(services))
    assert (await queue_now(services)).running == ()


async def test_a_lossless_picture_that_is_made_is_waited_for_too(
    services: Services, room: Room
) -> None:
    receipt = await send_photo(services, room.student)
    await finish(services, await take(services, receipt.board_id), await made(services))
    await want_lossless(services, room.student, receipt.board_id)
    await take(services, receipt.board_id, purpose=AttemptPurpose.LOSSLESS)
    assert len((await queue_now(services)).running) == 1


async def test_speeds_are_the_median_of_the_last_boards_of_each_quality(
    services: Services, room: Room
) -> None:
    hour = timedelta(hours=1)
    for _ in range(TYPICAL_OF + 2):
        await was_made(services, room, 90, ago=2 * hour)
    for seconds in (1, *[3] * (TYPICAL_OF - 2), 50):
        await was_made(services, room, seconds, ago=hour)
    await was_made(services, room, 0.25, FAST, ago=3 * hour)
    await was_made(services, room, 0.75, FAST, ago=3 * hour)
    assert (await queue_now(services)).seconds == {BEST: 3, FAST: 0.5}


async def test_failed_and_old_attempts_say_nothing_of_the_speed(
    services: Services, room: Room
) -> None:
    await was_made(services, room, 90, outcome=AttemptOutcome.FAILED)
    await was_made(services, room, 80, outcome=AttemptOutcome.LOST)
    await was_made(services, room, 70, ago=timedelta(days=8))
    assert (await queue_now(services)).seconds == SECONDS_UNTIL_KNOWN


async def test_workers_are_those_that_hold_a_board_or_ended_one_within_a_minute(
    services: Services, room: Room
) -> None:
    now = timedelta(0)
    await was_made(services, room, 1, owner="a", ago=now)
    await was_made(services, room, 1, owner="a", ago=now)
    await was_made(services, room, 1, owner="b", ago=now, outcome=AttemptOutcome.FAILED)
    await was_made(services, room, 1, owner="idle", ago=timedelta(minutes=2))
    assert (await queue_now(services)).workers == 2
    await take(services, (await send_photo(services, room.student, 1)).board_id, "a")
    await take(services, (await send_photo(services, room.student, 2)).board_id, "c")
    assert (await queue_now(services)).workers == 3


async def test_a_worker_that_was_lost_or_told_to_stop_is_not_at_work(
    services: Services, room: Room
) -> None:
    first = await send_photo(services, room.student, 1)
    await take(services, first.board_id, "lost")
    await let_lease_expire(services, first.board_id)
    await sweep(services)
    second = await send_photo(services, room.student, 2)
    await release(services, await take(services, second.board_id, "stopped"))
    third = await send_photo(services, room.student, 3)
    await fail(services, await take(services, third.board_id, "working"), "oom", final=False)
    await take(services, third.board_id, "working too")
    assert (await queue_now(services)).workers == 2


async def test_twice_the_workers_make_the_wait_before_a_board_half_as_long(
    services: Services, room: Room
) -> None:
    for seed in range(4):
        await send_photo(services, room.student, seed)
    await was_made(services, room, 6, owner="a", ago=timedelta(0))
    alone = await queue_now(services)
    await was_made(services, room, 6, owner="b", ago=timedelta(0))
    together = await queue_now(services)
    assert wait_for_new(alone, BEST) == pytest.approx(4 * 6 + 6)
    assert wait_for_new(together, BEST) == pytest.approx(4 * 6 / 2 + 6)
