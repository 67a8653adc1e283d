"""The menus of commands that Telegram shows: for students, for groups, for who manages."""

from typing import Final

from aiogram import Bot
from aiogram.exceptions import ClientDecodeError, TelegramAPIError
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)

from core.logs import get_logger
from core.messages import mark
from core.texts import SOURCE_LOCALE, Catalogues, Texts

log = get_logger(__name__)

STUDENTS: Final = {
    "start": mark("Join an auditorium"),
    "room": mark("Your auditoriums, switch between them"),
    "gallery": mark("All boards on the web"),
    "quality": mark("Best picture or fastest"),
    "view": mark("Which view of a board comes first"),
    "mute": mark("Only my own boards, or all again"),
    "leave": mark("Leave the auditorium"),
    "lang": mark("Language"),
    "delete": mark("Delete a photo of mine"),
    "privacy": mark("What is stored about me"),
    "help": mark("How it works"),
}
GROUPS: Final = {
    "bind": mark("Get an auditorium's boards here"),
    "unbind": mark("No more boards here"),
    "board": mark("Take the photo that this answers"),
    "help": mark("How it works"),
}
TEACHERS: Final = {
    "newroom": mark("Open a new auditorium"),
    "qr": mark("QR code and links for the students"),
    "close": mark("End the lecture: no more photos"),
    "open": mark("Take photos again"),
    "kick": mark("Remove a member, or let one in again"),
    "moderators": mark("Who manages the auditorium with you"),
    "export": mark("All boards as a file"),
    "stats": mark("The lecture in figures"),
}


async def set_menus(bot: Bot, catalogues: Catalogues) -> None:
    """The menus for all private chats and all groups, in all languages; failures are logged.

    Only the menus: not worth holding anybody up.
    """
    for locale, texts in catalogues.items():
        language = None if locale == SOURCE_LOCALE else locale
        try:
            await bot.set_my_commands(
                # Who wants to open an auditorium has to find out how.
                _commands(texts, {**STUDENTS, "newroom": TEACHERS["newroom"]}),
                scope=BotCommandScopeAllPrivateChats(),
                language_code=language,
            )
            await bot.set_my_commands(
                _commands(texts, GROUPS),
                scope=BotCommandScopeAllGroupChats(),
                language_code=language,
            )
        except (TelegramAPIError, ClientDecodeError, OSError) as error:
            log.warning("bot.no_menu", error=type(error).__name__)


async def set_chat_menu(bot: Bot, texts: Texts, chat_id: int, *, manages: bool) -> None:
    """The menu of one private chat: with teachers' commands, or again that of all.

    texts: in the chat's language. Failures are logged.
    """
    scope = BotCommandScopeChat(chat_id=chat_id)
    try:
        if manages:
            await bot.set_my_commands(_commands(texts, {**TEACHERS, **STUDENTS}), scope=scope)
        else:
            await bot.delete_my_commands(scope=scope)
    except (TelegramAPIError, ClientDecodeError, OSError) as error:
        log.warning("chat.no_menu", error=type(error).__name__)


def _commands(texts: Texts, commands: dict[str, str]) -> list[BotCommand]:
    return [
        BotCommand(command=command, description=texts.gettext(says))
        for command, says in commands.items()
    ]
