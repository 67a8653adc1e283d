"""From pixels to a verdict, on generated boards: what one photo's copies and other boards do."""

from uuid import UUID

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from core.dedup import judge
from core.fingerprints import SKETCH_SIDE, fingerprint
from core.imaging import Limits, decode
from core.values import Duplicate, Fingerprint, Known, Verdict
from tests.pictures import board, encoded

LIMITS = Limits(pixels=50_000_000, least_px=16)
INK = (40, 50, 70)
LIGHT, DARK = False, True
SIZES = [(640, 400), (1000, 750), (1600, 1100)]
LINES = 9


def fingerprint_of(content: bytes) -> Fingerprint:
    return fingerprint(content, decode(content, LIMITS))


def verdict(new: bytes, held: bytes) -> Verdict:
    """What is said of a picture that comes to an auditorium with one board."""
    other = Known(board_id=UUID(int=1), upload_id=UUID(int=2), fingerprint=fingerprint_of(held))
    return judge(fingerprint_of(new), [other])


def is_duplicate(new: bytes, held: bytes) -> bool:
    return isinstance(verdict(new, held), Duplicate)


def written(
    size: tuple[int, int], *, dark: bool, text: str = "", letter: float = 1 / 80
) -> Image.Image:
    """A board with nine lines and `text` below; letter: about a letter's part of the width."""
    picture = board(size[0], size=size, lines=LINES)
    place = (0.6 * size[0], 0.9 * size[1])
    ImageDraw.Draw(picture).text(place, text, fill=INK, font_size=2 * letter * size[0])
    return ImageOps.invert(picture) if dark else picture


every_board = pytest.mark.parametrize("dark", [LIGHT, DARK], ids=["light", "dark"])
every_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}px")


@every_board
@every_size
def test_re_encoded_copies_are_one_board(size: tuple[int, int], *, dark: bool) -> None:
    picture = written(size, dark=dark)
    held = encoded(picture, quality=92)
    for quality in (30, 50, 75, 95):
        assert is_duplicate(encoded(picture, quality=quality), held)
    assert is_duplicate(encoded(picture, "WEBP", quality=80), held)
    assert is_duplicate(encoded(picture, "PNG"), held)


@every_board
@pytest.mark.parametrize("scale", [0.5, 0.64, 0.8, 1.0])
def test_smaller_copies_are_the_same_board(scale: float, *, dark: bool) -> None:
    picture = written((1600, 1200), dark=dark)
    size = (round(picture.width * scale), round(picture.height * scale))
    assert is_duplicate(encoded(picture.resize(size), quality=70), encoded(picture, quality=92))


def test_a_copy_as_telegram_makes_it_is_the_same_board() -> None:
    picture = written((1600, 1200), dark=LIGHT)
    sent = picture.resize((1280, 960), Image.Resampling.LANCZOS)
    assert is_duplicate(encoded(sent, quality=82), encoded(picture, quality=95))


@every_board
@every_size
def test_one_word_more_is_another_board(size: tuple[int, int], *, dark: bool) -> None:
    plain = encoded(written(size, dark=dark))
    assert not is_duplicate(encoded(written(size, dark=dark, text="limit"), quality=60), plain)


@every_board
@every_size
def test_one_word_erased_is_another_board(size: tuple[int, int], *, dark: bool) -> None:
    before = encoded(written(size, dark=dark, text="limit"))
    assert not is_duplicate(encoded(written(size, dark=dark), quality=60), before)


@every_board
@every_size
@pytest.mark.parametrize(("ours", "theirs"), [("x + 1", "x - 1"), ("f(3)", "f(8)"), ("c", "e")])
def test_one_letter_changed_is_another_board(
    size: tuple[int, int], ours: str, theirs: str, *, dark: bool
) -> None:
    before = encoded(written(size, dark=dark, text=ours))
    assert not is_duplicate(encoded(written(size, dark=dark, text=theirs), quality=60), before)


@every_board
@every_size
@pytest.mark.parametrize(("ours", "theirs"), [("x + 1", "x - 1"), ("f(3)", "f(8)")])
def test_one_small_letter_changed_is_another_board(
    size: tuple[int, int], ours: str, theirs: str, *, dark: bool
) -> None:
    before = encoded(written(size, dark=dark, text=ours, letter=1 / 110))
    after = encoded(written(size, dark=dark, text=theirs, letter=1 / 110), quality=60)
    assert not is_duplicate(after, before)


@every_size
@pytest.mark.parametrize("box", [(0.05, 0, 1, 1), (0, 0.05, 1, 1), (0.025, 0.025, 0.975, 0.975)])
def test_a_crop_of_five_percent_is_another_board(
    size: tuple[int, int], box: tuple[float, float, float, float]
) -> None:
    picture = written(size, dark=LIGHT)
    left, top, right, bottom = box
    cut = picture.crop(
        (
            round(left * size[0]),
            round(top * size[1]),
            round(right * size[0]),
            round(bottom * size[1]),
        )
    )
    assert not is_duplicate(encoded(cut), encoded(picture))


def test_a_larger_copy_gets_its_own_upscaling() -> None:
    large = written((1600, 1200), dark=LIGHT)
    small = encoded(large.resize((800, 600)))
    assert not is_duplicate(encoded(large), small)
    assert is_duplicate(encoded(large.resize((960, 720))), small)


def test_a_mirrored_or_turned_copy_is_another_board() -> None:
    picture = written((800, 800), dark=LIGHT)
    held = encoded(picture)
    assert not is_duplicate(encoded(ImageOps.mirror(picture)), held)
    assert not is_duplicate(encoded(picture.rotate(90)), held)


def test_two_boards_with_as_many_lines_are_two_boards() -> None:
    boards = [encoded(board(seed, size=(800, 600))) for seed in range(8)]
    held = [
        Known(board_id=UUID(int=n), upload_id=UUID(int=n), fingerprint=fingerprint_of(content))
        for n, content in enumerate(boards)
    ]
    for n, content in enumerate(boards):
        others = held[:n] + held[n + 1 :]
        assert not isinstance(judge(fingerprint_of(content), others), Duplicate)


def test_the_same_pixels_in_another_file_have_the_same_pixel_digest() -> None:
    picture = board(2)
    png, bmp = fingerprint_of(encoded(picture, "PNG")), fingerprint_of(encoded(picture, "BMP"))
    assert png.bytes_sha256 != bmp.bytes_sha256
    assert png.pixels_sha256 == bmp.pixels_sha256


def test_the_same_bytes_of_another_shape_are_other_pixels() -> None:
    wide, high = Image.new("RGB", (60, 40), "grey"), Image.new("RGB", (40, 60), "grey")
    digests = {fingerprint_of(encoded(one, "PNG")).pixels_sha256 for one in (wide, high)}
    assert len(digests) == 2


def test_a_fingerprint_fits_its_columns() -> None:
    found = fingerprint_of(encoded(board(2, size=(700, 500))))
    assert (found.width, found.height) == (700, 500)
    assert 0 <= found.phash64 < 2**64
    assert 0 <= found.phash256 < 2**256
    assert len(found.sketch) == SKETCH_SIDE**2
    assert np.frombuffer(found.sketch, np.uint8).std() > 1
