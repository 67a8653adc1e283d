"""The views of a result as a board's page offers them: names, what each is, and its pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.access import Viewer
from core.boards import BoardView
from core.messages import mark
from core.result_views import DEFAULTS, PICTURES, nearest, offered
from core.texts import Texts, view_text
from core.values import ResultView
from web import urls
from web.views import Shown, shown


@dataclass(frozen=True, slots=True)
class Words:
    """hint: what to expect. alt: for those who don't see the picture."""

    hint: str
    alt: str


VIEW_WORDS: Final[Mapping[ResultView, Words]] = {
    ResultView.ORIGINAL: Words(
        mark("As it was photographed."),
        mark("Board %(number)s as it was photographed"),
    ),
    ResultView.COMPOSED: Words(
        mark("Line by line whatever reads better: clean or sharp."),
        mark("Board %(number)s, the best of all views"),
    ),
    ResultView.CLEAN: Words(
        mark("Even light; nothing is invented."),
        mark("Board %(number)s, clean"),
    ),
    ResultView.SHARP: Words(
        mark("Drawn by a network; it may invent strokes."),
        mark("Board %(number)s, drawn sharp"),
    ),
    ResultView.STRAIGHT: Words(
        mark("Cropped to the board, as if seen from the front."),
        mark("Board %(number)s, straight"),
    ),
}

PLAIN_BEST: Final = mark("The best that was made of the photo.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownView:
    """A view that can be chosen. picture: the largest; preview: a quicker one, where there is one.

    compares: whether it lies exactly on the photo, so that a slider parts them. can_be_first:
    whether a member may fix it as his default. href: the board's page with this view.
    """

    view: str
    name: str
    hint: str
    alt: str
    href: str
    picture: Shown
    preview: Shown | None
    compares: bool
    can_be_first: bool

    @property
    def quick(self) -> Shown:
        """What is fetched first."""
        return self.preview or self.picture

    @property
    def srcset(self) -> str:
        """Both pictures for the browser to choose from; "" where there is one."""
        if self.preview is None:
            return ""
        return ", ".join(f"{each.src} {each.width}w" for each in (self.preview, self.picture))


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """What a ready board can be shown as. chosen: now; own: what the member fixed as his default.

    default: the service's, for who has fixed none. choose_url, first_url: POST.
    """

    offered: tuple[ShownView, ...]
    chosen: ShownView
    own: str | None
    default: str
    choose_url: str
    first_url: str


def shown_views(
    texts: Texts,
    viewer: Viewer,
    board: BoardView,
    *,
    asked: ResultView | None,
    own: ResultView | None,
    default: ResultView,
) -> Views | None:
    """The views of a board; None where it has no picture.

    asked: of the address; default: the service's, for members without one of their own.
    """
    chosen = nearest(asked or own or default, board.renditions)
    if chosen is None:
        return None
    has = offered(board.renditions)
    # From the photo to what is furthest from it; the best one beside the photo, to compare.
    ordered = {view: _shown_view(texts, viewer, board, view) for view in ResultView if view in has}
    return Views(
        offered=tuple(ordered.values()),
        chosen=ordered[chosen],
        own=own.value if own else None,
        default=default.value,
        choose_url=urls.board_views(viewer.code, board.board_id),
        first_url=urls.first_view(viewer.code),
    )


def _shown_view(texts: Texts, viewer: Viewer, board: BoardView, view: ResultView) -> ShownView:
    *quicker, largest = (
        shown(viewer.code, board.board_id, board.renditions.get(kind)) for kind in PICTURES[view]
    )
    if largest is None:
        raise RuntimeError(f"{view} is offered without its picture")
    words = VIEW_WORDS[view]
    hint = words.hint
    if view is ResultView.COMPOSED and ResultView.SHARP not in offered(board.renditions):
        hint = PLAIN_BEST  # a fast board, or one of before: nothing to compose
    return ShownView(
        view=view.value,
        name=view_text(texts, view),
        hint=texts.gettext(hint),
        alt=texts.gettext(words.alt, number=board.number),
        href=urls.board(viewer.code, board.board_id, view),
        picture=largest,
        preview=next((each for each in quicker if each is not None), None),
        compares=view not in {ResultView.ORIGINAL, ResultView.STRAIGHT},
        can_be_first=view in DEFAULTS,
    )
