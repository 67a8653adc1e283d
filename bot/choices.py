"""Buttons by which a chat chooses: its auditorium, language, quality, and first view."""

from collections.abc import Iterable
from uuid import UUID

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.texts import notices, rooms
from core.own_rooms import RoomOfChat
from core.result_views import DEFAULTS
from core.texts import Texts, view_text
from core.values import Quality, ResultView


class ChooseRoom(CallbackData, prefix="room"):
    """Makes an auditorium the current one: 41 of the 64 bytes that Telegram allows."""

    auditorium_id: UUID


class ChooseLanguage(CallbackData, prefix="lang"):
    """From now on in this language."""

    locale: str


class ChooseQuality(CallbackData, prefix="quality"):
    """From now on with this quality."""

    quality: Quality


class ChooseView(CallbackData, prefix="view"):
    """From now on with this view of a board first."""

    view: ResultView


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


def views_keyboard(texts: Texts) -> InlineKeyboardMarkup:
    """Those that can come first."""
    return _column((view_text(texts, view), ChooseView(view=view)) for view in DEFAULTS)


def fast_keyboard(texts: Texts) -> InlineKeyboardMarkup:
    """Below the news of overload."""
    return _column([(notices.make_it_fast(texts), ChooseQuality(quality=Quality.FAST))])


def _column(buttons: Iterable[tuple[str, CallbackData]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [InlineKeyboardButton(text=text, callback_data=data.pack())] for text, data in buttons
        ]
    )
