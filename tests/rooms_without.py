"""Photos in which no whole board is, of the same rooms, and what is no photo."""

from enum import StrEnum

import numpy as np
from PIL import Image, ImageDraw

from core.imaging import Pixels
from tests.legibility.geometry import Matrix, moved
from tests.legibility.truth import Point
from tests.rooms import (
    BOARD_PX,
    SIZE,
    WORDS,
    Kind,
    Rng,
    aspect_for,
    bare_wall,
    box_of,
    camera,
    developed,
    hang,
    inverted,
    open_window,
    photographed,
)


class Without(StrEnum):
    """A photo in which no whole board is."""

    NOISE = "noise"
    ONE_COLOUR = "one colour"
    WRITING = "writing that fills the photo"
    DRAWN_BOX = "a box drawn on the board, its edges outside"
    SCREENSHOT = "a screenshot"
    WALL = "a wall with a window"
    CUT = "a board with a side outside"
    PERSON = "mostly a person"


def without(seed: int, what: Without) -> Pixels:
    """A photo without a whole board; the same arguments, the same photo."""
    rng = np.random.default_rng([seed, 72])
    width, height = SIZE
    match what:
        case Without.NOISE:
            return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        case Without.ONE_COLOUR:
            return np.full((height, width, 3), rng.integers(0, 256, 3), dtype=np.uint8)
        case Without.SCREENSHOT:
            return np.asarray(_screenshot(rng))
    kind = (Kind.WHITE, Kind.GREEN, Kind.BLACK)[seed % 3]
    surface = (BOARD_PX, round(BOARD_PX / aspect_for(rng, kind)))
    plane, offset = bare_wall(rng, kind, surface)
    draw = ImageDraw.Draw(plane)
    at = (round(offset[0]), round(offset[1]))
    if what is Without.WALL:
        open_window(draw, surface, at[0] + int(rng.uniform(0.0, 0.5) * surface[0]), at[1])
    else:
        hang(rng, draw, kind, at, surface, inset=0.2 if what is Without.DRAWN_BOX else None)
    matrix = camera(rng, surface)
    if what is Without.CUT:
        matrix = _moved(matrix, 1.0, _aside(rng, matrix, surface))
    if what is Without.WRITING:
        matrix = _moved(matrix, 1.9, (0, 0))
    if what in {Without.WRITING, Without.DRAWN_BOX}:
        while _seen_edge(matrix, surface):
            matrix = _moved(matrix, 1.05, (0, 0))
    if what is Without.PERSON:
        return _mostly_a_person(rng, plane, offset, matrix)
    return photographed(rng, plane, offset, matrix, people=False)


def _moved(matrix: Matrix, closer: float, aside: Point) -> Matrix:
    """The camera zoomed in on the photo's middle, and what it sees pushed aside."""
    width, height = SIZE
    x, y = aside
    zoom = np.array(
        [
            [closer, 0, width / 2 * (1 - closer) + x],
            [0, closer, height / 2 * (1 - closer) + y],
            [0, 0, 1],
        ]
    )
    result: Matrix = zoom @ matrix
    return result


def _aside(rng: Rng, matrix: Matrix, surface: tuple[int, int]) -> Point:
    """Far enough for one side of the board to leave the photo, by a tenth of it or more."""
    width, height = SIZE
    corners = [moved(matrix, p) for p in box_of(0, 0, *surface)]
    beyond = float(rng.uniform(0.1, 0.25))
    match int(rng.integers(4)):
        case 0:
            return -max(corners[0][0], corners[3][0]) - beyond * width, 0
        case 1:
            return width - min(corners[1][0], corners[2][0]) + beyond * width, 0
        case 2:
            return 0, -max(corners[0][1], corners[1][1]) - beyond * height
        case _:
            return 0, height - min(corners[2][1], corners[3][1]) + beyond * height


def _seen_edge(matrix: Matrix, surface: tuple[int, int]) -> bool:
    """Whether a corner of the photo shows anything but the board."""
    back = inverted(matrix)
    return not all(
        0 < x < surface[0] and 0 < y < surface[1]
        for x, y in (moved(back, corner) for corner in box_of(0, 0, *SIZE))
    )


def _screenshot(rng: Rng) -> Image.Image:
    width, height = SIZE
    picture = Image.new("RGB", SIZE, (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    bar, aside = int(rng.uniform(30, 110)), int(rng.uniform(0.1, 0.3) * width)
    draw.rectangle((0, 0, width, bar), (45, 60, 90))
    if rng.random() < 0.6:
        draw.rectangle((0, bar, aside, height), (236, 238, 242))
    if rng.random() < 0.4:
        draw.rectangle((0, height - 40, width, height), (220, 222, 228))
    for row in range(bar + 40, height - 80, 44):
        words = " ".join(rng.choice(WORDS, int(rng.integers(3, 10))))
        draw.text((aside + 30, row), words, fill=(40, 40, 44), font_size=24)
    return picture


def _mostly_a_person(rng: Rng, plane: Image.Image, offset: Point, matrix: Matrix) -> Pixels:
    width, height = SIZE
    picture = Image.fromarray(photographed(rng, plane, offset, matrix, people=False))
    draw = ImageDraw.Draw(picture)
    middle = float(rng.uniform(0.35, 0.65)) * width
    draw.rounded_rectangle(
        (middle - 0.33 * width, 0.35 * height, middle + 0.33 * width, 1.2 * height),
        0.15 * width,
        (70, 60, 110),
    )
    draw.ellipse(
        (middle - 0.15 * width, 0.02 * height, middle + 0.15 * width, 0.45 * height),
        (170, 130, 110),
    )
    return developed(rng, picture)
