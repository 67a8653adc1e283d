"""What the bot says of boards, rooms and errors."""

from typing import assert_never

from core.errors import DomainError
from core.texts import Texts, error_code_text, error_text, status_text
from core.values import BoardState, ResultView, Stage


def how_to_join(texts: Texts) -> str:
    """To those who come without a code."""
    return texts.gettext(
        "Send me the code of your auditorium, or scan its QR code. "
        "If you are alone, just send a photo of the board."
    )


def send_a_photo(texts: Texts) -> str:
    """To what is neither a code nor a photo."""
    return texts.gettext("I understand photos of boards and codes of auditoriums.") + (
        "\n" + how_to_join(texts)
    )


def got_it(texts: Texts, number: int, status: str) -> str:
    """A new board. status: one line of core.texts.status_text."""
    return texts.gettext("Got it: board %(number)s. %(status)s.", number=number, status=status)


def already_sent(
    texts: Texts, *, number: int, state: BoardState, status: str, by_sender: bool
) -> str:
    """A board that is there. by_sender: he himself sent it first."""
    if by_sender:
        says = texts.gettext("You have already sent this board: board %(number)s.", number=number)
    else:
        says = texts.gettext(
            "A classmate has already sent this board: board %(number)s.", number=number
        )
    follows = texts.gettext("Here it is.") if state is BoardState.READY else f"{status}."
    return f"{says} {follows}"


def board_failed(texts: Texts, number: int, error_code: str) -> str:
    """A board that could not be made, sent once more."""
    text = error_code_text(texts, error_code)
    says = texts.gettext("Board %(number)s", number=number)
    return " ".join(part for part in (f"{says}.", text.says, text.advice) if part)


def caption(texts: Texts, number: int, view: ResultView, *, left_as_it_is: bool = False) -> str:
    """Under a ready board, of which this view is shown; what needs no word gets none.

    left_as_it_is: the photo was so sharp that nothing was made of it.
    """
    match view:
        case ResultView.COMPOSED if left_as_it_is:
            return texts.gettext("Board %(number)s: already sharp, left as it is", number=number)
        case ResultView.COMPOSED:
            return texts.gettext("Board %(number)s", number=number)
        case ResultView.CLEAN:
            return texts.gettext("Board %(number)s: clean, nothing invented", number=number)
        case ResultView.SHARP:
            return texts.gettext(
                "Board %(number)s: sharp, drawn by a network that may invent strokes",
                number=number,
            )
        case ResultView.STRAIGHT:
            return texts.gettext("Board %(number)s: straight, cropped to the board", number=number)
        case ResultView.ORIGINAL:
            return texts.gettext("Board %(number)s: the photo as it was sent", number=number)
        case _:
            assert_never(view)


def file_name(number: int, view: ResultView) -> str:
    """The name of a board as a file: the same in every language, for sorting and for search."""
    return f"board-{number}.jpg" if view is ResultView.COMPOSED else f"board-{number}-{view}.jpg"


def error_answer(texts: Texts, error: DomainError) -> str:
    """What went wrong, and what to do about it."""
    text = error_text(texts, error)
    return " ".join(part for part in (text.says, text.advice) if part)


def status_line(
    texts: Texts,
    state: BoardState,
    *,
    stage: Stage | None = None,
    ahead: int = 0,
    error_code: str | None = None,
) -> str:
    """How far a board is, without a full stop."""
    told = status_text(texts, state=state, stage=stage, ahead=ahead, error_code=error_code)
    return told.rstrip(".")
