"""Quadrilaterals, the maps between them, and upright strips cut along a line of writing.

Places are continuous: a picture's upper left corner is (0, 0) and its lower right (W, H), so a
picture four times as fine has every place times four.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.legibility.truth import Line, Point, Quad

Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]

# Around the ink, in x-heights: readers want air, and the line above must stay out.
_AIR: Final = 0.5


def scaled(quad: Quad, scale: float) -> Quad:
    """The quadrilateral in a picture `scale` times as fine."""
    a, b, c, d = ((x * scale, y * scale) for x, y in quad)
    return a, b, c, d


def rectangle(width: float, height: float) -> Quad:
    """The corners of a picture of this size."""
    return (0.0, 0.0), (width, 0.0), (width, height), (0.0, height)


def homography(source: Quad, target: Quad) -> Matrix:
    """The 3x3 projective map of source's corners to target's, its last entry 1.

    Two equations for each pair of corners (Heckbert 1989, 2.2.3). Raises numpy's LinAlgError where
    three corners of the source lie on a line.
    """
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solved = np.linalg.solve(np.array(rows, dtype=np.float64), np.array(values, dtype=np.float64))
    return np.append(solved, 1.0).reshape(3, 3)


def moved(matrix: Matrix, point: Point) -> Point:
    """The point under the map."""
    x, y, w = matrix @ np.array([*point, 1.0])
    return float(x / w), float(y / w)


def seen(picture: Image.Image, corners: Quad, width: int, height: int) -> Image.Image:
    """What of `picture` lies between these corners, width x height, cubic interpolation."""
    matrix = homography(rectangle(width, height), corners)
    return picture.transform(
        (width, height),
        Image.Transform.PERSPECTIVE,
        tuple(float(value) for value in matrix.ravel()[:8]),
        Image.Resampling.BICUBIC,
    )


def sides(quad: Quad) -> tuple[float, float]:
    """Mean width and mean height."""
    a, b, c, d = quad
    return (
        (math.dist(a, b) + math.dist(d, c)) / 2,
        (math.dist(a, d) + math.dist(b, c)) / 2,
    )


def strip(picture: Pixels, line: Line, scale: int) -> Pixels:
    """uint8 (scale H, scale W, 3) of a photo's rendition -> uint8 (h, w, 3): the line, upright."""
    width, height = sides(line.quad)
    air = _AIR * line.x_height
    # The quadrilateral with air, by the map that takes the upright line to where it lies.
    onto = homography(rectangle(width, height), line.quad)
    outer = (
        moved(onto, (-air, -air)),
        moved(onto, (width + air, -air)),
        moved(onto, (width + air, height + air)),
        moved(onto, (-air, height + air)),
    )
    upright = seen(
        Image.fromarray(picture),
        scaled(outer, scale),
        max(1, round((width + 2 * air) * scale)),
        max(1, round((height + 2 * air) * scale)),
    )
    return np.asarray(upright, dtype=np.uint8)
