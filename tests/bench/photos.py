"""Photos of a board with many lines, hung on a wall and seen from the side, in any size."""

from typing import Final

import numpy as np
from PIL import Image

from tests.legibility.geometry import homography, rectangle
from tests.legibility.truth import Quad
from tests.pictures import board, encoded

_WALL: Final = (150, 140, 126)
_FRAME: Final = (60, 60, 66)
_FRAME_SHARE: Final = 0.006  # of the photo's width
# Where the board's corners are, in shares of the photo's sides, clockwise from the upper left.
_CORNERS: Final = ((0.05, 0.04), (0.95, 0.08), (0.94, 0.93), (0.06, 0.96))
_LINE_PX: Final = 48  # of the photo's height for a line of writing, of about 12 px x-height


def board_photo(width: int, height: int, seed: int = 3) -> bytes:
    """A JPEG: as many lines as a lecturer fits on a board, and four edges that are found."""
    border = round(_FRAME_SHARE * width)
    inner = board(seed, (round(0.9 * width), round(0.9 * height)), max(6, height // _LINE_PX))
    framed = Image.new("RGB", (inner.width + 2 * border, inner.height + 2 * border), _FRAME)
    framed.paste(inner, (border, border))
    rough = np.random.default_rng(seed).normal(0, 3, (height, width, 1))
    wall = Image.fromarray((np.array(_WALL) + rough).clip(0, 255).astype(np.uint8))
    a, b, c, d = ((x * width, y * height) for x, y in _CORNERS)
    wall.paste(*_seen_at(framed, (a, b, c, d), (width, height)))
    return encoded(wall)


def _seen_at(
    framed: Image.Image, corners: Quad, size: tuple[int, int]
) -> tuple[Image.Image, None, Image.Image]:
    """The board with its corners there, where to paste it, and where it is."""
    matrix = homography(corners, rectangle(framed.width, framed.height))
    numbers = tuple(float(value) for value in matrix.ravel()[:8])
    how = (size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BICUBIC)
    return framed.transform(*how), None, Image.new("L", framed.size, 255).transform(*how)
