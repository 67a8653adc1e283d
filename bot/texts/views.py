"""What the bot says of which view of a result comes first."""

from core.texts import Texts, view_text
from core.values import ResultView


def which_view(texts: Texts, first: ResultView) -> str:
    """Above the buttons of /view. first: the one that comes first now."""
    return texts.gettext(
        "Which view of a board shall come first? Now: %(now)s. The others are one tap away.\n"
        "Best: sharp where that reads no worse, clean elsewhere.\n"
        "Clean: even light, nothing invented.\n"
        "Sharp: drawn by a neural network, which may invent strokes. Boards that have none come "
        "as best.\n"
        "Photo: as it was sent.",
        now=view_text(texts, first),
    )


def view_chosen(texts: Texts, view: ResultView) -> str:
    """After a press."""
    return texts.gettext(
        "From the next board on this comes first: %(view)s. /view changes it.",
        view=view_text(texts, view),
    )
