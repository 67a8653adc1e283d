"""What the bot says of the views of a result: their names, and which of them comes first."""

from collections.abc import Mapping
from typing import Final

from core.messages import mark
from core.texts import Texts
from core.values import ResultView

# As short as a button beside three others; in Russian all of them are of "фото".
_NAMES: Final[Mapping[ResultView, str]] = {
    ResultView.ORIGINAL: mark("Photo"),
    ResultView.COMPOSED: mark("Best"),
    ResultView.CLEAN: mark("Clean"),
    ResultView.SHARP: mark("Sharp"),
    ResultView.STRAIGHT: mark("Straight"),
}


def view_name(texts: Texts, view: ResultView) -> str:
    """The name of a view, as on its button."""
    return texts.gettext(_NAMES[view])


def which_view(texts: Texts, first: ResultView) -> str:
    """Above the buttons of /view. first: the one that comes first now."""
    return texts.gettext(
        "Which view of a board shall come first? Now: %(now)s. The others are one tap away.\n"
        "Best: sharp where that reads no worse, clean elsewhere.\n"
        "Clean: even light, stronger strokes, nothing invented.\n"
        "Sharp: drawn by a neural network, which may invent strokes. Boards that have none come "
        "as best.\n"
        "Photo: as it was sent.",
        now=view_name(texts, first),
    )


def view_chosen(texts: Texts, view: ResultView) -> str:
    """After a press."""
    return texts.gettext(
        "From the next board on this comes first: %(view)s. /view changes it.",
        view=view_name(texts, view),
    )
