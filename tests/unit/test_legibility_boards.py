"""tests.legibility's generator: boards by seed, and the truth about where their lines stand."""

import zlib
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageFont

from tests.legibility.boards import SEEDS, Sketch, sketch
from tests.legibility.camera import BoardPhoto, draw_shot, take
from tests.legibility.geometry import homography, moved, strip
from tests.legibility.optics import psf, through
from tests.legibility.painting import FINE, paint
from tests.legibility.phrases import ENGLISH, FORMULAS, RUSSIAN
from tests.legibility.truth import BoardKind, Line, Quad, Script, x_height_row
from tests.legibility.typefaces import HANDS, PRINTS, Typeface, font_of

SMALL = (1008, 1009, 1010, 1011)  # one of each kind, in the smallest photos
SLIDE = 1011
# The photo of SMALL[0] in 8 x 6 grey cells.
CELLS = (
    (161, 157, 149, 146, 152, 151, 151, 148),
    (169, 170, 167, 160, 163, 160, 156, 152),
    (160, 159, 167, 174, 169, 158, 158, 159),
    (166, 164, 165, 188, 186, 164, 165, 170),
    (172, 167, 170, 174, 172, 170, 171, 168),
    (176, 172, 179, 178, 172, 170, 170, 159),
)

board = cache(take)
plan = cache(sketch)


def test_one_seed_makes_one_photo_and_another_seed_another() -> None:
    again, other = take(SLIDE), board(SMALL[0])
    assert again.jpeg == board(SLIDE).jpeg
    assert np.array_equal(again.lit, board(SLIDE).lit)
    assert again.lines == board(SLIDE).lines
    assert again.jpeg != other.jpeg


def test_nobody_tunes_on_the_boards_that_are_reported() -> None:
    assert not set(SEEDS["development"]) & set(SEEDS["frozen"])


@pytest.mark.parametrize("seeds", SEEDS.values(), ids=SEEDS)
def test_sixteen_boards_hold_every_kind_in_every_size(seeds: range) -> None:
    plans = [plan(seed) for seed in seeds[:16]]
    found = {(one.kind, x_height_row(one.lines[-1].x_height)) for one in plans}
    # A hand's lines differ by an eighth, so a board's last line may lie in the next row.
    assert {kind for kind, _ in found} == set(BoardKind)
    assert len(found) >= 12
    assert {one.faint for one in plans if one.kind is not BoardKind.SLIDE} == {False, True}
    assert {line.script for one in plans for line in one.lines} == set(Script)


def test_the_frozen_boards_say_what_they_said_when_they_were_reported() -> None:
    """Where this fails, figures before and after can't be compared: docs/legibility.md says so."""
    told = [
        (str(one.kind), one.faint, [(line.text, str(line.script)) for line in one.lines])
        for one in map(plan, SEEDS["frozen"][:16])
    ]
    assert zlib.crc32(repr(told).encode()) == 2793390320


def test_the_photo_of_a_seed_stays_as_it_was() -> None:
    """In 8 x 6 cells: whatever is drawn in another order than before moves some of them.

    Not the file's digest, since processors round powers differently in the last place.
    """
    cells = Image.fromarray(board(SMALL[0]).photo).convert("L").resize((8, 6), Image.Resampling.BOX)
    assert np.abs(np.asarray(cells, dtype=int) - CELLS).max() <= 1


def test_thirty_two_boards_hold_every_kind_and_size_in_either_language() -> None:
    plans = [plan(seed) for seed in SEEDS["development"][:32]]
    for script in (Script.CYRILLIC, Script.LATIN):
        found = {
            (one.kind, one.seed // 4 % 4)
            for one in plans
            if one.lines[0].script is script  # the title is in the board's own language
        }
        assert len(found) == 16


def test_a_board_repeats_no_phrase() -> None:
    for seed in SMALL:
        texts = [line.text for line in plan(seed).lines if len(line.words) > 1]
        assert len(texts) == len(set(texts))


@pytest.mark.parametrize("seed", SMALL)
def test_every_line_lies_in_its_photo_and_none_on_another(seed: int) -> None:
    photo = board(seed)
    height, width = photo.photo.shape[:2]
    middles = []
    for line in photo.lines:
        assert all(0 <= x <= width and 0 <= y <= height for x, y in line.quad)
        middles.append(middle_of(line.quad))
    for one, (x, y) in zip(photo.lines, middles, strict=True):
        covering = [other for other in photo.lines if covers(other.quad, x, y)]
        assert covering == [one]


@pytest.mark.parametrize("seed", SMALL)
def test_the_true_pictures_are_four_times_as_fine_as_the_photo(seed: int) -> None:
    photo = board(seed)
    height, width = photo.photo.shape[:2]
    assert photo.lit.shape == photo.even.shape == (FINE * height, FINE * width, 3)


def test_a_strip_holds_its_line_upright_with_air_on_every_side() -> None:
    photo = board(SLIDE)
    for line in photo.lines:
        cut = strip(photo.even, line, FINE)
        contrast = np.abs(cut.astype(float) - np.median(cut, axis=(0, 1))).max(axis=2)
        rows, columns = np.nonzero(contrast > 0.4 * contrast.max())
        air = 0.5 * line.x_height * FINE
        assert rows.min() == pytest.approx(air, abs=4)
        assert columns.min() == pytest.approx(air, abs=4)
        assert cut.shape[0] - rows.max() == pytest.approx(air, abs=4)
        assert cut.shape[1] - columns.max() == pytest.approx(air, abs=4)


def test_the_x_height_is_that_of_small_letters_in_the_photo() -> None:
    photo = board(SLIDE)
    for line in photo.lines:
        if line.script is Script.FORMULA:
            continue
        cut = strip(photo.even, line, FINE)
        contrast = np.abs(cut.astype(float) - np.median(cut, axis=(0, 1))).max(axis=2)
        ink = (contrast > 0.4 * contrast.max()).sum(axis=1)
        # Most ink lies between the baseline and the small letters' tops.
        (dense,) = np.nonzero(ink > 0.35 * ink.max())
        high = (dense.max() - dense.min() + 1) / FINE
        assert high == pytest.approx(line.x_height, rel=0.2)


def test_the_photo_is_what_the_board_shows_blurred_and_lit() -> None:
    photo = board(SLIDE)
    small = Image.fromarray(photo.lit).resize(
        (photo.photo.shape[1], photo.photo.shape[0]), Image.Resampling.BOX
    )
    difference = np.abs(np.asarray(small, dtype=float) - photo.photo)
    assert difference.mean() < 8
    assert difference.max() > 8


def test_nobody_sends_a_photo_whose_letters_are_gone() -> None:
    for seed in SEEDS["development"][:48]:
        one = plan(seed)
        shot = draw_shot(np.random.default_rng([seed, 3]), one)
        radius = shot.zoom * (shot.defocus + shot.motion / 2)
        assert radius <= (0.21 if one.faint else 0.31) * one.lines[-1].x_height


def test_a_faint_board_has_paler_ink() -> None:
    assert max(line.strength for line in plan(faint_one()).lines) <= 0.5


def faint_one() -> int:
    return next(seed for seed in SEEDS["development"] if plan(seed).faint)


def test_the_same_sketch_is_painted_the_same() -> None:
    one: Sketch = plan(SLIDE)
    assert paint(one).picture.tobytes() == paint(one).picture.tobytes()


@pytest.mark.parametrize("face", [*HANDS, *PRINTS], ids=lambda face: f"{face.family}-{face.weight}")
def test_every_letter_of_the_phrases_can_be_written(face: Typeface) -> None:
    letters = sorted(set("".join([*RUSSIAN, *ENGLISH, *FORMULAS])) - {" "})
    missing = [letter for letter in letters if is_missing(font_of(letter, face, 40), letter)]
    assert missing == []


def is_missing(font: ImageFont.FreeTypeFont, letter: str) -> bool:
    nothing = bytes(font.getmask("\ue123"))
    drawn = bytes(font.getmask(letter))
    return drawn == nothing or not any(drawn)


def test_a_homography_takes_corner_to_corner() -> None:
    source: Quad = ((0, 0), (10, 0), (10, 8), (0, 8))
    target: Quad = ((1, 2), (12, 1), (11, 9), (0, 10))
    matrix = homography(source, target)
    for one, other in zip(source, target, strict=True):
        assert moved(matrix, one) == pytest.approx(other)


@pytest.mark.parametrize(("defocus", "motion"), [(0.0, 0.0), (1.1, 0.0), (0.4, 2.0)])
def test_a_lens_keeps_all_light_and_the_place(defocus: float, motion: float) -> None:
    spread = psf(defocus, motion, 0.7)
    assert spread.sum() == pytest.approx(1.0, abs=1e-5)
    point = np.zeros((61, 51, 3), dtype=np.float32)
    point[30, 25] = 1.0
    result = through(point, spread)
    assert result.sum() == pytest.approx(3.0, abs=1e-3)
    ys, xs = np.mgrid[0:61, 0:51]
    assert (result[..., 0] * ys).sum() == pytest.approx(30, abs=0.2)
    assert (result[..., 0] * xs).sum() == pytest.approx(25, abs=0.2)


def middle_of(quad: Quad) -> tuple[float, float]:
    return sum(x for x, _ in quad) / 4, sum(y for _, y in quad) / 4


def covers(quad: Quad, x: float, y: float) -> bool:
    turns = [
        (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
        for a, b in zip(quad, (*quad[1:], quad[0]), strict=True)
    ]
    return all(turn >= 0 for turn in turns)


def test_the_truth_says_what_is_written() -> None:
    photo: BoardPhoto = board(SLIDE)
    written = plan(SLIDE).lines
    for line, own in zip(photo.lines, written, strict=True):
        assert isinstance(line, Line)
        assert "".join(line.words) == "".join(own.words)
        assert len(line.words) == 1 or line.script is not Script.FORMULA
