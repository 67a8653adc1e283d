"""Pairs side by side in one picture, for people's eyes."""

from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageOps

from tests.dedup.deciding import see
from tests.dedup.truth import Pair
from tests.legibility.typefaces import PRINTS, write

_PHOTO: Final = (760, 560)
_CAPTION: Final = 34
_LETTERS: Final = 18.0
_GAP: Final = 8


def contact_sheet(pairs: Sequence[Pair]) -> Image.Image:
    """A row for each pair, the earlier photo on the left. RGB."""
    width, height = 2 * _PHOTO[0] + _GAP, _PHOTO[1] + _CAPTION + _GAP
    sheet = Image.new("RGB", (width, height * max(1, len(pairs))), "white")
    ink = Image.new("L", sheet.size)
    draw = ImageDraw.Draw(ink)
    for row, pair in enumerate(pairs):
        top = row * height
        about = (pair.seed, pair.change, pair.kind, pair.camera, f"ink {100 * pair.ink:.3f} %")
        caption = ", ".join(str(part) for part in (*about, pair.details) if part)
        write(draw, (_GAP, top + _CAPTION - 10), caption, PRINTS[0], _LETTERS)
        for column, content in enumerate((pair.earlier, pair.later)):
            photo = ImageOps.contain(Image.fromarray(see(content).decoded.pixels), _PHOTO)
            sheet.paste(photo, (column * (_PHOTO[0] + _GAP), top + _CAPTION))
    sheet.paste((0, 0, 0), mask=ink)
    return sheet
