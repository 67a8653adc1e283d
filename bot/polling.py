"""Long polling: updates are confirmed to Telegram when they were handled, not when they came.

aiogram's own loop confirms an update with the next request, while its handler may still run: a
photo in hand at a kill would be lost. Here Telegram is asked from the oldest update in hand on, so
that it keeps that one, and gives it again to whoever asks after a kill; what comes again while it
is in hand is passed over. So nobody waits for the photos of others. What takes very long is
confirmed all the same, and still not lost: bot.updates has kept it.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from aiogram import Bot
from aiogram.types import Update

from bot.link import REQUEST_S, Link
from bot.updates import SUBSCRIBED, Updates

POLL_S: Final = 25  # how long Telegram may wait for news; proxies cut at 30
# Telegram's most for one answer: from the oldest in hand on, it cannot tell of more.
_MOST_AT_ONCE: Final = 100
# While updates are in hand Telegram answers at once, with these among others: so seldom that it
# costs little, so often that nobody notices.
_ASK_AGAIN_S: Final = 0.2
# A photo that takes longer, on a slow line, is confirmed: after a kill it would be lost.
_PATIENCE_S: Final = 5.0
# The same while Telegram has more to tell than one answer takes: a whole lecture waits for it.
_PATIENCE_IN_A_CROWD_S: Final = 1.0
# Of the 5 s that a stop may take: for answers to those who are in hand.
_FINISH_S: Final = 2.5


class Polling:
    """Asks Telegram for updates."""

    def __init__(self, updates: Updates, bot: Bot, link: Link) -> None:
        self._updates = updates
        self._bot = bot
        self._link = link
        # By update id: what runs; what Telegram keeps of it, and since when; what has ended and is
        # not confirmed.
        self._in_hand: dict[int, asyncio.Task[bool]] = {}
        self._since: dict[int, float] = {}
        self._done: set[int] = set()
        self._next: int | None = None
        self._is_crowd = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what is in hand then is finished. Raises TokenRefused."""
        # What an earlier run left undone is not confirmed, and comes again.
        self._next = None
        self._done.clear()
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await self._updates.resume()
            while not stop.is_set():
                asking = asyncio.create_task(self._link.ask(self._ask), name="getUpdates")
                try:
                    await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
                    if asking.done():
                        self._begin(asking.result() or ())
                        await self._pause(stopping)
                finally:
                    asking.cancel()
            await self._finish()
        finally:
            stopping.cancel()
            for task in self._in_hand.values():
                task.cancel()

    def _held(self) -> list[int]:
        """The updates that Telegram is to keep."""
        patience_s = _PATIENCE_IN_A_CROWD_S if self._is_crowd else _PATIENCE_S
        recent = time.monotonic() - patience_s
        return [number for number, since in self._since.items() if since > recent]

    async def _ask(self) -> Sequence[Update]:
        held = self._held()
        offset = min(held, default=self._next)
        if offset is not None:
            self._done = {number for number in self._done if number >= offset}
            self._since = {n: since for n, since in self._since.items() if n >= offset}
        return await self._bot.get_updates(
            offset=offset,
            limit=_MOST_AT_ONCE,
            timeout=0 if held else POLL_S,
            allowed_updates=SUBSCRIBED,
            request_timeout=POLL_S + int(REQUEST_S),
        )

    def _begin(self, updates: Sequence[Update]) -> None:
        self._is_crowd = len(updates) == _MOST_AT_ONCE
        for update in updates:
            number = update.update_id
            if number in self._in_hand or number in self._done:
                continue
            self._next = number + 1
            self._since[number] = time.monotonic()
            task = asyncio.create_task(self._handle(update), name=f"update {number}")
            self._in_hand[number] = task

    async def _handle(self, update: Update) -> bool:
        number = update.update_id
        try:
            handled = await self._updates.handle(update)
            self._done.add(number)
        finally:
            self._in_hand.pop(number, None)
            self._since.pop(number, None)
        return handled

    async def _pause(self, stopping: asyncio.Task[bool]) -> None:
        """Until nothing holds Telegram up, or for a moment; longer where too much is in hand."""
        held = [self._in_hand[number] for number in self._held()]
        if held:
            ended = asyncio.create_task(asyncio.wait(held, timeout=_ASK_AGAIN_S), name="held")
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
        while len(self._in_hand) >= _MOST_AT_ONCE and not stopping.done():
            running = self._in_hand.values()
            await asyncio.wait({*running, stopping}, return_when=asyncio.FIRST_COMPLETED)

    async def _finish(self) -> None:
        """Answer those who are in hand, and confirm what is done."""
        if self._in_hand:
            await asyncio.wait(self._in_hand.values(), timeout=_FINISH_S)
        # What is still in hand is not confirmed: whoever polls next gets it again.
        offset = min(self._in_hand, default=self._next)
        if offset is not None:
            confirm = self._bot.get_updates(offset=offset, limit=1, timeout=0, request_timeout=1)
            await asyncio.gather(confirm, return_exceptions=True)
