"""A phone's photo of a plane, in the size that people send: place, light, optics, file.

The parts are tests.legibility's camera; here the plane is only twice as fine as the photo, there is
a wall around it, and place, light and noise have chances of their own, so that one of them can
change while the others stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from tests.legibility.boards import Rng, Sketch
from tests.legibility.camera import GAMMA, Shot, draw_shot, record, veil_and_glare
from tests.legibility.geometry import scaled, seen, sides
from tests.legibility.optics import light, psf, through
from tests.legibility.painting import FINE
from tests.legibility.truth import BoardKind, Point, Quad

_WALL: Final = (150, 140, 126)
_DARK_WALL: Final = (52, 50, 48)  # beside a slide the light is off
_WALL_SHARE: Final = 0.3  # of the plane's height, on every side
LONGER_SIDE: Final = 1280

# A hand that keeps its place: the frame moves by at most 0.6 % of the width (8 px of 1280), and
# its corners by 0.15 % against each other.
_SHIFT: Final = 0.006
_WARP: Final = 0.0015
# Another seat, in shares of the frame's height: how much more of the plane the far side spans, how
# far the frame is off, and how much is shown besides (or cut off, of the empty margin).
_KEYSTONE: Final = (0.03, 0.2)
_OFF: Final = 0.04
_FRAMING: Final = (-0.03, 0.12)
_NARROWER: Final = (0.72, 1.0)  # a board seen from the side
_HALF: Final = 0.5


# The other phone sees the lamps through a processing of its own.
_OTHER_LIGHT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a photo of a plane is taken.

    shot: place and optics; its corners may lie beyond the plane, on the wall. light: the chance of
    lamps, shadows and glare. narrower: the photo's width by its frame's on the board.
    """

    shot: Shot
    light: int = 0
    narrower: float = 1.0
    longer_side: int = LONGER_SIDE


def first_view(plan: Sketch, longer_side: int = LONGER_SIDE) -> View:
    """That of the earlier photo."""
    shot = draw_shot(np.random.default_rng([plan.seed, 14]), plan)
    return View(shot=shot, longer_side=longer_side)


def still(plan: Sketch, view: View, rng: Rng) -> View:
    """A moment later from the very same place: noise and file are new."""
    return replace(view, shot=replace(view.shot, qualities=draw_shot(rng, plan).qualities))


def same_seat(plan: Sketch, view: View, rng: Rng) -> View:
    """A moment later: the hand has moved, exposure, focus and file are new, the lamps stay."""
    again = draw_shot(rng, plan)
    corners = tuple(_moved(view.shot.corners, rng, plan.width))
    a, b, c, d = corners
    shot = replace(
        again,
        corners=(a, b, c, d),
        zoom=view.shot.zoom,
        exposure=view.shot.exposure * float(rng.uniform(0.93, 1.07)),
        cast=view.shot.cast,
        veil=view.shot.veil,
        glare=view.shot.glare,
        noise=view.shot.noise,
        sharpening=view.shot.sharpening,
    )
    return replace(view, shot=shot)


def other_seat(plan: Sketch, rng: Rng) -> View:
    """Another phone on another seat: perspective, framing and light are its own."""
    own = draw_shot(rng, plan)
    width, height, margin = float(plan.width), float(plan.height), plan.margin
    slant = float(rng.uniform(*_KEYSTONE)) * height / 2
    # Where the board is farther it looks smaller, so the photo's edge spans more of the plane.
    left, right = (slant, 0.0) if rng.random() < _HALF else (0.0, slant)
    out = float(rng.uniform(*_FRAMING)) * height
    x, y = (float(off) * height + margin for off in rng.uniform(-_OFF, _OFF, 2))
    corners: Quad = (
        (x - out, y - out - left),
        (x + width + out, y - out - right),
        (x + width + out, y + height + out + right),
        (x - out, y + height + out + left),
    )
    narrower = float(rng.uniform(*_NARROWER))
    return View(shot=replace(own, corners=corners), light=_OTHER_LIGHT, narrower=narrower)


def _moved(corners: Quad, rng: Rng, width: int) -> Iterator[Point]:
    right, down = rng.uniform(-_SHIFT, _SHIFT, 2) * width
    for x, y in corners:
        aside, below = rng.uniform(-_WARP, _WARP, 2) * width
        yield float(x + right + aside), float(y + down + below)


def photograph(plane: Image.Image, plan: Sketch, view: View, rng: Rng) -> bytes:
    """The JPEG that is sent. plane: FINE times as fine as the plan. rng: of the noise."""
    width, height = sides(view.shot.corners)
    width *= view.narrower
    to_photo = view.longer_side / max(width, height)
    even = _seen_by(plane, plan, view, (round(width * to_photo), round(height * to_photo)))
    linear = (np.asarray(even, dtype=np.float32) / np.float32(255)) ** np.float32(GAMMA)
    lamps = np.random.default_rng([plan.seed, 15, view.light])
    linear = light(linear, view.shot.exposure, view.shot.cast, lamps)
    linear = veil_and_glare(linear, view.shot, lamps)
    # Divided by FINE, for psf() counts on a picture FINE times as fine as the photo.
    spread = psf(view.shot.defocus, view.shot.motion, view.shot.angle, view.shot.zoom / FINE)
    return record(through(linear, spread), view.shot, rng, fine=1)[0]


def _seen_by(plane: Image.Image, plan: Sketch, view: View, size: tuple[int, int]) -> Image.Image:
    """What the lens sees: the plane in its wall, each pixel a mean of those that it covers."""
    # Two pixels of the plane fall on one of a photo of the usual size; larger ones see them all.
    coarser = 2 if view.longer_side <= LONGER_SIDE else 1
    wall = _DARK_WALL if plan.kind is BoardKind.SLIDE else _WALL
    around = coarser * round(_WALL_SHARE * plane.height / coarser)
    hung = ImageOps.expand(plane, around, wall).reduce(coarser)
    corners = scaled(view.shot.corners, FINE)
    a, b, c, d = (((x + around) / coarser, (y + around) / coarser) for x, y in corners)
    return seen(hung, (a, b, c, d), *size)
