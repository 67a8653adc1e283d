"""worker.board: what the clean view does to a board, and what it leaves alone."""

import tracemalloc
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.imaging import Pixels
from tests.pictures import encoded
from tests.written_boards import (
    BLACK,
    CHALK,
    GREEN,
    PERSON,
    STROKE_ROW,
    Colour,
    Scene,
    drawn,
    hue_of,
)
from worker.appearance import look
from worker.board import clean, strengthened, strengthens_no_more
from worker.strength import white_of

LARGE = 32  # font size: letters from 16 px on are strengthened for people, too


def cleaned(rgb: Pixels) -> Pixels:
    return clean(rgb, look(rgb))


def given(rgb: Pixels) -> Pixels:
    return strengthened(rgb, look(rgb))


def stroke_of(rgb: Pixels) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """The mean colour of the stroke's middle."""
    mean: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = rgb[
        STROKE_ROW - 1 : STROKE_ROW + 1, 60:-60
    ].mean(axis=(0, 1))
    return mean


def bare_of(rgb: Pixels) -> Pixels:
    """The strip above the stroke, where nothing is written."""
    return rgb[8:28]


@pytest.mark.parametrize("light", [(1.0, 0.5), (0.35, 0.9)])
def test_uneven_light_becomes_even_and_white(light: tuple[float, float]) -> None:
    photo = drawn(Scene(light=light, tint=(1.0, 0.93, 0.78), font_size=LARGE))
    before = bare_of(photo).mean(axis=(0, 2))
    assert before.max() - before.min() > 80
    for result in (cleaned(photo), given(photo)):
        after = bare_of(result).mean(axis=(0, 2))
        assert after.max() - after.min() < 6
        assert after.min() > 245


@pytest.mark.parametrize("light", [(1.0, 0.5), (0.35, 0.9)])
def test_around_small_writing_the_light_becomes_even_and_nothing_else_happens(
    light: tuple[float, float],
) -> None:
    ink = (120, 122, 120)
    photo = drawn(Scene(light=light, tint=(1.0, 0.93, 0.78), font_size=10, stroke=ink, ink=ink))
    result = cleaned(photo)
    after = bare_of(result).mean(axis=(0, 2))
    # Half of the grain is above the surface; in the dark grain is a larger share of the light.
    assert after.max() - after.min() < 15
    assert after.mean() == pytest.approx(white_of(look(photo)), abs=8)
    before = stroke_of(photo) / bare_of(photo).mean(axis=(0, 1))
    kept = stroke_of(result) / bare_of(result).mean(axis=(0, 1))
    assert kept == pytest.approx(before, abs=0.02)


@pytest.mark.parametrize("font_size", [10, 20])
def test_below_large_writing_all_tones_gain_alike(font_size: int) -> None:
    """What calms the surface beside small strokes makes other letters of them."""
    pale = (180, 182, 180)
    photo = drawn(Scene(stroke=pale, ink=pale, font_size=font_size, noise=1.0))
    result = cleaned(photo)

    def density(rgb: Pixels) -> float:
        return -float(np.log(stroke_of(rgb).mean() / bare_of(rgb).mean()))

    def unrest(rgb: Pixels) -> float:
        # Of each colour by itself: the surface's own goes with the lamp's.
        return float(bare_of(rgb).std(axis=(0, 1)).mean() / bare_of(rgb).mean())

    gain = density(result) / density(photo)
    assert gain >= (1.2 if font_size > 10 else 0.97)
    assert unrest(result) / unrest(photo) == pytest.approx(gain, rel=0.1)


@pytest.mark.parametrize(("font_size", "alike"), [(LARGE, True), (14, False)])
def test_large_writing_is_as_strong_for_people_as_for_networks(
    font_size: int,
    alike: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    photo = drawn(Scene(font_size=font_size, light=(0.9, 0.6)))
    assert strengthens_no_more(look(photo)) is alike
    assert np.array_equal(cleaned(photo), given(photo)) is alike


def test_what_is_brighter_than_paper_beside_small_writing_is_not_clipped() -> None:
    """A phone's sharpening puts a rim around each stroke, and readers see it."""
    photo = drawn(Scene(surface=(180, 180, 180), font_size=10, noise=0.0)).copy()
    rim = (slice(10, 12), slice(60, -60))
    photo[rim] = round(180 * 1.03)
    result = cleaned(photo)
    assert result[rim].mean() / bare_of(result)[6:].mean() == pytest.approx(1.03, abs=0.006)


@pytest.mark.parametrize("tint", [(1.0, 0.85, 0.6), (0.8, 0.95, 1.0)])
def test_the_lamps_colour_goes(tint: tuple[float, float, float]) -> None:
    white = bare_of(cleaned(drawn(Scene(tint=tint, light=(0.8, 0.6))))).mean(axis=(0, 1))
    assert np.ptp(white) < 3


@pytest.mark.parametrize(
    "ink",
    [(205, 40, 45), (30, 70, 185), (25, 140, 80), (120, 40, 150), (235, 120, 30), (230, 200, 40)],
    ids=["red", "blue", "green", "violet", "orange", "yellow"],
)
@pytest.mark.parametrize("tint", [(1.0, 1.0, 1.0), (1.0, 0.88, 0.7)], ids=["neutral", "warm"])
def test_a_marker_keeps_its_colour(ink: Colour, tint: tuple[float, float, float]) -> None:
    shown = stroke_of(cleaned(drawn(Scene(stroke=ink, tint=tint, light=(0.9, 0.6)))))
    turned = abs((hue_of(shown) - hue_of(np.array(ink, dtype=float)) + 180) % 360 - 180)
    assert turned < 12
    assert np.ptp(shown) >= 0.8 * np.ptp(ink)


@pytest.mark.parametrize("width", [1, 2, 3, 6])
@pytest.mark.parametrize("contrast", [0.08, 0.15, 0.3])
def test_a_pale_stroke_gets_darker_not_lighter(contrast: float, width: int) -> None:
    red, green, blue = (round(channel * (1 - contrast)) for channel in (240, 242, 240))
    scene = Scene(stroke=(red, green, blue), stroke_width=width, light=(0.85, 0.7), noise=2.0)
    photo = drawn(scene)
    result = cleaned(photo)
    rows = slice(STROKE_ROW - width // 2, STROKE_ROW - width // 2 + width)

    def depth(rgb: Pixels) -> float:
        return 1 - float(rgb[rows, 60:-60].mean() / bare_of(rgb).mean())

    assert depth(result) >= depth(photo)


def test_pale_writing_gets_much_darker_where_it_is_large_and_there_is_little_noise() -> None:
    pale = (190, 192, 190)
    photo = drawn(Scene(stroke=pale, ink=pale, font_size=32, light=(0.85, 0.7), noise=1.0))
    assert stroke_of(photo).mean() / bare_of(photo).mean() > 0.75
    assert stroke_of(cleaned(photo)).mean() < 130


def test_small_writing_is_changed_less_than_large_writing() -> None:
    def deepened(font_size: int) -> float:
        pale = (170, 172, 170)
        photo = drawn(Scene(stroke=pale, ink=pale, font_size=font_size, light=(0.8, 0.8)))
        before = stroke_of(photo).mean() / bare_of(photo).mean()
        return float(before - stroke_of(cleaned(photo)).mean() / 255)

    assert 0 < deepened(9) < 0.6 * deepened(30)


def test_thin_and_dark_strokes_are_neither_erased_nor_run_together() -> None:
    drawing = np.full((240, 320, 3), 200, dtype=np.uint8)
    drawing[40:200:4, 40:280] = 120  # one dark row in four
    photo = np.asarray(Image.fromarray(drawing).resize((640, 480), Image.Resampling.BICUBIC))
    noise = np.random.default_rng(1).normal(0, 1.5, photo.shape)
    rgb = (photo + noise).clip(0, 255).astype(np.uint8)

    def valleys_and_ridges(picture: Pixels) -> tuple[float, float]:
        darker, lighter = np.percentile(picture[100:380, 290:310].mean(axis=(1, 2)), (12, 88))
        return float(darker), float(lighter)

    dark_before, light_before = valleys_and_ridges(rgb)
    dark_after, light_after = valleys_and_ridges(cleaned(rgb))
    assert dark_after / white_of(look(rgb)) < 1.01 * dark_before / 200
    assert valleys_and_ridges(given(rgb))[0] / 255 < 0.9 * dark_before / 200
    assert light_after / white_of(look(rgb)) > 0.95 * light_before / 200


@pytest.mark.parametrize("noise", [1.0, 3.0, 8.0])
@pytest.mark.parametrize("light", [1.0, 0.5])
def test_noise_is_not_amplified_on_the_bare_board(noise: float, light: float) -> None:
    def share(rgb: Pixels) -> float:
        return float(bare_of(rgb).std() / bare_of(rgb).mean())

    large = drawn(Scene(noise=noise, light=(light, light), font_size=LARGE))
    assert share(cleaned(large)) <= 0.8 * share(large)
    small = drawn(Scene(noise=noise, light=(light, light), font_size=10))
    assert share(cleaned(small)) <= 1.1 * share(small)
    assert share(given(small)) <= 0.9 * share(small)


@pytest.mark.parametrize("noise", [2.0, 6.0])
def test_noise_among_writing_grows_less_than_the_ink_does(noise: float) -> None:
    """Between two strokes 14 rows apart."""
    grey = (150, 150, 150)
    scene = Scene(stroke=grey, stroke_width=4, noise=noise, light=(0.7, 0.7), font_size=LARGE)
    photo = drawn(scene)
    photo[54:58] = np.roll(photo, 14 + 2, axis=0)[54:58]  # the same stroke again, below
    result = cleaned(photo)
    between = slice(STROKE_ROW + 6, STROKE_ROW + 12)

    def ink(rgb: Pixels) -> float:
        return 1 - float(stroke_of(rgb).mean() / bare_of(rgb).mean())

    def unrest(rgb: Pixels) -> float:
        return float(rgb[between, 60:-60].std() / bare_of(rgb).mean())

    assert ink(result) > ink(photo)
    assert unrest(result) / unrest(photo) <= ink(result) / ink(photo)


@pytest.mark.parametrize("surface", [BLACK, GREEN], ids=["black", "green"])
def test_a_dark_board_stays_dark_and_becomes_even(surface: Colour) -> None:
    photo = drawn(Scene(surface=surface, ink=CHALK, light=(1.3, 0.6), stroke=CHALK))
    result = cleaned(photo)
    across = bare_of(result).mean(axis=(0, 2))
    assert across.max() - across.min() < 8
    assert across.mean() <= bare_of(photo).mean() + 5
    assert stroke_of(result).mean() >= stroke_of(photo).mean()


def test_a_green_board_stays_green_and_its_chalk_keeps_its_colours() -> None:
    photo = drawn(Scene(surface=GREEN, ink=CHALK, stroke=(230, 205, 110), light=(1.1, 0.8)))
    result = cleaned(photo)
    bare = bare_of(result).mean(axis=(0, 1))
    assert abs(hue_of(bare) - hue_of(np.array(GREEN, dtype=float))) < 10
    assert abs(hue_of(stroke_of(result)) - hue_of(np.array([230.0, 205.0, 110.0]))) < 12


@pytest.mark.parametrize(
    "surface", [(235, 233, 228), BLACK, GREEN], ids=["white", "black", "green"]
)
def test_a_blank_board_stays_blank(surface: Colour) -> None:
    photo = drawn(Scene(surface=surface, font_size=0, noise=3.0, light=(1.0, 0.7)))
    result = cleaned(photo).astype(float)
    # The same share of the light as in the photo, whose darker half becomes as light as the rest.
    lighter = max(1.0, result.mean() / photo.mean())
    assert (result - result.mean(axis=(0, 1))).std() <= 3.0 * 1.1 * lighter
    if surface[0] > 200:
        assert np.percentile(result, 0.1) > 225


def test_a_person_before_the_board_keeps_shape_and_gets_no_halo() -> None:
    photo = drawn(Scene(person=True, light=(0.8, 0.6), font_size=18))
    result = cleaned(photo)
    rows, columns = slice(280, 470), slice(400, 500)  # well within PERSON
    before, after = photo[rows, columns].astype(float), result[rows, columns].astype(float)
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.98
    # Brighter as the light around, and no more: neither flattened nor stretched.
    gain = after.mean() / before.mean()
    assert 0.9 <= (after.std() / before.std()) / gain <= 1.1
    above = result[PERSON[0].start - 12 : PERSON[0].start - 4, 390:510]
    assert above.mean() > 225
    assert np.median(above) > 240


def test_the_wall_beside_a_dark_board_stays_as_it_is() -> None:
    picture = Image.new("RGB", (640, 480), (176, 168, 150))
    board = Image.fromarray(drawn(Scene(surface=GREEN, ink=CHALK, size=(480, 400))))
    picture.paste(board, (80, 40))
    rgb = np.asarray(picture)
    difference = cleaned(rgb)[:, :50].astype(int) - rgb[:, :50]
    assert np.abs(difference).max() <= 3


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_screenshot_comes_back_as_it_is(kind: str) -> None:
    picture = Image.new("RGB", (640, 480), (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 640, 40), fill=(40, 90, 200))
    for row in range(60, 440, 30):
        draw.text((30, row), "Theorem. Every bounded sequence", fill=(20, 20, 20), font_size=18)
    rgb = np.asarray(Image.open(BytesIO(encoded(picture, kind))))
    assert look(rgb).already_clean
    assert np.array_equal(cleaned(rgb), rgb)


def test_a_clean_view_that_is_cleaned_again_looks_the_same() -> None:
    once = cleaned(drawn(Scene(light=(0.9, 0.6), tint=(1.0, 0.9, 0.8), noise=2.0)))
    assert np.abs(cleaned(once).astype(int) - once).mean() < 4


@pytest.mark.parametrize("colour", [0, 1, 90, 128, 254, 255])
@pytest.mark.parametrize("shape", [(1, 1), (16, 5000), (5000, 16), (3, 200), (65, 97)])
def test_one_colour_of_any_shape_stays_one_colour(shape: tuple[int, int], colour: int) -> None:
    rgb = np.full((*shape, 3), colour, dtype=np.uint8)
    result = cleaned(rgb)
    assert result.shape == rgb.shape
    assert result.dtype == np.uint8
    assert int(result.max()) - int(result.min()) <= 1


def test_pure_noise_gets_no_stronger() -> None:
    rgb = np.random.default_rng(5).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    result = cleaned(rgb)
    assert result.std() <= 1.25 * rgb.std()


@pytest.mark.parametrize("size", [(16, 5000), (700, 30), (17, 19)])
def test_narrow_and_tiny_boards_are_taken(size: tuple[int, int]) -> None:
    photo = drawn(Scene(size=size, font_size=0, light=(1.0, 0.6)))
    assert cleaned(photo).shape == photo.shape


def test_bands_leave_no_seam() -> None:
    photo = drawn(Scene(size=(500, 700), light=(0.9, 0.5), person=True, noise=4.0))
    appearance = look(photo)
    at_once = clean(photo, appearance, band_pixels=10**9).astype(int)
    in_bands = clean(photo, appearance, band_pixels=500 * 64).astype(int)
    assert np.abs(at_once - in_bands).max() <= 2


def test_memory_does_not_grow_with_the_picture() -> None:
    def peak(height: int) -> int:
        photo = drawn(Scene(size=(1000, height), light=(0.9, 0.5)))
        appearance = look(photo)
        tracemalloc.start()
        result = clean(photo, appearance, band_pixels=200_000)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most - result.nbytes

    assert peak(2400) < 1.25 * peak(800)
