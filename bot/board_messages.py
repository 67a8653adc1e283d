"""A board in a chat, whichever of its views is shown: what is said of it, and the buttons."""

from dataclasses import dataclass
from uuid import UUID

from aiogram.types import InlineKeyboardMarkup

from bot.keyboards import board_keyboard
from bot.looks import Look
from bot.texts.boards import caption
from core.texts import Texts
from core.values import ResultView, Vote


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardMessage:
    """A board for one reader. left_as_it_is: the photo was sharp already; vote: the reader's."""

    texts: Texts
    board_id: UUID
    number: int
    left_as_it_is: bool
    vote: Vote | None = None

    def caption(self, view: ResultView) -> str:
        """What stands under this view."""
        return caption(self.texts, self.number, view, left_as_it_is=self.left_as_it_is)

    def keyboard(self, look: Look) -> InlineKeyboardMarkup:
        """What one can do with it."""
        return board_keyboard(self.texts, self.board_id, look, vote=self.vote)
