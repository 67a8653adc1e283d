"""Answers to pressed buttons that change the message below which the button is."""

from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.edits import is_shown


async def edit_below(
    query: CallbackQuery, text: str, keyboard: InlineKeyboardMarkup | None
) -> None:
    """Change the text and the buttons of the message whose button was pressed.

    One that cannot be edited stays as it is: what was chosen is stored, the query is answered.
    """
    if isinstance(query.message, Message):
        await is_shown(query.message.edit_text(text, reply_markup=keyboard))
