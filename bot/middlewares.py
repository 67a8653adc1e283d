"""Around every handler: the person's language, and an answer to whatever goes wrong."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from aiogram import BaseMiddleware
from aiogram.exceptions import TelegramAPIError
from aiogram.types import CallbackQuery, Chat, Message, TelegramObject, User

from bot.texts.boards import error_answer
from core.errors import BadPicture, DomainError, Unavailable
from core.logs import get_logger
from core.preferences import preferences
from core.services import Services
from core.texts import SOURCE_LOCALE, Catalogues

log = get_logger(__name__)

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]
# Telegram shows at most so many characters in an alert.
_ALERT_LIMIT: Final = 200


def locale_of(user: User | None) -> str:
    """Russian for those whose Telegram is Russian, English for all others."""
    code = (user.language_code if user else None) or ""
    return "ru" if code.lower().partition("-")[0] == "ru" else SOURCE_LOCALE


class Language(BaseMiddleware):
    """Gives handlers `texts` in the language that the chat chose, else the person's own."""

    def __init__(self, services: Services, catalogues: Catalogues) -> None:
        self._services = services
        self._catalogues = catalogues

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        """Call the handler."""
        chat, user = data.get("event_chat"), data.get("event_from_user")
        locale = locale_of(user)
        if isinstance(chat, Chat):
            # The handler meets the same, and says so in the person's own language.
            with suppress(Unavailable):
                locale = (await preferences(self._services, chat.id)).locale or locale
        data["texts"] = self._catalogues.get(locale) or self._catalogues[SOURCE_LOCALE]
        return await handler(event, data)


class TellErrors(BaseMiddleware):
    """Nobody stays without an answer: domain errors by their text, all others as our fault."""

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        """Call the handler; raises nothing but what answering raises."""
        try:
            return await handler(event, data)
        except TelegramAPIError as error:
            log.warning("reply.failed", error=type(error).__name__)
            if isinstance(event, Message):
                return None  # the answer itself did not get through, nor would another
            problem = DomainError()
        except DomainError as error:
            if not isinstance(error, BadPicture):
                log.info("update.refused", code=error.code)
            problem = error
        except Exception:
            log.exception("update.failed")
            problem = DomainError()
        try:
            await _answer(event, error_answer(data["texts"], problem))
        except TelegramAPIError as error:
            log.warning("reply.failed", error=type(error).__name__)
        return None


async def _answer(event: TelegramObject, text: str) -> None:
    match event:
        case Message():
            await event.reply(text, allow_sending_without_reply=True)
        case CallbackQuery():
            await event.answer(text[:_ALERT_LIMIT], show_alert=True)
        case _:
            pass  # nothing else is subscribed to
