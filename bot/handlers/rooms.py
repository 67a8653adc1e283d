"""Auditoriums of a private chat: joining by link, code or address; switching, muting, leaving."""

import re
from typing import Final

from aiogram import F, Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import CallbackQuery, Message

from bot import choices
from bot.callbacks import edit_below
from bot.choices import ChooseRoom
from bot.texts import boards as answers
from bot.texts import rooms as texts_of
from core.chats import come_back
from core.own_rooms import choose_room, leave, rooms_of_chat, toggle_mute
from core.rooms import join_from_telegram
from core.services import Services
from core.texts import Texts
from core.values import AuditoriumState

# A pasted address of the join page or of a deep link holds the code too.
_IN_ADDRESS: Final = re.compile(r"(?:/join/|/a/|[?&]start=)([0-9A-Za-z-]+)")
# Six characters, with dashes or spaces between them: longer text is no code.
_LONGEST_CODE: Final = 16


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever."""
    router = Router(name="rooms")
    router.message.register(start_with_code, CommandStart(deep_link=True))
    router.message.register(start, CommandStart())
    router.message.register(join, Command("join"))
    router.message.register(room, Command("room"))
    router.message.register(mute, Command("mute"))
    router.message.register(leave_room, Command("leave"))
    router.callback_query.register(room_chosen, ChooseRoom.filter())
    return router


def make_text_router() -> Router:
    """What is written and is no command that anybody else takes: it comes last."""
    router = Router(name="text")
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
    if viewer is None:
        await message.answer(answers.how_to_join(texts))
        return
    is_open = viewer.state is AuditoriumState.OPEN
    await message.answer(texts_of.joined(texts, viewer.title, is_open=is_open))


async def join(message: Message, command: CommandObject, services: Services, texts: Texts) -> None:
    """The code after the command, or a word on where it stands."""
    if command.args:
        await _join(message, code_in(command.args) or command.args, services, texts)
    else:
        await message.answer(texts_of.send_the_code(texts))


async def room(message: Message, services: Services, texts: Texts) -> None:
    """The chat's auditoriums as buttons."""
    rooms = await rooms_of_chat(services, message.chat.id)
    await message.answer(
        texts_of.which_room(texts, rooms), reply_markup=choices.rooms_keyboard(texts, rooms)
    )


async def room_chosen(
    query: CallbackQuery, callback_data: ChooseRoom, services: Services, texts: Texts
) -> None:
    """A button of /room."""
    chat_id = query.from_user.id
    viewer = await choose_room(services, chat_id, callback_data.auditorium_id)
    rooms = await rooms_of_chat(services, chat_id)
    await edit_below(query, texts_of.which_room(texts, rooms), choices.rooms_keyboard(texts, rooms))
    is_open = viewer.state is AuditoriumState.OPEN
    await query.answer(texts_of.joined(texts, viewer.title, is_open=is_open)[:200])


async def mute(message: Message, services: Services, texts: Texts) -> None:
    """A switch: only one's own boards, or all of them."""
    viewer, is_muted = await toggle_mute(services, message.chat.id)
    await message.answer(texts_of.muted(texts, viewer.title, is_muted=is_muted))


async def leave_room(message: Message, services: Services, texts: Texts) -> None:
    """The current auditorium is left."""
    viewer = await leave(services, message.chat.id)
    await message.answer(texts_of.left(texts, viewer.title))


async def text(message: Message, services: Services, texts: Texts) -> None:
    """A code, an unknown command, or something that is neither."""
    written = message.text or ""
    code = code_in(written)
    if written.startswith("/"):
        await message.answer(texts_of.unknown_command(texts))
    elif code is None:
        await message.answer(answers.send_a_photo(texts))
    else:
        await _join(message, code, services, texts)


async def _join(message: Message, code: str, services: Services, texts: Texts) -> None:
    name = message.from_user.full_name if message.from_user else ""
    joined = await join_from_telegram(
        services, code=code, chat_id=message.chat.id, name=name, locale=texts.locale
    )
    await message.answer(
        texts_of.joined(texts, joined.title, boards=joined.boards, is_open=joined.is_open)
    )
