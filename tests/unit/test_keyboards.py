"""Buttons: what they say fits into what Telegram takes, whatever is in it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardMarkup
from hypothesis import given
from hypothesis import strategies as st

from bot import keyboards
from bot.keyboards import (
    Side,
    board_keyboard,
    erase_keyboard,
    privacy_keyboard,
    question_keyboard,
    take_back_keyboard,
    uploads_keyboard,
)
from core.removal import OwnUpload
from core.surveys import Answers
from core.texts import load_texts
from core.values import SurveyAnswer, SurveyQuestion, Vote

CATALOGUES = load_texts()
KINDS = [
    kind
    for kind in vars(keyboards).values()
    if isinstance(kind, type) and issubclass(kind, CallbackData) and kind is not CallbackData
]
# core.telegram.org/bots/api#inlinekeyboardbutton
BYTES = 64
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def data_of(keyboard: InlineKeyboardMarkup) -> list[str]:
    return [button.callback_data or "" for row in keyboard.inline_keyboard for button in row]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_what_a_button_says_fits_and_is_understood(
    kind: type[CallbackData], data: st.DataObject
) -> None:
    def value(annotation: Any) -> st.SearchStrategy[Any]:
        return st.uuids() if annotation is UUID else st.sampled_from(list(annotation))

    fields = {name: data.draw(value(of.annotation)) for name, of in kind.model_fields.items()}
    said = kind(**fields).pack()
    assert 0 < len(said.encode()) <= BYTES
    assert kind.unpack(said) == kind(**fields)


def test_no_two_kinds_of_buttons_begin_alike() -> None:
    assert len(KINDS) > 8
    assert len({kind.__prefix__ for kind in KINDS}) == len(KINDS)


@given(
    texts=st.sampled_from(list(CATALOGUES.values())),
    board_id=st.uuids(),
    vote=st.sampled_from([None, *Vote]),
    side=st.sampled_from(Side),
)
def test_a_boards_keyboard_has_one_button_of_each_and_marks_one_vote(
    texts: Any, board_id: UUID, vote: Vote | None, side: Side
) -> None:
    keyboard = board_keyboard(texts, board_id, vote=vote, side=side)
    is_file = side is Side.FILE
    assert [len(row) for row in keyboard.inline_keyboard] == ([2, 1] if is_file else [2, 2, 1])
    assert len(set(data_of(keyboard))) == (3 if is_file else 5)
    marked = [
        button.text for row in keyboard.inline_keyboard for button in row if "✓" in button.text
    ]
    assert len(marked) == (vote is not None)
    # The button leads to the other picture; votes keep the one that is shown.
    if not is_file:
        assert data_of(keyboard)[1].endswith("after" if side is Side.BEFORE else "before")
    assert all(data.endswith(side.value) for data in data_of(keyboard)[-3:-1])


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_every_other_keyboard_says_different_things_on_its_buttons(locale: str) -> None:
    texts, some_id = CATALOGUES[locale], UUID(int=5)
    answers = Answers(
        member_id=some_id,
        title="Algebra",
        readable=SurveyAnswer.YES,
        fast=None,
        missing=None,
        ended=False,
    )
    uploads = [
        OwnUpload(
            upload_id=UUID(int=number),
            board_number=number,
            title="t" * 120,
            created_at=NOW,
            by_others=0,
            by_himself=0,
        )
        for number in range(8)
    ]
    shown = [
        *(question_keyboard(texts, answers, question) for question in SurveyQuestion),
        take_back_keyboard(texts, some_id),
        privacy_keyboard(texts),
        erase_keyboard(texts),
        uploads_keyboard(texts, uploads, NOW),
    ]
    for keyboard in shown:
        said = data_of(keyboard)
        assert len(set(said)) == len(said) > 0
        words = [button.text for row in keyboard.inline_keyboard for button in row]
        assert len(set(words)) == len(words)
        assert all(len(word) < 60 for word in words)
