"""Prepared photos, so that a board can be sent without a board: docs/telegram-server.md."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from tests.pictures import encoded, photo

CHALKBOARD: Final = Path(__file__).parents[3] / "deploy" / "demo" / "board.jpg"
# As a messenger passes it on; near what core.operate.demo makes of the same photo.
_COPY_SCALE: Final = 0.8
_COPY_QUALITY: Final = 75
# Shares of width and height that a neighbour's seat moves the corners of the same board.
_SEAT: Final = ((0.05, 0.02), (0.99, 0.0), (0.97, 0.98), (0.02, 0.95))
_WHITEBOARD: Final = (1000, 750)


@dataclass(frozen=True)
class Prepared:
    """name: of its file, and what the page calls it by. make: draws it; blocks."""

    name: str
    make: Callable[[], bytes]


def chalkboard() -> bytes:
    """The photo of the demo lecture."""
    return CHALKBOARD.read_bytes()


def smaller() -> bytes:
    """The same photo once more, as a classmate has it from a chat: a duplicate."""
    with Image.open(CHALKBOARD) as picture:
        size = round(picture.width * _COPY_SCALE), round(picture.height * _COPY_SCALE)
        return encoded(picture.resize(size, Image.Resampling.LANCZOS), quality=_COPY_QUALITY)


def aside() -> bytes:
    """The same board from the next seat: a view of it."""
    with Image.open(BytesIO(chalkboard())) as picture:
        width, height = picture.size
        upper_left, upper_right, lower_right, lower_left = (
            (x * width, y * height) for x, y in _SEAT
        )
        corners = (*upper_left, *lower_left, *lower_right, *upper_right)
        seen = picture.transform(
            picture.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC
        )
        return encoded(seen)


def whiteboard(seed: int) -> Callable[[], bytes]:
    """A board with writing of its own."""
    return lambda: photo(seed, size=_WHITEBOARD, lines=9)


PREPARED: Final = {
    each.name: each
    for each in (
        Prepared("chalkboard.jpg", chalkboard),
        Prepared("chalkboard-smaller.jpg", smaller),
        Prepared("chalkboard-aside.jpg", aside),
        *(Prepared(f"whiteboard-{seed}.jpg", whiteboard(seed)) for seed in (1, 2, 3)),
    )
}


@cache
def content_of(name: str) -> bytes:
    """The bytes of a prepared photo. Blocks at the first time. Raises KeyError."""
    return PREPARED[name].make()
