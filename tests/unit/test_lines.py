"""worker.lines: lines of writing are found by their ink, however they stand."""

import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from core.imaging import Pixels
from worker.appearance import look
from worker.board import clean
from worker.lines import MOST_LINES, Line, find_lines

TEXTS = ("The sum of a series", "Закон сохранения", "has a limit and a name")


def written(*, size: int = 24, tilt: float = 0.0, dark: bool = False, pitch: int = 60) -> Pixels:
    """Three lines from (80, 80) on, `pitch` apart, turned by `tilt` degrees."""
    surface, ink = ((40, 70, 60), (235, 235, 230)) if dark else ((232, 234, 230), (30, 40, 90))
    board = Image.new("RGB", (900, 600), surface)
    font = ImageFont.load_default(size)
    for place, text in enumerate(TEXTS):
        ImageDraw.Draw(board).text((80, 80 + place * pitch), text, fill=ink, font=font)
    turned = board.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=surface)
    noise = np.random.default_rng(1).normal(0, 1.5, (600, 900, 3))
    return (np.asarray(turned) + noise).clip(0, 255).astype(np.uint8)


def found_in(photo: Pixels) -> tuple[Line, ...]:
    appearance = look(photo)
    return find_lines(clean(photo, appearance), appearance)


@pytest.mark.parametrize("dark", [False, True], ids=["marker", "chalk"])
@pytest.mark.parametrize("size", [15, 24, 40])
def test_each_line_is_found_once_where_it_stands(size: int, *, dark: bool) -> None:
    lines = found_in(written(size=size, dark=dark))
    assert len(lines) == len(TEXTS)
    for place, (line, text) in enumerate(zip(lines, TEXTS, strict=True)):
        left, top, right, bottom = ImageFont.load_default(size).getbbox(text)
        assert abs(line.top - (80 + place * 60 + top)) <= 3
        assert abs(line.bottom - (80 + place * 60 + bottom)) <= 3
        assert abs(line.left - (80 + left)) <= 3
        assert abs(line.right - (80 + right)) <= 3


@pytest.mark.parametrize("size", [12, 24, 40])
def test_the_size_of_a_lines_letters_is_told(size: int) -> None:
    _, top, _, bottom = ImageFont.load_default(size).getbbox("x")
    for line in found_in(written(size=size)):
        assert line.x_height == pytest.approx(bottom - top, rel=0.35)


@pytest.mark.parametrize("tilt", [-3.0, 3.0])
def test_a_slanted_line_is_followed(tilt: float) -> None:
    for line in found_in(written(tilt=tilt)):
        assert np.degrees(np.arctan(line.slope)) == pytest.approx(-tilt, abs=0.8)
        assert line.height < line.bottom - line.top


def test_lines_stand_in_order_and_within_the_picture() -> None:
    photo = written()
    lines = found_in(photo)
    assert [line.top for line in lines] == sorted(line.top for line in lines)
    for line in lines:
        assert 0 <= line.top < line.bottom <= photo.shape[0]
        assert 0 <= line.left < line.right <= photo.shape[1]


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (16, 5000), (200, 200)])
@pytest.mark.parametrize("content", ["even", "noise"])
def test_any_picture_is_borne_and_an_even_one_has_no_lines(
    shape: tuple[int, int], content: str
) -> None:
    rng = np.random.default_rng(2)
    photo = np.full((*shape, 3), 200, dtype=np.uint8)
    if content == "noise":
        photo = rng.integers(0, 256, photo.shape, dtype=np.uint8)
    lines = find_lines(photo, look(photo))
    assert len(lines) <= MOST_LINES
    if content == "even":
        assert lines == ()


def test_a_picture_full_of_specks_takes_bounded_time_and_lines() -> None:
    rng = np.random.default_rng(3)
    photo = np.full((960, 1280, 3), 240, dtype=np.uint8)
    photo[rng.random((320, 427)).repeat(3, 0).repeat(3, 1)[:960, :1280] < 0.12] = 20
    appearance = look(photo)
    begun = time.process_time()
    assert len(find_lines(photo, appearance)) <= MOST_LINES
    assert time.process_time() - begun < 3.0
