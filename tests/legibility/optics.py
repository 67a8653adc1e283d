"""Light on a board and what a lens makes of it, in linear light."""

import math
from typing import Final

import numpy as np

from tests.legibility.boards import Rng
from tests.legibility.painting import FINE, Field, field

# Even a sharp phone lens with its anti-aliasing: deviation in pixels of the sensor.
_LENS: Final = 0.38
_FACTOR: Final = 64


def light(linear: Field, exposure: float, cast: tuple[float, float, float], rng: Rng) -> Field:
    """(H, W, 3) under lamps: brighter to one side, darker in the corners, with some soft shadow.

    exposure: of the brightest place, 1.0 shows white as white. cast: the lamps' colour.
    """
    height, width = linear.shape[:2]
    angle, fall = float(rng.uniform(0, 2 * math.pi)), float(rng.uniform(0.1, 0.55))
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :]
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
    side = (x * math.cos(angle) + y * math.sin(angle)) / math.sqrt(0.5)
    corners = np.float32(rng.uniform(0.1, 0.5)) * (x * x + y * y)
    shadow = 0.06 * field(rng, width, height, (width / 3, height / 3)).clip(-1.5, 1.5)
    level = (1 - fall * (0.5 + side)) * (1 - corners) * (1 + shadow)
    colour = np.array(cast, dtype=np.float32) * np.float32(exposure)
    return linear * level.astype(np.float32)[..., None] * colour


def psf(defocus: float, motion: float, angle: float, zoom: float = 1.0) -> Field:
    """The point spread, (N, N) with N odd and sum 1, on the fine grid.

    defocus, motion: in pixels of the sensor, which are `zoom` pixels of the photo. A disc
    for defocus, drawn along a line for motion, softened by the lens.
    """
    pixel = zoom * FINE
    lens, radius, reach = _LENS * pixel, defocus * pixel, motion * pixel / 2
    half = math.ceil(radius + reach + 3 * lens)
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32)
    total = np.zeros_like(x)
    steps = max(1, math.ceil(2 * reach))
    for step in np.linspace(-reach, reach, steps) if steps > 1 else (0.0,):
        distance = np.hypot(x - step * math.cos(angle), y - step * math.sin(angle))
        total += (radius + 0.5 - distance).clip(0, 1)  # the disc's rim falls within a pixel
    offsets = np.arange(-half, half + 1, dtype=np.float32)
    gauss = np.exp(-(offsets**2) / (2 * lens**2))
    gauss /= gauss.sum()
    for axis in (0, 1):
        total = np.apply_along_axis(np.convolve, axis, total, gauss, "same").astype(np.float32)
    return np.asarray(total / total.sum(), dtype=np.float32)


def through(linear: Field, spread: Field) -> Field:
    """(H, W, 3) seen through the point spread; beyond the picture its edge goes on."""
    half = spread.shape[0] // 2
    padded = np.pad(linear, ((half, half), (half, half), (0, 0)), mode="edge")
    # Lengths with small factors: a transform of prime length takes many times as long.
    rows, columns = (-(-side // _FACTOR) * _FACTOR for side in padded.shape[:2])
    transfer = np.fft.rfft2(spread, (rows, columns))
    result = np.empty_like(linear)
    for channel in range(3):
        spectrum = np.fft.rfft2(padded[..., channel], (rows, columns)) * transfer
        whole = np.fft.irfft2(spectrum, (rows, columns))
        result[..., channel] = whole[2 * half : padded.shape[0], 2 * half : padded.shape[1]]
    return result
