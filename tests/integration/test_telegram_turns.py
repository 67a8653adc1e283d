"""Turns at Telegram's limits, shared by processes through a real Redis that may go away."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bot.pacing import RULES, Go, Pace, Wait, admit, held, hold, share, spend
from bot.shared_pace import SharedPace
from bot.turns import Rank, Turns
from core.services import Services, open_services
from core.settings import Settings
from tests.conftest import Servers
from tests.waiting import eventually

BOT = 424242
GROUP = -1_000_000_000_001
# Of any two moments one is measured here and one in Redis.
CLOCKS_S = 0.05
_bots = count(1)
# Where a real clock begins: floating point is coarsest there.
START = 1_760_000_000.123456

asked = st.one_of(
    st.tuples(st.just("admit"), st.sampled_from([0.0, 2.0])),
    st.tuples(st.just("spend"), st.integers(1, 10)),
    st.tuples(st.just("spend"), st.just(1)),
    st.tuples(st.just("hold"), st.sampled_from([1, 3, 35])),
    st.tuples(st.just("held"), st.just(0)),
)


@dataclass(frozen=True)
class AsTold:
    """A pause of this part of what the last answer told to wait."""

    part: float


pauses = st.one_of(
    st.just(0.0),
    st.sampled_from([AsTold(0.95), AsTold(1.0)]),
    st.floats(0, 3, allow_nan=False),
    st.floats(0, 60, allow_nan=False),
)
chats = st.sampled_from([1, 2, GROUP, GROUP, -77])


@given(
    st.lists(st.tuples(asked, chats, pauses), min_size=20, max_size=60),
    st.sampled_from([20.0, math.inf]),
)
@tried(
    max_examples=60,
    deadline=None,
    # One Redis for all examples: each is a bot of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_redis_decides_as_the_pure_rules_do(
    services: Services,
    requests: list[tuple[tuple[str, float], int, float | AsTold]],
    patience_s: float,
) -> None:
    shared, pace, now = SharedPace(services.redis, next(_bots)), Pace(), START
    told_s = 0.0
    for (verb, number), chat_id, pause in requests:
        now += pause.part * told_s if isinstance(pause, AsTold) else pause
        decision: Go | Wait
        match verb:
            case "admit":
                decision = admit(pace, chat_id, now, leave=number)
                answer = await shared.admit(chat_id, leave=number, now=now)
            case "spend":
                messages = int(number)
                decision = spend(pace, chat_id, now, messages=messages, patience_s=patience_s)
                answer = await shared.spend(
                    chat_id, messages=messages, patience_s=patience_s, now=now
                )
            case "hold":
                pace = hold(pace, chat_id, now, number)
                decision = held(pace, chat_id, now)
                answer = await shared.hold(chat_id, number, now=now)
            case _:
                decision = held(pace, chat_id, now)
                answer = await shared.held(chat_id, now=now)
        told_s = max(answer.all_s, answer.chat_s)
        if isinstance(decision, Go):
            pace = decision.pace
            assert answer.taken
            assert max(answer.all_s, answer.chat_s) == pytest.approx(decision.in_s, abs=1e-5)
        else:
            assert answer.taken is (verb == "hold")
            assert answer.all_s == pytest.approx(decision.all_s, abs=1e-5)
            assert answer.chat_s == pytest.approx(decision.chat_s, abs=1e-5)
        assert answer.held_s == pytest.approx(max(0.0, pace.held_until - now), abs=1e-5)


async def test_redis_keeps_nothing_for_long(services: Services) -> None:
    shared = SharedPace(services.redis, BOT)
    await shared.spend(GROUP, patience_s=0.0)
    await shared.hold(7, 5.0)
    keys = await services.redis.keys("*")
    assert len(keys) == 5
    for key in keys:
        assert 0 < await services.redis.ttl(key) <= 120


@asynccontextmanager
async def two_processes(settings: Settings) -> AsyncIterator[tuple[Turns, Turns]]:
    async with open_services(settings) as first, open_services(settings) as second:
        yield Turns(first.redis, BOT), Turns(second.redis, BOT)


async def take_all(turns: Turns, chat_ids: range, went: list[int]) -> None:
    async def one(chat_id: int) -> None:
        assert await turns.take(chat_id, 120.0) == 0.0
        went.append(chat_id)

    async with asyncio.TaskGroup() as group:
        for chat_id in chat_ids:
            group.create_task(one(chat_id))


def least_s(messages: int) -> float:
    """The shortest time in which so many may go."""
    return (messages - RULES.overall.burst) / RULES.overall.per_s - CLOCKS_S


async def test_two_processes_share_one_limit(services: Services, settings: Settings) -> None:
    del services  # it empties Redis
    went: list[int] = []
    started = time.monotonic()
    async with two_processes(settings) as (first, second), asyncio.TaskGroup() as group:
        group.create_task(take_all(first, range(1, 31), went))
        group.create_task(take_all(second, range(101, 131), went))
    assert time.monotonic() - started >= least_s(60)
    # Neither had to stand behind all of the other.
    assert Counter(chat_id > 100 for chat_id in went[:30])[True] in range(5, 26)


async def test_a_chat_has_one_message_a_second_from_all_processes(
    services: Services, settings: Settings
) -> None:
    del services
    async with two_processes(settings) as (first, second):
        assert await first.take(5, 0.0) == 0.0
        assert 0.0 < await second.take(5, 0.0) <= 1.0
        assert await second.take(6, 1.0) == 0.0


async def test_who_waits_for_his_own_chat_lets_the_others_pass(services: Services) -> None:
    turns, went = Turns(services.redis, BOT), list[int]()
    assert await turns.take(5, 0.0) == 0.0

    async def one(chat_id: int) -> None:
        assert await turns.take(chat_id, 10.0) == 0.0
        went.append(chat_id)

    await asyncio.gather(one(5), one(6), one(7))
    assert went == [6, 7, 5]


async def test_who_has_no_patience_left_is_told_how_long_it_takes(services: Services) -> None:
    turns = Turns(services.redis, BOT)
    assert await turns.take(GROUP, 0.0) == 0.0
    assert 0.5 < await turns.take(GROUP, 0.5) <= 1.0


async def test_telegrams_wait_is_seen_by_all_processes(
    services: Services, settings: Settings
) -> None:
    del services
    async with two_processes(settings) as (first, second):
        await first.hold(5, 30.0)
        assert 29.0 < await second.take(5, 0.0) <= 30.0
        assert 29.0 < await second.spend(5, patience_s=1.0) <= 30.0
        assert await second.take(6, 1.0) == 0.0
        assert second.held_s == 0.0
        # Refused in another chat too, and to another process: the bot was too fast.
        await second.hold(6, 20.0)
        assert 19.0 < await first.take(7, 0.0) <= 20.0
        assert 19.0 < first.held_s <= 20.0
        assert 19.0 < second.held_s <= 20.0


async def test_with_a_bulk_of_three_hundred_running_a_reply_goes_out_at_once(
    services: Services,
) -> None:
    turns, went = Turns(services.redis, BOT), list[int]()
    bulk = asyncio.create_task(take_all(turns, range(1, 301), went))

    async def sent() -> int:
        return len(went)

    try:
        before = await eventually(sent, lambda boards: boards >= 10)
        asked_at = time.monotonic()
        for chat_id in range(1001, 1011):
            assert await turns.spend(chat_id, patience_s=1.0) == 0.0
        # The boards make room for the ten.
        assert len(went) < 290
        await eventually(sent, lambda boards: boards >= before + 10)
        assert time.monotonic() - asked_at >= least_s(20)
    finally:
        bulk.cancel()
        await asyncio.gather(bulk, return_exceptions=True)


async def test_replies_to_a_crowd_take_as_long_as_telegrams_seconds_allow(
    services: Services, settings: Settings
) -> None:
    del services
    async with two_processes(settings) as (first, second):
        started = time.monotonic()
        waits = await asyncio.gather(
            *(first.spend(chat_id, patience_s=30.0) for chat_id in range(1, 41)),
            *(second.spend(chat_id, patience_s=30.0) for chat_id in range(101, 141)),
        )
    assert waits == [0.0] * 80
    # One second is full at once; those behind it go one after the other.
    rest_s = (80 - RULES.overall.most - 1) / RULES.overall.per_s
    assert time.monotonic() - started >= 1.0 + rest_s - CLOCKS_S


async def test_statuses_come_before_boards_and_notices_after_them(services: Services) -> None:
    turns, went = Turns(services.redis, BOT), list[Rank]()
    chat_ids = count(1)

    async def one(rank: Rank) -> None:
        assert await turns.take(next(chat_ids), 10.0, rank) == 0.0
        went.append(rank)

    waiting = [Rank.NOTICE] * 3 + [Rank.BOARD] * 5 + [Rank.STATUS] * 5
    await asyncio.gather(*(one(rank) for rank in waiting))
    # The first notice was alone when it came.
    assert went[0] is Rank.NOTICE
    assert went[1:] == sorted(went[1:])


async def test_an_edit_is_dropped_where_a_board_would_wait(services: Services) -> None:
    turns = Turns(services.redis, BOT)
    assert await turns.try_take(5)
    assert not await turns.try_take(5)
    assert await turns.take(6, 1.0) == 0.0


async def test_replies_that_met_a_wait_go_in_turn_after_it(services: Services) -> None:
    turns = Turns(services.redis, BOT)
    await turns.hold(1, 1.0)
    await turns.hold(2, 1.0)
    held_at = time.monotonic()
    went: list[float] = []

    async def reply(chat_id: int) -> None:
        assert await turns.spend(chat_id, patience_s=30.0) == 0.0
        went.append(time.monotonic() - held_at)

    await asyncio.gather(*(reply(chat_id) for chat_id in range(10, 30)))
    assert min(went) >= 1.0 - CLOCKS_S
    assert max(went) >= 1.0 + least_s(20)


async def test_a_reply_waits_longer_when_another_process_is_refused_meanwhile(
    services: Services, settings: Settings
) -> None:
    del services
    async with two_processes(settings) as (first, second):
        await first.hold(1, 1.0)
        reply = asyncio.create_task(first.spend(1, patience_s=30.0))
        await second.hold(1, 2.0)
        refused_at = time.monotonic()
        assert await reply == 0.0
        assert time.monotonic() - refused_at >= 2.0 - CLOCKS_S


async def test_what_this_process_sent_survives_a_redis_that_forgets_it(services: Services) -> None:
    turns = Turns(services.redis, BOT)
    assert await turns.take(5, 0.0) == 0.0
    await services.redis.flushdb()
    assert await turns.take(5, 0.0) > 0.0
    await asyncio.gather(*(turns.spend(GROUP) for _ in range(20)))
    await services.redis.flushdb()
    assert await turns.take(GROUP, 0.0) > 50.0


async def test_processes_that_lose_redis_send_their_share_each(
    services: Services, settings: Settings, servers: Servers
) -> None:
    del services
    async with two_processes(settings) as (first, second):
        for turns in (first, second):
            assert await turns.take(1000, 5.0) == 0.0
        # By then both have been told that there are two.
        assert await first.take(1001, 5.0) == 0.0
        servers.stop("valkey")
        started, went = time.monotonic(), list[int]()
        await take_all(first, range(1, 31), went)
        half = share(2).overall
        assert time.monotonic() - started >= (30 - half.burst) / half.per_s - CLOCKS_S


async def test_sending_goes_on_at_its_pace_while_redis_is_away_and_finds_it_again(
    services: Services, servers: Servers
) -> None:
    turns, went = Turns(services.redis, BOT), list[int]()
    started = time.monotonic()
    with capture_logs() as logs:
        async with asyncio.TaskGroup() as group:
            group.create_task(take_all(turns, range(1, 61), went))
            await asyncio.to_thread(servers.stop, "valkey")
        # It has a place in the second that the boards have just filled.
        assert await turns.spend(500, patience_s=1.0) == 0.0
        assert time.monotonic() - started >= least_s(60)
        said = [entry["event"] for entry in logs]
        assert said[-1] == "pace.alone"
        assert all(one != other for one, other in pairwise(said))
        await asyncio.to_thread(servers.start, "valkey")
        async with asyncio.timeout(20):
            while logs[-1]["event"] != "pace.together":
                assert await turns.take(next(_bots) + 1000, 5.0) == 0.0


async def test_a_wait_survives_a_redis_that_forgets_it(services: Services) -> None:
    turns = Turns(services.redis, BOT)
    await turns.hold(5, 60.0)
    await turns.hold(6, 60.0)
    await services.redis.flushdb()
    assert 30.0 < await turns.take(7, 0.0) <= 60.0
    assert 30.0 < await turns.spend(5, patience_s=1.0) <= 60.0
    assert 30.0 < turns.held_s <= 60.0


async def test_a_telegram_refusal_while_redis_is_away_is_heeded(
    services: Services, servers: Servers
) -> None:
    turns = Turns(services.redis, BOT)
    servers.stop("valkey")
    await turns.hold(5, 60.0)
    assert 30.0 < await turns.take(5, 0.0) <= 60.0
    await turns.hold(6, 60.0)
    assert 30.0 < turns.held_s <= 60.0


async def test_a_redis_that_hangs_holds_nobody_up() -> None:
    silent: list[Any] = []

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        silent.append(writer)
        await reader.read()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Redis(host="127.0.0.1", port=port, socket_timeout=60) as redis:
        turns = Turns(redis, BOT)
        async with asyncio.timeout(5):
            waits = await asyncio.gather(
                *(turns.spend(chat, patience_s=30.0) for chat in range(1, 21))
            )
        assert waits == [0.0] * 20
        assert await turns.take(500, 20.0) == 0.0
        for writer in silent:
            writer.close()
