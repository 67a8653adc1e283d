"""Where the board's four corners are in a photo, or None where that is not sure.

A wrong crop is worse than none. So a side counts only where a surface ends at it (a stroke drawn on
the board doesn't), the sides end at the corners, and no other quadrilateral is as likely.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

from core.imaging import Pixels
from worker.appearance import Appearance
from worker.borders import borders
from worker.edges import find_lines
from worker.ground import Plane

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]
Places = NDArray[np.float64]

# The longer side of the picture that is looked at: an edge is found within a tenth of its pixels.
_SIDE: Final = 512
_LEAST_SIDE: Final = 96  # of the shorter one; less is a strip
_BLUR: Final = 0.8
_LIFT: Final = np.float32(20.0)  # as of 255; in the dark a few levels are noise
# Between pixels two apart, in logarithms. Noise of 6 of 255 is less after reduction and blur.
_LEAST_EDGE: Final = 0.03
# Of a side's length a surface must end there: people stand before boards.
_LEAST_SUPPORT: Final = 0.55
_MEAN_SUPPORT: Final = 0.8
_LEAST_AREA: Final = 0.2  # of the photo
# Corners may lie outside of the photo by so much of its side.
_OUTSIDE: Final = 0.02
# A side that goes on beyond its corner, as it does below a slide's title, is a part of another.
_ENDS: Final = 0.8
_GOING: Final = 0.2  # what it costs where it goes on less clearly
# Inside of each side, some pixels and some share deep, lies the same surface (logarithms): 4 px
# inside of a frame's outer edge lies the frame, 14 px inside mostly the board.
_RIMS: Final = (4.0, 14.0)
_WITH_FRAME: Final = 0.12
_WITH_BAND: Final = 0.05  # one side may lie on a title's band
_DEEP: Final = (0.06, 0.1)  # of which one may lie on a stroke along the side
_SAME_LIGHT: Final = 0.2
_LIKE_LIGHT: Final = 0.6  # light falls off as far as the middle
_SAME_COLOUR: Final = 0.08
_SAMPLES: Final = 33
_MOST_CANDIDATES: Final = 200
# Corners that are nearer, in parts of the root of the area, are one board's with its frame.
_SAME_BOARD: Final = 0.09
_RIVAL: Final = 0.1  # of score; who is nearer makes the choice unsure
# With less than this to be gained there is nothing to offer: degrees from a right angle, and share
# of the photo.
_STRAIGHT: Final = 1.0
_FILLED: Final = 0.9
# Whether anything is written: pixels that differ from those beside them, of a grid of samples.
_GRID: Final = 96
_CROSS: Final = ((-1, 0), (0, -1), (0, 1), (1, 0))
_INK: Final = 0.15  # logarithm, any channel
_BAR: Final = 0.9  # of a row or column of samples
_MOST_BARS: Final = 0.15  # of all rows; more are lines of writing
_LEAST_INK: Final = 0.002
# Below it no view is offered: on development seeds what was wrong mostly stayed below it.
CONFIDENT: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A board's corners in a picture.

    corners: in pixels, clockwise from the upper left; (0, 0) is the picture's upper left corner.
    size: the picture's width and height. confidence: 0 to 1.
    """

    corners: Corners
    size: tuple[int, int]
    confidence: float

    def scaled(self, factor: float) -> "Outline":
        """The outline in the same picture, `factor` times as large."""
        a, b, c, d = ((x * factor, y * factor) for x, y in self.corners)
        width, height = self.size
        return Outline(
            corners=(a, b, c, d),
            size=(round(width * factor), round(height * factor)),
            confidence=self.confidence,
        )


def find_outline(rgb: Pixels, appearance: Appearance | None = None) -> Outline | None:
    """uint8 (H, W, 3), H and W >= 1 -> the board's corners, None where they are not sure.

    appearance: of the same photo, where it is known already: a screenshot has nothing that leans.
    None also where nothing is to be gained: the board fills the photo and stands straight. About
    40 ms of one core for 1280x960.
    """
    if appearance is not None and appearance.already_clean:
        return None
    light, scale = _reduced(rgb)
    if min(light.shape[:2]) < _LEAST_SIDE:
        return None
    quads, support, going = _quadrilaterals(light)
    if len(quads) == 0:
        return None
    scores = support.mean(axis=1) - _GOING * going.mean(axis=1)
    likely = np.argsort(scores)[::-1][:_MOST_CANDIDATES]
    quads, scores = quads[likely], scores[likely]
    scores += _surface_scores(quads, light)
    order = np.argsort(scores)[::-1]
    quads, scores = quads[order], scores[order]
    best = quads[0]
    others = np.hypot(*(quads - best).T).max(axis=0) > _SAME_BOARD * math.sqrt(_areas(quads[:1])[0])
    ahead = float(scores[0] - scores[others].max(initial=-1.0))
    confidence = float(np.clip(scores[0] * min(1.0, ahead / _RIVAL), 0, 1))
    height, width = light.shape[:2]
    if confidence < CONFIDENT or not _worth_it(best, width, height) or not _written(best, light):
        return None
    # A pixel's middle is half a pixel from its border, where the picture's coordinates begin.
    a, b, c, d = ((float(x + 0.5) * scale, float(y + 0.5) * scale) for x, y in best)
    return Outline(corners=(a, b, c, d), size=(rgb.shape[1], rgb.shape[0]), confidence=confidence)


def _reduced(rgb: Pixels) -> tuple[Plane, float]:
    """Logarithms of the reduced picture, float32 (h, w, 3), and how many pixels one of it is."""
    height, width = rgb.shape[:2]
    scale = max(1.0, max(height, width) / _SIDE)
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    image = Image.fromarray(rgb)
    if scale > 1:
        image = image.resize(size, Image.Resampling.BOX)
    image = image.filter(ImageFilter.GaussianBlur(_BLUR))
    return np.log(np.asarray(image, dtype=np.float32) + _LIFT), scale


def _quadrilaterals(light: Plane) -> tuple[Places, Places, Places]:
    """Corners (n, 4, 2), each side's support (n, 4) and how far it goes on (n, 4).

    Sides from the top clockwise.
    """
    height, width = light.shape[:2]
    turned = np.ascontiguousarray(light.transpose(1, 0, 2))
    flat, steep = find_lines(light, _LEAST_EDGE), find_lines(turned, _LEAST_EDGE)
    x = (steep.height + steep.slope * flat.height[:, None]) / (
        1 - steep.slope * flat.slope[:, None]
    )
    y = flat.height[:, None] + flat.slope[:, None] * x
    across, down = borders(flat, light, x), borders(steep, turned, y.T)
    upper, lower, right, left = across.upper, across.lower, down.lower, down.upper
    sides = _by_sides(upper, right, lower, left)
    going = _by_sides(across.going, down.going, across.going, down.going)
    mean = (sides[0] + sides[1] + sides[2] + sides[3]) / 4
    enough = np.minimum(np.minimum(sides[0], sides[1]), np.minimum(sides[2], sides[3]))
    chosen = np.nonzero((enough >= _LEAST_SUPPORT) & (mean >= _MEAN_SUPPORT))
    upper_line, right_line, lower_line, left_line = chosen
    ends = (
        (upper_line, left_line),
        (upper_line, right_line),
        (lower_line, right_line),
        (lower_line, left_line),
    )
    quads = np.stack([np.stack([x[end], y[end]], axis=1) for end in ends], axis=1)
    support, on = (
        np.stack([np.broadcast_to(side, mean.shape)[chosen] for side in told], axis=1)
        for told in (sides, going)
    )
    fit = (
        (on < _ENDS).all(axis=1) & (_areas(quads) >= _LEAST_AREA * height * width) & _convex(quads)
    )
    fit &= (
        (quads >= -_OUTSIDE * _SIDE) & (quads <= np.array([width, height]) + _OUTSIDE * _SIDE)
    ).all(axis=(1, 2))
    return quads[fit], support[fit], on[fit]


def _by_sides(upper: Places, right: Places, lower: Places, left: Places) -> tuple[Places, ...]:
    """Pieces (line, from, to) as one array each over upper, right, lower and left line."""
    return (
        upper.transpose(0, 2, 1)[:, :, None, :],
        right.transpose(1, 0, 2)[:, :, :, None],
        lower.transpose(2, 0, 1)[None],
        left.transpose(1, 2, 0)[:, None, :, :],
    )


def _areas(quads: Places) -> Places:
    after = np.roll(quads, -1, axis=1)
    areas: Places = (quads[..., 0] * after[..., 1] - after[..., 0] * quads[..., 1]).sum(axis=1) / 2
    return areas


def _convex(quads: Places) -> NDArray[np.bool_]:
    along = np.roll(quads, -1, axis=1) - quads
    after = np.roll(along, -1, axis=1)
    turns = along[..., 0] * after[..., 1] - along[..., 1] * after[..., 0]
    convex: NDArray[np.bool_] = np.all(turns > 0, axis=1)
    return convex


def _surface_scores(quads: Places, light: Plane) -> Places:
    """(n, 4, 2) -> 0 where the surface at each side goes on inwards, less where it hardly does.

    A frame, a wall around a board and a person before it are other surfaces than the board.
    """
    along = np.linspace(0.04, 0.96, _SAMPLES)[None, :, None]
    at_rim = np.ones(len(quads), dtype=np.bool_)
    framed = np.ones(len(quads), dtype=np.bool_)
    reaching = np.zeros(len(quads))
    for side in range(4):
        a, b, c, d = (quads[:, (side + turn) % 4, None] for turn in range(4))
        start, inwards = a + (b - a) * along, (d - a) + (c - d - b + a) * along
        depth = np.hypot(*inwards.mean(axis=1).T)[:, None, None]
        deep = [_surface(start + inwards * share, light) for share in _DEEP]
        middle = _surface(start + inwards * 0.5, light)
        rim, behind = (_surface(start + inwards * (far / depth), light) for far in _RIMS)
        at_rim &= _alike(rim, deep[0], _SAME_LIGHT) | _alike(rim, deep[1], _SAME_LIGHT)
        framed &= _alike(behind, deep[0], _SAME_LIGHT) | _alike(behind, deep[1], _SAME_LIGHT)
        reaching += _alike(behind, middle, _LIKE_LIGHT)
    rims = np.where(at_rim, 0.0, np.where(framed, -_WITH_FRAME, -1.0))
    bands = np.select([reaching == 4, reaching == 3], [0.0, -_WITH_BAND], -1.0)  # noqa: PLR2004 -- sides
    scores: Places = rims + bands
    return scores


def _surface(places: Places, light: Plane) -> Plane:
    """The median of what lies at (n, samples, 2): (n, 3)."""
    height, width = light.shape[:2]
    x = np.round(places[..., 0]).clip(0, width - 1).astype(np.int64)
    y = np.round(places[..., 1]).clip(0, height - 1).astype(np.int64)
    median: Plane = np.median(light[y, x], axis=1)
    return median


def _alike(one: Plane, other: Plane, most: float) -> NDArray[np.bool_]:
    apart = one - other
    darker = apart.mean(axis=1, keepdims=True)
    like: NDArray[np.bool_] = (np.abs(darker[:, 0]) < most) & (
        np.abs(apart - darker).max(axis=1) < _SAME_COLOUR
    )
    return like


def _written(quad: Places, light: Plane) -> bool:
    """Whether there is anything on it but bars from side to side: a window's panes are bare."""
    places = np.linspace(_DEEP[1], 1 - _DEEP[1], _GRID)
    u, v = places[None, :, None], places[:, None, None]
    a, b, c, d = quad
    at = (1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * d + u * c)
    x, y = (np.round(at[..., axis]).astype(np.int64) for axis in (0, 1))
    height, width = light.shape[:2]
    y, x = y.clip(1, height - 2), x.clip(1, width - 2)
    around = np.stack([light[y + down, x + across] for down, across in _CROSS])
    inked = np.ptp(around, axis=0).max(axis=2) > _INK
    bars = [
        ndimage.maximum_filter1d(inked, 3, axis=way).mean(axis=1 - way) > _BAR for way in (0, 1)
    ]
    if max(bars[0].mean(), bars[1].mean()) < _MOST_BARS:
        inked[ndimage.maximum_filter1d(bars[0], 3)] = False
        inked[:, ndimage.maximum_filter1d(bars[1], 3)] = False
    return bool(inked.mean() > _LEAST_INK)


def _worth_it(quad: Places, width: int, height: int) -> bool:
    """Whether straightening changes what is seen."""
    sides = np.roll(quad, -1, axis=0) - quad
    slants = np.abs(np.degrees(np.arctan2(sides[:, 1], sides[:, 0])))
    aslant = np.abs(slants - np.array([0.0, 90.0, 180.0, 90.0])).max()
    return bool(aslant > _STRAIGHT or _areas(quad[None])[0] < _FILLED * width * height)
