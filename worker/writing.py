"""How large the writing is: the x-height, from the shapes that the ink forms."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

# A letter has a few pixels of height, and is no line across the board.
_LEAST_HEIGHT: Final = 3
_MOST_HEIGHT: Final = 1 / 5  # of the picture's height
_WIDTHS: Final = (0.15, 14.0)  # in heights of the shape: from an "l" to a joined word
_FILLS: Final = (0.08, 0.9)  # ink in the box around it: no frame, no blot
_BAR: Final = 0.75  # a wide shape that is fuller is a dash
# Companions in a line: as high within a factor, at the same place within a share of the height.
_SAME_HEIGHT: Final = 1.8
_SAME_PLACE: Final = 0.7
_APART: Final = 4.0  # heights between the middles of companions, beside their own width
_LEAST_COMPANIONS: Final = 2
_LEAST_SHAPES: Final = 5
_MOST_SHAPES: Final = 1500  # of which companions are looked for, evenly picked
# Rows of a shape with at least half of its fullest row's ink: the body between baseline and
# mean line, without ascenders and descenders.
_BODY: Final = 0.4
_WORD: Final = 1.8  # wider shapes, in heights, are joined letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """x_height: the median in pixels. letters: about how many stand in lines."""

    x_height: float
    letters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """Connected ink that has a letter's or a word's form; the n of each array is the same.

    spans: float64 (n, 4), first row, last row (outside), first column, last column (outside).
    bodies: int64 (n,), rows that are full of ink: the x-height of joined letters. letters: int64
    (n,), about how many each holds. found: how many there were before evenly picking `most`.
    """

    spans: NDArray[np.float64]
    bodies: NDArray[np.int64]
    letters: NDArray[np.int64]
    found: int


def find_shapes(ink: NDArray[np.bool_], *, most: int, bar: float = _BAR) -> Shapes:
    """What may be letters and words: bool (H, W), True where there is ink -> at most `most`.

    bar: the share of ink in the box around a wide shape from which on it is a dash.
    """
    shapes, count = ndimage.label(ink, structure=np.ones((3, 3)))
    if count == 0:
        none = np.empty(0, dtype=np.int64)
        return Shapes(spans=np.empty((0, 4)), bodies=none, letters=none, found=0)
    boxes = ndimage.find_objects(shapes)
    spans = np.array(
        [(b[0].start, b[0].stop, b[1].start, b[1].stop) for b in boxes], dtype=np.float64
    )
    heights, widths = spans[:, 1] - spans[:, 0], spans[:, 3] - spans[:, 2]
    # Of the ink alone: bincount takes 8 bytes for each number.
    areas = np.bincount(shapes[ink], minlength=count + 1)[1:]
    fills = areas / (heights * widths)
    formed = (
        (heights >= _LEAST_HEIGHT)
        & (heights <= max(ink.shape[0] * _MOST_HEIGHT, 2 * _LEAST_HEIGHT))
        & (widths >= heights * _WIDTHS[0])
        & (widths <= heights * _WIDTHS[1])
        & (fills >= _FILLS[0])
        & (fills <= np.where(widths > heights, bar, _FILLS[1]))
    )
    chosen = np.flatnonzero(formed)
    found = len(chosen)
    if found > most:
        chosen = chosen[np.linspace(0, found - 1, most).astype(int)]
    return Shapes(
        spans=spans[chosen],
        bodies=_bodies(shapes, spans.astype(np.int64), chosen),
        # A word says as much of the writing as its letters apart.
        letters=np.maximum(1, np.round(widths[chosen] / heights[chosen])).astype(np.int64),
        found=found,
    )


def find_writing(ink: NDArray[np.bool_]) -> Writing | None:
    """The size of letters and words in lines, by the height of their bodies; None: no writing.

    ink: bool (H, W), True where there is ink.
    """
    shapes = find_shapes(ink, most=_MOST_SHAPES)
    if len(shapes.spans) == 0:
        return None
    share = shapes.found / len(shapes.spans)
    lined = _in_lines(shapes.spans)
    if np.count_nonzero(lined) < _LEAST_SHAPES:
        return None
    letters = shapes.letters[lined]
    return Writing(
        x_height=float(np.median(np.repeat(shapes.bodies[lined], letters))),
        letters=round(float(letters.sum()) * share),
    )


def _in_lines(spans: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which shapes have companions to their left and right."""
    heights, widths = spans[:, 1] - spans[:, 0], spans[:, 3] - spans[:, 2]
    down, across = (spans[:, 0] + spans[:, 1]) / 2, (spans[:, 2] + spans[:, 3]) / 2
    higher = np.maximum(heights[:, None], heights[None, :])
    lower = np.minimum(heights[:, None], heights[None, :])
    reach = _APART * higher + (widths[:, None] + widths[None, :]) / 2
    companions = (
        (higher <= lower * _SAME_HEIGHT)
        & (np.abs(down[:, None] - down[None, :]) <= higher * _SAME_PLACE)
        & (np.abs(across[:, None] - across[None, :]) <= reach)
    )
    # Each shape is its own companion.
    enough: NDArray[np.bool_] = companions.sum(axis=1) > _LEAST_COMPANIONS
    return enough


def _bodies(
    shapes: NDArray[np.int32], spans: NDArray[np.int64], chosen: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each chosen shape the number of its rows that are full of ink."""
    place = np.full(len(spans) + 1, -1)
    place[chosen + 1] = np.arange(len(chosen))
    rows, columns = np.nonzero(shapes)
    owners = place[shapes[rows, columns]]
    rows, owners = rows[owners >= 0], owners[owners >= 0]
    if len(chosen) == 0:
        return np.empty(0, dtype=np.int64)
    heights = spans[chosen, 1] - spans[chosen, 0]
    starts = np.concatenate(([0], np.cumsum(heights)[:-1]))
    profile = np.bincount(starts[owners] + rows - spans[chosen[owners], 0], minlength=heights.sum())
    fullest = np.maximum.reduceat(profile, starts)
    full = profile >= _BODY * np.repeat(fullest, heights)
    rows_full = np.add.reduceat(full.astype(np.int64), starts)
    widths = spans[chosen, 3] - spans[chosen, 2]
    return np.where(widths > _WORD * heights, rows_full, heights)
