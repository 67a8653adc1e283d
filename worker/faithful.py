"""Where the network's picture leaves the clean one: ink that is gone, another colour, black."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.imaging import Pixels
from worker.ground import find_ground, surface_bands
from worker.ink import UNIT, cores, strongest, transmission

# Ink that keeps less than this share of its depth is gone; fainter than this it is dirt or noise.
_KEPT: Final = 0.4
_INK: Final = 0.12
_BAND_ROWS: Final = 256  # compared at a time: 13 bytes a pixel
# Means over squares of this side, in pixels of the clean picture: a letter or two.
_SIDE: Final = 9
# Of 255, between such means: brightness, and each channel's distance from it. A crisper stroke is
# darker and has more colour, a lost or turned one differs more.
_BRIGHTNESS: Final = 45.0
_COLOUR: Final = 26.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """Bool (H, W) each.

    ink: of the clean picture. vanished: ink that is gone. shifted: of another brightness or colour.
    """

    ink: NDArray[np.bool_] = field(repr=False)
    vanished: NDArray[np.bool_] = field(repr=False)
    shifted: NDArray[np.bool_] = field(repr=False)


def doubts(cleaned: Pixels, reduced: Pixels) -> Doubts:
    """uint8 (H, W, 3) twice: the clean picture, and the network's reduced to its size."""
    ground = find_ground(cleaned)
    before, after = (np.empty(cleaned.shape[:2], dtype=np.uint8) for _ in range(2))
    for rows, level, _ in surface_bands(ground, cleaned.shape[1], cleaned.shape[0]):
        before[rows] = strongest(transmission(cleaned[rows], level, ground.polarity))
        after[rows] = strongest(transmission(reduced[rows], level, ground.polarity))
    after = cores(after)  # a stroke may have moved by half a pixel
    ink, vanished = (np.empty(after.shape, dtype=np.bool_) for _ in range(2))
    for top in range(0, len(after), _BAND_ROWS):
        rows = slice(top, top + _BAND_ROWS)
        depth = UNIT - before[rows].astype(np.int16)
        kept = UNIT - after[rows].astype(np.int16)
        ink[rows] = depth > _INK * UNIT
        vanished[rows] = ink[rows] & (kept < _KEPT * depth)
    return Doubts(ink=ink, vanished=vanished, shifted=_shifted(cleaned, reduced))


def _shifted(cleaned: Pixels, reduced: Pixels) -> NDArray[np.bool_]:
    one, other = (_means(picture) for picture in (cleaned, reduced))
    difference = other - one
    brightness = difference.mean(axis=2)
    colour = np.abs(difference - brightness[..., None]).max(axis=2)
    shifted: NDArray[np.bool_] = (np.abs(brightness) > _BRIGHTNESS) | (colour > _COLOUR)
    if not shifted.any():
        return np.zeros(cleaned.shape[:2], dtype=np.bool_)
    grown = ndimage.maximum_filter(shifted, size=3)
    size = (cleaned.shape[1], cleaned.shape[0])
    enlarged = Image.fromarray(grown.astype(np.uint8)).resize(size, Image.Resampling.NEAREST)
    return np.asarray(enlarged) > 0


def _means(picture: Pixels) -> NDArray[np.float32]:
    """The mean colour of each square."""
    return np.asarray(Image.fromarray(picture).reduce(_SIDE), dtype=np.float32)
