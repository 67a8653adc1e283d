"""Buttons by which a chat chooses: its auditorium, its language, its quality."""

from collections.abc import Iterable
from uuid import UUID

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.texts import notices, rooms
from core.own_rooms import RoomOfChat
from core.texts import Texts
from core.values import Quality


class ChooseRoom(CallbackData, prefix="room"):
    """Makes an auditorium the current one: 41 of the 64 bytes that Telegram allows."""

    auditorium_id: UUID


class ChooseLanguage(CallbackData, prefix="lang"):
    """From now on in this language."""

    locale: str


class ChooseQuality(CallbackData, prefix="quality"):
    """From now on with this quality."""

    quality: Quality


def rooms_keyboard(texts: Texts, of_chat: tuple[RoomOfChat, ...]) -> InlineKeyboardMarkup | None:
    """A button an auditorium; None where there is nothing to choose from."""
    return (
        _column(
            (rooms.room_button(texts, room), ChooseRoom(auditorium_id=room.auditorium_id))
            for room in of_chat
        )
        if of_chat
        else None
    )


def languages_keyboard() -> InlineKeyboardMarkup:
    """Each language in its own words."""
    return _column((name, ChooseLanguage(locale=code)) for code, name in rooms.LANGUAGES.items())


def qualities_keyboard(texts: Texts) -> InlineKeyboardMarkup:
    """Best and fast."""
    return _column(
        (rooms.quality_name(texts, quality).capitalize(), ChooseQuality(quality=quality))
        for quality in (Quality.BEST, Quality.FAST)
    )


def fast_keyboard(texts: Texts) -> InlineKeyboardMarkup:
    """Below the news of overload."""
    return _column([(notices.make_it_fast(texts), ChooseQuality(quality=Quality.FAST))])


def _column(buttons: Iterable[tuple[str, CallbackData]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [InlineKeyboardButton(text=text, callback_data=data.pack())] for text, data in buttons
        ]
    )
