"""What one can do with a board that was delivered."""

from aiogram import Bot, Router
from aiogram.types import CallbackQuery

from bot.keyboards import Compare, FullSize, Side, board_keyboard
from bot.pictures import BoardPictures
from bot.presses import press_of, viewer_of_press
from bot.texts import boards as answers
from bot.texts import feedback
from core.boards import get_board
from core.ratings import vote_of
from core.services import Services
from core.texts import Texts


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever."""
    router = Router(name="boards")
    router.callback_query.register(full_size, FullSize.filter())
    router.callback_query.register(compare, Compare.filter())
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
    """The board as a file, where the button is; in a group below the board that it is of."""
    press = press_of(query, texts)
    viewer = await viewer_of_press(services, press, callback_data.board_id)
    board = await get_board(services, viewer, callback_data.board_id)
    await pictures.send_file(
        bot,
        chat_id=press.chat_id,
        board_id=board.board_id,
        number=board.number,
        caption=answers.caption(texts, board.number),
        topic_id=press.topic_id,
        reply_to=None if press.is_private else press.message_id,
    )
    await query.answer()


async def compare(
    query: CallbackQuery,
    *,
    callback_data: Compare,
    bot: Bot,
    services: Services,
    pictures: BoardPictures,
    texts: Texts,
) -> None:
    """The photo as it was sent in place of the sharp picture, or back again."""
    press = press_of(query, texts)
    viewer = await viewer_of_press(services, press, callback_data.board_id)
    board = await get_board(services, viewer, callback_data.board_id)
    vote = await vote_of(services, viewer, board.board_id) if press.is_private else None
    before = callback_data.side is Side.BEFORE
    await pictures.show(
        bot,
        chat_id=press.chat_id,
        message_id=press.message_id,
        board_id=board.board_id,
        number=board.number,
        before=before,
        caption=feedback.before_caption(texts, board.number)
        if before
        else answers.caption(texts, board.number),
        keyboard=board_keyboard(texts, board.board_id, vote=vote, side=callback_data.side),
    )
    await query.answer()


async def unknown(query: CallbackQuery, texts: Texts) -> None:
    """A button of an older version."""
    await query.answer(feedback.old_button(texts), show_alert=True)
