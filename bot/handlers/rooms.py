"""Joining an auditorium: by deep link, by code, by the address of its join page."""

import re
from typing import Final

from aiogram import F, Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import Message

from bot.middlewares import locale_of
from bot.texts import boards as answers
from core.chats import come_back
from core.rooms import join_from_telegram
from core.services import Services
from core.texts import Texts

# A pasted address of the join page or of a deep link holds the code too.
_IN_ADDRESS: Final = re.compile(r"(?:/join/|/a/|[?&]start=)([0-9A-Za-z-]+)")
# Six characters, with dashes or spaces between them: longer text is no code.
_LONGEST_CODE: Final = 16


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever."""
    router = Router(name="rooms")
    router.message.register(start_with_code, CommandStart(deep_link=True))
    router.message.register(start, CommandStart())
    router.message.register(show_help, Command("help"))
    router.message.register(text, F.text)
    return router


def code_in(text: str) -> str | None:
    """What may be a code in what a person wrote; None: nothing."""
    found = _IN_ADDRESS.search(text)
    if found is not None:
        return found.group(1)
    text = text.strip()
    return text if 0 < len(text) <= _LONGEST_CODE and not text.startswith("/") else None


async def start_with_code(
    message: Message, command: CommandObject, services: Services, texts: Texts
) -> None:
    """The QR code or link of an auditorium was followed."""
    await _join(message, command.args or "", services, texts)


async def start(message: Message, services: Services, texts: Texts) -> None:
    """The bot was found without a code, or somebody is back after blocking it."""
    viewer = await come_back(services, message.chat.id)
    await message.answer(
        answers.how_to_join(texts) if viewer is None else answers.joined(texts, viewer.title)
    )


async def show_help(message: Message, texts: Texts) -> None:
    """How it works."""
    await message.answer(answers.help_text(texts))


async def text(message: Message, services: Services, texts: Texts) -> None:
    """A code, or something that is none."""
    code = code_in(message.text or "")
    if code is None:
        await message.answer(answers.send_a_photo(texts))
    else:
        await _join(message, code, services, texts)


async def _join(message: Message, code: str, services: Services, texts: Texts) -> None:
    name = message.from_user.full_name if message.from_user else ""
    room = await join_from_telegram(
        services,
        code=code,
        chat_id=message.chat.id,
        name=name,
        locale=locale_of(message.from_user),
    )
    await message.answer(answers.joined(texts, room.title))
