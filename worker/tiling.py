"""Cutting a picture into tiles whose results join without a seam. Pure.

A network that looks `overlap` pixels to each side gives, in a tile's middle, exactly what it gives
in the whole picture. So a tile is computed with `overlap` pixels of its neighbours around it and
only its own pixels are kept. At the picture's border nothing is added: the network's own padding
works there in both cases.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

# A grid finer than this per direction has tiles that are mostly overlap.
_MOST_CUTS: Final = 64


@dataclass(frozen=True, slots=True)
class Span:
    """Pixels from `start` up to `stop`, without `stop`."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        """How many pixels."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Tile:
    """`rows` and `columns` are the tile's own pixels; the `outer_` spans include the overlap."""

    rows: Span
    columns: Span
    outer_rows: Span
    outer_columns: Span

    @property
    def outer_pixels(self) -> int:
        """How many input pixels are computed for this tile."""
        return self.outer_rows.size * self.outer_columns.size


def cut(length: int, parts: int, overlap: int, align: int) -> tuple[tuple[Span, Span], ...]:
    """(own, outer) spans of `parts` pieces of `length` pixels that differ by at most `align`.

    Outer spans begin at multiples of `align`, for networks that fold pixels into channels.
    """
    steps = -(-length // align)
    edges = [min(length, align * (steps * part // parts)) for part in range(parts + 1)]
    spans = []
    for start, stop in pairwise(edges):
        outer_start = max(0, start - overlap) // align * align
        spans.append((Span(start, stop), Span(outer_start, min(length, stop + overlap))))
    return tuple(spans)


def plan(
    height: int, width: int, *, most_pixels: int, overlap: int, align: int = 1
) -> tuple[Tile, ...]:
    """The even grid that computes the fewest pixels, each tile with overlap within `most_pixels`.

    height, width, overlap: input pixels. Every pixel belongs to exactly one tile; tiles come row by
    row. Where even the finest grid exceeds `most_pixels` (overlap alone does), it is the finest.
    """
    if min(height, width, most_pixels, align) < 1 or overlap < 0:
        raise ValueError("sizes are at least 1 and the overlap at least 0")
    row_choices = _choices(height, overlap, align)
    column_choices = _choices(width, overlap, align)
    best: tuple[int, int, int] | None = None
    for rows, (tallest, summed_rows) in row_choices.items():
        for columns, (widest, summed_columns) in column_choices.items():
            if tallest * widest <= most_pixels:
                cost = (summed_rows * summed_columns, rows, columns)
                best = cost if best is None else min(best, cost)
    rows, columns = best[1:] if best else (max(row_choices), max(column_choices))
    return tuple(
        Tile(own_rows, own_columns, outer_rows, outer_columns)
        for own_rows, outer_rows in cut(height, rows, overlap, align)
        for own_columns, outer_columns in cut(width, columns, overlap, align)
    )


def _choices(length: int, overlap: int, align: int) -> dict[int, tuple[int, int]]:
    """Number of cuts -> (longest outer span, all outer spans together)."""
    choices = {}
    for parts in range(1, min(_MOST_CUTS, -(-length // align)) + 1):
        sizes = [outer.size for _, outer in cut(length, parts, overlap, align)]
        choices[parts] = (max(sizes), sum(sizes))
    return choices


def computed(
    rgb: Pixels,
    tiles: tuple[Tile, ...],
    scale: int,
    compute: Callable[[Pixels, Pixels, Tile], None],
) -> Iterator[Pixels]:
    """uint8 (H, W, 3) -> the result from top to bottom, one row of tiles after another.

    Each band is uint8 (scale h, scale W, 3) and lives until the next one is asked for: they share
    one buffer. `compute(outer, target, tile)` gets a tile's input with overlap, uint8 (h, w, 3),
    and writes the tile's own pixels into `target`, a view of the band.
    """
    width, channels = rgb.shape[1:]
    tallest = max(tile.rows.size for tile in tiles)
    buffer = np.empty((tallest * scale, width * scale, channels), dtype=np.uint8)
    for rows, row in groupby(tiles, key=attrgetter("rows")):
        band = buffer[: rows.size * scale]
        for tile in row:
            outer = rgb[
                tile.outer_rows.start : tile.outer_rows.stop,
                tile.outer_columns.start : tile.outer_columns.stop,
            ]
            target = band[:, tile.columns.start * scale : tile.columns.stop * scale]
            compute(outer, target, tile)
        yield band
