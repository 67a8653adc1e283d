"""Shrinking large pictures band by band, so that no second copy of them is needed."""

import math
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from PIL import Image

from core.imaging import Pixels

# Source rows of which a band of the result is made: 10,240 x 512 pixels are 16 MB.
_BAND_ROWS: Final = 512
# A band of the result has at least so many rows: those beside it that are seen cost less then.
_LEAST_ROWS: Final = 16
# Source rows that are taken in at once: they are copied behind those that are held.
_PIECE_ROWS: Final = 128
# Lanczos looks three source-to-target ratios to each side.
_LOBES: Final = 3


def shrink(pixels: Pixels, width: int, height: int) -> Pixels:
    """uint8 (H, W, 3) -> uint8 (height, width, 3), Lanczos with three lobes, anti-aliased.

    The same as resizing the whole at once, in bounded memory. width <= W, height <= H.
    """
    source_height, source_width = pixels.shape[:2]
    if (source_width, source_height) == (width, height):
        return pixels
    return join([pixels], source_width, source_height, width, height)


def join(
    bands: Iterable[Pixels], source_width: int, source_height: int, width: int, height: int
) -> Pixels:
    """Bands uint8 (h, source_width, 3) from top to bottom -> uint8 (height, width, 3), as shrink().

    The bands are source_height rows together. Of each only a few rows are kept until the next one
    is asked for, so the picture in its full size never exists.
    """
    result = np.empty((height, width, 3), dtype=np.uint8)
    for top, rows in joined(bands, (source_width, source_height), (width, height)):
        result[top : top + len(rows)] = rows
    return result


def first_source_row(source_height: int, height: int, from_row: int) -> int:
    """The first of source_height rows that row `from_row` of `height` and those below depend on."""
    ratio = source_height / height
    return max(0, math.floor(from_row * ratio) - _margin(ratio))


def joined(
    bands: Iterable[Pixels],
    source: tuple[int, int],
    target: tuple[int, int],
    from_row: int = 0,
) -> Iterator[tuple[int, Pixels]]:
    """As join(), but (first row, rows) of the result one after another, as soon as they are known.

    source, target: (width, height). from_row: where the first rows begin that are wanted; it must
    be where some rows of an earlier run ended, and the bands begin with first_source_row() then.
    """
    (source_width, source_height), (width, height) = source, target
    ratio = source_height / height
    margin = _margin(ratio)
    rows = max(_LEAST_ROWS, int(_BAND_ROWS / ratio))
    # What a band of the result needs, its ends rounded outwards, and one piece that came too late.
    most_held = math.ceil(rows * ratio) + 2 + 2 * margin + _PIECE_ROWS
    held = np.empty((most_held, source_width, 3), dtype=np.uint8)
    top = from_row
    start = end = first_source_row(source_height, height, top)  # held are the rows between them
    for piece in _pieces(bands):
        held[end - start : end - start + len(piece)] = piece
        end += len(piece)
        while top < height:
            bottom = min(height, top + rows)
            last = min(source_height, math.ceil(bottom * ratio) + margin)
            if last > end:
                break
            first = max(0, math.floor(top * ratio) - margin)
            seen = held[first - start : last - start]
            if source == target:
                yield top, seen[top - first : bottom - first]
            else:
                box = (0, top * ratio - first, source_width, bottom * ratio - first)
                yield top, _resized(seen, width, bottom - top, box)
            top = bottom
        needed = max(0, math.floor(top * ratio) - margin)
        if needed > start:
            held[: end - needed] = held[needed - start : end - start]
            start = needed


def enlarged_rows(
    pixels: Pixels, rows: tuple[int, int], size: tuple[int, int], how: Image.Resampling
) -> Pixels:
    """Rows rows[0] to rows[1] of `pixels` made as large as `size`, (width, height).

    pixels: uint8 (h, w) or (h, w, 3), no larger than `size`. `how` sees three pixels to each side
    at most, as Lanczos does.
    """
    height, width = pixels.shape[:2]
    # Products first: where the factor is whole, so are these.
    upper, lower = rows[0] * height / size[1], min(float(height), rows[1] * height / size[1])
    first, last = max(0, math.floor(upper) - _LOBES), min(height, math.ceil(lower) + _LOBES)
    picture = Image.fromarray(pixels[first:last])
    box = (0, upper - first, width, lower - first)
    return np.asarray(picture.resize((size[0], rows[1] - rows[0]), how, box=box), dtype=np.uint8)


def below(bands: Iterable[Pixels], rows: int) -> Iterator[Pixels]:
    """The bands without the first `rows` rows."""
    for band in bands:
        if rows < len(band):
            yield band[rows:]
        rows = max(0, rows - len(band))


def _margin(ratio: float) -> int:
    return math.ceil(_LOBES * ratio) + 1


def _pieces(bands: Iterable[Pixels]) -> Iterator[Pixels]:
    """The same rows in smaller bands: what is held beside a band stays small."""
    for band in bands:
        for top in range(0, len(band), _PIECE_ROWS):
            yield band[top : top + _PIECE_ROWS]


def _resized(
    rows: Pixels, width: int, height: int, box: tuple[float, float, float, float]
) -> Pixels:
    # Rounding may put the box a hair beyond the last row.
    left, upper, right, lower = box
    picture = Image.fromarray(rows)
    fitting = (left, upper, right, min(lower, picture.height))
    band = picture.resize((width, height), Image.Resampling.LANCZOS, box=fitting)
    return np.asarray(band, dtype=np.uint8)
