"""The survey as a message: it is edited from question to question until the thanks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from aiogram.types import InlineKeyboardMarkup

from bot.keyboards import question_keyboard
from bot.texts import feedback
from core.surveys import Answers
from core.texts import Texts
from core.values import SurveyQuestion


def survey_message(
    texts: Texts,
    notice_data: Mapping[str, Any],  # JSON, as core.surveys put it into the notice
) -> tuple[str, InlineKeyboardMarkup]:
    """The first question, as the notice of it is sent."""
    first = Answers(
        member_id=UUID(notice_data["member_id"]),
        title=notice_data["title"],
        readable=None,
        fast=None,
        missing=None,
        ended=False,
    )
    return question(texts, first, SurveyQuestion.READABLE)


def question(
    texts: Texts, answers: Answers, asked: SurveyQuestion
) -> tuple[str, InlineKeyboardMarkup]:
    """A question, with what was answered before."""
    text = feedback.survey_question(texts, answers.title, asked)
    return text, question_keyboard(texts, answers, asked)
