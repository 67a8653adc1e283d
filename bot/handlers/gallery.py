"""From the bot to the web gallery: /gallery, the button below a board, the way out of a group."""

from typing import Final
from uuid import UUID

from aiogram import Bot, F, Router
from aiogram.enums import ChatType
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import CallbackQuery, Message

from bot.gallery_link import send_gallery_link
from bot.keyboards import Gallery
from bot.texts import boards
from core.chats import Chat, come_back, member_for_board, person_for_board
from core.errors import BoardNotFound
from core.links import telegram_url
from core.services import Services
from core.texts import Texts

# Before a board's id, in a deep link: no auditorium's code has a dash in this place.
_FROM_BOARD: Final = "gallery-"


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever. Before that of the rooms."""
    router = Router(name="gallery")
    private = F.chat.type == ChatType.PRIVATE
    router.message.register(gallery, private, Command("gallery"))
    router.message.register(
        from_group,
        private,
        CommandStart(deep_link=True, magic=F.args.startswith(_FROM_BOARD)),
    )
    router.callback_query.register(
        pressed, Gallery.filter(), F.message.chat.type == ChatType.PRIVATE
    )
    router.callback_query.register(pressed_in_group, Gallery.filter())
    return router


async def gallery(message: Message, bot: Bot, services: Services, texts: Texts) -> None:
    """The link to the current auditorium's gallery."""
    viewer = await come_back(services, message.chat.id)
    if viewer is None:
        await message.answer(boards.how_to_join(texts))
        return
    await send_gallery_link(bot, services, texts, viewer, chat_id=message.chat.id)


async def pressed(
    query: CallbackQuery, callback_data: Gallery, bot: Bot, services: Services, texts: Texts
) -> None:
    """The button below a board, in a private chat: its id is the person's."""
    chat_id = query.from_user.id
    viewer = await member_for_board(services, chat_id, callback_data.board_id)
    await send_gallery_link(bot, services, texts, viewer, chat_id=chat_id)
    await query.answer()


async def pressed_in_group(
    query: CallbackQuery, callback_data: Gallery, bot: Bot, services: Services, texts: Texts
) -> None:
    """In a group everybody would see the link: the press leads to the person's own chat first."""
    if query.message is None:
        raise BoardNotFound
    person = Chat(chat_id=query.from_user.id, name=query.from_user.full_name, locale=texts.locale)
    board_id = callback_data.board_id
    await person_for_board(services, person, board_id, query.message.chat.id)
    me = await bot.me()
    # Telegram opens links to the bot itself without asking; no other address is allowed here.
    await query.answer(url=telegram_url(me.username or "", f"{_FROM_BOARD}{board_id.hex}"))


async def from_group(
    message: Message, command: CommandObject, bot: Bot, services: Services, texts: Texts
) -> None:
    """Start was pressed in the chat to which a group's button had led."""
    try:
        board_id = UUID((command.args or "").removeprefix(_FROM_BOARD))
    except ValueError:
        raise BoardNotFound from None
    viewer = await member_for_board(services, message.chat.id, board_id)
    await send_gallery_link(bot, services, texts, viewer, chat_id=message.chat.id)
