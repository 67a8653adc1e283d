"""Replies on their way out: counted against Telegram's limits, and patient when it says wait.

What counts as a message to a chat. The FAQ speaks of messages sent; Telegram's maintainers add
(tdlib/td issues 2592 and 3034, tdlib/telegram-bot-api issues 572 and 648) that edits share the
limits of sending, that a message about a new forum topic is a message, that answers to callback
queries are not limited and deletions hardly. An album is as many messages as it has items: a
refusal in its middle names the item. Exact limits are not published, so what is in doubt counts.
"""

import asyncio
import math
from typing import Final

from aiogram import Bot
from aiogram.client.session.middlewares.base import (
    BaseRequestMiddleware,
    NextRequestMiddlewareType,
)
from aiogram.exceptions import TelegramRetryAfter
from aiogram.methods import (
    CopyMessages,
    ForwardMessages,
    Response,
    SendChatAction,
    SendMediaGroup,
    TelegramMethod,
)
from aiogram.methods.base import TelegramType

from bot.turns import Turns
from core.logs import get_logger

log = get_logger(__name__)

_TRIES: Final = 3
# A person who got no answer for half a minute has asked again.
_LONGEST_WAIT_S: Final = 30.0
_COUNTED: Final = ("send", "editMessage", "forwardMessage", "copyMessage")
# They edit a message, or bring one of Telegram's own into the chat.
_COUNTED_TOO: Final = {
    "stopPoll",
    "stopMessageLiveLocation",
    "pinChatMessage",
    "createForumTopic",
    "editForumTopic",
}


def messages_in(method: TelegramMethod[TelegramType]) -> int:
    """How many messages Telegram takes this call for."""
    match method:
        case SendChatAction():
            return 0  # "is typing" is no message
        case SendMediaGroup():
            return len(method.media)
        case ForwardMessages() | CopyMessages():
            return len(method.message_ids)
        case _:
            name = method.__api_method__
            return int(name.startswith(_COUNTED) or name in _COUNTED_TOO)


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
        """Raises what make_request raises; TelegramRetryAfter only after three of them.

        Or after none, when Telegram has told another message to this chat to wait for longer than
        a person does: asking once more would only be refused once more.
        """
        # Where there is no chat, as in an answer to a callback query, nothing is counted.
        given = getattr(method, "chat_id", None)
        chat_id = given if isinstance(given, int) else 0
        messages = messages_in(method) if chat_id else 0
        for tries_left in reversed(range(_TRIES)):
            if messages:
                await self._wait_if_held(method, chat_id, messages)
            try:
                return await make_request(bot, method)
            except TelegramRetryAfter as error:
                if messages:
                    await self._turns.hold(chat_id, error.retry_after)
                if tries_left == 0 or error.retry_after > _LONGEST_WAIT_S:
                    raise
                log.warning("reply.too_fast", retry_after_s=error.retry_after)
                if not messages:
                    await asyncio.sleep(error.retry_after)
        raise AssertionError("the last try returns or raises")

    async def _wait_if_held(
        self, method: TelegramMethod[TelegramType], chat_id: int, messages: int
    ) -> None:
        wait = await self._turns.spend(chat_id, messages, _LONGEST_WAIT_S)
        if wait > 0.0:
            log.warning("reply.held", retry_after_s=math.ceil(wait))
            raise TelegramRetryAfter(method, "Too Many Requests", retry_after=math.ceil(wait))
