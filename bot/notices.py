"""Sends notices: what members are told besides boards, behind the boards' sender in the queue."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, assert_never

from aiogram import Bot
from aiogram.exceptions import ClientDecodeError, TelegramAPIError
from aiogram.types import InlineKeyboardMarkup

from bot.choices import fast_keyboard
from bot.outcomes import Away, Gone, Moved, Refused, TokenGone, TooFast, outcome_of, retry_s
from bot.questions import survey_message
from bot.stopping import stops_within
from bot.texts import notices as texts_of
from bot.turns import Rank, Turns
from core.chat_life import MEMBER_INACTIVE, chat_gone, chat_migrated
from core.errors import LeaseLost, Unavailable
from core.logs import get_logger
from core.notices import (
    DueNotice,
    claim_notices,
    notice_failed,
    notice_later,
    notice_sent,
)
from core.services import Services
from core.texts import SOURCE_LOCALE, Catalogues, Texts
from core.values import NoticeKind

log = get_logger(__name__)

# Few, because beside a bulk of boards one of them goes in a second: more would be claimed, wait in
# vain and be written back, all at once, in the middle of what keeps to 28 a second.
_BATCH: Final = 5
_POLL_S: Final = 1.0
_AWAY_PAUSE_S: Final = 2.0
# A turn that takes longer than this is left for a later batch; a third of core.notices' lease.
_PATIENCE_S: Final = 10.0


def notice_message(
    texts: Texts, kind: NoticeKind, data: Mapping[str, Any]
) -> tuple[str, InlineKeyboardMarkup | None]:
    """What a notice says, and the buttons below it. data: as the one who owed it wrote it."""
    match kind:
        case NoticeKind.OVERLOAD:
            return texts_of.overload(texts, float(data["wait_s"])), fast_keyboard(texts)
        case NoticeKind.OVERLOAD_OVER:
            return texts_of.overload_over(texts), None
        case NoticeKind.KICKED:
            return texts_of.kicked(texts, str(data["title"])), None
        case NoticeKind.SURVEY:
            return survey_message(texts, data)
        case _:
            assert_never(kind)


class Notices:
    """The loop that drains notices."""

    def __init__(self, services: Services, bot: Bot, turns: Turns, catalogues: Catalogues) -> None:
        self._services = services
        self._bot = bot
        self._turns = turns
        self._catalogues = catalogues

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what is being sent then is finished."""
        while not stop.is_set():
            pause = _POLL_S
            try:
                due = await claim_notices(self._services, _BATCH)
                async with asyncio.TaskGroup() as group:
                    for each in due:
                        group.create_task(self._send(each, stop))
                pause = 0.0 if len(due) == _BATCH else _POLL_S
            except Unavailable as error:
                log.warning("notices.wait", code=error.code)
                pause = _AWAY_PAUSE_S
            await stops_within(stop, pause)

    async def _send(self, due: DueNotice, stop: asyncio.Event) -> None:
        """One notice, to whatever end; raises nothing but cancellation."""
        try:
            wait = await self._turns.take(due.chat_id, _PATIENCE_S, Rank.NOTICE)
            if wait > 0.0 or stop.is_set():
                await notice_later(self._services, due, seconds=wait, error_code="", counts=False)
                return
            await self._send_now(due)
        except LeaseLost:
            log.warning("notice.lease_lost", notice_id=str(due.notice_id))
        except Unavailable as error:
            log.warning("notice.unrecorded", notice_id=str(due.notice_id), code=error.code)

    async def _send_now(self, due: DueNotice) -> None:
        texts = self._catalogues.get(due.locale) or self._catalogues[SOURCE_LOCALE]
        text, keyboard = notice_message(texts, due.kind, due.data)
        try:
            sent = await self._bot.send_message(
                due.chat_id, text, message_thread_id=due.topic_id, reply_markup=keyboard
            )
        except (TelegramAPIError, ClientDecodeError, OSError) as error:
            await self._failed(due, error)
        else:
            await notice_sent(self._services, due, sent.message_id)

    async def _failed(self, due: DueNotice, error: Exception) -> None:
        log.warning("notice.failed", notice_id=str(due.notice_id), error=type(error).__name__)
        match outcome_of(error):
            case TooFast(seconds):
                await self._turns.hold(due.chat_id, seconds)
                await self._later(due, seconds, counts=False)
            case TokenGone(seconds):
                await self._later(due, seconds, counts=False)
            case Moved(chat_id):
                await chat_migrated(self._services, due.chat_id, chat_id)
                await self._later(due, 0.0, counts=False)
            case Gone():
                await notice_failed(self._services, due, MEMBER_INACTIVE)
                await chat_gone(self._services, due.chat_id)
            case Away():
                await self._later(due, retry_s(due.tries), counts=True)
            case Refused(code):
                await notice_failed(self._services, due, code)

    async def _later(self, due: DueNotice, seconds: float, *, counts: bool) -> None:
        await notice_later(
            self._services, due, seconds=seconds, error_code="telegram_away", counts=counts
        )
