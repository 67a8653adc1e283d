"""What a photo of a board looks like, in a few numbers that steer what is done to it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.imaging import Pixels
from worker.board_kind import BoardKind, kind_of
from worker.ground import Ground, Polarity, Window, find_ground, surface_at
from worker.ink import (
    UNIT,
    USUAL_BLUR,
    averaged,
    blur_for,
    blurred,
    cores,
    evidence,
    reach_for,
    strongest,
    transmission,
)
from worker.noise import blur_sigma, noise_sigma
from worker.writing import find_writing

# Larger pictures are looked at in windows with this many pixels together, in the middle of each
# quarter or so.
_LOOKED_AT: Final = 1_300_000
_PLACES: Final = (0.3, 0.7)
# Ink for the shapes of letters: this much stronger than the surface's own unrest.
_INK_OVER_GRAIN: Final = 5.0
_INK_LEAST: Final = 0.04
_INK_SHARE: Final = 0.45  # of the strokes' contrast: the middle of an edge, or so
_LEAST_INK: Final = 50  # pixels; fewer are specks
_SPARSE: Final = (slice(1, None, 3), slice(1, None, 3))  # pixels enough for medians
_EVEN: Final = 0.02  # JPEG's own ripple is about a hundredth
_NOISELESS: Final = 0.6  # of 255; rounding alone makes 0.3
_WHITE: Final = 240  # of 255, where a slide's white begins
_MADE: Final = 0.4  # of all pixels in one tone: no lamp lights a board like that
PALE: Final = 0.4  # contrast below which people strain: measured on nobody, seen on our photos


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """Estimates of one photo; lengths in its own pixels.

    surface: the median colour of the board. uneven: the share by which its light differs between
    the darkest and the lightest twentieth. flat: the share of pixels in the most common tone.
    board: the share of the picture that is board.
    x_height: None where no lines of writing were found. contrast: of strokes to the board, 0 to 1,
    None without ink. noise: sigma in levels of 255. grain: what is left of noise, dust and wiped
    traces after the blur that suits the writing, as contrast. blur: sigma at the steepest edges.
    """

    kind: BoardKind
    polarity: Polarity
    surface: tuple[int, int, int]
    uneven: float
    flat: float
    board: float
    x_height: float | None
    contrast: float | None
    noise: float
    grain: float
    blur: float | None

    @property
    def pale(self) -> bool:
        """Strokes that are there and hard to see."""
        return self.contrast is not None and self.contrast < PALE

    @property
    def already_clean(self) -> bool:
        """Even, free of noise and on a clean ground: made by a computer, or cleaned before."""
        if self.uneven > _EVEN or self.noise > _NOISELESS:
            return False
        light = self.polarity is Polarity.DARK_ON_LIGHT
        return self.flat >= _MADE or min(self.surface) >= _WHITE or not light


def look(rgb: Pixels) -> Appearance:
    """uint8 (H, W, 3), H and W >= 1 -> estimates. About 0.1 s for a 1280x960 photo on one core."""
    ground = find_ground(rgb)
    sure = ground.sure > 0.5  # noqa: PLR2004 -- more board than not
    colours = ground.level[sure] if sure.any() else ground.level.reshape(-1, 3)
    surface = np.median(colours, axis=0)
    low, middle, high = np.percentile(colours.mean(axis=1), (5, 50, 95))
    parts = [_look_at(rgb, ground, window) for window in _windows(rgb)]
    uneven = float((high - low) / max(middle, 1.0))
    colour = (int(surface[0]), int(surface[1]), int(surface[2]))
    flat = float(np.median([part.flat for part in parts]))
    board = float(sure.mean())
    pixels = rgb.shape[0] * rgb.shape[1]
    return Appearance(
        kind=kind_of(
            polarity=ground.polarity,
            surface=colour,
            board=board,
            dark_sides=ground.dark_sides,
            letters=round(sum(part.letters for part in parts) * max(1.0, pixels / _LOOKED_AT)),
            made=flat >= _MADE and uneven <= _EVEN,
        ),
        polarity=ground.polarity,
        surface=colour,
        uneven=uneven,
        flat=flat,
        board=board,
        x_height=_median([part.x_height for part in parts]),
        contrast=_median([part.contrast for part in parts]),
        noise=float(np.median([part.noise for part in parts])),
        grain=float(np.median([part.grain for part in parts])),
        blur=_median([part.blur for part in parts]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    x_height: float | None
    contrast: float | None
    noise: float
    grain: float
    blur: float | None
    flat: float
    letters: int


def _windows(rgb: Pixels) -> Iterator[Window]:
    """The parts that are looked at: all, or four windows of the picture's shape."""
    height, width = rgb.shape[:2]
    if height * width <= _LOOKED_AT:
        yield 0, 0, width, height
        return
    share = math.sqrt(_LOOKED_AT / (height * width * len(_PLACES) ** 2))
    down, across = max(1, int(share * height)), max(1, int(share * width))
    for place_down, place_across in product(_PLACES, _PLACES):
        top = int(place_down * height - down / 2)
        left = int(place_across * width - across / 2)
        yield left, top, left + across, top + down


def _look_at(rgb: Pixels, ground: Ground, window: Window) -> _Part:
    left, top, right, bottom = window
    seen = rgb[top:bottom, left:right]
    level, sure = surface_at(ground, window)
    strong = strongest(transmission(seen, level, ground.polarity))
    certain = sure > 0.9  # noqa: PLR2004 -- away from what is no board
    smooth = blurred(strong, USUAL_BLUR)
    grain, contrast = _grain_and_contrast(strong, smooth, reach_for(None), certain)
    least = max(_INK_OVER_GRAIN * grain, _INK_LEAST, _INK_SHARE * (contrast or 0.0))
    writing = find_writing((smooth < (1 - least) * UNIT) & certain)
    if writing is not None:
        suited, reach = blurred(strong, blur_for(writing.x_height)), reach_for(writing.x_height)
        grain, contrast = _grain_and_contrast(strong, suited, reach, certain)
    grey = np.ascontiguousarray(seen[..., 1])  # green: most light, most of a sensor's pixels
    noise = noise_sigma(grey)
    return _Part(
        x_height=writing.x_height if writing is not None else None,
        contrast=contrast,
        noise=noise,
        grain=grain,
        blur=blur_sigma(_middle(grey), noise),
        flat=float(np.bincount(grey.ravel()).max() / grey.size),
        letters=writing.letters if writing is not None else 0,
    )


def _middle(grey: Pixels) -> Pixels:
    """Half of the rows: edges enough, in half of the time."""
    height = grey.shape[0]
    return grey[height // 4 : height - height // 4]


def _grain_and_contrast(
    strong: Pixels, smooth: Pixels, reach: float, certain: NDArray[np.bool_]
) -> tuple[float, float | None]:
    """The bare surface's unrest, and the strokes' contrast where there are any."""
    around = averaged(smooth, reach)
    counted = certain[_SPARSE]
    told = evidence(smooth, around)[_SPARSE][counted]
    if told.size == 0:
        return 0.0, None
    # The half with the least ink around: dense writing makes the rest uneven.
    brightness = around[_SPARSE][counted]
    bare = told[brightness >= np.median(brightness)].astype(np.float32)
    middle = np.median(bare)
    # Whole numbers: at least one step, so that what is within three of them has a spread.
    rough = max(1.0, 1.4826 * float(np.median(np.abs(bare - middle))))
    grain = float(bare[np.abs(bare - middle) <= 3 * rough].std())
    strokes = told > max(6 * grain, _INK_LEAST * UNIT)
    if np.count_nonzero(strokes) < _LEAST_INK:
        return grain / UNIT, None
    deepest = 1 - cores(strong)[_SPARSE][counted][strokes] / UNIT
    return grain / UNIT, float(np.median(deepest))


def _median(values: list[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return float(np.median(told)) if told else None
