"""A board's straightened view: perspective removed, cropped to the board, its own proportions."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.imaging import Pixels
from worker.outline import Corners, Outline

Matrix = NDArray[np.float64]

# Focal lengths in diagonals of the photo: 0.6 is a phone's main camera (26 mm on 43 mm), cropped
# and zoomed photos have more.
_USUAL_FOCAL: Final = 1.0
_FOCALS: Final = (0.45, 3.0)
# Sides whose vanishing point lies farther away, in diagonals, tell no focal length.
_NEAREST_PARALLEL: Final = 8.0
_ASPECTS: Final = (1 / 6, 6.0)
_BAND_ROWS: Final = 256  # of the result: 5120 of them are 4 MB
_CUBIC: Final = 3  # rows beside a place that cubic interpolation looks at, and one for rounding


def aspect_of(outline: Outline) -> float:
    """Width over height of the board itself, from how its four sides lean. Zhang and He (2007).

    A pinhole camera with square pixels whose axis meets the photo's middle. Where opposite sides
    are nearly parallel its focal length is not told, and a usual one is taken.
    """
    width, height = outline.size
    diagonal = math.hypot(width, height)
    # In diagonals from the photo's middle.
    points = [
        np.array([(x - width / 2) / diagonal, (y - height / 2) / diagonal, 1.0])
        for x, y in outline.corners
    ]
    first, second, fourth, third = points  # theirs are numbered row by row
    upright = np.cross(first, fourth)
    k2 = (upright @ third) / (np.cross(second, fourth) @ third)
    k3 = (upright @ second) / (np.cross(third, fourth) @ second)
    across, down = k2 * second - first, k3 * third - first
    focal = _focal(across, down)
    scale = np.array([1 / focal, 1 / focal, 1.0])
    aspect = float(np.linalg.norm(across * scale) / np.linalg.norm(down * scale))
    return float(np.clip(aspect, *_ASPECTS))


def _focal(across: Matrix, down: Matrix) -> float:
    """In diagonals. across, down: where the board's two directions vanish, homogeneous."""
    far = [np.hypot(*way[:2]) > _NEAREST_PARALLEL * abs(way[2]) for way in (across, down)]
    if any(far):
        return _USUAL_FOCAL
    # The two directions are at a right angle.
    square = -float(across[:2] @ down[:2]) / float(across[2] * down[2])
    if square <= 0:
        return _USUAL_FOCAL
    return float(np.clip(math.sqrt(square), *_FOCALS))


def straighten(rgb: Pixels, outline: Outline, *, longest_side: int) -> Pixels:
    """uint8 (H, W, 3) -> uint8 (h, w, 3): the board alone, seen from straight before it.

    outline: in this picture's pixels (Outline.scaled). The longer side has as many pixels as the
    board's longest side has in the picture, and at most longest_side. Cubic interpolation, band by
    band; what is smaller than the picture is averaged before. What the picture doesn't show, beyond
    its border, is black.
    """
    width, height = _size(outline, longest_side)
    shrunk, corners = _fitting(rgb, outline, width, height)
    onto = _onto(corners, width, height)
    result = np.empty((height, width, 3), dtype=np.uint8)
    for top in range(0, height, _BAND_ROWS):
        rows = min(_BAND_ROWS, height - top)
        lower = onto @ _moved_down(top)
        first, last = _rows_seen(lower, width, rows, len(shrunk))
        lower = _moved_down(-first) @ lower
        coefficients = tuple(float(value) for value in (lower / lower[2, 2]).ravel()[:8])
        band = Image.fromarray(shrunk[first:last]).transform(
            (width, rows), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC
        )
        result[top : top + rows] = np.asarray(band)
    return result


def _moved_down(rows: float) -> Matrix:
    return np.array([[1.0, 0, 0], [0, 1.0, rows], [0, 0, 1.0]])


def _rows_seen(onto: Matrix, width: int, rows: int, height: int) -> tuple[int, int]:
    """The picture's rows that a band of the result is made of, the last one outside; at least one.

    Pillow's own copy of a whole result would take 80 MB.
    """
    corners = onto @ np.array([[0.0, width, width, 0.0], [0.0, 0.0, rows, rows], [1.0] * 4])
    y = corners[1] / corners[2]
    first = min(height - 1, max(0, math.floor(y.min()) - _CUBIC))
    return first, max(first + 1, min(height, math.ceil(y.max()) + _CUBIC))


def _size(outline: Outline, longest_side: int) -> tuple[int, int]:
    """As fine as the picture is at the board's largest side, in the board's proportions."""
    a, b, c, d = outline.corners
    across, down = max(math.dist(a, b), math.dist(d, c)), max(math.dist(a, d), math.dist(b, c))
    aspect = aspect_of(outline)
    width = max(across, down * aspect)
    fit = min(1.0, longest_side / max(width, width / aspect))
    return max(1, round(width * fit)), max(1, round(width * fit / aspect))


def _fitting(rgb: Pixels, outline: Outline, width: int, height: int) -> tuple[Pixels, Corners]:
    """The picture at most about as fine as the result, and the corners in it.

    Cubic interpolation looks at four pixels: what is reduced more would lose strokes.
    """
    a, b, c, d = outline.corners
    finer = min(
        max(math.dist(a, b), math.dist(d, c)) / width,
        max(math.dist(a, d), math.dist(b, c)) / height,
    )
    factor = int(finer)
    if factor <= 1:
        return rgb, outline.corners
    step = factor * _BAND_ROWS
    bands = [
        np.asarray(Image.fromarray(rgb[top : top + step]).reduce(factor))
        for top in range(0, len(rgb), step)
    ]
    shrunk = np.concatenate(bands)
    return shrunk, outline.scaled(1 / factor).corners


def _onto(corners: Corners, width: int, height: int) -> Matrix:
    """The projective map of the result's pixels to the picture's (Heckbert 1989, 2.2.3)."""
    rectangle = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
    rows, values = [], []
    for (x, y), (u, v) in zip(rectangle, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solved = np.linalg.solve(np.array(rows, dtype=np.float64), np.array(values))
    return np.append(solved, 1.0).reshape(3, 3)
