"""Replies on their way out: counted against Telegram's limits, and patient when it says wait."""

import asyncio
from typing import Final

from aiogram import Bot
from aiogram.client.session.middlewares.base import (
    BaseRequestMiddleware,
    NextRequestMiddlewareType,
)
from aiogram.exceptions import TelegramRetryAfter
from aiogram.methods import Response, TelegramMethod
from aiogram.methods.base import TelegramType

from bot.turns import Turns
from core.logs import get_logger

log = get_logger(__name__)

_TRIES: Final = 3
# A person who got no answer for half a minute has asked again.
_LONGEST_WAIT_S: Final = 30


class Replies(BaseRequestMiddleware):
    """A request middleware of the bot that answers people."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        """Raises what make_request raises; TelegramRetryAfter only after three of them."""
        chat_id = getattr(method, "chat_id", None)
        for tries_left in reversed(range(_TRIES)):
            if isinstance(chat_id, int) and method.__api_method__.startswith("send"):
                self._turns.spend(chat_id)
            try:
                return await make_request(bot, method)
            except TelegramRetryAfter as error:
                self._turns.hold(error.retry_after)
                if tries_left == 0 or error.retry_after > _LONGEST_WAIT_S:
                    raise
                log.warning("reply.too_fast", retry_after_s=error.retry_after)
                await asyncio.sleep(error.retry_after)
        raise AssertionError("the last try returns or raises")
