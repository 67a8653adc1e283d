"""Pictures that a decision may choke on: nothing to hold on to, or far too much of it."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from PIL import Image

from tests.legibility.geometry import Pixels
from tests.pictures import board, encoded

# 12 megapixels, as phones have; the texture is as large as uploads may be.
_PHONE: Final = (4000, 3000)
_LARGEST: Final = (8000, 6000)
_TILE: Final = 40  # pixels of the texture's period
_SEED: Final = 9


def _white() -> bytes:
    return encoded(Image.new("RGB", _PHONE, "white"))


def _noise() -> bytes:
    width, height = _PHONE
    noise = np.random.default_rng(_SEED).integers(0, 256, (height, width, 3), np.uint8)
    return encoded(Image.fromarray(noise))


def _texture() -> bytes:
    """Corners everywhere, and each looks like all others."""
    tile = np.full((_TILE, _TILE), 220, np.uint8)
    tile[8:30, 8:14] = tile[24:30, 8:34] = 40
    columns, rows = (side // _TILE for side in _LARGEST)
    return encoded(Image.fromarray(np.tile(tile, (rows, columns))).convert("RGB"))


def _stripes() -> bytes:
    width, height = _PHONE
    column = np.where(np.arange(width) % 2, 255, 0).astype(np.uint8)
    return _packed(np.tile(column, (height, 1)))


def _chequers() -> bytes:
    width, height = _PHONE
    fields = np.add.outer(np.arange(height), np.arange(width)) % 2
    return _packed((255 * fields).astype(np.uint8))


def _one_letter() -> bytes:
    """The same line of writing a hundred times."""
    strip = np.asarray(board(_SEED, (4000, 240), lines=1).crop((0, 30, 4000, 150)))
    return encoded(Image.fromarray(np.tile(strip, (25, 1, 1))))


def _ribbon() -> bytes:
    return encoded(board(_SEED, (16, 5000), lines=40))


def _dot() -> bytes:
    return encoded(Image.new("RGB", (1, 1), "black"), "PNG")


def _packed(grey: Pixels) -> bytes:
    """As PNG, which keeps single pixels; packed fast, since it is only made to be opened."""
    return encoded(Image.fromarray(grey), "PNG", compress_level=1)


HOSTILE: Final[Mapping[str, Callable[[], bytes]]] = {
    "all white": _white,
    "noise": _noise,
    "a huge repetitive texture": _texture,
    "one line a hundred times": _one_letter,
    "1-pixel stripes": _stripes,
    "1-pixel chequers": _chequers,
    "16x5000": _ribbon,
    "1x1": _dot,
}
