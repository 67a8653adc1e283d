"""Photos of rooms with a board whose corners and proportions are known, and rooms without one.

The wall with all that hangs on it is one plane before a pinhole camera; people stand before it.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from core.imaging import Pixels
from tests.legibility.geometry import Matrix, moved, seen
from tests.legibility.truth import Point, Quad

Rng = np.random.Generator
Colour = tuple[int, int, int]

SIZE: Final = (1280, 960)
# The wall's plane is painted with the board's width on so many pixels.
BOARD_PX: Final = 1200
_LEAST_AREA: Final = 0.22  # of the photo
_WALLS: Final[tuple[Colour, ...]] = (
    (206, 200, 188),
    (186, 188, 186),
    (222, 220, 214),
    (150, 140, 126),
    (178, 190, 202),
    (120, 128, 120),
)
_FRAMES: Final[tuple[Colour, ...]] = ((168, 170, 173), (120, 92, 62), (48, 48, 52), (212, 213, 214))
WORDS: Final = ("the", "sum", "of", "series", "converges", "when", "every", "rest", "near", "axis")


class Kind(StrEnum):
    """What hangs on the wall."""

    WHITE = "white"
    GREEN = "green"
    BLACK = "black"
    SLIDE = "slide"
    PAPER = "paper"


class Clutter(StrEnum):
    """What else is in the photo."""

    NOTHING = "nothing"
    WINDOW = "window"
    PEOPLE = "people"
    NEIGHBOUR = "neighbour"
    DRAWN_BOX = "drawn box"


_SURFACES: Final[dict[Kind, tuple[Colour, ...]]] = {
    Kind.WHITE: ((236, 238, 238), (228, 232, 234), (240, 238, 232)),
    Kind.GREEN: ((46, 82, 66), (58, 92, 72)),
    Kind.BLACK: ((44, 46, 50), (54, 54, 56)),
    Kind.SLIDE: ((246, 246, 244), (232, 238, 246), (30, 52, 110)),
    Kind.PAPER: ((238, 236, 230), (246, 246, 242)),
}


_FRAMED: Final = {Kind.WHITE, Kind.GREEN, Kind.BLACK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A photo and its truth.

    rgb: uint8 (H, W, 3). corners: of the board's surface within its frame, in the photo's pixels,
    clockwise from the upper left. aspect: the surface's width over its height.
    """

    rgb: Pixels
    corners: Quad
    aspect: float
    kind: Kind
    clutter: Clutter


def room(seed: int, *, kind: Kind | None = None, clutter: Clutter | None = None) -> Room:
    """The room of this seed, the board whole in the photo; the same seed, the same photo."""
    rng = np.random.default_rng([seed, 71])
    kinds, clutters = tuple(Kind), tuple(Clutter)
    kind = kind or kinds[seed % len(kinds)]
    clutter = clutter or clutters[seed // len(kinds) % len(clutters)]
    height = round(BOARD_PX / aspect_for(rng, kind))
    surface = (BOARD_PX, height)
    plane, offset = _wall(rng, kind, clutter, surface)
    while True:
        matrix = camera(rng, surface)
        a, b, c, d = (moved(matrix, p) for p in box_of(0, 0, *surface))
        if _whole((a, b, c, d)):
            break
    return Room(
        rgb=photographed(rng, plane, offset, matrix, people=clutter is Clutter.PEOPLE),
        corners=(a, b, c, d),
        aspect=BOARD_PX / height,
        kind=kind,
        clutter=clutter,
    )


def aspect_for(rng: Rng, kind: Kind) -> float:
    match kind:
        case Kind.SLIDE:
            return float((16 / 9, 4 / 3, 16 / 10)[int(rng.integers(3))])
        case Kind.PAPER:
            return math.sqrt(2) if rng.random() < 0.5 else 1 / math.sqrt(2)
        case _:
            return float(rng.uniform(1.2, 2.4))


def camera(rng: Rng, surface: tuple[float, float]) -> Matrix:
    """Wall's pixels, from the board's upper left corner, to the photo's."""
    width, height = SIZE
    focal = float(rng.uniform(0.62, 1.3)) * math.hypot(width, height)
    yaw, pitch, roll = (math.radians(float(rng.normal(0, s))) for s in (17, 8, 2.5))
    turn = _about(1, yaw) @ _about(0, pitch) @ _about(2, roll)
    share = float(rng.uniform(0.55, 0.9))
    distance = focal * max(surface[0] / width, surface[1] / height) / share
    middle = np.array([surface[0] / 2, surface[1] / 2])
    away = rng.uniform(-0.06, 0.06, 2) * surface[0]
    shift = np.array([away[0], away[1], distance])
    columns = np.stack([turn[:, 0], turn[:, 1], shift - turn[:, :2] @ middle], axis=1)
    inner = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    result: Matrix = inner @ columns
    return result


def inverted(matrix: Matrix) -> Matrix:
    return np.linalg.inv(matrix).astype(np.float64)


def _about(axis: int, angle: float) -> Matrix:
    a, b = [i for i in range(3) if i != axis]
    turn = np.eye(3)
    turn[a, a] = turn[b, b] = math.cos(angle)
    turn[a, b], turn[b, a] = -math.sin(angle), math.sin(angle)
    return turn


def _whole(corners: Quad) -> bool:
    width, height = SIZE
    if area(corners) < _LEAST_AREA * width * height:
        return False
    return all(0.02 < x / width < 0.98 and 0.02 < y / height < 0.98 for x, y in corners)


def area(corners: Quad) -> float:
    """Within a quadrilateral, clockwise on a picture."""
    turned = (*corners[1:], corners[0])
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, turned, strict=True)) / 2


def box_of(left: float, top: float, right: float, bottom: float) -> Quad:
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _wall(
    rng: Rng, kind: Kind, clutter: Clutter, surface: tuple[int, int]
) -> tuple[Image.Image, Point]:
    """The plane, and where on it the board's upper left corner is."""
    picture, (left, top) = bare_wall(rng, kind, surface)
    at, wide = (round(left), round(top)), surface[0]
    draw = ImageDraw.Draw(picture)
    if clutter is Clutter.WINDOW:
        on_the_right = rng.random() < 0.5
        open_window(draw, surface, at[0] + int((1.1 if on_the_right else -0.6) * wide), at[1])
    if clutter is Clutter.NEIGHBOUR:
        gap = int(rng.uniform(0.02, 0.12) * wide)
        other = at[0] + (wide + gap if rng.random() < 0.5 else -wide - gap)
        hang(rng, draw, kind, (other, at[1]), surface, inset=None)
    hang(rng, draw, kind, at, surface, inset=0.05 if clutter is Clutter.DRAWN_BOX else None)
    return picture, (left, top)


def bare_wall(rng: Rng, kind: Kind, surface: tuple[int, int]) -> tuple[Image.Image, Point]:
    """A wall with ceiling and floor, or a desk, and where a board's upper left corner is to be."""
    wide, high = surface
    margin_x, margin_y = int(1.3 * wide), int(1.3 * max(high, 0.6 * wide))
    wall = _pick(rng, _WALLS)
    if kind is Kind.SLIDE:
        wall = _pick(rng, ((14, 14, 15), (40, 38, 36), (60, 62, 66)))
    elif kind is Kind.PAPER:
        wall = _pick(rng, ((120, 84, 56), (80, 82, 86), (168, 130, 92)))
    picture = Image.new("RGB", (wide + 2 * margin_x, high + 2 * margin_y), wall)
    draw = ImageDraw.Draw(picture)
    ceiling = margin_y - int(rng.uniform(0.12, 0.5) * high)
    if kind in _FRAMED:
        draw.rectangle((0, 0, picture.width, ceiling), _shade(wall, 1.12))
        floor = margin_y + high + int(rng.uniform(0.15, 0.6) * high)
        draw.rectangle((0, floor, picture.width, picture.height), _shade(wall, 0.55))
    return picture, (margin_x, margin_y)


def hang(
    rng: Rng,
    draw: ImageDraw.ImageDraw,
    kind: Kind,
    at: tuple[int, int],
    surface: tuple[int, int],
    *,
    inset: float | None,
) -> None:
    (left, top), (wide, high) = at, surface
    colour = _pick(rng, _SURFACES[kind])
    if kind in _FRAMED and rng.random() < 0.9:
        edge = int(rng.uniform(0.006, 0.03) * wide)
        draw.rectangle(
            (left - edge, top - edge, left + wide + edge, top + high + edge), _pick(rng, _FRAMES)
        )
    draw.rectangle((left, top, left + wide - 1, top + high - 1), colour)
    ink: Colour = (34, 36, 60) if sum(colour) > 380 else (226, 226, 218)
    if kind is Kind.SLIDE and rng.random() < 0.4:
        draw.rectangle((left, top, left + wide - 1, top + high // 6), (40, 80, 150))
    if inset is not None:
        x, y = inset + rng.uniform(0.0, 0.07, 2)
        inner = (left + x * wide, top + y * high, left + (1 - x) * wide, top + (1 - y) * high)
        draw.rectangle(inner, outline=ink, width=max(2, wide // 240))
    size = int(rng.uniform(0.02, 0.045) * wide)
    for row in range(int(rng.integers(3, 12))):
        y = top + high * 0.08 + row * size * 1.9
        if y > top + high - 2 * size:
            break
        count = int(rng.integers(2, max(3, int(0.7 * wide / (4 * size)))))
        words = " ".join(rng.choice(WORDS, count))
        draw.text((left + 0.08 * wide, y), words, fill=ink, font_size=size)


def open_window(draw: ImageDraw.ImageDraw, surface: tuple[int, int], left: int, top: int) -> None:
    wide, high = surface
    box = (left, top - int(0.05 * high), left + int(0.5 * wide), top + int(0.9 * high))
    draw.rectangle(box, (250, 252, 255), outline=(180, 178, 170), width=wide // 50)
    draw.line((left + wide // 4, box[1], left + wide // 4, box[3]), (180, 178, 170), wide // 80)


def photographed(
    rng: Rng, plane: Image.Image, offset: Point, matrix: Matrix, *, people: bool
) -> Pixels:
    width, height = SIZE
    back = inverted(matrix)
    corners: list[Point] = []
    for corner in box_of(0, 0, width, height):
        x, y = moved(back, corner)
        corners.append((x + offset[0], y + offset[1]))
    a, b, c, d = corners
    picture = seen(plane, (a, b, c, d), width, height)
    if people:
        _people(rng, picture)
    return developed(rng, picture)


def _people(rng: Rng, picture: Image.Image) -> None:
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    for _ in range(int(rng.integers(1, 3))):
        size = float(rng.uniform(0.08, 0.16)) * width
        x, top = float(rng.uniform(0.05, 0.95)) * width, float(rng.uniform(0.45, 0.8)) * height
        coat = tuple(int(v) for v in rng.integers(20, 160, 3))
        draw.ellipse(
            (x - size / 3, top - size * 0.4, x + size / 3, top + size * 0.4), (150, 110, 90)
        )
        draw.rounded_rectangle(
            (x - size, top + size * 0.35, x + size, height + size), size / 2, coat
        )


def developed(rng: Rng, picture: Image.Image) -> Pixels:
    """The picture under uneven light, out of focus, with a sensor's noise, as a JPEG."""
    width, height = picture.size
    soft = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.6, 2.0))))
    angle, fall = float(rng.uniform(0, 2 * math.pi)), float(rng.uniform(0.1, 0.5))
    x = np.linspace(-0.5, 0.5, width)[None, :, None] * math.cos(angle)
    y = np.linspace(-0.5, 0.5, height)[:, None, None] * math.sin(angle)
    warmth = float(rng.normal(0, 0.06))
    light = (1 - fall * (0.5 + x + y)) * np.array([1 + warmth, 1, 1 - warmth])
    lit = np.asarray(soft) * light * float(rng.uniform(0.7, 1.0))
    lit += rng.normal(0, float(rng.uniform(1.5, 6)), lit.shape)
    buffer = BytesIO()
    Image.fromarray(lit.clip(0, 255).astype(np.uint8)).save(
        buffer, "JPEG", quality=int(rng.integers(66, 92))
    )
    return np.asarray(Image.open(BytesIO(buffer.getvalue())).convert("RGB"))


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, round(channel * factor)) for channel in colour)
    return red, green, blue


def _pick(rng: Rng, choices: tuple[Colour, ...]) -> Colour:
    return choices[int(rng.integers(len(choices)))]
