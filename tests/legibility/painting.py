"""A sketch painted on its plane: ground, stains, drawings, and the lines, whose boxes are kept.

The plane is FINE times as fine as the photo that will be taken of it.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tests.legibility.boards import Colour, Rng, Sketch, Written
from tests.legibility.truth import BoardKind, Quad
from tests.legibility.typefaces import length, size_for, write

FINE: Final = 4
Field = NDArray[np.float32]

# What a stroke gains at either side, in x-heights: chalk is broader than a marker, that than a pen.
_THICKER: Final = {
    BoardKind.WHITE: 0.015,
    BoardKind.GREEN: 0.035,
    BoardKind.BLACK: 0.035,
    BoardKind.SLIDE: 0.0,
}
_WALLS: Final = ((196, 190, 180), (176, 178, 176), (150, 140, 126))
_FRAMES: Final = ((170, 172, 174), (120, 92, 62))


@dataclass(frozen=True, slots=True)
class Painted:
    """picture: RGB, the whole plane. boxes: of each line's ink, in the plane's own pixels."""

    picture: Image.Image
    boxes: tuple[Quad, ...]


def paint(plan: Sketch) -> Painted:
    """Paints the sketch; the same sketch, the same picture."""
    rng = np.random.default_rng([plan.seed, 2])
    picture = surface(plan, rng)
    if plan.free and rng.random() < 0.8:
        draw_in(picture, plan, plan.free[int(rng.integers(len(plan.free)))], rng)
    boxes = tuple(write_line(picture, plan.kind, line, rng) for line in plan.lines)
    return Painted(picture, boxes)


def field(rng: Rng, width: int, height: int, cell: tuple[float, float]) -> Field:
    """Smooth noise, (height, width), mean 0, deviation about 1; cell: its grain in pixels, x, y."""
    columns, rows = (
        max(2, math.ceil(side / grain) + 1)
        for side, grain in zip((width, height), cell, strict=True)
    )
    coarse = rng.standard_normal((rows, columns)).astype(np.float32)
    fine = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(fine, dtype=np.float32)


def surface(plan: Sketch, rng: Rng) -> Image.Image:
    """The empty board with its past, its frame and some wall, FINE times as fine as the photo."""
    margin = plan.margin * FINE
    width = round(plan.width * FINE + 2 * margin)
    height = round(plan.height * FINE + 2 * margin)
    ground = np.array(plan.ground, dtype=np.float32)
    match plan.kind:
        case BoardKind.WHITE:
            # Wiped marker leaves a bluish grey film in blots.
            film = field(rng, width, height, (width / 5, height / 5)).clip(0, 2)
            film += 0.5 * field(rng, width, height, (width / 14, height / 9)).clip(0, 2)
            shade = -film[..., None] * np.array([9, 7, 5], dtype=np.float32)
        case BoardKind.GREEN | BoardKind.BLACK:
            # Chalk dust, wiped in long strokes over older clouds of it.
            dust = 0.4 * field(rng, width, height, (width / 3, height / 24))
            dust += field(rng, width, height, (width / 5, height / 4))
            grain = field(rng, width, height, (3, 3))
            shade = (9 * dust.clip(-1, 2.5) + 1.5 * grain)[..., None] * np.ones(3, np.float32)
        case BoardKind.SLIDE:
            slope = np.linspace(0, float(rng.uniform(-14, 14)), height, dtype=np.float32)
            shade = np.broadcast_to(slope[:, None, None], (height, width, 3))
    picture = Image.fromarray((ground + shade).clip(0, 255).astype(np.uint8))
    if plan.kind is not BoardKind.SLIDE:
        _ghosts(picture, plan, rng)
    _frame(picture, plan, rng, margin)
    return picture


def _ghosts(picture: Image.Image, plan: Sketch, rng: Rng) -> None:
    """What was written before and wiped badly: too pale and blurred to be read."""
    mask = Image.new("L", picture.size)
    draw = ImageDraw.Draw(mask)
    for line in plan.lines[::2]:
        size = size_for(line.face, line.x_height * FINE, line.script)
        place = tuple(float(rng.uniform(0.1, 0.8)) * side for side in picture.size)
        write(draw, (place[0], place[1]), line.text[::-1], line.face, size)
    blurred = mask.filter(ImageFilter.GaussianBlur(plan.lines[-1].x_height * FINE * 0.3))
    picture.paste(plan.lines[0].colour, mask=blurred.point(lambda value: value * 0.13))


def _frame(picture: Image.Image, plan: Sketch, rng: Rng, margin: float) -> None:
    """The board's edge on some sides, and the wall beyond it."""
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    wall = _WALLS[int(rng.integers(len(_WALLS)))]
    rail = (22, 22, 24) if plan.kind is BoardKind.SLIDE else _FRAMES[int(rng.integers(2))]
    if plan.kind is BoardKind.SLIDE:
        wall = (70, 68, 66)  # the light is off
    out, thick = float(rng.uniform(0.4, 1.1)) * margin, max(4.0, 0.22 * margin)
    sides = {
        "left": (0, 0, out, height),
        "top": (0, 0, width, out),
        "right": (width - out, 0, width, height),
        "bottom": (0, height - out, width, height),
    }
    shown = [name for name in sides if rng.random() < 0.6]
    for name in shown:
        x1, y1, x2, y2 = sides[name]
        draw.rectangle((x1 - thick, y1 - thick, x2 + thick, y2 + thick), fill=rail)
    for name in shown:
        draw.rectangle(sides[name], fill=wall)


def draw_in(
    picture: Image.Image, plan: Sketch, box: tuple[float, float, float, float], rng: Rng
) -> None:
    """A graph with axes, or boxes with an arrow, in a free place."""
    left, top, right, bottom = (side * FINE for side in box)
    mask = Image.new("L", picture.size)
    draw = ImageDraw.Draw(mask)
    pen = max(2, round(plan.lines[-1].x_height * FINE * 0.16))
    if rng.random() < 0.6:
        draw.line((left, bottom, right, bottom), fill=255, width=pen)
        draw.line((left, bottom, left, top), fill=255, width=pen)
        steps = np.linspace(0.0, 1.0, 60)
        waves, phase = rng.uniform(0.5, 1.8), rng.uniform(0, 3)
        ys = 0.5 + 0.35 * np.sin(phase + steps * waves * 2 * math.pi)
        curve = [
            (left + x * (right - left), top + y * (bottom - top))
            for x, y in zip(steps, ys, strict=True)
        ]
        draw.line(curve, fill=255, width=pen, joint="curve")
    else:
        third, middle = (right - left) / 3, (top + bottom) / 2
        draw.rectangle((left, top, left + third, bottom), outline=255, width=pen)
        draw.rectangle((right - third, top, right, bottom), outline=255, width=pen)
        draw.line((left + third, middle, right - third, middle), fill=255, width=pen)
    colour = plan.lines[int(rng.integers(len(plan.lines)))].colour
    ink = _Ink(kind=plan.kind, colour=colour, strength=plan.lines[-1].strength)
    ink.through(mask, picture, (0, 0), rng)


def write_line(picture: Image.Image, kind: BoardKind, line: Written, rng: Rng) -> Quad:
    """Writes one line; its ink's box, turned as the line is."""
    x_height = line.x_height * FINE
    size = size_for(line.face, x_height, line.script)
    pad = round(3 * x_height)
    extent = round(1.2 * length(line.text, line.face, size)) + 2 * pad
    mask = Image.new("L", (extent, 2 * pad))
    if line.is_hand:
        _hand(mask, line, _Pen(size, pad, _THICKER[kind] * x_height), rng)
    else:
        write(ImageDraw.Draw(mask), (pad, pad), line.text, line.face, size)
    box = mask.getbbox()
    if box is None:
        raise ValueError(f"{line.text!r} leaves no ink")
    turned = mask.rotate(math.degrees(line.slope), Image.Resampling.BICUBIC, expand=True)
    # The turned mask's corner, so that the pen stands at (left, baseline) before it is turned.
    centre = (
        line.left * FINE - pad + mask.width / 2,
        line.baseline * FINE - pad + mask.height / 2,
    )
    corner = (round(centre[0] - turned.width / 2), round(centre[1] - turned.height / 2))
    ink = _Ink(kind=kind, colour=line.colour, strength=line.strength)
    ink.through(turned, picture, corner, rng)
    middle = (corner[0] + turned.width / 2, corner[1] + turned.height / 2)
    cos, sin = math.cos(line.slope), math.sin(line.slope)

    def place(x: float, y: float) -> tuple[float, float]:
        dx, dy = x - mask.width / 2, y - mask.height / 2
        return middle[0] + dx * cos + dy * sin, middle[1] - dx * sin + dy * cos

    x1, y1, x2, y2 = box
    return place(x1, y1), place(x2, y1), place(x2, y2), place(x1, y2)


@dataclass(frozen=True, slots=True)
class _Pen:
    """size: of the font. pad: around the line. thicker: of strokes. In the plane's own pixels."""

    size: float
    pad: int
    thicker: float


def _hand(mask: Image.Image, line: Written, pen: _Pen, rng: Rng) -> None:
    """Word by word, each a little higher or lower, turned and of its own size."""
    x = float(pen.pad)
    space = length(" ", line.face, pen.size)
    for word in line.words:
        own = pen.size * float(rng.uniform(0.95, 1.05))
        alone = Image.new("L", mask.size)
        y = pen.pad + float(rng.normal(0.0, 0.05)) * pen.pad / 3
        write(ImageDraw.Draw(alone), (x, y), word, line.face, own, thicker=pen.thicker)
        turn = float(rng.normal(0.0, 0.7))
        alone = alone.rotate(turn, Image.Resampling.BICUBIC, center=(x, y))
        mask.paste(ImageChops.lighter(mask, alone))
        x += length(word, line.face, own) + space * float(rng.uniform(1.0, 1.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ink:
    kind: BoardKind
    colour: Colour
    strength: float

    def through(
        self, mask: Image.Image, picture: Image.Image, corner: tuple[int, int], rng: Rng
    ) -> None:
        """Onto the picture: projected light covers evenly, markers run dry, chalk skips."""
        width, height = mask.size
        cover = np.asarray(mask, dtype=np.float32) * self.strength
        match self.kind:
            case BoardKind.WHITE:
                cover *= (0.9 + 0.12 * field(rng, width, height, (40, 40))).clip(0.5, 1.0)
            case BoardKind.GREEN | BoardKind.BLACK:
                grain = 0.8 * field(rng, width, height, (2, 2))
                grain += field(rng, width, height, (60, 60))
                cover *= (0.85 + 0.25 * grain).clip(0.25, 1.0)
            case BoardKind.SLIDE:
                pass
        picture.paste(self.colour, corner, Image.fromarray(cover.astype(np.uint8)))
