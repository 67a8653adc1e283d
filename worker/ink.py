"""Where the writing is: how far each pixel is from the board's surface, and how surely it is ink.

Both polarities become one: a transmission of 1 is bare surface and 0 is full ink, whether the ink
swallows light (a marker: the light is divided by the surface's) or adds some (chalk: the surface's
light is taken away and the rest is a negative).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.imaging import Pixels
from worker.ground import Plane, Polarity

# What transmission 1 is in 8 bits; the rest is for glare and noise above the surface.
UNIT: Final = 180
# Chalk's light over the board's, of 255, that counts as full ink.
CHALK: Final = 212.0
# Ink that is this strong needs no surroundings to stand out from: the inside of a filled shape.
_SOLID: Final = 0.2
# Blurs over strokes: a sixteenth of the x-height is a third of a stroke's width or so; below 0.8 px
# a blur does nothing, beyond 2 px it costs thin strokes.
_BLUR_PER_X: Final = 1 / 16
_BLURS: Final = (0.8, 2.0)
USUAL_BLUR: Final = 1.2
# What a stroke stands out from: its surroundings within 0.7 x-heights to each side.
_REACH_PER_X: Final = 0.7
_REACHES: Final = (4.0, 24.0)
_USUAL_REACH: Final = 12.0
# Rows beside a band that its blurs can see.
MARGIN: Final = 60


def blur_for(x_height: float | None) -> float:
    """Standard deviation in pixels of the blur that suits writing of this size."""
    if x_height is None:
        return USUAL_BLUR
    return float(np.clip(x_height * _BLUR_PER_X, *_BLURS))


def reach_for(x_height: float | None) -> float:
    """How far around a stroke its surroundings count, in pixels."""
    if x_height is None:
        return _USUAL_REACH
    return float(np.clip(x_height * _REACH_PER_X, *_REACHES))


def transmission(rgb: Pixels, level: Plane, polarity: Polarity) -> Plane:
    """uint8 and float32 (H, W, 3) -> float32 (H, W, 3); 1 is bare surface, less is ink."""
    if polarity is Polarity.DARK_ON_LIGHT:
        return np.divide(rgb, level, dtype=np.float32)
    negative = np.subtract(level, rgb, dtype=np.float32)
    negative *= np.float32(1 / CHALK)
    negative += 1
    return negative


def strongest(passed: Plane) -> Pixels:
    """The channel with most ink of each pixel: float32 (H, W, 3) -> uint8 (H, W), 1 as UNIT.

    Yellow ink is seen in the blue, red ink in the green.
    """
    result = np.minimum(passed[..., 0], passed[..., 1])
    np.minimum(result, passed[..., 2], out=result)
    result *= np.float32(UNIT)
    result += np.float32(0.5)
    np.clip(result, 0, 255, out=result)
    return result.astype(np.uint8)


def blurred(plane: Pixels, sigma: float) -> Pixels:
    """A Gaussian blur, in 8 bits."""
    return np.asarray(Image.fromarray(plane).filter(ImageFilter.GaussianBlur(sigma)))


def averaged(plane: Pixels, reach: float) -> Pixels:
    """The mean over a square that goes `reach` pixels to each side, in 8 bits."""
    return np.asarray(Image.fromarray(plane).filter(ImageFilter.BoxBlur(reach)))


def evidence(smooth: Pixels, around: Pixels) -> NDArray[np.int16]:
    """How far each pixel stands out as ink, in units of 1 / UNIT; about 0 on bare surface.

    smooth: strongest ink, blurred, so that noise is small. around: its average within the reach.
    What is broader than writing, a shadow or a wiped trace, does not stand out.
    """
    result = around.astype(np.int16)
    result -= smooth
    # The inside of a filled shape stands out from nothing.
    solid = np.int16((1 - _SOLID) * UNIT) - smooth.astype(np.int16)
    result += np.maximum(solid, np.int16(0), out=solid)
    return result


def cores(strong: Pixels) -> Pixels:
    """The strongest ink within a pixel of each: a stroke's edge knows its middle. uint8 (H, W)."""
    result = strong.copy()
    for near, far in (
        (result[1:], result[:-1]),
        (result[:-1], result[1:]),
        (result[:, 1:], result[:, :-1]),
        (result[:, :-1], result[:, 1:]),
    ):
        np.minimum(near, far.copy(), out=near)
    return result
