"""The pace of bot.pacing in Redis, shared by all processes of one bot.

One Lua script decides and records a request at once, by Redis's own clock: processes on machines
whose clocks differ share one pace. It keeps a few numbers for the bot and for each chat that had
a message in the last minute or so; they expire by themselves.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.pacing import RULES

# In one building an answer takes less than 2 ms. Who waits for a Redis that hangs keeps a person
# waiting, or 28 boards a second.
ANSWER_WITHIN_S: Final = 0.25
# A process that sent nothing for so long takes part in no second and no minute of Telegram's.
_SEEN_S: Final = 60.0
# How often a Redis that was away is asked again, by one message.
_TRY_EVERY_S: Final = 1.0
# More at once would only open more connections: an answer is there before the next is asked.
_AT_ONCE: Final = 4
_SCRIPT: Final = Path(__file__).with_name("pacing.lua")


class PaceAway(Exception):
    """Redis did not answer, or not in time; its text is the kind of the fault."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Redis decided.

    taken: whether the message may go, in all_s or chat_s seconds, whichever is more; else these
    are how long any message and one to this chat wait. held_s: Telegram's "wait" for all.
    processes: how many, this one among them, asked in the last minute.
    """

    taken: bool
    all_s: float
    chat_s: float
    held_s: float
    processes: int


class SharedPace:
    """The requests of bot.pacing, each raising PaceAway when Redis is.

    Only the first ones that find it away wait for it, for ANSWER_WITHIN_S; then one a second does.
    """

    def __init__(
        self, redis: Redis, bot_id: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._script = redis.register_script(_SCRIPT.read_text(encoding="utf-8"))
        self._rules = json.dumps(asdict(RULES))
        # In braces: what Redis hashes, so that a cluster keeps these keys together.
        self._key = f"pace:{{{bot_id}}}"
        self._process = uuid4().hex
        self._few = asyncio.Semaphore(_AT_ONCE)
        self._away = ""
        self._try_at = 0.0
        self._given_up: set[asyncio.Future[Any]] = set()

    async def admit(self, chat_id: int, *, leave: float = 0.0, now: float | None = None) -> Answer:
        """As pacing.admit(). now: for tests, in place of Redis's clock."""
        return await self._ask("admit", chat_id, leave, now=now)

    async def spend(
        self, chat_id: int, *, messages: int = 1, patience_s: float, now: float | None = None
    ) -> Answer:
        """As pacing.spend()."""
        return await self._ask("spend", chat_id, messages, patience_s, now=now)

    async def hold(self, chat_id: int, seconds: float, *, now: float | None = None) -> Answer:
        """As pacing.hold(); the answer is how long all and this chat are held."""
        return await self._ask("hold", chat_id, seconds, now=now)

    async def held(self, chat_id: int, *, now: float | None = None) -> Answer:
        """As pacing.held()."""
        return await self._ask("held", chat_id, now=now)

    async def _ask(
        self,
        verb: str,
        chat_id: int,
        number: float = 0.0,
        patience_s: float = 0.0,
        *,
        now: float | None,
    ) -> Answer:
        own = (f"{self._key}:{part}" for part in (chat_id, "processes", "sent"))
        keys = [self._key, *own]
        clock = "" if now is None else repr(now)
        words: list[str | float] = [verb, self._rules, chat_id, clock, number, patience_s]
        words += [self._process, _SEEN_S]
        async with self._few:
            if self._away:
                if self._clock() < self._try_at:
                    raise PaceAway(self._away)
                self._try_at = self._clock() + _TRY_EVERY_S
            try:
                answer = await self._in_time(self._script(keys=keys, args=words))
            except PaceAway as error:
                self._away, self._try_at = str(error), self._clock() + _TRY_EVERY_S
                raise
            self._away = ""
        taken, all_s, chat_s, held_s, processes = answer
        return Answer(bool(taken), float(all_s), float(chat_s), float(held_s), int(processes))

    async def _in_time(self, call: Awaitable[Any]) -> Any:
        asked = asyncio.ensure_future(call)
        try:
            await asyncio.wait({asked}, timeout=ANSWER_WITHIN_S)
        finally:
            if not asked.done():
                # Not waited for: redis-py was seen to swallow a cancellation while it connects.
                asked.cancel()
                self._given_up.add(asked)
                asked.add_done_callback(self._forget)
        if not asked.done():
            raise PaceAway("TimeoutError")
        try:
            return asked.result()
        except (RedisError, OSError) as error:
            raise PaceAway(type(error).__name__) from error

    def _forget(self, asked: "asyncio.Future[Any]") -> None:
        self._given_up.discard(asked)
        if not asked.cancelled():
            asked.exception()  # looked at, or asyncio complains of it
