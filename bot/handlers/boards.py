"""What one can do with a board that was delivered."""

from aiogram import Bot, Router
from aiogram.types import CallbackQuery

from bot.board_messages import BoardMessage
from bot.keyboards import FullSize, OldFullSize, Show
from bot.pictures import BoardPictures
from bot.presses import press_of, viewer_of_press
from bot.texts import feedback
from core.boards import BoardView, get_board
from core.ratings import vote_of
from core.services import Services
from core.texts import Texts
from core.values import ViewUse, Vote
from core.view_choices import note_view_use


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever."""
    router = Router(name="boards")
    router.callback_query.register(full_size, FullSize.filter())
    router.callback_query.register(full_size, OldFullSize.filter())
    router.callback_query.register(show, Show.filter())
    router.callback_query.register(unknown)
    return router


async def full_size(
    query: CallbackQuery,
    *,
    callback_data: FullSize | OldFullSize,
    bot: Bot,
    services: Services,
    pictures: BoardPictures,
    texts: Texts,
) -> None:
    """The view as a file, where the button is; in a group below the board that it is of."""
    press = press_of(query, texts)
    viewer = await viewer_of_press(services, press, callback_data.board_id)
    board = await get_board(services, viewer, callback_data.board_id)
    view = await pictures.send_file(
        bot,
        _message(texts, board),
        callback_data.view,
        chat_id=press.chat_id,
        topic_id=press.topic_id,
        reply_to=None if press.is_private else press.message_id,
    )
    await note_view_use(services, viewer, board.board_id, view, ViewUse.KEPT)
    await query.answer()


async def show(
    query: CallbackQuery,
    *,
    callback_data: Show,
    bot: Bot,
    services: Services,
    pictures: BoardPictures,
    texts: Texts,
) -> None:
    """Another view in the same message; in a group for everybody."""
    press = press_of(query, texts)
    viewer = await viewer_of_press(services, press, callback_data.board_id)
    board = await get_board(services, viewer, callback_data.board_id)
    vote = await vote_of(services, viewer, board.board_id) if press.is_private else None
    view = await pictures.show(
        bot,
        _message(texts, board, vote),
        callback_data.view,
        chat_id=press.chat_id,
        message_id=press.message_id,
    )
    await note_view_use(services, viewer, board.board_id, view, ViewUse.OPENED)
    await query.answer()


def _message(texts: Texts, board: BoardView, vote: Vote | None = None) -> BoardMessage:
    return BoardMessage(
        texts=texts,
        board_id=board.board_id,
        number=board.number,
        left_as_it_is=board.record.get("left_as_it_is") is True,
        vote=vote,
    )


async def unknown(query: CallbackQuery, texts: Texts) -> None:
    """A button of an older version."""
    await query.answer(feedback.old_button(texts), show_alert=True)
