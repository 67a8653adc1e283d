"""What is known of a generated board photo: its lines, where they stand, and how large they are."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# (x, y) in pixels of the photo; the picture's upper left corner is (0, 0), not a pixel's centre.
Point = tuple[float, float]
# Upper left, upper right, lower right, lower left, as the line is read.
Quad = tuple[Point, Point, Point, Point]


class Script(StrEnum):
    """What a line is written in; a reader is scored on the scripts that it knows."""

    CYRILLIC = "cyrillic"
    LATIN = "latin"
    FORMULA = "formula"


class BoardKind(StrEnum):
    """What was photographed."""

    WHITE = "white"
    GREEN = "green"
    BLACK = "black"
    SLIDE = "slide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of writing.

    words: as written, in order; a formula is one word without spaces. quad: around all ink of the
    line. x_height: of a small letter without stems, in pixels of the photo.
    """

    words: tuple[str, ...]
    script: Script
    quad: Quad
    x_height: float


# Upper bounds of the rows in which results are reported: 5 px is where networks begin to lose
# words, from 8 they lose none (issue 4); between and beyond, a row each.
_ROWS: Final = ((5.5, "4-5 px"), (7.5, "6-7 px"), (10.5, "8-10 px"))
_LARGEST: Final = "11-14 px"
X_HEIGHT_ROWS: Final = (*(name for _, name in _ROWS), _LARGEST)


def x_height_row(x_height: float) -> str:
    """The row of the results in which a line of this x-height (pixels) counts."""
    return next((name for bound, name in _ROWS if x_height < bound), _LARGEST)
