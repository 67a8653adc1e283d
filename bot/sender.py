"""Sends what is owed: claims deliveries, takes turns at Telegram's limits, records how each ended.

Between Telegram's answer and the commit of mark_sent() a crash costs a second copy; nowhere else.
"""

import asyncio
import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from typing import Final
from uuid import uuid4

from aiogram import Bot
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)

from bot.keyboards import board_keyboard
from bot.pictures import BoardPictures
from bot.stopping import stops_within
from bot.texts import boards as answers
from bot.turns import Turns
from core.errors import DomainError, LeaseLost, Unavailable
from core.logs import get_logger
from core.sends import (
    LEASE_S,
    MOST_TRIES,
    Due,
    claim_due,
    deactivate,
    give_up,
    hand_back,
    mark_sent,
    postpone,
    take_back_expired,
)
from core.services import Services
from core.texts import SOURCE_LOCALE, Catalogues

log = get_logger(__name__)

# About what one second takes: a stop, or Telegram's "wait", leaves few to hand back.
_BATCH: Final = 28
# The table is asked this often; half of it is the mean wait of a ready board.
_POLL_S: Final = 0.5
_TAKE_BACK_EVERY_S: Final = 5.0
# Who has many boards coming gets one a second; beyond this they are left for a later batch.
_PATIENCE_S: Final = 2.0
# A send begun now ends within the lease: half of it is fetching and uploading (core.sends).
_BEGIN_WITHIN_S: Final = LEASE_S / 2
_AWAY_PAUSE_S: Final = 2.0
_FIRST_RETRY_S: Final = 1.0
_LONGEST_RETRY_S: Final = 60.0
# The token was revoked while we run: only a person can help, and then all is sent.
_REFUSED_RETRY_S: Final = 60.0
TOO_FAST: Final = "telegram_too_fast"
TELEGRAM_AWAY: Final = "telegram_away"
TELEGRAM_REFUSED: Final = "telegram_refused"
# Not 403, but the same: there is nobody to send to (wording of the Bot API server).
_NOBODY: Final = ("chat not found", "user not found", "peer_id_invalid")


def retry_s(tries: int) -> float:
    """The pause after this many tries, in seconds: 1, 2, 4, ... 60."""
    return min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2.0 ** max(0, tries - 1))


class Sender:
    """The loop that drains deliveries."""

    def __init__(
        self,
        services: Services,
        bot: Bot,
        turns: Turns,
        pictures: BoardPictures,
        catalogues: Catalogues,
    ) -> None:
        self._services = services
        self._bot = bot
        self._turns = turns
        self._pictures = pictures
        self._catalogues = catalogues
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what is being sent then is finished."""
        take_back_at = 0.0
        while not stop.is_set():
            pause = max(_POLL_S, self._turns.held_s)
            try:
                if time.monotonic() >= take_back_at:
                    await self._take_back()
                    take_back_at = time.monotonic() + _TAKE_BACK_EVERY_S
                if self._turns.held_s == 0.0:
                    due = await claim_due(self._services, self._owner, _BATCH)
                    await self._send_all(due, stop)
                    pause = _POLL_S if len(due) < _BATCH else 0.0
            except Unavailable as error:
                log.warning("sender.waits", code=error.code)
                pause = _AWAY_PAUSE_S
            await stops_within(stop, pause)

    async def _take_back(self) -> None:
        lost = await take_back_expired(self._services)
        if lost:
            log.warning("delivery.lease_expired", deliveries=lost)

    async def _send_all(self, due: Sequence[Due], stop: asyncio.Event) -> None:
        begin_until = time.monotonic() + _BEGIN_WITHIN_S
        by_board = sorted(range(len(due)), key=lambda place: due[place].board_id.int)
        async with asyncio.TaskGroup() as group:
            for _, places in groupby(by_board, key=lambda place: due[place].board_id):
                group.create_task(
                    self._send_board([due[place] for place in places], begin_until, stop)
                )

    async def _send_board(
        self, due: Sequence[Due], begin_until: float, stop: asyncio.Event
    ) -> None:
        """One after the other until Telegram has the picture; then all the others at once."""
        left = list(due)
        while left and not await self._is_uploaded(left[0]):
            await self._send(left.pop(0), begin_until, stop)
        async with asyncio.TaskGroup() as group:
            for each in left:
                group.create_task(self._send(each, begin_until, stop))

    async def _is_uploaded(self, due: Due) -> bool:
        try:
            return await self._pictures.is_uploaded(due.board_id)
        except Unavailable:
            return False

    async def _send(self, due: Due, begin_until: float, stop: asyncio.Event) -> None:
        """One delivery, to whatever end; raises nothing but cancellation."""
        try:
            wait = await self._turns.take(due.chat_id, _PATIENCE_S)
            if wait > 0.0 or stop.is_set() or time.monotonic() > begin_until:
                await hand_back(self._services, due, seconds=wait)
                return
            await self._send_now(due)
        except LeaseLost:
            log.warning("delivery.lease_lost", delivery_id=str(due.delivery_id))
        except Unavailable as error:
            # It could not be recorded how it ended: the lease will run out and tell.
            log.warning("delivery.unrecorded", delivery_id=str(due.delivery_id), code=error.code)

    async def _send_now(self, due: Due) -> None:
        texts = self._catalogues.get(due.locale) or self._catalogues[SOURCE_LOCALE]
        try:
            message = await self._pictures.send_board(
                self._bot,
                chat_id=due.chat_id,
                board_id=due.board_id,
                number=due.board_number,
                caption=answers.caption(texts, due.board_number),
                keyboard=board_keyboard(texts, due.board_id),
            )
        except (TelegramAPIError, ClientDecodeError, DomainError) as error:
            await self._failed(due, error)
        else:
            await self._sent(due, message.message_id)

    async def _sent(self, due: Due, message_id: int) -> None:
        # PostgreSQL may be restarting: three tries keep the window for a second copy small.
        for _ in range(2):
            with suppress(Unavailable):
                await mark_sent(self._services, due, message_id)
                break
        else:
            await mark_sent(self._services, due, message_id)
        log.info("delivery.sent", delivery_id=str(due.delivery_id), board_id=str(due.board_id))

    async def _failed(self, due: Due, error: Exception) -> None:
        # Types and codes only: the texts of network errors hold URLs, and those the token.
        log.warning(
            "delivery.attempt_failed",
            delivery_id=str(due.delivery_id),
            error=type(error).__name__,
            tries=due.tries,
        )
        match error:
            case TelegramRetryAfter():
                await self._turns.hold(due.chat_id, error.retry_after)
                await self._again(due, error.retry_after, TOO_FAST)
            case TelegramUnauthorizedError() | TelegramNotFound():
                await self._again(due, _REFUSED_RETRY_S, TELEGRAM_REFUSED)
            case TelegramForbiddenError():
                await deactivate(self._services, due)
            case TelegramBadRequest() if _nobody(error):
                await deactivate(self._services, due)
            case TelegramNetworkError() | TelegramServerError() | ClientDecodeError():
                await self._later(due, TELEGRAM_AWAY)
            case Unavailable():
                await self._later(due, error.code)
            case DomainError():
                await give_up(self._services, due, error.code)
            case _:
                await give_up(self._services, due, TELEGRAM_REFUSED)

    async def _again(self, due: Due, seconds: float, error_code: str) -> None:
        await postpone(self._services, due, seconds=seconds, error_code=error_code, counts=False)

    async def _later(self, due: Due, error_code: str) -> None:
        if due.tries >= MOST_TRIES:
            await give_up(self._services, due, error_code)
        else:
            await postpone(self._services, due, seconds=retry_s(due.tries), error_code=error_code)


def _nobody(error: TelegramBadRequest) -> bool:
    return any(words in error.message.lower() for words in _NOBODY)
