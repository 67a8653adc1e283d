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
    FullSize,
    OldFullSize,
    Rate,
    Show,
    board_keyboard,
    erase_keyboard,
    privacy_keyboard,
    question_keyboard,
    take_back_keyboard,
    uploads_keyboard,
)
from bot.looks import Look
from core.removal import OwnUpload
from core.surveys import Answers
from core.telegram_files import SendablePicture
from core.texts import load_texts
from core.values import RenditionKind, ResultView, SurveyAnswer, SurveyQuestion, Vote

CATALOGUES = load_texts()
KINDS = [
    kind
    for kind in vars(keyboards).values()
    if isinstance(kind, type) and issubclass(kind, CallbackData) and kind is not CallbackData
]
# core.telegram.org/bots/api#inlinekeyboardbutton
BYTES = 64
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PICTURE = SendablePicture(
    rendition_id=UUID(int=1),
    kind=RenditionKind.UPSCALED,
    object_key="key",
    media_type="image/jpeg",
    width=1600,
    height=1200,
    byte_size=1,
    photo_id=None,
    document_id=None,
)


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


@st.composite
def looks(draw: st.DrawFn) -> Look:
    view, *others = draw(st.permutations(list(ResultView)))
    return Look(
        view=view,
        others=tuple(others[: draw(st.integers(0, len(others)))]),
        picture=PICTURE,
        as_file=draw(st.booleans()),
    )


@given(
    texts=st.sampled_from(list(CATALOGUES.values())),
    board_id=st.uuids(),
    vote=st.sampled_from([None, *Vote]),
    look=looks(),
)
def test_a_boards_keyboard_has_one_button_of_each_and_marks_one_vote(
    texts: Any, board_id: UUID, vote: Vote | None, look: Look
) -> None:
    keyboard = board_keyboard(texts, board_id, look, vote=vote)
    said = data_of(keyboard)
    words = [button.text for row in keyboard.inline_keyboard for button in row]
    assert len(set(said)) == len(said) == len(set(words)) == len(look.others) + 4 - look.as_file
    assert sum("✓" in word for word in words) == (vote is not None)
    # Buttons lead to the other views; votes and the file are of the one that is shown.
    exchange = [Show.unpack(data) for data in said if data.startswith("cmp:")]
    assert tuple(show.view for show in exchange) == look.others
    assert {Rate.unpack(data).view for data in said if data.startswith("vote:")} == {look.view}
    files = [FullSize.unpack(data).view for data in said if data.startswith("file:")]
    assert files == ([] if look.as_file else [look.view])


@pytest.mark.parametrize(
    ("old", "view"),
    [
        ("before", ResultView.ORIGINAL),
        ("after", ResultView.COMPOSED),
        ("file", ResultView.COMPOSED),
    ],
)
def test_buttons_of_older_messages_are_understood_as_they_were_meant(
    old: str, view: ResultView
) -> None:
    board_id = UUID(int=5)
    assert Show.unpack(f"cmp:{board_id.hex}:{old}") == Show(board_id=board_id, view=view)
    rated = Rate.unpack(f"vote:{board_id.hex}:-1:{old}")
    assert rated == Rate(board_id=board_id, vote=Vote.DISLIKE, view=view)
    assert OldFullSize.unpack(f"full:{board_id.hex}").view is ResultView.COMPOSED


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
