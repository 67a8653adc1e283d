"""Along a long edge: where it is the border of a surface, and not a line on one."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from worker.edges import Lines
from worker.ground import Plane

Places = NDArray[np.float64]
Flags = NDArray[np.bool_]

# A difference of logarithms, any channel: a white board is that much lighter than a white wall.
_STEP: Final = 0.04
_ALONG: Final = 5  # pixels along the edge over which noise is averaged
# Pixels beside an edge where its two surfaces are compared: beyond its blur.
_NEAR: Final = 3
# Beyond a drawn stroke with its blur there is the same surface again; beyond a board's edge there
# isn't. Chalk of 4 px (a hundredth of the picture) is still seen 7 px from its other edge.
_FAR: Final = 11
_REST: Final = 0.15  # of the edge's own difference: what its blur may leave that far away
# A side is at least so long, in parts of the picture's side.
_LEAST_LENGTH: Final = 0.25
_LEAST_SEEN: Final = 0.9  # of a side lies in the photo
# Where a side is looked for beyond its end, in pixels: from beyond a thin frame, which it crosses,
# to where another board beside it may begin.
_BEYOND: Final = (6.0, 18.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Borders:
    """Pieces of lines from left to right between two of their crossings: float64 (n, m, m).

    upper: the share of the piece with a surface below that ends there. lower: with one above.
    0 for pieces that are too short or not in the picture. going: how far it goes on as an edge
    beyond the end at which it does so farther, 0 to 1.
    """

    upper: Places
    lower: Places
    going: Places


def borders(lines: Lines, light: Plane, crossings: Places) -> Borders:
    """light: float32 (H, W, 3), logarithms. crossings: x of each line's, (n, m)."""
    height, width = light.shape[:2]
    x = np.arange(width)
    y = lines.height[:, None] + lines.slope[:, None] * x[None, :]
    stretch = np.sqrt(1 + lines.slope**2)[:, None]

    def beside(aside: float) -> tuple[Plane, Flags]:
        rows = np.round(y + aside * stretch).astype(np.int64)
        told = light[rows.clip(0, height - 1), x[None, :]]
        smooth = ndimage.uniform_filter1d(told, _ALONG, axis=1, mode="nearest")
        return smooth, (rows >= 0) & (rows < height)

    (above, above_seen), (below, below_seen) = beside(-_NEAR), beside(_NEAR)
    (higher, higher_seen), (deeper, deeper_seen) = beside(-_FAR), beside(_FAR)
    seen = above_seen & below_seen
    edge = _difference(above, below)
    step = (edge > _STEP) & seen
    least = np.maximum(_STEP, _REST * edge)
    # Where the picture ends before that, a line of writing can't be told from a border.
    upper = step & (_difference(below, higher) > least) & higher_seen
    lower = step & (_difference(above, deeper) > least) & deeper_seen
    starts, ends = np.broadcast_arrays(crossings[:, :, None], crossings[:, None, :])
    length = np.maximum(ends - starts, 1.0)
    inside = _between(_sums(seen), starts, ends)
    usable = (ends - starts > _LEAST_LENGTH * width) & (inside > _LEAST_SEEN * length)
    steps, (first, last) = _sums(step), _BEYOND
    before = _between(steps, starts - last, starts - first)
    after = _between(steps, ends + first, ends + last)
    return Borders(
        upper=np.where(usable, _between(_sums(upper), starts, ends) / np.maximum(inside, 1), 0.0),
        lower=np.where(usable, _between(_sums(lower), starts, ends) / np.maximum(inside, 1), 0.0),
        going=np.maximum(before, after) / (last - first),
    )


def _difference(one: Plane, other: Plane) -> Plane:
    told: Plane = np.abs(one - other).max(axis=2)
    return told


def _sums(flags: Flags) -> Places:
    """(n, W) -> (n, W + 1): how many of a row's first k are set."""
    result = np.zeros((flags.shape[0], flags.shape[1] + 1))
    np.cumsum(flags, axis=1, out=result[:, 1:])
    return result


def _between(sums: Places, starts: Places, ends: Places) -> Places:
    """How many are set between two places of each line: (n, m, m)."""
    last = sums.shape[1] - 1
    line = np.arange(len(sums))[:, None, None]
    first = np.round(starts).clip(0, last).astype(np.int64)
    second = np.round(ends).clip(0, last).astype(np.int64)
    counted: Places = sums[line, second] - sums[line, first]
    return counted
