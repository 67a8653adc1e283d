"""What the board looks like without its writing: the colour of its surface, place by place.

Worked out on a grid of blocks, so in little memory. Where a block is no board (a person, a wall, a
projector's frame) the surface around it is continued and marked as unsure.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.imaging import Pixels

Plane = NDArray[np.float32]
Window = tuple[int, int, int, int]  # left, top, right, bottom; the last two outside


class Polarity(StrEnum):
    """What is darker, the writing or the board."""

    DARK_ON_LIGHT = "dark_on_light"
    LIGHT_ON_DARK = "light_on_dark"


# Blocks along the longer side: at 80 a block of a 1280 px photo is 16 px, a letter or two.
_BLOCKS: Final = 80
_LEAST_BLOCK: Final = 4
# Samples along a block's side: percentiles of 64 samples cost the same for every picture.
_SAMPLES: Final = 8
# Percentiles of a block between which its writing and its surface lie, noise's tails left out.
_EXTREMES: Final = (4, 50, 96)
_MOST_STRETCH: Final = 60.0  # of 255: chalk and marker are as far from their boards
_MEDIUM: Final = 110.0  # of 255: brighter is rather a white board, darker a black one
_LEANS: Final = (0.5, 2.0)  # how much the light counts beside the writing
# Of a block's samples, which is the surface: beside ink and its blur, without the sensor's noise.
_LIGHT_SURFACE: Final = 70.0
_DARK_SURFACE: Final = 35.0
# Neighbouring blocks of one surface differ by less (logarithm): light falls off slowly.
_SMOOTH: Final = 0.07
# A block that is this near to the surface continued from around it belongs to it (logarithm).
# Chalk dust lies unevenly.
_NEAR: Final = {Polarity.DARK_ON_LIGHT: 0.10, Polarity.LIGHT_ON_DARK: 0.30}
# Added to levels before their logarithm: on a dark board 5 of 255 are nothing.
_LIFT: Final = np.float32(20.0)
# Another smooth area is a part of the board (a second panel, a shadow) with such a difference of
# colour (per channel over the mean of channels) and of light (logarithm).
_SAME_COLOUR: Final = 0.06
_LIKE_COLOUR: Final = 0.2  # of a single block, whose few samples are noisy
_TOWARDS_EDGE: Final = 0.7  # what a block at the picture's edge says less than one in its middle
_SAME_LIGHT: Final = 0.7
_LEAST_PART: Final = 0.004  # of all blocks: smaller ones are gaps between strokes or hands
# How far the surface is continued into what is no board, in blocks: near ones count first.
_REACHES: Final = (1.5, 5.0, 20.0)
_DARKNESS: Final = 0.35  # of the board's light: the room around a projector's picture
_WHOLE_SIDE: Final = 0.6  # of a side's blocks
_BAND_PIXELS: Final = 250_000  # of surface_bands: 4 MB
_LEAST_LEVEL: Final = 4.0  # of 255: below it there is no light to speak of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The board's surface on a grid of blocks.

    level: float32 (h, w, 3), 0 to 255, the colour of the surface without writing.
    sure: float32 (h, w), 0 (no board here) to 1. block: the side of a block in pixels.
    dark_sides: on how many of the picture's four sides there is no board but darkness.
    """

    level: Plane = field(repr=False)
    sure: Plane = field(repr=False)
    polarity: Polarity
    block: int
    dark_sides: int


def find_ground(rgb: Pixels) -> Ground:
    """uint8 (H, W, 3) -> its surface. Any size from 1x1 on."""
    height, width = rgb.shape[:2]
    block = max(_LEAST_BLOCK, math.ceil(max(height, width) / _BLOCKS))
    samples = _sampled(rgb, block)
    polarity = _polarity(samples)
    level = _levels(samples, polarity)
    board = _board(level, polarity)
    filled = _continued(level, board)
    near = (np.abs(_log(level) - _log(filled)).max(axis=2) < _NEAR[polarity]) & (
        np.abs(_colour(level) - _colour(filled)).max(axis=2) < _LIKE_COLOUR
    )
    sure = ndimage.uniform_filter((board | near).astype(np.float32), 3, mode="nearest")
    # Half a neighbourhood of strangers makes a block a border, where nothing may change abruptly.
    return Ground(
        level=_continued(level, board | near),
        sure=np.clip(sure * 1.6 - 0.6, 0.0, 1.0).astype(np.float32),
        polarity=polarity,
        block=block,
        dark_sides=_dark_sides(level.mean(axis=2) < _DARKNESS * filled.mean(axis=2)),
    )


def surface_at(ground: Ground, window: Window) -> tuple[Plane, Plane]:
    """The level (h, w, 3) and sureness (h, w) in a window of the picture, pixel by pixel."""
    shape = (window[3] - window[1], window[2] - window[0])
    # The last block of a row or column may stick out of the picture.
    left, top, right, bottom = (edge / ground.block for edge in window)
    box = (left, top, right, bottom)
    level = np.empty((*shape, 3), dtype=np.float32)
    for channel in range(3):
        level[..., channel] = _enlarged(ground.level[..., channel], shape, box)
    return level, _enlarged(ground.sure, shape, box)


def surface_bands(ground: Ground, width: int, height: int) -> Iterator[tuple[slice, Plane, Plane]]:
    """surface_at() for a whole picture, some rows at a time: rows, level and sureness.

    At once they would take 16 bytes a pixel, and what is made of them as much again.
    """
    step = max(1, _BAND_PIXELS // width)
    for top in range(0, height, step):
        bottom = min(height, top + step)
        yield slice(top, bottom), *surface_at(ground, (0, top, width, bottom))


def _enlarged(
    plane: Plane, shape: tuple[int, int], box: tuple[float, float, float, float]
) -> Plane:
    image = Image.fromarray(np.ascontiguousarray(plane))
    enlarged = image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR, box=box)
    return np.asarray(enlarged, dtype=np.float32)


def _sampled(rgb: Pixels, block: int) -> Pixels:
    """Evenly spaced samples of each block: uint8 (h, w, samples, 3)."""
    height, width = rgb.shape[:2]
    down, across = math.ceil(height / block), math.ceil(width / block)
    steps = (np.arange(min(block, _SAMPLES)) + 0.5) * block / min(block, _SAMPLES)
    rows = (np.arange(down)[:, None] * block + steps[None, :]).astype(int).clip(0, height - 1)
    columns = (np.arange(across)[:, None] * block + steps[None, :]).astype(int).clip(0, width - 1)
    # A last block that sticks out repeats the picture's edge.
    picked = rgb[rows.ravel()[:, None], columns.ravel()[None, :]]
    side = len(steps)
    blocks = picked.reshape(down, side, across, side, 3).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(blocks.reshape(down, across, side * side, 3))


def _polarity(samples: Pixels) -> Polarity:
    """Writing is the smaller part of a block: the side of the median to which that stretches.

    In doubt, as on a blank board, the light decides.
    """
    green = samples[..., 1].astype(np.float32)
    low, middle, high = np.percentile(green, _EXTREMES, axis=2)
    # Blocks at a border stretch farthest; they must not outvote the many with writing.
    down = np.minimum(middle - low, _MOST_STRETCH).sum()
    up = np.minimum(high - middle, _MOST_STRETCH).sum()
    lean = np.clip(middle.mean() / _MEDIUM, *_LEANS)
    return Polarity.DARK_ON_LIGHT if (down + 1) * lean >= up + 1 else Polarity.LIGHT_ON_DARK


def _levels(samples: Pixels, polarity: Polarity) -> Plane:
    """Each block's surface as (h, w, 3), closed over the neighbours where ink fills a block."""
    dark = polarity is Polarity.DARK_ON_LIGHT
    share = _LIGHT_SURFACE if dark else _DARK_SURFACE
    kth = round((samples.shape[2] - 1) * share / 100)
    level = np.partition(samples, kth, axis=2)[:, :, kth].astype(np.float32)
    closing = ndimage.grey_closing if dark else ndimage.grey_opening
    closed: Plane = closing(level, size=(3, 3, 1), mode="nearest")
    return np.maximum(closed, np.float32(_LEAST_LEVEL))


def _board(level: Plane, polarity: Polarity) -> NDArray[np.bool_]:
    """Which blocks are the board: the main smooth area, and those like it."""
    light = _log(level.mean(axis=2))
    colour = _colour(level)
    told = _log(level)
    spread = ndimage.maximum_filter(told, (3, 3, 1)) - ndimage.minimum_filter(told, (3, 3, 1))
    steep = spread.max(axis=2)
    parts, count = ndimage.label(steep < 3 * _SMOOTH)
    if count == 0:
        return np.ones(light.shape, dtype=np.bool_)
    names = np.arange(1, count + 1)
    areas = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    lights = ndimage.median(light, parts, names)
    colours = np.stack([ndimage.median(colour[..., c], parts, names) for c in range(3)], axis=1)
    weights = ndimage.sum_labels(_importance(level.mean(axis=2), polarity), parts, names)
    main = int(np.argmax(weights))
    like = (np.abs(colours - colours[main]).max(axis=1) < _SAME_COLOUR) & (
        np.abs(lights - lights[main]) < _SAME_LIGHT
    )
    accepted = like & (areas >= _LEAST_PART * light.size)
    accepted[main] = True
    result: NDArray[np.bool_] = np.isin(parts, names[accepted])
    return result


def _colour(level: Plane) -> Plane:
    relative: Plane = level / level.mean(axis=2, keepdims=True)
    return relative


def _log(level: Plane) -> Plane:
    logarithm: Plane = np.log(level + _LIFT)
    return logarithm


def _importance(light: Plane, polarity: Polarity) -> Plane:
    """How much a block says for its area: people aim at the board, and they choose its light."""
    down, across = (np.linspace(-1, 1, length) ** 2 for length in light.shape)
    middle = 1 - _TOWARDS_EDGE * np.maximum(down[:, None], across[None, :])
    lit = light if polarity is Polarity.DARK_ON_LIGHT else 1 / (light + _LIFT)
    importance: Plane = (middle * lit).astype(np.float32)
    return importance


def _dark_sides(dark: NDArray[np.bool_]) -> int:
    sides = (dark[0], dark[-1], dark[:, 0], dark[:, -1])
    return sum(bool(side.mean() > _WHOLE_SIDE) for side in sides)


def _continued(level: Plane, board: NDArray[np.bool_]) -> Plane:
    """The level where it is board, smoothed; elsewhere what the nearest board suggests."""
    weight = board.astype(np.float32)
    result = np.empty_like(level)
    everywhere = (level * weight[..., None]).sum(axis=(0, 1)) / max(float(weight.sum()), 1.0)
    result[:] = everywhere if board.any() else level.mean(axis=(0, 1))
    for reach in reversed(_REACHES):
        seen = ndimage.gaussian_filter(weight, reach, mode="nearest")
        for channel in range(3):
            told = ndimage.gaussian_filter(level[..., channel] * weight, reach, mode="nearest")
            trust = np.clip(seen * 4.0, 0.0, 1.0)
            near = told / np.maximum(seen, 1e-4)
            result[..., channel] += (near - result[..., channel]) * trust
    return result
