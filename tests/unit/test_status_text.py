"""What a sender reads of his photos: pure text of values, in both languages."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.texts.status import rounded_wait, status_message, wait_text
from core.statuses import Followed
from core.texts import Texts, load_texts
from core.values import BoardState, Quality, Stage

CATALOGUES = load_texts()
ENGLISH, RUSSIAN = CATALOGUES["en"], CATALOGUES["ru"]


def sent(  # one upload as its status tells it
    state: BoardState = BoardState.WAITING,
    *,
    number: int = 4,
    ahead: int = 0,
    stage: Stage | None = None,
    error_code: str | None = None,
    duplicate: bool = False,
    by_sender: bool = True,
) -> Followed:
    return Followed(
        board_id=uuid4(),
        number=number,
        state=state,
        stage=stage,
        ahead=ahead,
        error_code=error_code,
        quality=Quality.BEST,
        duplicate=duplicate,
        by_sender=by_sender,
    )


def told(texts: Texts, *uploads: Followed, wait_s: float | None = None) -> str:
    return status_message(texts, uploads, lambda _: wait_s)


def test_a_new_board_is_told_its_place_and_its_wait() -> None:
    waits = sent(ahead=2)
    assert told(ENGLISH, waits, wait_s=17.2) == (
        "Got it: board 4. In the queue: number 3, about 20 s."
    )
    assert told(RUSSIAN, waits, wait_s=17.2).endswith(": 3-я, примерно 20 с.")  # noqa: RUF001  # Russian


def test_processing_ready_and_failed_are_told_in_words() -> None:
    running = sent(BoardState.RUNNING, stage=Stage.UPSCALE)
    assert told(ENGLISH, running, wait_s=5.0) == "Got it: board 4. Making it sharp."
    assert told(ENGLISH, sent(BoardState.READY), wait_s=5.0) == "Board 4 is ready."
    failed = told(ENGLISH, sent(BoardState.FAILED, error_code="render_deadline"))
    assert failed.startswith("Board 4. Upscaling this board took too long.")


def test_a_duplicate_is_told_whose_it_is() -> None:
    ready = sent(BoardState.READY, duplicate=True, by_sender=False)
    assert told(ENGLISH, ready) == ("A classmate has already sent this board: board 4. Here it is.")
    mine = sent(duplicate=True)
    assert told(ENGLISH, mine).startswith("You have already sent this board: board 4.")


def test_an_album_is_one_message_with_a_line_a_photo() -> None:
    album = (
        sent(BoardState.READY, number=1),
        sent(number=2, ahead=1),
        sent(number=3, duplicate=True, by_sender=False),
    )
    assert told(ENGLISH, *album, wait_s=70.0).splitlines() == [
        "3 photos:",
        "Board 1: ready",
        "Board 2: in the queue: number 2, about 2 min",
        "Board 3 (a classmate has already sent it): next in the queue, about 2 min",
    ]
    assert told(RUSSIAN, *album).splitlines()[0] == "3 фото:"


def test_where_every_photo_was_deleted_nobody_is_left_waiting() -> None:
    assert told(ENGLISH) == "The photo is deleted."
    assert told(RUSSIAN) == "Фото удалено."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "about 5 s"), (29.0, "about 30 s"), (31.0, "about 40 s"), (61.0, "about 2 min")],
)
def test_a_wait_is_told_roughly(seconds: float, text: str) -> None:
    assert wait_text(ENGLISH, seconds) == text


@given(st.floats(0, 100_000), st.floats(0, 100_000))
def test_a_rounded_wait_never_promises_less_and_keeps_the_order(one: float, other: float) -> None:
    assert rounded_wait(one) >= one
    assert rounded_wait(one) <= max(one + 60, 5)
    if one <= other:
        assert rounded_wait(one) <= rounded_wait(other)
