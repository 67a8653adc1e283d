"""worker.jpeg and worker.encode: a large picture's files without a second copy of the picture."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.imaging import Pixels
from tests.pictures import board
from worker.encode import shown
from worker.jpeg import encode_jpeg


def decoded(jpeg: bytes) -> Pixels:
    with Image.open(BytesIO(jpeg)) as picture:
        picture.load()
        return np.asarray(picture.convert("RGB"))


def written(width: int, height: int) -> Pixels:
    return np.asarray(board(4, size=(800, 600), lines=12).resize((width, height)))


@pytest.mark.parametrize(
    "size", [(1, 1), (700, 512), (700, 513), (64, 1024), (333, 1500), (8, 3840), (517, 4099)]
)
def test_a_jpeg_joined_of_bands_has_the_pixels_of_one_made_at_once(size: tuple[int, int]) -> None:
    pixels = written(*size)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90, subsampling=0)
    joined = encode_jpeg(pixels, 90)
    assert np.array_equal(decoded(joined), decoded(buffer.getvalue()))
    # A marker and what fills its byte up, each eight rows.
    assert len(joined) < 1.02 * len(buffer.getvalue()) + size[1] + 50


def test_a_jpeg_joined_of_bands_has_one_frame_and_tells_the_whole_height() -> None:
    joined = encode_jpeg(written(333, 1500), 90)
    assert joined.count(b"\xff\xd8\xff") == joined.count(b"\xff\xc0") == 1
    with Image.open(BytesIO(joined)) as picture:
        assert picture.size == (333, 1500)
    # Restart markers are counted from 0 to 7 over the joints, too.
    restarts = [joined[at + 1] for at in range(len(joined) - 1) if _is_restart(joined, at)]
    assert restarts == [0xD0 + number % 8 for number in range(-(-1500 // 8) - 1)]


def _is_restart(jpeg: bytes, at: int) -> bool:
    return jpeg[at] == 0xFF and 0xD0 <= jpeg[at + 1] <= 0xD7


@pytest.mark.parametrize("size", [(3200, 2400), (2560, 1920), (2561, 1201), (1700, 900)])
def test_a_preview_made_of_bands_is_the_whole_made_small(size: tuple[int, int]) -> None:
    pixels = written(*size)
    whole = Image.fromarray(pixels)
    _, preview, _ = shown(pixels)
    small = whole.resize((preview.width, preview.height), Image.Resampling.LANCZOS)
    if size[0] == 2 * preview.width:
        small = whole.reduce(2)
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=80, method=2)
    off = np.abs(decoded(preview.content).astype(int) - decoded(buffer.getvalue())).mean()
    assert off < 0.1
