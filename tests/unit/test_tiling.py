"""worker.tiling: the grid covers a picture once, and tiles join without a seam."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.tiling import Pixels, Tile, computed, plan

sizes = st.integers(min_value=1, max_value=700)


@given(
    height=sizes,
    width=sizes,
    most=st.integers(min_value=1, max_value=200_000),
    overlap=st.integers(min_value=0, max_value=70),
    align=st.sampled_from([1, 2, 4]),
)
def test_every_pixel_belongs_to_exactly_one_tile(
    height: int, width: int, most: int, overlap: int, align: int
) -> None:
    owned = np.zeros((height, width), dtype=np.int64)
    for tile in plan(height, width, most_pixels=most, overlap=overlap, align=align):
        owned[tile.rows.start : tile.rows.stop, tile.columns.start : tile.columns.stop] += 1
    assert owned.min() == owned.max() == 1


@given(
    height=sizes,
    width=sizes,
    overlap=st.integers(min_value=0, max_value=70),
    align=st.sampled_from([1, 2, 4]),
)
def test_a_tile_sees_its_whole_overlap_except_beyond_the_picture(
    height: int, width: int, overlap: int, align: int
) -> None:
    for tile in plan(height, width, most_pixels=20_000, overlap=overlap, align=align):
        for own, outer, length in (
            (tile.rows, tile.outer_rows, height),
            (tile.columns, tile.outer_columns, width),
        ):
            assert outer.start <= max(0, own.start - overlap)
            assert outer.stop == min(length, own.stop + overlap)
            assert outer.start % align == 0


@given(height=sizes, width=sizes, most=st.integers(min_value=4_000, max_value=200_000))
def test_tiles_stay_within_the_pixels_allowed_and_are_even(
    height: int, width: int, most: int
) -> None:
    tiles = plan(height, width, most_pixels=most, overlap=18)
    assert max(tile.outer_pixels for tile in tiles) <= most
    assert max(t.rows.size for t in tiles) - min(t.rows.size for t in tiles) <= 1
    assert max(t.columns.size for t in tiles) - min(t.columns.size for t in tiles) <= 1


def test_a_picture_that_fits_is_one_tile_without_overlap() -> None:
    (tile,) = plan(600, 800, most_pixels=512_000, overlap=18)
    assert tile.outer_pixels == 600 * 800


def test_the_grid_computes_the_fewest_pixels() -> None:
    # Two halves side by side share a seam of 600 pixels; one above the other would share 800.
    tiles = plan(600, 800, most_pixels=300_000, overlap=18)
    assert [(tile.rows.size, tile.columns.size) for tile in tiles] == [(600, 400), (600, 400)]


@pytest.mark.parametrize(("height", "width", "most", "overlap"), [(0, 9, 9, 1), (9, 9, 9, -1)])
def test_impossible_sizes_are_refused(height: int, width: int, most: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        plan(height, width, most_pixels=most, overlap=overlap)


def _blur_and_double(rgb: Pixels, radius: int) -> Pixels:
    """A stand-in network: zero padding, sums over (2 radius + 1) squared pixels, each doubled."""
    padded = np.pad(rgb.astype(np.int64), ((radius, radius), (radius, radius), (0, 0)))
    height, width = rgb.shape[:2]
    total = np.zeros(rgb.shape, dtype=np.int64)
    for row in range(2 * radius + 1):
        for column in range(2 * radius + 1):
            total += padded[row : row + height, column : column + width]
    return np.repeat(np.repeat((total % 251).astype(np.uint8), 2, axis=0), 2, axis=1)


@given(
    height=st.integers(min_value=1, max_value=60),
    width=st.integers(min_value=1, max_value=60),
    most=st.integers(min_value=150, max_value=2_000),
    radius=st.integers(min_value=0, max_value=3),
)
def test_tiles_with_the_networks_sight_as_overlap_give_the_whole_picture(
    height: int, width: int, most: int, radius: int
) -> None:
    rgb = np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)
    tiles = plan(height, width, most_pixels=most, overlap=radius)

    def compute(outer: Pixels, target: Pixels, tile: Tile) -> None:
        result = _blur_and_double(outer, radius)
        top = (tile.rows.start - tile.outer_rows.start) * 2
        left = (tile.columns.start - tile.outer_columns.start) * 2
        target[:] = result[top : top + target.shape[0], left : left + target.shape[1]]

    assert np.array_equal(
        np.concatenate([band.copy() for band in computed(rgb, tiles, 2, compute)]),
        _blur_and_double(rgb, radius),
    )
