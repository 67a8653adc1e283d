"""The link to Telegram: how a Bot is made, and patience while Telegram cannot be reached."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.utils.token import TokenValidationError

from bot.stopping import stops_within
from core.errors import DomainError
from core.logs import get_logger
from core.settings import Settings

log = get_logger(__name__)

T = TypeVar("T")

# A board of 3 MB on a line of 2 Mbit/s takes 12 s; longer than this is a broken line.
REQUEST_S: Final = 20.0
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 15.0


REFUSED: Final = "Telegram refuses BOT_TOKEN: take it from @BotFather again"


class TokenRefused(DomainError):
    """Telegram does not know the token."""

    code = "token_refused"


def bot_id(token: str) -> str:
    """The part of the token that is no secret: the bot's number."""
    return token.partition(":")[0]


def make_bot(settings: Settings, token: str) -> Bot:
    """A client of Telegram, or of the Bot API server that the settings name.

    Raises TokenRefused for what cannot be a token.
    """
    url = settings.telegram_api_url
    api = PRODUCTION if url is None else TelegramAPIServer.from_base(str(url).rstrip("/"))
    try:
        return Bot(token, session=AiohttpSession(api=api, timeout=REQUEST_S))
    except TokenValidationError:
        raise TokenRefused(REFUSED) from None


class Link:
    """Whether Telegram answers: says once that it does not, and once that it does again."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._failures = 0

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T | None:
        """The answer, however long it takes; None when told to stop. Raises TokenRefused."""
        while not self._stop.is_set():
            try:
                answer = await call()
            # A token of another shape than Telegram's is answered with 404.
            except (TelegramUnauthorizedError, TelegramNotFound):
                raise TokenRefused(REFUSED) from None
            except (TelegramAPIError, ClientDecodeError, OSError) as error:
                await stops_within(self._stop, self._failed(error))
            else:
                self._answered()
                return answer
        return None

    def _failed(self, error: Exception) -> float:
        if self._failures == 0:
            # The type alone: aiohttp's texts hold URLs, and those the token.
            log.warning("telegram.away", error=type(error).__name__, advice=_advice(error))
        self._failures += 1
        if isinstance(error, TelegramRetryAfter):
            return float(error.retry_after)
        return float(min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(self._failures - 1, 10)))

    def _answered(self) -> None:
        if self._failures:
            log.info("telegram.back", failures=self._failures)
        self._failures = 0


def _advice(error: Exception) -> str:
    if isinstance(error, TelegramConflictError):
        return "another program polls with this BOT_TOKEN; it must stop"
    return "trying again until it answers"
