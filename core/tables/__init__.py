"""The tables. Invariants are constraints here, so that no code path can break them."""

from core.tables.base import Table
from core.tables.boards import Attempt, Board, Delivery, Part, Rendition, Upload
from core.tables.rooms import AccessToken, Auditorium, Member, Rating, Survey, ViewChoice
from core.tables.telegram import Notice, OverloadWave, StatusMessage, TelegramChat, TelegramUpdate

__all__ = [
    "AccessToken",
    "Attempt",
    "Auditorium",
    "Board",
    "Delivery",
    "Member",
    "Notice",
    "OverloadWave",
    "Part",
    "Rating",
    "Rendition",
    "StatusMessage",
    "Survey",
    "Table",
    "TelegramChat",
    "TelegramUpdate",
    "Upload",
    "ViewChoice",
]
