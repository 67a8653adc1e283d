"""The faces in which boards are written, out of the fonts folder. Pillow reads their WOFF files.

A family comes in one file an alphabet; what neither has (Greek, signs of formulas) is taken from
Noto Sans Math, as a person writes them all with one hand.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final

from PIL import ImageDraw, ImageFont

from tests.legibility.truth import Script

_FOLDER: Final = Path(__file__).parent / "fonts" / "node_modules" / "@fontsource"
_MATH: Final = "noto-sans-math"
_LAST_LATIN: Final = "\u00ff"
# Superscripts and ± ° are not in every hand and not in Noto Sans Math.
_RARE: Final = frozenset("²³±°")
_RARE_FACE: Final = "pt-sans"
_MEASURED_AT: Final = 256  # pixels; a face's proportions don't depend on it


class FontsMissing(Exception):
    """The fonts folder is not installed; the message says how it is."""


@dataclass(frozen=True, slots=True)
class Typeface:
    """A family at one weight: its package's name after the scope, and 400 or 700."""

    family: str
    weight: int = 400


HANDS: Final = (
    Typeface("caveat", 400),
    Typeface("caveat", 700),
    Typeface("neucha"),
    Typeface("marck-script"),
    Typeface("bad-script"),
    Typeface("balsamiq-sans"),
)
PRINTS: Final = (
    Typeface("pt-sans"),
    Typeface("pt-sans", 700),
    Typeface("pt-serif"),
    Typeface("roboto"),
)


def size_for(face: Typeface, x_height: float, script: Script) -> float:
    """The font size in pixels at which small letters without stems are `x_height` pixels high."""
    letter = "н" if script is Script.CYRILLIC else "x"  # flat at the top, no overshoot
    _, top, _, bottom = font_of(letter, face, _MEASURED_AT).getbbox(letter, anchor="ls")
    return x_height * _MEASURED_AT / (bottom - top)


def length(text: str, face: Typeface, size: float) -> float:
    """How far the text reaches, in pixels."""
    return sum(_font(kind, face, size).getlength(run) for kind, run in _runs(text))


def write(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    face: Typeface,
    size: float,
    *,
    thicker: float = 0.0,
) -> None:
    """Writes white on a picture of mode L, from the baseline's left end. Raises FontsMissing.

    thicker: pixels that each stroke gains at either side.
    """
    x, y = at
    for kind, run in _runs(text):
        font = _font(kind, face, size)
        draw.text((x, y), run, fill=255, font=font, anchor="ls", stroke_width=thicker)
        x += font.getlength(run)


def font_of(letter: str, face: Typeface, size: float) -> ImageFont.FreeTypeFont:
    """The font out of which this letter is written. Raises FontsMissing."""
    return _font(_subset(letter), face, size)


def _runs(text: str) -> list[tuple[str, str]]:
    return [(kind, "".join(letters)) for kind, letters in groupby(text, key=_subset)]


def _subset(letter: str) -> str:
    if letter in _RARE:
        return "rare"
    if "\u0400" <= letter <= "\u045f":
        return "cyrillic"
    return "latin" if letter <= _LAST_LATIN else "math"


@lru_cache(maxsize=256)
def _font(subset: str, face: Typeface, size: float) -> ImageFont.FreeTypeFont:
    match subset:
        case "math":
            family, weight, files = _MATH, 400, "latin"  # that is what its one file is called
        case "rare":
            family, weight, files = _RARE_FACE, 400, "latin"
        case _:
            family, weight, files = face.family, face.weight, subset
    path = _FOLDER / family / "files" / f"{family}-{files}-{weight}-normal.woff"
    if not path.is_file():
        raise FontsMissing(f"{path.name} is not installed: `make install` does it")
    return ImageFont.truetype(path, size)
