"""How noisy and how blurred a photo is."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.imaging import Pixels
from worker.ground import Plane

# The mask's norm: sqrt(1 + 4 + 1 + 4 + 16 + 4 + 1 + 4 + 1).
_MASK_NORM: Final = 6.0
# The share of answers that dense writing leaves alone, and where a standard normal distribution's
# absolute values have it.
_QUIET: Final = 0.3
_QUIET_NORMAL: Final = 0.3853
# The second blur that edges are compared with, as the binomial (1 2 1) / 4 twice: variance 1.
_SECOND_VARIANCE: Final = 1.0
_STEEPEST: Final = 99.0  # percent: from here on gradients belong to edges
_LEAST_GRADIENT: Final = 4.0  # levels a pixel: less is no edge
_OVER_NOISE: Final = 5.0  # of the noise: what it makes a gradient of by itself
# What a pixel's own extent and the difference over two pixels add to an edge's variance.
_OWN_VARIANCE: Final = 1 / 12 + 1 / 3
MOST_BLUR: Final = 8.0


def noise_sigma(grey: Pixels) -> float:
    """Standard deviation of the noise in levels of 255. uint8 (H, W).

    A mask that sees neither slopes nor straight edges (Immerkaer 1996), and a low quantile of its
    absolute answers instead of their mean, as Donoho and Johnstone (1994) take the median, so that
    writing counts little: dense small print adds a quarter at most. Noise that a phone has smoothed
    away or made blotchy is not seen.
    """
    if min(grey.shape) < 3:  # noqa: PLR2004 -- the mask's side
        return 0.0
    plane = grey.astype(np.int16)
    across = plane[:, :-2] - 2 * plane[:, 1:-1] + plane[:, 2:]
    answers = np.abs(across[:-2] - 2 * across[1:-1] + across[2:])
    counts = np.bincount(answers.ravel(), minlength=1)
    return _quantile_of(counts, _QUIET) / _QUIET_NORMAL / _MASK_NORM


def _quantile_of(counts: NDArray[np.int64], share: float) -> float:
    """A quantile of whole numbers >= 0, within the numbers' width where many are equal."""
    sums = np.cumsum(counts)
    below = sums[-1] * share
    at = int(np.searchsorted(sums, below))
    before = sums[at] - counts[at]
    within = float((below - before) / counts[at])
    # Zero stands for half a step of absolute values, every other number for a whole one.
    return within * 0.5 if at == 0 else at - 0.5 + within


def blur_sigma(grey: Pixels, noise: float) -> float | None:
    """Standard deviation of the blur at the steepest edges, in pixels; None: there are no edges.

    An edge's gradient falls by a known ratio when the picture is blurred once more (Zhuo and Sim
    2011). uint8 (H, W). noise: its sigma; noise lets a picture seem sharper than it is.
    """
    if min(grey.shape) < 8:  # noqa: PLR2004 -- two masks of five with something between them
        return None
    plane = grey.astype(np.float32)
    second = _binomial(_binomial(plane))
    first_steep = _gradient(plane[2:-2, 2:-2])
    second_steep = _gradient(second)
    least = max(
        _LEAST_GRADIENT, _OVER_NOISE * noise, float(np.percentile(first_steep[::2, ::2], _STEEPEST))
    )
    edges = first_steep >= least
    if not edges.any():
        return None
    ratio = float(np.median(first_steep[edges] / np.maximum(second_steep[edges], 1e-3)))
    if ratio <= 1.0:
        return MOST_BLUR
    variance = _SECOND_VARIANCE / (ratio**2 - 1) - _OWN_VARIANCE
    return min(MOST_BLUR, math.sqrt(max(0.0, variance)))


def _binomial(plane: Plane) -> Plane:
    down = plane[:-2] + 2 * plane[1:-1] + plane[2:]
    both: Plane = down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]
    both *= np.float32(1 / 16)
    return both


def _gradient(plane: Plane) -> Plane:
    down = plane[2:, 1:-1] - plane[:-2, 1:-1]
    across = plane[1:-1, 2:] - plane[1:-1, :-2]
    steepness: Plane = np.sqrt(down * down + across * across) / 2
    return steepness
