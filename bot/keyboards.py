"""Buttons below messages, and what they say when pressed."""

from uuid import UUID

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from core.texts import Texts


class FullSize(CallbackData, prefix="full"):
    """The button that sends a board as a file: 41 of the 64 bytes that Telegram allows."""

    board_id: UUID


def board_keyboard(texts: Texts, board_id: UUID) -> InlineKeyboardMarkup:
    """What one can do with a board."""
    button = InlineKeyboardButton(
        text=texts.gettext("Full size"), callback_data=FullSize(board_id=board_id).pack()
    )
    return InlineKeyboardMarkup(inline_keyboard=[[button]])
