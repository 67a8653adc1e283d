"""Live events: told in order, replayed from an id, and never in anybody's way."""

import asyncio
from uuid import uuid4

import pytest
from redis.exceptions import RedisError

from core.events import (
    NOTHING_YET,
    REPLAY_LIMIT,
    STREAM_LENGTH,
    STREAM_LIFE_S,
    board_event,
    is_event_id,
    last_id,
    order_of,
    progress_event,
    publish,
    read,
    replay,
    stream_key,
)
from core.services import Services
from core.values import BoardState, Stage
from tests.conftest import Servers

ROOM, OTHER, BOARD = uuid4(), uuid4(), uuid4()


async def test_events_are_heard_in_order_by_their_own_auditorium_only(services: Services) -> None:
    said = [
        board_event(BOARD, 1, BoardState.WAITING, uploads=1),
        progress_event(BOARD, Stage.UPSCALE, 0.25),
        board_event(BOARD, 1, BoardState.READY),
    ]
    for event in said:
        assert await publish(services.redis, ROOM, event)
    await publish(services.redis, OTHER, board_event(BOARD, 9, BoardState.FAILED))
    heard = await read(services.redis, {ROOM: "0-0"}, 1000)
    assert list(heard) == [ROOM]
    assert [one.event for one in heard[ROOM]] == said


async def test_replay_begins_after_the_last_id_that_was_heard(services: Services) -> None:
    for number in (1, 2, 3):
        await publish(services.redis, ROOM, board_event(BOARD, number, BoardState.WAITING))
    first, *rest = (await read(services.redis, {ROOM: NOTHING_YET}, 1000))[ROOM]
    assert (await read(services.redis, {ROOM: first.id}, 1000))[ROOM] == rest
    assert await replay(services.redis, ROOM, first.id) == rest
    assert await replay(services.redis, ROOM, rest[-1].id) == []
    assert await replay(services.redis, ROOM, NOTHING_YET) == [first, *rest]
    assert await last_id(services.redis, ROOM) == rest[-1].id


async def test_an_id_that_never_was_cannot_be_replayed(services: Services) -> None:
    await publish(services.redis, ROOM, board_event(BOARD, 1, BoardState.WAITING))
    assert await replay(services.redis, ROOM, "1-1") is None
    assert await replay(services.redis, OTHER, "1-1") is None
    assert await replay(services.redis, OTHER, NOTHING_YET) == []


async def test_who_missed_too_much_reloads_instead(services: Services) -> None:
    event = board_event(BOARD, 1, BoardState.WAITING)
    await publish(services.redis, ROOM, event)
    oldest = await last_id(services.redis, ROOM)
    for _ in range(REPLAY_LIMIT - 1):
        await publish(services.redis, ROOM, event)
    heard = await replay(services.redis, ROOM, oldest)
    assert heard is not None
    assert len(heard) == REPLAY_LIMIT - 1
    for _ in range(2):
        await publish(services.redis, ROOM, event)
    assert await replay(services.redis, ROOM, oldest) is None


async def test_one_reader_hears_two_auditoriums(services: Services) -> None:
    for room, number in ((ROOM, 1), (OTHER, 2)):
        await publish(services.redis, room, board_event(BOARD, number, BoardState.WAITING))
    heard = await read(services.redis, {ROOM: "0-0", OTHER: "0-0"}, 1000)
    assert {room: one[0].event.data["number"] for room, one in heard.items()} == {ROOM: 1, OTHER: 2}


async def test_who_waits_is_woken_by_the_next_event(services: Services) -> None:
    after = await last_id(services.redis, ROOM)
    assert after == "0-0"
    reading = asyncio.create_task(read(services.redis, {ROOM: after}, 5000))
    await publish(services.redis, ROOM, board_event(BOARD, 1, BoardState.RUNNING))
    async with asyncio.timeout(10):
        heard = await reading
    assert heard[ROOM][0].event.data["state"] == "running"


async def test_silence_is_an_empty_answer(services: Services) -> None:
    assert await read(services.redis, {ROOM: "0-0"}, 1) == {}


async def test_a_long_stream_is_trimmed_and_says_that_replay_has_gaps(services: Services) -> None:
    event = board_event(BOARD, 1, BoardState.WAITING)
    await publish(services.redis, ROOM, event)
    oldest = await last_id(services.redis, ROOM)
    async with services.redis.pipeline(transaction=False) as pipe:
        for _ in range(STREAM_LENGTH + 500):
            pipe.xadd(stream_key(ROOM), {"event": "{}"})
        await pipe.execute()
    await publish(services.redis, ROOM, event)
    # Redis trims whole nodes of about a hundred entries.
    assert await services.redis.xlen(stream_key(ROOM)) < STREAM_LENGTH + 200
    assert await replay(services.redis, ROOM, oldest) is None
    assert await replay(services.redis, ROOM, await last_id(services.redis, ROOM)) == []


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("0-0", True),
        ("1700000000000-3", True),
        ("", False),
        ("$", False),
        ("-", False),
        ("1", False),
    ],
)
def test_only_what_a_stream_gives_is_taken_for_an_id(text: str, *, valid: bool) -> None:
    assert is_event_id(text) is valid


def test_ids_are_ordered_as_numbers() -> None:
    assert order_of("999-2") < order_of("999-10") < order_of("1000-0")


async def test_a_stream_that_nobody_adds_to_is_forgotten_in_a_day(services: Services) -> None:
    await publish(services.redis, ROOM, board_event(BOARD, 1, BoardState.WAITING))
    assert 0 < await services.redis.ttl(stream_key(ROOM)) <= STREAM_LIFE_S


async def test_with_redis_down_telling_is_given_up_and_reading_says_so(
    services: Services, servers: Servers
) -> None:
    servers.stop("valkey")
    async with asyncio.timeout(10):
        assert not await publish(services.redis, ROOM, board_event(BOARD, 1, BoardState.WAITING))
        with pytest.raises(RedisError):
            await read(services.redis, {ROOM: "0-0"}, 1000)
    servers.start("valkey")
    assert await publish(services.redis, ROOM, board_event(BOARD, 1, BoardState.WAITING))
