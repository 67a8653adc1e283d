"""Buttons below messages, and what they say when pressed. Telegram allows 64 bytes of it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.texts import feedback, own
from core.removal import OwnUpload
from core.surveys import Answers
from core.texts import Texts
from core.values import SurveyAnswer, SurveyQuestion, Vote

# Behind the choice that stands.
CHOSEN = " ✓"


class Side(StrEnum):
    """Which picture of a board a message shows."""

    BEFORE = "before"
    AFTER = "after"
    FILE = "file"  # the full size itself, where Telegram takes no photo of this shape


class Step(StrEnum):
    """What a button does to something that cannot be undone."""

    ASK = "ask"
    YES = "yes"
    NO = "no"


class FullSize(CallbackData, prefix="full"):
    """Sends a board as a file."""

    board_id: UUID


class Compare(CallbackData, prefix="cmp"):
    """Exchanges the picture in the message. side: which one to show."""

    board_id: UUID
    side: Side


class Rate(CallbackData, prefix="vote"):
    """A vote on a board. side: which picture the message shows, so that it goes on to."""

    board_id: UUID
    vote: Vote
    side: Side


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
    texts: Texts, board_id: UUID, *, vote: Vote | None = None, side: Side = Side.AFTER
) -> InlineKeyboardMarkup:
    """What one can do with a board. vote: of who reads it; side: the picture above the buttons.

    A file has the full size already, and cannot be exchanged for a photo.
    """
    other = Side.BEFORE if side is Side.AFTER else Side.AFTER
    pictures = [
        _button(texts.gettext("Full size"), FullSize(board_id=board_id)),
        _button(
            texts.gettext("Before") if other is Side.BEFORE else texts.gettext("After"),
            Compare(board_id=board_id, side=other),
        ),
    ]
    rows = [
        *([] if side is Side.FILE else [pictures]),
        [
            _button(
                feedback.thumb(each) + (CHOSEN if each is vote else ""),
                Rate(board_id=board_id, vote=each, side=side),
            )
            for each in Vote
        ],
        [_button(texts.gettext("Gallery"), Gallery(board_id=board_id))],
    ]
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
