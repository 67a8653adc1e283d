"""Updates on their way to the handlers, each with one effect, whoever brings it how often."""

import asyncio
import os
import socket
import time
from typing import Final
from uuid import uuid4
from weakref import WeakValueDictionary

from aiogram import Bot, Dispatcher
from aiogram.types import Update
from pydantic import ValidationError

from core.errors import Unavailable
from core.logs import get_logger
from core.services import Services
from core.updates import Begin, begin, end, forget_old, unfinished

log = get_logger(__name__)

# What the bot is told of; all else stays with Telegram.
SUBSCRIBED: Final = ["message", "callback_query", "my_chat_member"]
_FORGET_EVERY_S: Final = 3600.0


class Updates:
    """Hands updates to the dispatcher.

    alone: no other process serves this bot, so what an earlier one began is handled again.
    """

    def __init__(
        self, services: Services, dispatcher: Dispatcher, bot: Bot, *, alone: bool
    ) -> None:
        self._services = services
        self._dispatcher = dispatcher
        self._bot = bot
        self._alone = alone
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._forget_at = 0.0
        # A lock lives as long as somebody has it or waits for it.
        self._lines: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def handle(self, update: Update) -> bool:
        """Handle it unless that was done; False: another process has it in hand just now.

        Raises nothing but cancellation: an update that fails would fail again, and the person has
        had an answer if one was possible. What one person does is handled in his order: a photo
        after a code goes where the code leads.
        """
        line = self._lines.setdefault(_who(update), asyncio.Lock())
        async with line:
            return await self._handle(update)

    async def resume(self) -> None:
        """Handle what an earlier process had in hand when it died.

        Only where we are alone; elsewhere Telegram itself brings again what was not answered.
        """
        if not self._alone:
            return
        try:
            left = await unfinished(self._services, self._bot.id)
        except Unavailable as error:
            log.warning("updates.not_resumed", code=error.code)
            return
        for content in left:
            try:
                update = Update.model_validate(content, context={"bot": self._bot})
            except ValidationError as error:
                # Of another version of ours: it cannot be handled, and nothing else hangs on it.
                log.warning("update.unreadable", errors=error.error_count())
                continue
            log.info("update.resumed", update_id=update.update_id)
            await self.handle(update)

    async def _handle(self, update: Update) -> bool:
        match await self._begin(update):
            case Begin.DONE:
                log.info("update.repeated", update_id=update.update_id)
                return True
            case Begin.ELSEWHERE:
                return False
            case Begin.OURS:
                pass
        try:
            await self._dispatcher.feed_update(self._bot, update)
        except Exception:
            log.exception("update.dropped", update_id=update.update_id)
        await self._end(update)
        return True

    async def _begin(self, update: Update) -> Begin:
        try:
            return await begin(
                self._services,
                self._bot.id,
                update.update_id,
                self._owner,
                alone=self._alone,
                content=update.model_dump(mode="json", by_alias=True, exclude_none=True),
            )
        except Unavailable:
            # Handlers then store nothing either, and say so to the person.
            return Begin.OURS

    async def _end(self, update: Update) -> None:
        try:
            await end(self._services, self._bot.id, update.update_id)
            if time.monotonic() >= self._forget_at:
                self._forget_at = time.monotonic() + _FORGET_EVERY_S
                await forget_old(self._services)
        except Unavailable as error:
            log.warning("update.unrecorded", update_id=update.update_id, code=error.code)


def _who(update: Update) -> int:
    """The number of the person who did it."""
    event = update.message or update.callback_query or update.my_chat_member
    return event.from_user.id if event is not None and event.from_user is not None else 0
