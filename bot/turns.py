"""Turns at Telegram's limits: the shared pace of bot.shared_pace, with waiting.

Each process also keeps a pace of its own. While Redis is away it goes on by that one, at the share
of as many processes as were seen last; and it keeps what Redis forgets when it dies: its own last
messages, and Telegram's "wait". A message goes when both paces let it.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from enum import IntEnum
from typing import Final

from redis.asyncio import Redis

from bot.pacing import (
    EDITS_LEAVE,
    RULES,
    Go,
    Pace,
    Wait,
    admit,
    held,
    hold,
    hold_all,
    hold_chat,
    share,
    spend,
)
from bot.shared_pace import Answer, PaceAway, SharedPace
from core.logs import get_logger

log = get_logger(__name__)

# Redis was away from the start: as many processes may be there as serve a large university.
_PROCESSES_AT_FIRST: Final = 4
# Somebody who did not come to the front of the line in his time asks again then.
_LINE_AGAIN_S: Final = 0.5
# Clocks and timers are not finer than this: what is left of a wait then is none.
_NO_TIME_S: Final = 0.001


class Rank(IntEnum):
    """Who comes first of those that wait for a turn; replies come before all of them."""

    # The first words about a photo: forty may be sent at once, and a lecture joins beside them.
    STATUS = 0
    BOARD = 1
    # What may come a minute later: a survey of 300 members would halve the pace of their boards.
    NOTICE = 2


class Turns:
    """One for the process: boards wait for a turn, replies spend theirs, edits may have one."""

    def __init__(
        self, redis: Redis, bot_id: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._shared = SharedPace(redis, bot_id, clock)
        self._pace = Pace()
        self._processes = _PROCESSES_AT_FIRST
        self._alone = False
        # What all wait for, one of them waits for: 28 would ask Redis 28 times for each message.
        # Each rank has a line of its own, whose first stands in the next higher one as well.
        self._lines = {rank: asyncio.Lock() for rank in Rank}

    async def take(self, chat_id: int, patience_s: float, rank: Rank = Rank.BOARD) -> float:
        """Wait for a turn. 0.0: it is ours; else, the seconds still to wait were too many.

        Who waits for his own chat lets the others pass.
        """
        until = self._clock() + patience_s
        while True:
            async with AsyncExitStack() as lines:
                try:
                    async with asyncio.timeout(max(0.0, until - self._clock())):
                        for line in range(rank, -1, -1):
                            await lines.enter_async_context(self._lines[Rank(line)])
                except TimeoutError:
                    return _LINE_AGAIN_S
                wait = await self._wait_in_line(chat_id, until)
            if wait == 0.0 or self._clock() + wait > until:
                return wait
            await asyncio.sleep(wait)

    async def try_take(self, chat_id: int) -> bool:
        """Whether the edit of a status may go now; it is to be dropped else.

        It counts as a message already: such an edit must not pass through bot.outgoing.Replies.
        """
        return isinstance(await self._admit(chat_id, EDITS_LEAVE), Go)

    async def spend(self, chat_id: int, messages: int = 1, patience_s: float = math.inf) -> float:
        """A reply of so many messages goes to this chat, before all else: a person waits for it.

        Only where Telegram said "wait", or its second is full, it waits, then in turn. 0.0: it
        goes; else, the seconds still to wait were more than `patience_s`, and it must not be sent.
        """
        until = self._clock() + patience_s
        while True:
            match await self._spend(chat_id, messages, max(0.0, until - self._clock())):
                case Wait() as wait:
                    return wait.seconds
                case Go(in_s=0.0):
                    return 0.0
                case Go(in_s=seconds):
                    await asyncio.sleep(seconds)
            # Telegram may have said "wait" once more, perhaps to another process: all who have a
            # place by now would run into that.
            if await self._held_s(chat_id) <= _NO_TIME_S:
                return 0.0

    async def hold(self, chat_id: int, seconds: float) -> None:
        """Telegram refused a message to this chat: nothing goes there for so long.

        bot.pacing.hold() says when nothing goes anywhere.
        """
        answer = await self._ask(self._shared.hold(chat_id, seconds))
        if answer is None:
            self._pace = hold(self._pace, chat_id, self._clock(), seconds)
        else:
            # Redis saw the messages of all processes, and decided for all chats.
            self._pace = hold_chat(self._pace, chat_id, self._clock() + seconds)

    @property
    def held_s(self) -> float:
        """For how many seconds nothing may go to anybody, as far as this process knows."""
        return max(0.0, self._pace.held_until - self._clock())

    async def _wait_in_line(self, chat_id: int, until: float) -> float:
        """As take(), but comes back to wait outside of the line for what only this chat waits."""
        while True:
            match await self._admit(chat_id):
                case Go():
                    return 0.0
                case Wait() as wait:
                    too_long = self._clock() + wait.seconds > until
                    if too_long or wait.chat_s > wait.all_s:
                        return wait.seconds
                    await asyncio.sleep(wait.seconds)

    async def _admit(self, chat_id: int, leave: float = 0.0) -> Go | Wait:
        own = admit(self._pace, chat_id, self._clock(), leave=leave)
        if isinstance(own, Wait):
            return own
        answer = await self._ask(self._shared.admit(chat_id, leave=leave))
        if answer is None:
            # Decided anew: others went while Redis was asked, and the pace is another one now.
            own = admit(self._pace, chat_id, self._clock(), leave=leave)
        elif answer.taken:
            own = spend(self._pace, chat_id, self._clock())
        else:
            own = Wait(answer.all_s, answer.chat_s)
        return self._keep(own)

    async def _spend(self, chat_id: int, messages: int, patience_s: float) -> Go | Wait:
        own = spend(self._pace, chat_id, self._clock(), messages=messages, patience_s=patience_s)
        if isinstance(own, Wait):
            return own
        answer = await self._ask(
            self._shared.spend(chat_id, messages=messages, patience_s=patience_s)
        )
        if answer is not None and not answer.taken:
            return Wait(answer.all_s, answer.chat_s)
        own = spend(self._pace, chat_id, self._clock(), messages=messages)
        if isinstance(own, Go) and answer is not None:
            own = replace(own, in_s=max(own.in_s, answer.all_s, answer.chat_s))
        return self._keep(own)

    def _keep(self, decision: Go | Wait) -> Go | Wait:
        if isinstance(decision, Go):
            self._pace = decision.pace
        return decision

    async def _held_s(self, chat_id: int) -> float:
        answer = await self._ask(self._shared.held(chat_id))
        own = held(self._pace, chat_id, self._clock()).seconds
        return own if answer is None else max(own, answer.all_s, answer.chat_s)

    async def _ask(self, asking: Awaitable[Answer]) -> Answer | None:
        """The answer; None while Redis is away."""
        try:
            answer = await asking
        except PaceAway as error:
            if not self._alone:
                self._alone = True
                self._pace = replace(self._pace, rules=share(self._processes))
                log.warning("pace.alone", error=str(error), processes=self._processes)
            return None
        self._processes = answer.processes
        if self._alone:
            self._alone = False
            self._pace = replace(self._pace, rules=RULES)
            log.info("pace.together", processes=answer.processes)
        if answer.held_s > 0.0:
            self._pace = hold_all(self._pace, self._clock() + answer.held_s)
        return answer
