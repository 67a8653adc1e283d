"""Long polling: updates are confirmed to Telegram when they were handled, not when they came.

aiogram's own loop confirms an update with the next request, while its handler may still run: a
photo in hand at a kill would be lost. Here a batch is handled first, all of it at once, and then
confirmed; what was in hand is sent again by Telegram after a kill, and stored once.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from aiogram import Bot, Dispatcher
from aiogram.types import Update

from bot.link import REQUEST_S, Link
from core.logs import get_logger

log = get_logger(__name__)

UPDATES: Final = ["message", "callback_query"]
POLL_S: Final = 25  # how long Telegram may wait for news; proxies cut at 30
# A photo that takes longer, on a slow line, no longer holds up the others.
_PATIENCE_S: Final = 5.0
# Each may hold a file of 20 MB while it is read.
_MOST_IN_HAND: Final = 32
# Of the 5 s that a stop may take: for answers to those who are in hand.
_FINISH_S: Final = 2.5


class Polling:
    """Updates from Telegram to the dispatcher."""

    def __init__(self, dispatcher: Dispatcher, bot: Bot, link: Link) -> None:
        self._dispatcher = dispatcher
        self._bot = bot
        self._link = link
        self._in_hand: set[asyncio.Task[None]] = set()
        self._offset: int | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what is in hand then is finished. Raises TokenRefused."""
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            while not stop.is_set():
                asking = asyncio.create_task(self._link.ask(self._ask), name="getUpdates")
                try:
                    await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
                    if asking.done():
                        await self._handle(asking.result() or (), stopping)
                finally:
                    asking.cancel()
            await self._finish()
        finally:
            stopping.cancel()
            for task in self._in_hand:
                task.cancel()

    async def _ask(self) -> Sequence[Update]:
        return await self._bot.get_updates(
            offset=self._offset,
            limit=_MOST_IN_HAND,
            timeout=POLL_S,
            allowed_updates=UPDATES,
            request_timeout=POLL_S + int(REQUEST_S),
        )

    async def _handle(self, updates: Sequence[Update], stopping: asyncio.Task[bool]) -> None:
        batch = {
            asyncio.create_task(self._handle_one(update), name=f"update {update.update_id}")
            for update in updates
        }
        if not batch:
            return
        for task in batch:
            self._in_hand.add(task)
            task.add_done_callback(self._in_hand.discard)
        self._offset = updates[-1].update_id + 1
        handled = asyncio.create_task(asyncio.wait(batch, timeout=_PATIENCE_S), name="batch")
        await asyncio.wait({handled, stopping}, return_when=asyncio.FIRST_COMPLETED)
        handled.cancel()
        while len(self._in_hand) >= _MOST_IN_HAND and not stopping.done():
            await asyncio.wait({*self._in_hand, stopping}, return_when=asyncio.FIRST_COMPLETED)

    async def _handle_one(self, update: Update) -> None:
        try:
            await self._dispatcher.feed_update(self._bot, update)
        except Exception:
            # Sent again it would fail again; the person has had an answer if one was possible.
            log.exception("update.dropped", update_id=update.update_id)

    async def _finish(self) -> None:
        """Answer those who are in hand, and confirm what is done."""
        if self._in_hand:
            await asyncio.wait(self._in_hand, timeout=_FINISH_S)
        if self._in_hand:
            self._offset = None  # not confirmed: whoever polls next gets them again
        elif self._offset is not None:
            confirm = self._bot.get_updates(
                offset=self._offset, limit=1, timeout=0, request_timeout=1
            )
            await asyncio.gather(confirm, return_exceptions=True)
