"""Sends what is owed: claims deliveries, takes turns at Telegram's limits, records how each ended.

Between Telegram's answer and the commit of mark_sent() a crash costs a second copy; nowhere else.
"""

import asyncio
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

from aiogram import Bot
from aiogram.exceptions import ClientDecodeError, TelegramAPIError

from bot.board_messages import BoardMessage
from bot.outcomes import (
    TELEGRAM_AWAY,
    TELEGRAM_REFUSED,
    TOO_FAST,
    Away,
    Gone,
    Moved,
    Refused,
    TokenGone,
    TooFast,
    outcome_of,
    retry_s,
)
from bot.pictures import BoardPictures
from bot.reach import ANSWERS
from bot.stopping import stops_within
from bot.turns import Turns
from core.chat_life import chat_migrated
from core.errors import DomainError, LeaseLost, RenditionNotReady, Unavailable
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
from core.values import ResultView

log = get_logger(__name__)

# About what one second takes: a stop, or Telegram's "wait", leaves few to hand back.
_MOST_IN_HAND: Final = 28
# The next are claimed before the last are through: at 28 a second these cover half a second of
# waiting for Telegram's answers, and one that hangs holds up no others.
_CLAIM_AT: Final = _MOST_IN_HAND // 2
# The table is asked this often; half of it is the mean wait of a ready board.
_POLL_S: Final = 0.5
_TAKE_BACK_EVERY_S: Final = 5.0
# Who has many boards coming gets one a second; beyond this they are left for a later batch.
_PATIENCE_S: Final = 2.0
# A send begun now ends within the lease: half of it is fetching and uploading (core.sends).
_BEGIN_WITHIN_S: Final = LEASE_S / 2
_AWAY_PAUSE_S: Final = 2.0
MOVED: Final = "chat_moved"


@dataclass(eq=False, slots=True, weakref_slot=True)
class _Start:
    """Whether Telegram has a view's picture; until then one at a time may bring it."""

    line: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_uploaded: bool = False


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
        self._reach = ANSWERS
        self._in_hand: set[asyncio.Task[None]] = set()
        # One lives as long as a delivery of its board and view is in hand.
        self._starts: WeakValueDictionary[tuple[UUID, ResultView], _Start] = WeakValueDictionary()

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what is being sent then is finished."""
        take_back_at = 0.0
        async with asyncio.TaskGroup() as sending:
            while not stop.is_set():
                pause = max(_POLL_S, self._closed_s)
                try:
                    if time.monotonic() >= take_back_at:
                        await self._take_back()
                        take_back_at = time.monotonic() + _TAKE_BACK_EVERY_S
                    if self._closed_s == 0.0 and await self._claim(sending, stop):
                        pause = 0.0
                except Unavailable as error:
                    log.warning("sender.waits", code=error.code)
                    pause = _AWAY_PAUSE_S
                await stops_within(stop, pause)
                await self._has_room(stop)

    @property
    def _closed_s(self) -> float:
        """For how many seconds nothing is to be sent to anybody."""
        return max(self._turns.held_s, self._reach.wait_s(time.monotonic()))

    async def _take_back(self) -> None:
        lost = await take_back_expired(self._services)
        if lost:
            log.warning("delivery.lease_expired", deliveries=lost)

    async def _claim(self, sending: asyncio.TaskGroup, stop: asyncio.Event) -> bool:
        """Begin to send what is due; whether there may be more of it. Raises Unavailable."""
        wanted = (1 if self._reach.is_away else _MOST_IN_HAND) - len(self._in_hand)
        if wanted <= 0:
            return False
        begin_until = time.monotonic() + _BEGIN_WITHIN_S
        due = await claim_due(self._services, self._owner, wanted)
        for each in due:
            task = sending.create_task(self._send(each, begin_until, stop))
            self._in_hand.add(task)
            task.add_done_callback(self._in_hand.discard)
        return len(due) == wanted and not self._reach.is_away

    async def _has_room(self, stop: asyncio.Event) -> None:
        """Wait until so few are in hand that the next are worth a query, or until told to stop."""
        if len(self._in_hand) <= _CLAIM_AT:
            return
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            while len(self._in_hand) > _CLAIM_AT and not stopping.done():
                await asyncio.wait({*self._in_hand, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()

    async def _send(self, due: Due, begin_until: float, stop: asyncio.Event) -> None:
        """One delivery: while Telegram lacks the picture one after the other, then at once."""
        start = self._starts.setdefault((due.board_id, due.view), _Start())
        async with start.line:
            if not start.is_uploaded:
                start.is_uploaded = await self._is_uploaded(due)
            if not start.is_uploaded:
                await self._send_in_turn(due, begin_until, stop)
                return
        await self._send_in_turn(due, begin_until, stop)

    async def _is_uploaded(self, due: Due) -> bool:
        try:
            return await self._pictures.is_uploaded(due.board_id, due.view)
        except (Unavailable, RenditionNotReady):  # sending meets the same, and tells
            return False

    async def _send_in_turn(self, due: Due, begin_until: float, stop: asyncio.Event) -> None:
        """One delivery, to whatever end; raises nothing but cancellation."""
        try:
            wait = await self._turns.take(due.chat_id, _PATIENCE_S)
            wait = max(wait, self._reach.wait_s(time.monotonic()))
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
        board = BoardMessage(
            texts=texts,
            board_id=due.board_id,
            number=due.board_number,
            left_as_it_is=due.left_as_it_is,
        )
        try:
            message = await self._pictures.send_board(
                self._bot, board, due.view, chat_id=due.chat_id, topic_id=due.topic_id
            )
        except (TelegramAPIError, ClientDecodeError, DomainError) as error:
            await self._failed(due, error)
        else:
            self._note(answers=True)
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
        outcome = outcome_of(error)
        self._note(answers=outcome != Away(TELEGRAM_AWAY))
        match outcome:
            case TooFast(seconds):
                await self._turns.hold(due.chat_id, seconds)
                await self._again(due, seconds, TOO_FAST)
            case TokenGone(seconds):
                await self._again(due, seconds, TELEGRAM_REFUSED)
            case Gone():
                await deactivate(self._services, due)
            case Moved(chat_id):
                await chat_migrated(self._services, due.chat_id, chat_id)
                await self._again(due, 0.0, MOVED)
            case Away(code):
                await self._later(due, code)
            case Refused(code):
                await give_up(self._services, due, code)

    def _note(self, *, answers: bool) -> None:
        was_away = self._reach.is_away
        self._reach = ANSWERS if answers else self._reach.failed(time.monotonic())
        if self._reach.is_away and not was_away:
            log.warning("sender.telegram_away")
        if was_away and answers:
            log.info("sender.telegram_back")

    async def _again(self, due: Due, seconds: float, error_code: str) -> None:
        await postpone(self._services, due, seconds=seconds, error_code=error_code, counts=False)

    async def _later(self, due: Due, error_code: str) -> None:
        if due.tries >= MOST_TRIES:
            await give_up(self._services, due, error_code)
        else:
            await postpone(self._services, due, seconds=retry_s(due.tries), error_code=error_code)
