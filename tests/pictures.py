"""Generated pictures for tests: boards with ink at known places, and bad input of all kinds."""

from collections.abc import AsyncIterator
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw


def board(
    seed: int = 0, size: tuple[int, int] = (400, 300), lines: int = 6, extra: str = ""
) -> Image.Image:
    """A light board with uneven light and dark writing; the same arguments, the same picture.

    extra: one more word, written at the bottom right.
    """
    rng = np.random.default_rng(seed)
    width, height = size
    light = np.linspace(0.82, 1.0, width)[None, :] * np.linspace(1.0, 0.9, height)[:, None]
    ground = 235.0 * light + rng.normal(0.0, 1.5, (height, width))
    picture = Image.fromarray(ground.clip(0, 255).astype(np.uint8)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    step = height / (lines + 2)
    alphabet = "abcdefghijkmnoprstuvwxyz=+()0123456789"
    for line in range(lines):
        text = "".join(rng.choice(list(alphabet), size=int(rng.integers(10, 24))))
        x = float(rng.uniform(0.04, 0.2)) * width
        draw.text((x, step * (line + 0.6)), text, fill=(40, 50, 70), font_size=step * 0.6)
    if extra:
        draw.text(
            (0.7 * width, step * (lines + 0.7)), extra, fill=(40, 50, 70), font_size=step * 0.6
        )
    return picture


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The picture as a file of this Pillow format."""
    buffer = BytesIO()
    if kind == "JPEG":
        options.setdefault("quality", 90)
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def photo(seed: int = 0, **board_options: object) -> bytes:
    """A JPEG of a board."""
    return encoded(board(seed, **board_options))  # type: ignore[arg-type]  # passed on as they are


async def chunks(content: bytes, size: int = 65536) -> AsyncIterator[bytes]:
    """The bytes as they arrive."""
    for start in range(0, len(content), size):
        yield content[start : start + size]
