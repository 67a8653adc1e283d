"""What one can do with a board that was delivered."""

from aiogram import Bot, Router
from aiogram.types import CallbackQuery

from bot.keyboards import FullSize
from bot.pictures import BoardPictures
from bot.texts import boards as answers
from core.boards import get_board
from core.chats import member_for_board
from core.services import Services
from core.texts import Texts


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever."""
    router = Router(name="boards")
    router.callback_query.register(full_size, FullSize.filter())
    router.callback_query.register(unknown)
    return router


async def full_size(
    query: CallbackQuery,
    *,
    callback_data: FullSize,
    bot: Bot,
    services: Services,
    pictures: BoardPictures,
    texts: Texts,
) -> None:
    """The board as a file. In a private chat the chat's id is the person's."""
    chat_id = query.from_user.id
    viewer = await member_for_board(services, chat_id, callback_data.board_id)
    board = await get_board(services, viewer, callback_data.board_id)
    await pictures.send_file(
        bot,
        chat_id=chat_id,
        board_id=board.board_id,
        number=board.number,
        caption=answers.caption(texts, board.number),
    )
    await query.answer()


async def unknown(query: CallbackQuery) -> None:
    """A button of an older version: the wait on it ends."""
    await query.answer()
