"""Buttons below messages, and what they say when pressed. Telegram allows 64 bytes of it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup
from pydantic import BeforeValidator

from bot.looks import Look
from bot.texts import feedback, own
from core.removal import OwnUpload
from core.surveys import Answers
from core.texts import Texts, view_text
from core.values import ResultView, SurveyAnswer, SurveyQuestion, Vote

# Behind the choice that stands.
CHOSEN = " ✓"


# What buttons called the views while a board had two; messages with them stay in chats for ever.
_ONCE: Final = {
    "before": ResultView.ORIGINAL,
    "after": ResultView.COMPOSED,
    "file": ResultView.COMPOSED,
}


def _of_today(word: str) -> str:
    return _ONCE.get(word, word)


AnyView = Annotated[ResultView, BeforeValidator(_of_today)]


class Step(StrEnum):
    """What a button does to something that cannot be undone."""

    ASK = "ask"
    YES = "yes"
    NO = "no"


class FullSize(CallbackData, prefix="file"):
    """Sends a view of a board as a file."""

    board_id: UUID
    view: ResultView


class OldFullSize(CallbackData, prefix="full"):
    """What FullSize said while there was one picture to have as a file."""

    board_id: UUID

    @property
    def view(self) -> ResultView:
        """The one that there was."""
        return ResultView.COMPOSED


class Show(CallbackData, prefix="cmp"):
    """Exchanges the picture in the message for that of this view."""

    board_id: UUID
    view: AnyView


class Rate(CallbackData, prefix="vote"):
    """A vote on a board. view: which the message shows, so that it goes on to."""

    board_id: UUID
    vote: Vote
    view: AnyView


class Gallery(CallbackData, prefix="gal"):
    """Asks for a link to the board's gallery."""

    board_id: UUID


class Answer(CallbackData, prefix="sv"):
    """An answer to a question of the survey."""

    member_id: UUID
    question: SurveyQuestion
    answer: SurveyAnswer


class AskAgain(CallbackData, prefix="svq"):
    """Goes back to a question of the survey."""

    member_id: UUID
    question: SurveyQuestion


class NothingMissing(CallbackData, prefix="svn"):
    """Ends the survey without a text."""

    member_id: UUID


class TakeBack(CallbackData, prefix="del"):
    """Deletes an upload of one's own, after a question."""

    upload_id: UUID
    step: Step


class Erase(CallbackData, prefix="erase"):
    """Deletes all that is known of who presses, after a question."""

    step: Step


def _button(text: str, data: CallbackData) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=data.pack())


def board_keyboard(
    texts: Texts, board_id: UUID, look: Look, *, vote: Vote | None = None
) -> InlineKeyboardMarkup:
    """What one can do with a board. look: what is above the buttons; vote: of who reads it.

    A file has the full size already.
    """
    exchange = [
        _button(view_text(texts, view), Show(board_id=board_id, view=view)) for view in look.others
    ]
    thumbs = [
        _button(
            feedback.thumb(each) + (CHOSEN if each is vote else ""),
            Rate(board_id=board_id, vote=each, view=look.view),
        )
        for each in Vote
    ]
    full_size = _button(texts.gettext("Full size"), FullSize(board_id=board_id, view=look.view))
    gallery = _button(texts.gettext("Gallery"), Gallery(board_id=board_id))
    last = [gallery] if look.as_file else [full_size, gallery]
    rows = [row for row in (exchange, thumbs, last) if row]
    return InlineKeyboardMarkup(inline_keyboard=rows)


def question_keyboard(
    texts: Texts, answers: Answers, question: SurveyQuestion
) -> InlineKeyboardMarkup:
    """The choices of a question, what was chosen before, and the way back."""
    member_id = answers.member_id
    if question is SurveyQuestion.MISSING:
        skip = _button(texts.gettext("Nothing, thanks"), NothingMissing(member_id=member_id))
        rows = [[skip]]
    else:
        chosen = answers.to(question)
        rows = [
            [
                _button(
                    feedback.choice(texts, each) + (CHOSEN if each is chosen else ""),
                    Answer(member_id=member_id, question=question, answer=each),
                )
                for each in SurveyAnswer
            ]
        ]
    order = list(SurveyQuestion)
    if question is not order[0]:
        back = AskAgain(member_id=member_id, question=order[order.index(question) - 1])
        rows.append([_button(texts.gettext("« Back"), back)])
    return InlineKeyboardMarkup(inline_keyboard=rows)


def uploads_keyboard(
    texts: Texts, uploads: Sequence[OwnUpload], now: datetime
) -> InlineKeyboardMarkup:
    """One's last uploads, each to be asked about, and the way out."""
    many = len({upload.title for upload in uploads}) > 1
    rows = [
        [
            _button(
                own.upload_line(texts, upload, now, with_title=many),
                TakeBack(upload_id=upload.upload_id, step=Step.ASK),
            )
        ]
        for upload in uploads
    ]
    return InlineKeyboardMarkup(inline_keyboard=rows)


def take_back_keyboard(texts: Texts, upload_id: UUID) -> InlineKeyboardMarkup:
    """Below the question whether really to delete an upload."""
    return _really(
        texts,
        yes=TakeBack(upload_id=upload_id, step=Step.YES),
        no=TakeBack(upload_id=upload_id, step=Step.NO),
    )


def privacy_keyboard(texts: Texts) -> InlineKeyboardMarkup:
    """Below what is stored of a person."""
    button = _button(texts.gettext("Delete all my data"), Erase(step=Step.ASK))
    return InlineKeyboardMarkup(inline_keyboard=[[button]])


def erase_keyboard(texts: Texts) -> InlineKeyboardMarkup:
    """Below the question whether really to delete everything."""
    return _really(texts, yes=Erase(step=Step.YES), no=Erase(step=Step.NO))


def _really(texts: Texts, *, yes: CallbackData, no: CallbackData) -> InlineKeyboardMarkup:
    row = [_button(texts.gettext("Delete"), yes), _button(texts.gettext("Keep it"), no)]
    return InlineKeyboardMarkup(inline_keyboard=[row])
