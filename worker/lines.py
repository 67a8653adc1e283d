"""Where the lines of writing are, by the shapes that ink forms. No network, no reader."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from core.imaging import Pixels
from worker.appearance import Appearance
from worker.ground import find_ground, surface_bands
from worker.ink import (
    UNIT,
    averaged,
    blur_for,
    blurred,
    evidence,
    reach_for,
    strongest,
    transmission,
)
from worker.writing import Shapes, find_shapes

# More lines than this nobody writes on a board; a full page of print has about as many.
MOST_LINES: Final = 160
# Shapes of which neighbours are looked for; evenly picked.
_MOST_SHAPES: Final = 4000
# Ink stands out from its surroundings by this contrast, and by this share of the usual stroke's.
_LEAST_CONTRAST: Final = 0.05
_SHARE_OF_CONTRAST: Final = 0.12
_GRAINS: Final = 3.0  # and by so many times what is left of noise
# Faint ink is taken in, so small letters that touch are as full as a dash, or nearly so.
_BAR: Final = 0.93
# Neighbours in a line: as high within a factor, in place within a share of the higher one's height,
# and not farther apart than so many heights: a wide space between words, not a column's gap.
_SAME_HEIGHT: Final = 2.6
_SAME_PLACE: Final = 0.55
_APART: Final = 2.6
_LEAST_SHAPES: Final = 2
_LEAST_WIDTH: Final = 2.0  # x-heights: a line has at least a short word
_STEEPEST: Final = 0.2  # rise to run; phones are held straighter than that
# Shapes' heights are whole pixels, a line has few of them, and one board is one hand: a line's own
# estimate counts as so many shapes beside the median of all.
_PRIOR_SHAPES: Final = 4.0
_ONE_HAND: Final = 1.5  # beyond this factor from the median it is a title or a note
_CHUNK: Final = 256  # shapes that are compared with all others at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of writing; lengths in pixels of the picture in which it was found.

    top, bottom, left, right: around all of its ink, the last row and column outside. x_height: of
    its small letters. slope: rise of y to x, below 0 where the line climbs to the right.
    middle, height: of the ink across the line, at the middle of its width.
    """

    top: int
    bottom: int
    left: int
    right: int
    x_height: float
    slope: float
    middle: float
    height: float

    def middle_at(self, x: float) -> float:
        """The y of the line's middle at this x."""
        return self.middle + self.slope * (x - (self.left + self.right) / 2)


def find_lines(rgb: Pixels, appearance: Appearance) -> tuple[Line, ...]:
    """Lines in a clean view, uint8 (H, W, 3), H and W >= 1, from top to bottom; at most MOST_LINES.

    appearance: of the photo that was cleaned. Where there are more lines, the widest are kept.
    """
    shapes = find_shapes(ink_of(rgb, appearance), most=_MOST_SHAPES, bar=_BAR)
    if len(shapes.spans) < _LEAST_SHAPES:
        return ()
    names = _joined(shapes.spans)
    usual = float(np.median(np.repeat(shapes.bodies, shapes.letters)))
    lines = [
        line
        for name in np.flatnonzero(np.bincount(names) >= 1)
        if (line := _line(shapes, names == name, usual)) is not None
    ]
    widest = sorted(lines, key=lambda line: line.left - line.right)[:MOST_LINES]
    return tuple(sorted(widest, key=lambda line: (line.top, line.left)))


def ink_of(rgb: Pixels, appearance: Appearance) -> NDArray[np.bool_]:
    """Where a clean view has ink that stands out from what surrounds it: bool (H, W)."""
    ground = find_ground(rgb)
    strong = np.empty(rgb.shape[:2], dtype=np.uint8)
    board = np.empty(rgb.shape[:2], dtype=np.bool_)
    for rows, level, sure in surface_bands(ground, rgb.shape[1], rgb.shape[0]):
        strong[rows] = strongest(transmission(rgb[rows], level, ground.polarity))
        board[rows] = sure > 0.5  # noqa: PLR2004 -- more board than not
    smooth = blurred(strong, blur_for(appearance.x_height))
    found = evidence(smooth, averaged(smooth, reach_for(appearance.x_height)))
    least = max(
        _LEAST_CONTRAST,
        _GRAINS * appearance.grain,
        _SHARE_OF_CONTRAST * (appearance.contrast or 0.0),
    )
    ink: NDArray[np.bool_] = (found > least * UNIT) & board
    return ink


def _joined(spans: NDArray[np.float64]) -> NDArray[np.int32]:
    """For each shape the number of its line."""
    heights, widths = spans[:, 1] - spans[:, 0], spans[:, 3] - spans[:, 2]
    down, across = (spans[:, 0] + spans[:, 1]) / 2, (spans[:, 2] + spans[:, 3]) / 2
    ones, others = [], []
    for first in range(0, len(spans), _CHUNK):
        part = slice(first, first + _CHUNK)
        higher = np.maximum(heights[part, None], heights[None, :])
        lower = np.minimum(heights[part, None], heights[None, :])
        gap = np.abs(across[part, None] - across[None, :])
        gap -= (widths[part, None] + widths[None, :]) / 2
        near = (
            (gap <= _APART * lower)
            & (np.abs(down[part, None] - down[None, :]) <= higher * _SAME_PLACE)
            & (higher <= lower * _SAME_HEIGHT)
        )
        one, other = np.nonzero(near)
        ones.append(one + first)
        others.append(other)
    one, other = np.concatenate(ones), np.concatenate(others)
    size = len(spans)
    pairs = sparse.coo_array((np.ones(len(one), dtype=np.bool_), (one, other)), shape=(size, size))
    names: NDArray[np.int32] = csgraph.connected_components(pairs, directed=False)[1]
    return names


def _line(shapes: Shapes, own: NDArray[np.bool_], usual: float) -> Line | None:
    """The line of these shapes; None where they are no line."""
    spans, letters = shapes.spans[own], shapes.letters[own]
    if letters.sum() < _LEAST_SHAPES:
        return None
    top, bottom = float(spans[:, 0].min()), float(spans[:, 1].max())
    left, right = float(spans[:, 2].min()), float(spans[:, 3].max())
    x_height = float(np.median(np.repeat(shapes.bodies[own], letters)))
    if usual / _ONE_HAND <= x_height <= usual * _ONE_HAND:
        trust = letters.sum() / (letters.sum() + _PRIOR_SHAPES)
        x_height = float(usual + (x_height - usual) * trust)
    if right - left < _LEAST_WIDTH * x_height:
        return None
    slope = _slope(spans)
    centre = (left + right) / 2
    tilt = slope * ((spans[:, 2] + spans[:, 3]) / 2 - centre)
    upper, lower = float((spans[:, 0] - tilt).min()), float((spans[:, 1] - tilt).max())
    return Line(
        top=int(top),
        bottom=int(bottom),
        left=int(left),
        right=int(right),
        x_height=x_height,
        slope=slope,
        middle=(upper + lower) / 2,
        height=lower - upper,
    )


def _slope(spans: NDArray[np.float64]) -> float:
    """By least squares through the shapes' middles, each counting as its width."""
    across, down = (spans[:, 2] + spans[:, 3]) / 2, (spans[:, 0] + spans[:, 1]) / 2
    weights = spans[:, 3] - spans[:, 2]
    x = across - np.average(across, weights=weights)
    y = down - np.average(down, weights=weights)
    spread = float((weights * x * x).sum())
    height = float((spans[:, 1] - spans[:, 0]).max())
    # A short word's letters say nothing of a slope.
    if np.ptp(spans[:, 2:]) < 4 * height or spread == 0:
        return 0.0
    return float(np.clip((weights * x * y).sum() / spread, -_STEEPEST, _STEEPEST))
