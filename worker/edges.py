"""Long straight edges of a picture: where a surface ends and another begins.

Everything is written for edges that run from left to right; for the others the picture is turned
over its diagonal.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from worker.ground import Plane

# Slopes of a board's edges (height over width): steeper ones are seen by hardly anybody, and the
# writing on such a board can't be read.
_STEEPEST: Final = 0.6
_SLOPE_STEP: Final = 0.01  # over 256 px to either side, 2.6 px
_SLOPES: Final = round(2 * _STEEPEST / _SLOPE_STEP) + 1
# An edge pixel's own slope is uncertain by noise and by the pixels' grid.
_SPREAD: Final = 8
_HEIGHT_STEP: Final = 1.5  # pixels between lines that are told apart
# How much an edge pixel says: a strong edge says no more than a clear one.
_CLEAR: Final = 0.15
_LEAST_VOTES: Final = 0.12  # of the picture's width, in clear edge pixels
_MOST_LINES: Final = 22
# Maxima of votes apart: slopes, and 6 px of height, so that both edges of a frame stay.
_APART: Final = (9, 5)
# Pixels from a line whose edges are its own, when it is fitted: first roughly, then closely.
_OWN: Final = (3.0, 1.5)
_LEAST_OWN: Final = 12
_SAME_LINE: Final = 1.0  # pixels that two lines differ by at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines y = height + slope * x, float64 (n,) each, in pixels of the picture."""

    height: NDArray[np.float64]
    slope: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.height)


def find_lines(light: Plane, least: float) -> Lines:
    """float32 (H, W, 3), logarithms -> its longest edges from left to right, at most 22.

    least: the difference between pixels that are two apart which is an edge. A Hough transform in
    which a pixel votes only for lines along its own edge (O'Gorman and Clowes 1976).
    """
    rows, columns, slopes, votes = _edge_pixels(light, least)
    height, width = light.shape[:2]
    middle = (width - 1) / 2
    reach = int(height + _STEEPEST * width)  # lines that meet the middle outside of the picture
    bins = int((height + 2 * reach) / _HEIGHT_STEP) + 1
    nearest = np.round((slopes + _STEEPEST) / _SLOPE_STEP).astype(np.int64)
    cast = np.zeros(_SLOPES * bins)
    for aside in range(-_SPREAD, _SPREAD + 1):
        told = nearest + aside
        kept = (told >= 0) & (told < _SLOPES)
        across = told[kept] * _SLOPE_STEP - _STEEPEST
        at = (rows[kept] - across * (columns[kept] - middle) + reach) / _HEIGHT_STEP
        cast += np.bincount(
            told[kept] * bins + at.astype(np.int64), weights=votes[kept], minlength=cast.size
        )
    table = ndimage.uniform_filter(cast.reshape(_SLOPES, bins), (1, 3), mode="constant") * 3
    peaks = (table == ndimage.maximum_filter(table, _APART)) & (table >= _LEAST_VOTES * width)
    told, at = np.nonzero(peaks)
    best = np.argsort(table[told, at])[::-1][:_MOST_LINES]
    slope = (told[best] * _SLOPE_STEP - _STEEPEST).astype(np.float64)
    crossing = (at[best] + 0.5) * _HEIGHT_STEP - reach
    return _fitted(
        Lines(height=crossing - slope * middle, slope=slope), rows, columns, slopes, votes
    )


def _edge_pixels(
    light: Plane, least: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Row (between pixels), column, slope and vote of pixels on edges from left to right."""
    down = light[2:, 1:-1] - light[:-2, 1:-1]
    across = light[1:-1, 2:] - light[1:-1, :-2]
    channel = np.abs(down).argmax(axis=2)[..., None]
    down = np.take_along_axis(down, channel, axis=2)[..., 0]
    across = np.take_along_axis(across, channel, axis=2)[..., 0]
    steep = np.abs(down)
    thin = np.zeros(steep.shape, dtype=np.bool_)
    thin[1:-1] = (steep[1:-1] >= steep[:-2]) & (steep[1:-1] > steep[2:])
    thin &= (steep > least) & (np.abs(across) < (_STEEPEST + 0.15) * steep)
    rows, columns = np.nonzero(thin)
    above, here, below = (steep[rows + aside, columns] for aside in (-1, 0, 1))
    # The top of a parabola through three: an edge lies between pixels.
    bend = np.maximum(2 * here - above - below, 1e-6)
    between = np.clip(0.5 * (below - above) / bend, -0.5, 0.5)
    slopes = (-across[rows, columns] / down[rows, columns]).astype(np.float64)
    return (
        (rows + 1.0 + between).astype(np.float64),
        (columns + 1.0).astype(np.float64),
        slopes,
        np.minimum(here / _CLEAR, 1.0).astype(np.float64),
    )


def _fitted(
    rough: Lines,
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    slopes: NDArray[np.float64],
    votes: NDArray[np.float64],
) -> Lines:
    """Each line through the middle of its own edge pixels: least squares, twice."""
    heights, inclines = rough.height.copy(), rough.slope.copy()
    for which in range(len(rough)):
        for own in _OWN:
            off = rows - heights[which] - inclines[which] * columns
            mine = (np.abs(off) < own) & (np.abs(slopes - inclines[which]) < 2 * _SPREAD / 100)
            if np.count_nonzero(mine) < _LEAST_OWN:
                break
            weight, x, y = votes[mine], columns[mine], off[mine]
            total = weight.sum()
            mean_x, mean_y = (weight * x).sum() / total, (weight * y).sum() / total
            spread = (weight * (x - mean_x) ** 2).sum()
            more = (weight * (x - mean_x) * (y - mean_y)).sum() / max(spread, 1e-6)
            inclines[which] += more
            heights[which] += mean_y - more * mean_x
    return _distinct(Lines(height=heights, slope=inclines), columns.max(initial=1.0))


def _distinct(lines: Lines, width: float) -> Lines:
    """Without those that fell together when they were fitted; the first have more votes."""
    kept: list[int] = []
    ends = np.stack([lines.height, lines.height + lines.slope * width])
    for which in range(len(lines)):
        apart = np.abs(ends[:, kept] - ends[:, which : which + 1]).max(axis=0)
        if (apart > _SAME_LINE).all():
            kept.append(which)
    return Lines(height=lines.height[kept], slope=lines.slope[kept])
