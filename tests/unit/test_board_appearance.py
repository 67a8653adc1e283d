"""worker.appearance: what is told of a photo of a board before anything is done to it."""

import numpy as np
import pytest
from PIL import Image, ImageFont

from tests.written_boards import BLACK, BLACK_INK, CHALK, GREEN, Colour, Scene, drawn
from worker.appearance import look
from worker.board_kind import BoardKind, kind_of
from worker.ground import Polarity
from worker.noise import blur_sigma, noise_sigma


def true_x_height(font_size: int) -> float:
    font = ImageFont.load_default(font_size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return -float(font.getbbox("x", anchor="ls")[1])


@pytest.mark.parametrize("font_size", [9, 12, 16, 24, 40])
@pytest.mark.parametrize(
    ("surface", "ink"), [((235, 235, 230), BLACK_INK), (GREEN, CHALK)], ids=["marker", "chalk"]
)
def test_the_size_of_writing_is_told(font_size: int, surface: Colour, ink: Colour) -> None:
    photo = drawn(Scene(size=(900, 700), surface=surface, ink=ink, font_size=font_size))
    told = look(photo).x_height
    assert told is not None
    assert abs(told - true_x_height(font_size)) <= max(1.0, 0.15 * true_x_height(font_size))


def test_uneven_light_and_noise_do_not_change_the_size_of_writing() -> None:
    scene = Scene(size=(900, 700), light=(1.0, 0.4), tint=(1.0, 0.9, 0.7), noise=4.0)
    told = look(drawn(scene)).x_height
    assert told is not None
    assert abs(told - true_x_height(20)) <= 1.5


@pytest.mark.parametrize("noise", [0.0, 2.0, 8.0])
def test_a_board_without_writing_has_no_size_of_writing_and_no_contrast(noise: float) -> None:
    appearance = look(drawn(Scene(font_size=0, noise=noise, light=(1.0, 0.6))))
    assert appearance.x_height is None
    assert appearance.contrast is None
    assert not appearance.pale


@pytest.mark.parametrize(
    ("surface", "ink", "polarity"),
    [
        ((240, 242, 240), BLACK_INK, Polarity.DARK_ON_LIGHT),
        ((240, 242, 240), (200, 200, 205), Polarity.DARK_ON_LIGHT),
        (GREEN, CHALK, Polarity.LIGHT_ON_DARK),
        (BLACK, (110, 110, 108), Polarity.LIGHT_ON_DARK),
    ],
)
@pytest.mark.parametrize("light", [(1.0, 1.0), (1.0, 0.45)])
def test_what_is_darker_is_told(
    surface: Colour, ink: Colour, polarity: Polarity, light: tuple[float, float]
) -> None:
    photo = drawn(Scene(surface=surface, ink=ink, light=light, noise=3.0))
    assert look(photo).polarity is polarity


@pytest.mark.parametrize(
    ("scene", "kind"),
    [
        (Scene(light=(0.9, 0.6), tint=(1.0, 0.93, 0.8)), BoardKind.WHITE),
        (Scene(surface=GREEN, ink=CHALK, light=(1.0, 0.7)), BoardKind.GREEN),
        (Scene(surface=BLACK, ink=CHALK, light=(1.0, 0.7)), BoardKind.BLACK),
        (Scene(surface=(255, 255, 255), noise=0.0, blur=0.0), BoardKind.SLIDE),
        (Scene(surface=(160, 60, 40), light=(0.9, 0.6)), BoardKind.UNSURE),
    ],
    ids=lambda value: str(value) if isinstance(value, BoardKind) else "",
)
def test_the_kind_of_board_is_told(scene: Scene, kind: BoardKind) -> None:
    assert look(drawn(scene)).kind is kind


def test_a_slide_in_a_dark_room_is_told() -> None:
    room = Image.new("RGB", (900, 700), (12, 12, 11))
    room.paste(Image.fromarray(drawn(Scene(size=(600, 450)))), (150, 120))
    noisy = np.asarray(room) + np.random.default_rng(2).normal(0, 2, (700, 900, 3))
    appearance = look(noisy.clip(0, 255).astype(np.uint8))
    assert appearance.kind is BoardKind.SLIDE
    assert appearance.board == pytest.approx(600 * 450 / (900 * 700), abs=0.05)


@pytest.mark.parametrize(
    ("board", "letters", "kind"),
    [(0.1, 50, BoardKind.UNSURE), (0.9, 300, BoardKind.WHITE), (0.9, 5000, BoardKind.PAPER)],
)
def test_kinds_depend_on_how_much_board_and_writing_there_is(
    board: float, letters: int, kind: BoardKind
) -> None:
    told = kind_of(
        polarity=Polarity.DARK_ON_LIGHT,
        surface=(210, 205, 190),
        board=board,
        dark_sides=0,
        letters=letters,
        made=False,
    )
    assert told is kind


@pytest.mark.parametrize("sigma", [1.0, 2.0, 5.0, 12.0])
def test_noise_is_measured_beside_writing(sigma: float) -> None:
    photo = drawn(Scene(surface=(180, 180, 178), noise=sigma, light=(1.0, 0.7), font_size=14))
    assert noise_sigma(photo[..., 1]) == pytest.approx(sigma, rel=0.25)
    bare = drawn(Scene(surface=(180, 180, 178), noise=sigma, light=(1.0, 0.7), font_size=0))
    assert noise_sigma(bare[..., 1]) == pytest.approx(sigma, rel=0.06)


def test_no_noise_is_told_of_where_there_is_none() -> None:
    assert noise_sigma(drawn(Scene(noise=0.0))[..., 1]) < 0.2


def test_blur_is_measured_at_edges() -> None:
    told = []
    for blur in (0.7, 1.5, 3.0):
        scene = Scene(stroke=BLACK_INK, stroke_width=30, font_size=0, blur=blur, noise=0.5)
        told.append(blur_sigma(drawn(scene)[..., 1], 0.5))
    assert told == pytest.approx([0.7, 1.5, 3.0], rel=0.2)


def test_there_is_no_blur_where_there_is_no_edge() -> None:
    assert blur_sigma(drawn(Scene(font_size=0))[..., 1], 1.5) is None


@pytest.mark.parametrize(("ink", "pale"), [(BLACK_INK, False), (190, True), (215, True)])
def test_pale_strokes_are_told(ink: Colour | int, pale: bool) -> None:  # noqa: FBT001 -- pytest's
    colour = (ink, ink, ink) if isinstance(ink, int) else ink
    photo = drawn(Scene(ink=colour, font_size=28, light=(0.9, 0.7), noise=1.0))
    assert look(photo).pale is pale


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 2), (16, 5000), (5000, 16)])
def test_pictures_of_every_shape_are_looked_at(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    appearance = look(rng.integers(0, 256, (*shape, 3), dtype=np.uint8))
    assert appearance.noise >= 0
    assert 0 <= appearance.board <= 1


def test_a_large_photo_is_told_the_same_of_as_its_parts() -> None:
    scene = Scene(size=(2400, 1800), font_size=40, light=(1.0, 0.6), noise=2.0)
    appearance = look(drawn(scene))
    assert appearance.kind is BoardKind.WHITE
    assert appearance.noise == pytest.approx(2.0, rel=0.12)
    assert appearance.x_height == pytest.approx(true_x_height(40), rel=0.15)
