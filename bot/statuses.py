"""Shows every sender how far his photos are: one message, edited sparsely, never repeated."""

import asyncio
from typing import Final

from aiogram import Bot
from aiogram.exceptions import ClientDecodeError, TelegramAPIError, TelegramBadRequest
from aiogram.types import ReplyParameters

from bot.outcomes import Away, Gone, Moved, TooFast, outcome_of
from bot.stopping import stops_within
from bot.texts.status import status_message
from bot.turns import Rank, Turns
from core.chat_life import chat_gone, chat_migrated
from core.errors import Unavailable
from core.logs import get_logger
from core.services import Services
from core.statuses import (
    Followed,
    Status,
    claim_statuses,
    status_failed,
    status_shown,
    status_unchanged,
    status_waits,
)
from core.texts import SOURCE_LOCALE, Catalogues
from core.waiting import Queue, queue_now, wait_for_place

log = get_logger(__name__)

_BATCH: Final = 30
# A new status is woken for; the others are looked at in this rhythm.
_POLL_S: Final = 0.5
# Two looks at one message are so far apart: an edit every three seconds keeps 20 statuses within
# a quarter of what Telegram lets through, and people see it move.
_LOOK_AGAIN_S: Final = 3.0
# Who waits longer needs no finer news.
_LATER_S: Final = 8.0
_FRESH_S: Final = 30.0
# A chat has a turn every second; the board itself may just have taken it.
_NO_TURN_S: Final = 1.0
# Forty at once beside twenty joining a second have their first words in about five seconds; the
# reaction to the photo is there at once. Words that would be later are computed anew.
_PATIENCE_S: Final = 5.0
_RETRY_S: Final = 5.0
_AWAY_PAUSE_S: Final = 2.0
_UNCHANGED: Final = "message is not modified"


class Statuses:
    """The loop that shows statuses. wake(): a new one is there.

    bot: one whose messages are not counted on their way out: their turns are taken here.
    """

    def __init__(self, services: Services, bot: Bot, turns: Turns, catalogues: Catalogues) -> None:
        self._services = services
        self._bot = bot
        self._turns = turns
        self._catalogues = catalogues
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at once."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            while not stop.is_set():
                self._woken.clear()
                try:
                    found = await self._look()
                except Unavailable as error:
                    log.warning("statuses.wait", code=error.code)
                    await stops_within(stop, _AWAY_PAUSE_S)
                    continue
                if found < _BATCH:
                    await self._pause(stopping)
        finally:
            stopping.cancel()

    async def _pause(self, stopping: asyncio.Task[bool]) -> None:
        woken = asyncio.create_task(self._woken.wait(), name="woken")
        try:
            await asyncio.wait(
                {woken, stopping}, timeout=_POLL_S, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            woken.cancel()

    async def _look(self) -> int:
        """Show what has changed; how many statuses were looked at. Raises Unavailable."""
        claimed = await claim_statuses(self._services, _BATCH)
        if not claimed:
            return 0
        queue = await queue_now(self._services)
        async with asyncio.TaskGroup() as group:
            for status in claimed:
                group.create_task(self._show(status, queue))
        return len(claimed)

    async def _show(self, status: Status, queue: Queue) -> None:
        """Raises nothing but cancellation: the lease runs out where the end can't be recorded."""
        try:
            await self._show_now(status, queue)
        except Unavailable as error:
            log.warning("status.unrecorded", status_id=str(status.status_id), code=error.code)

    async def _show_now(self, status: Status, queue: Queue) -> None:
        texts = self._catalogues.get(status.locale) or self._catalogues[SOURCE_LOCALE]

        def wait_of(upload: Followed) -> float | None:
            return wait_for_place(queue, upload.ahead, upload.quality)

        text = status_message(texts, status.uploads, wait_of)
        next_s = _LOOK_AGAIN_S if status.age_s < _FRESH_S else _LATER_S
        if text == status.shown:
            await status_unchanged(self._services, status, next_s=next_s)
            return
        wait = await self._take_turn(status)
        if wait > 0.0:
            await status_waits(self._services, status, next_s=wait)
            return
        try:
            message_id = await self._tell(status, text)
        except (TelegramAPIError, ClientDecodeError, OSError) as error:
            await self._failed(status, error)
        else:
            await status_shown(
                self._services, status, message_id=message_id, text=text, next_s=next_s
            )

    async def _take_turn(self, status: Status) -> float:
        """0.0: it may go; else, not before so many seconds. First words wait here, edits do not."""
        if status.message_id is None:
            return await self._turns.take(status.chat_id, _PATIENCE_S, Rank.STATUS)
        return 0.0 if await self._turns.try_take(status.chat_id) else _NO_TURN_S

    async def _tell(self, status: Status, text: str) -> int:
        if status.message_id is None:
            sent = await self._bot.send_message(
                status.chat_id,
                text,
                message_thread_id=status.topic_id,
                reply_parameters=ReplyParameters(
                    message_id=status.reply_to, allow_sending_without_reply=True
                ),
            )
            return sent.message_id
        try:
            await self._bot.edit_message_text(
                text, chat_id=status.chat_id, message_id=status.message_id
            )
        except TelegramBadRequest as error:
            if _UNCHANGED not in error.message:
                raise
        return status.message_id

    async def _failed(self, status: Status, error: Exception) -> None:
        # The type alone: the texts of network errors hold URLs, and those the token.
        log.warning("status.failed", status_id=str(status.status_id), error=type(error).__name__)
        match outcome_of(error):
            case TooFast(seconds):
                await self._turns.hold(status.chat_id, seconds)
                await status_waits(self._services, status, next_s=seconds)
            case Gone():
                await chat_gone(self._services, status.chat_id)
            case Moved(chat_id):
                await chat_migrated(self._services, status.chat_id, chat_id)
            case Away():
                await status_failed(self._services, status, next_s=_RETRY_S)
            case _:
                # As where he has deleted the status: he does not want it, and the board comes.
                await status_failed(self._services, status, next_s=_RETRY_S, final=True)
