"""A board in even light: the clean view of it, and the stronger picture that networks are given.

Each pixel is the photo's own, divided by the light that fell on it and made stronger or weaker by
how surely it is ink. Optical density, the logarithm of what passes through the ink, is what grows:
the same ink, applied more thickly. Nothing is invented. Pure functions of pixels.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.imaging import Pixels
from worker.appearance import Appearance
from worker.ground import Plane, Polarity, find_ground, surface_at
from worker.ink import (
    CHALK,
    MARGIN,
    UNIT,
    averaged,
    blur_for,
    blurred,
    cores,
    evidence,
    reach_for,
    strongest,
    transmission,
)
from worker.strength import Strength, given, shown

# Pixels of a band: its planes in float32 take about 60 MB together.
BAND_PIXELS: Final = 1_000_000
_LEAST_ROWS: Final = 64
# The share of ink around a pixel from which on it is among writing.
_WRITTEN: Final = 0.06
# The mean square of the evidence over the grain's: noise alone, and surely more than noise.
_RESTLESS: Final = (1.6, 2.4)
_UNREST_UNIT: Final = 8  # what 1 is in 8 bits
_FAINT_GAIN: Final = 1.0
_CLEAR_SHARE: Final = 0.25  # of the strokes' contrast: ink that is not dirt
# Ink that just stands out keeps more than its own density, whatever the noise.
_LEAST_GAIN: Final = 1.1
# Evidence in units of the surface's grain: below the first bare, from the second on ink.
_BARE_GRAIN: Final = 1.0
_INK_GRAIN: Final = 2.5
_ROUNDING: Final = (0.002, 0.004)  # evidence is in whole steps of 1 / UNIT
# Full gain from this share of the strokes' contrast on: dirt between stays dirt.
_FULL_SHARE: Final = 0.5
# Grain in the strokes after the gain, as contrast: more would look like noise.
_MOST_GRAIN: Final = 0.12
_MOST_SHARPER: Final = 0.6  # of density: neither halos nor holes
_OFFSET: Final = 256  # evidence is a difference of bytes, at most 144 more for solid ink
_KNEE: Final = np.float32(0.9)  # transmission; what is no board is bent from here on
_DARKEST: Final = 0.02  # transmission; the logarithm needs some
# A dark board stays as it is, up to this mean level: beyond it lamps made it grey.
_DARK_BOARD: Final = 64.0


def clean(rgb: Pixels, appearance: Appearance, *, band_pixels: int = BAND_PIXELS) -> Pixels:
    """uint8 (H, W, 3) -> the same size: even light, no cast; large writing stronger and sharper.

    What is no board only follows the light around it. What is clean already comes back as it is.
    band_pixels: worked on at a time, which bounds the memory beside input and output.
    """
    return _toned(rgb, appearance, shown(appearance), band_pixels)


def strengthens_no_more(appearance: Appearance) -> bool:
    """Whether strengthened() and clean() do the same, as with large writing."""
    return given(appearance) == shown(appearance)


def strengthened(rgb: Pixels, appearance: Appearance, *, band_pixels: int = BAND_PIXELS) -> Pixels:
    """As clean(), with stronger ink of every size, on white: what a network is given."""
    return _toned(rgb, appearance, given(appearance), band_pixels)


def _toned(rgb: Pixels, appearance: Appearance, strength: Strength, band_pixels: int) -> Pixels:
    if appearance.already_clean:
        return rgb
    ground = find_ground(rgb)
    height, width = rgb.shape[:2]
    rows = max(_LEAST_ROWS, band_pixels // width)
    result = np.empty_like(rgb)
    tones = _Tones(appearance, strength)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        first, last = max(0, top - MARGIN), min(height, bottom + MARGIN)
        level, sure = surface_at(ground, (0, first, width, last))
        band = tones.apply(rgb[first:last], level, sure)
        result[top:bottom] = band[top - first : bottom - first]
    return result


class _Tones:
    """What is done to each pixel of one photo."""

    def __init__(self, appearance: Appearance, strength: Strength) -> None:
        self._polarity = appearance.polarity
        self._blur = blur_for(appearance.x_height)
        self._reach = reach_for(appearance.x_height)
        self._bare = np.float32(strength.bare)
        self._even = np.float32(strength.even)
        self._paper = np.float32(strength.paper)
        self._ink_gain = np.float32(_ink_gain(appearance, strength))
        self._alone, self._written = _gains(appearance, strength, float(self._ink_gain))
        self._most = _most_gains(strength)
        ink = _INK_GRAIN * appearance.grain + _ROUNDING[1]
        self._ink = max(ink, _CLEAR_SHARE * (appearance.contrast or 1.0)) * UNIT
        self._per_detail = _per_detail(strength.sharpen)
        shares = np.arange(256) / 255 / _WRITTEN
        self._clear = shares.clip(0, 1).astype(np.float32)
        self._unrest = _unrest(appearance.grain)
        restless = (np.arange(256) / _UNREST_UNIT - _RESTLESS[0]) / (_RESTLESS[1] - _RESTLESS[0])
        self._faint = np.interp(restless, (0, 1), (strength.bare, _FAINT_GAIN)).astype(np.float32)
        self._usual = np.float32(max(1.0, appearance.surface[1]))
        surface = np.array(appearance.surface, dtype=np.float32)
        self._target = surface * np.float32(min(1.0, _DARK_BOARD / max(1.0, surface.mean())))

    def apply(self, rgb: Pixels, level: Plane, sure: Plane) -> Pixels:
        passed = transmission(rgb, level, self._polarity)
        if self._even < 1 or self._ink_gain > 1:
            gain = self._gain(passed, level)
            gain -= 1
            gain *= sure
            gain += 1
            np.clip(passed, _DARKEST, 2.0, out=passed)
            np.log(passed, out=passed)
            passed *= gain[..., None]
            np.exp(passed, out=passed)
        if self._polarity is Polarity.DARK_ON_LIGHT:
            return self._on_paper(passed, sure)
        return self._on_slate(passed, level, sure)

    def _gain(self, passed: Plane, level: Plane) -> Plane:
        """By what each pixel's density is multiplied: float32 (H, W)."""
        if self._even == 1:
            return np.full_like(level[..., 0], self._ink_gain)
        strong = strongest(passed)
        smooth = blurred(strong, self._blur)
        found = evidence(smooth, averaged(smooth, self._reach))
        if self._polarity is Polarity.DARK_ON_LIGHT:
            # Where there is less light the same noise is a larger share of it.
            found = (found * np.minimum(level[..., 1] / self._usual, 1)).astype(np.int16)
        gain = self._among(found)
        least = self._least(found)
        found += _OFFSET
        alone = np.maximum(self._alone[found], least, out=least)
        gain *= self._written[found] - alone
        gain += alone
        np.minimum(gain, self._most[cores(strong)], out=gain)
        gain *= self._sharper(strong, smooth, gain)
        gain += (self._ink_gain - gain) * self._even
        return gain

    def _among(self, found: NDArray[np.int16]) -> Plane:
        """How surely each pixel lies among clear writing, where faint parts of it are, 0 to 1."""
        ink = (found > self._ink).astype(np.uint8)
        ink *= 255
        return self._clear[averaged(ink, self._reach)]

    def _least(self, found: NDArray[np.int16]) -> Plane:
        """The least gain: 1 where the surface is more restless than grain, as by a faint stroke."""
        return self._faint[averaged(self._unrest[found + _OFFSET], self._reach)]

    def _sharper(self, strong: Pixels, smooth: Pixels, gain: Plane) -> Plane:
        """Unsharp masking as a factor of density, so that it keeps the ink's hue."""
        amount = (gain - self._bare) * (1 / (1 - self._bare))
        np.clip(amount, 0, 1, out=amount)
        detail = strong.astype(np.int16)
        detail -= smooth
        factor = self._per_detail[strong] * detail
        np.clip(factor, -_MOST_SHARPER, _MOST_SHARPER, out=factor)
        factor *= amount
        factor += 1
        return factor

    def _on_paper(self, passed: Plane, sure: Plane) -> Pixels:
        if sure.min(initial=1.0) < 1:
            # Lamps and windows are brighter than any board: bent, not clipped.
            over = np.maximum(passed - _KNEE, 0)
            bent = np.exp(over * np.float32(-1 / (1 - _KNEE)))
            bent *= _KNEE - 1
            bent += 1 - _KNEE
            bent -= over
            bent *= 1 - sure[..., None]
            passed += bent
        passed *= self._paper
        passed += np.float32(0.5)  # what follows cuts off
        np.clip(passed, 0, 255, out=passed)
        return passed.astype(np.uint8)

    def _on_slate(self, passed: Plane, level: Plane, sure: Plane) -> Pixels:
        light = (1 - passed) * np.float32(CHALK)
        light += level + (self._target - level) * sure[..., None]
        np.clip(light, 0, 255, out=light)
        return light.astype(np.uint8)


def _ink_gain(appearance: Appearance, strength: Strength) -> float:
    """What makes the usual stroke deep: at least 1, at most `most` and what the grain bears."""
    wanted = 1.0
    if appearance.contrast is not None:
        usual = min(0.95, max(0.05, 1 - appearance.contrast))
        wanted = math.log(strength.deep) / math.log(usual)
    bound = min(strength.most, _MOST_GRAIN / max(appearance.grain, 1e-3))
    return max(1.0, min(bound, wanted))


def _gains(
    appearance: Appearance, strength: Strength, ink_gain: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Density's gain for each evidence, counted from -_OFFSET on: apart from and among writing."""
    bare = _BARE_GRAIN * appearance.grain + _ROUNDING[0]
    ink = _INK_GRAIN * appearance.grain + _ROUNDING[1]
    most = max(_LEAST_GAIN, ink_gain)
    full = max(1.6 * ink, _FULL_SHARE * (appearance.contrast or 1.0))
    at = (np.arange(3 * _OFFSET) - _OFFSET) / UNIT
    alone = np.interp(at, (bare, ink, full), (strength.bare, _LEAST_GAIN, most))
    among = np.interp(at, (0.0, bare / 2, ink), (strength.between, 1.0, most))
    return alone.astype(np.float32), among.astype(np.float32)


def _unrest(grain: float) -> Pixels:
    """The square of each evidence over the grain's, in 8 bits, counted from -_OFFSET on."""
    at = (np.arange(3 * _OFFSET) - _OFFSET) / UNIT
    squares = (at / (grain + _ROUNDING[0])) ** 2 * _UNREST_UNIT
    return squares.clip(0, 255).astype(np.uint8)


def _most_gains(strength: Strength) -> NDArray[np.float32]:
    """For each transmission of a stroke's core the gain that makes it deep, at least 1."""
    core = np.clip(np.arange(256) / UNIT, _DARKEST, 0.98)
    return np.clip(math.log(strength.deep) / np.log(core), 1, strength.most).astype(np.float32)


def _per_detail(amount: float) -> NDArray[np.float32]:
    """For each transmission t: the factor of ln t, less 1, that adds amount / UNIT to t."""
    passed = np.clip(np.arange(256) / UNIT, _DARKEST, 0.98)
    return (amount / UNIT / (passed * np.log(passed))).astype(np.float32)
