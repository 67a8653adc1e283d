"""worker.resample: shrinking in bands."""

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.pictures import board
from worker.engines.base import Pixels
from worker.engines.interpolation import Interpolation
from worker.resample import join, shrink


@pytest.mark.parametrize(
    ("size", "target"),
    [((900, 700), (450, 350)), ((901, 1303), (333, 481)), ((64, 2000), (7, 600))],
)
def test_shrinking_in_bands_equals_shrinking_at_once(
    size: tuple[int, int], target: tuple[int, int]
) -> None:
    rgb = np.random.default_rng(4).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    at_once = Image.fromarray(rgb).resize(target, Image.Resampling.LANCZOS)
    difference = shrink(rgb, *target).astype(int) - np.asarray(at_once).astype(int)
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("target", [(450, 350), (333, 481), (900, 700)])
@pytest.mark.parametrize("rows", [1, 100, 513, 700])
def test_bands_that_share_a_buffer_are_joined_as_one_picture(
    rows: int, target: tuple[int, int]
) -> None:
    rgb = np.random.default_rng(4).integers(0, 256, (700, 900, 3), dtype=np.uint8)
    buffer = np.empty((rows, 900, 3), dtype=np.uint8)

    def bands() -> Iterator[Pixels]:
        for top in range(0, 700, rows):
            band = buffer[: min(rows, 700 - top)]
            band[:] = rgb[top : top + rows]
            yield band

    assert np.array_equal(join(bands(), 900, 700, *target), shrink(rgb, *target))


@given(
    source=st.integers(min_value=1, max_value=3000),
    part=st.floats(min_value=0.001, max_value=1.0),
    rows=st.integers(min_value=1, max_value=1500),
)
def test_any_height_is_joined_from_any_bands(source: int, part: float, rows: int) -> None:
    # Away from 0 and 255: Pillow cuts off between its two passes, whose order goes by the size.
    rgb = np.random.default_rng(4).integers(96, 160, (source, 3, 3), dtype=np.uint8)
    height = max(1, round(source * part))
    at_once = Image.fromarray(rgb).resize((2, height), Image.Resampling.LANCZOS)
    bands = (rgb[top : top + rows] for top in range(0, source, rows))
    joined = join(bands, 3, source, 2, height)
    assert np.abs(joined.astype(int) - np.asarray(at_once).astype(int)).max() <= 1


def test_the_result_in_its_full_size_never_exists() -> None:
    rgb = np.asarray(board(size=(1500, 1200)), dtype=np.uint8)
    tracemalloc.start()
    try:
        join(Interpolation().bands(rgb, lambda _: None), 6000, 4800, 1500, 1200)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # 6000 x 4800 x 3 bytes are 86 MB; a band of them 5 MB, and the result 5 as well.
    assert peak < 45_000_000
