"""Boards with known light, ink, noise and size of writing, drawn as light would paint them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from core.imaging import Pixels

Colour = tuple[int, int, int]

WHITE: Colour = (240, 242, 240)
GREEN: Colour = (38, 74, 62)
BLACK: Colour = (42, 43, 45)
CHALK: Colour = (215, 215, 210)
BLACK_INK: Colour = (35, 35, 40)
WORDS = ("the", "sum", "of", "series", "converges", "when", "every", "rest", "near", "zero", "axis")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """light: brightness from the left edge to the right; tint: the lamps' colour.

    font_size: of lines of words, 0 for none. stroke: the colour of a thick line at STROKE.
    """

    size: tuple[int, int] = (640, 480)
    surface: Colour = WHITE
    ink: Colour = BLACK_INK
    font_size: int = 20
    stroke: Colour | None = None
    stroke_width: int = 6
    light: tuple[float, float] = (1.0, 1.0)
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    blur: float = 0.7
    noise: float = 1.5
    seed: int = 0
    person: bool = field(default=False)


STROKE_ROW = 40
PERSON = (slice(220, 480), slice(380, 520))  # rows and columns of somebody before the board


def drawn(scene: Scene) -> Pixels:
    """The photo of a scene as uint8 (H, W, 3)."""
    width = scene.size[0]
    picture = Image.new("RGB", scene.size, scene.surface)
    draw = ImageDraw.Draw(picture)
    if scene.stroke is not None:
        line = ((20, STROKE_ROW), (width - 20, STROKE_ROW))
        draw.line(line, fill=scene.stroke, width=scene.stroke_width)
    if scene.font_size:
        _write(draw, scene)
    if scene.person:
        rows, columns = PERSON
        draw.rectangle((columns.start, rows.start, columns.stop - 1, rows.stop - 1), (90, 60, 110))
        for down in range(rows.start, rows.stop, 8):
            draw.line(((columns.start, down), (columns.stop - 1, down)), fill=(120, 85, 140))
    blurred = picture.filter(ImageFilter.GaussianBlur(scene.blur)) if scene.blur else picture
    lit = np.asarray(blurred, dtype=np.float64) * light_of(scene)
    rng = np.random.default_rng(scene.seed)
    noisy = lit + rng.normal(0.0, scene.noise, lit.shape) if scene.noise else lit
    return noisy.round().clip(0, 255).astype(np.uint8)


def light_of(scene: Scene) -> NDArray[np.float64]:
    """(1, W, 3): what each column's reflection is multiplied by."""
    across = np.linspace(*scene.light, scene.size[0])
    light: NDArray[np.float64] = across[None, :, None] * np.array(scene.tint)[None, None, :]
    return light


def _write(draw: ImageDraw.ImageDraw, scene: Scene) -> None:
    rng = np.random.default_rng(scene.seed + 1)
    width, height = scene.size
    for top in range(70, height - 2 * scene.font_size, 2 * scene.font_size):
        words = " ".join(rng.choice(WORDS, max(3, width // (7 * scene.font_size // 2) - 1)))
        draw.text((24, top), words, fill=scene.ink, font_size=scene.font_size)


def hue_of(colour: NDArray[np.float64]) -> float:
    """The hue of an RGB colour in degrees."""
    red, green, blue = (float(channel) for channel in colour)
    return float(np.degrees(np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue)))
