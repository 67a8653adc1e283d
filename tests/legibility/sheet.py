"""A picture of the lines that a rendition helps and harms most, for people's eyes."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw

from tests.legibility.geometry import Pixels
from tests.legibility.measuring import Measured, Reading
from tests.legibility.renditions import BICUBIC
from tests.legibility.typefaces import PRINTS, write

_CASES: Final = 8  # of each sort: a screen's height
_OF_ONE_BOARD: Final = 3  # lines of one board resemble each other
_STRIP: Final = (620, 88)
_GAP: Final = 8
_LETTERS: Final = 15.0


def cases(
    readings: Sequence[Reading], rendition: str
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The lines that gain and that lose most words against bicubic, summed over readers.

    Best first, and worst first.
    """
    change: dict[tuple[int, int], int] = defaultdict(int)
    for one in readings:
        if one.rendition == rendition:
            change[one.line] += one.score.hits
        elif one.rendition == BICUBIC:
            change[one.line] -= one.score.hits
    ordered = sorted(change, key=lambda line: (-change[line], line))
    best = _first([line for line in ordered if change[line] > 0])
    worst = _first([line for line in reversed(ordered) if change[line] < 0])
    return best, worst


def _first(lines: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    chosen: list[tuple[int, int]] = []
    for line in lines:
        of_its_board = sum(board == line[0] for board, _ in chosen)
        if of_its_board < _OF_ONE_BOARD and len(chosen) < _CASES:
            chosen.append(line)
    return chosen


def contact_sheet(measured: Measured, rendition: str) -> Image.Image:
    """Best cases, then worst: bicubic left, the rendition right, under each what was read."""
    best, worst = cases(measured.readings, rendition)
    read = {(one.line, one.rendition, one.reader): one for one in measured.readings}
    readers = sorted({one.reader for one in measured.readings})
    cell = (_STRIP[0] + _GAP, _STRIP[1] + int((len(readers) + 1) * 1.6 * _LETTERS) + _GAP)
    rows = max(1, len(best) + len(worst))
    sheet = Image.new("RGB", (2 * cell[0], rows * cell[1]), "white")
    for place, line in enumerate([*best, *worst]):
        for column, name in enumerate((BICUBIC, rendition)):
            corner = (column * cell[0], place * cell[1])
            sheet.paste(_fitted(measured.strips[line][name]), corner)
            found = [read[line, name, reader] for reader in readers if (line, name, reader) in read]
            told = f"{'better' if line in best else 'worse'}: {' '.join(found[0].words)}"
            texts = [f"{name}, board {line[0]}, {found[0].row}, {told}"]
            texts += [f"{one.reader}: {' '.join(one.tokens)}" for one in found]
            for below, text in enumerate(texts):
                y = corner[1] + _STRIP[1] + (below + 1) * 1.6 * _LETTERS - 6
                _say(sheet, (corner[0] + 2, y), text)
    return sheet


def _fitted(strip: Pixels) -> Image.Image:
    picture = Image.fromarray(strip)
    factor = min(_STRIP[0] / picture.width, _STRIP[1] / picture.height)
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _say(sheet: Image.Image, at: tuple[float, float], text: str) -> None:
    mask = Image.new("L", sheet.size)
    write(ImageDraw.Draw(mask), at, text, PRINTS[0], _LETTERS)
    sheet.paste((20, 20, 20), mask=mask)
