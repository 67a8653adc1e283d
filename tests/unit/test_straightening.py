"""worker.outline and worker.straightening: four edges found with confidence, or nothing."""

import math
import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.imaging import Pixels
from tests.legibility.geometry import moved, rectangle, seen
from tests.rooms import SIZE, Clutter, Kind, Room, room
from tests.rooms_without import Without, without
from tests.written_boards import Scene, drawn
from worker.appearance import look
from worker.outline import Outline, find_outline
from worker.straightening import aspect_of, straighten

# Rooms in which every kind of board is found; of all rooms about one in seven says nothing.
FOUND = ((Kind.WHITE, 20), (Kind.GREEN, 1), (Kind.BLACK, 27), (Kind.SLIDE, 3), (Kind.PAPER, 4))


def off(outline: Outline, truth: Room) -> float:
    """The largest distance of a corner from the true one, in diagonals of the photo."""
    pairs = zip(outline.corners, truth.corners, strict=True)
    return max(math.dist(found, true) for found, true in pairs) / math.hypot(*SIZE)


@pytest.mark.parametrize(("kind", "seed"), FOUND)
def test_a_boards_corners_are_found(kind: Kind, seed: int) -> None:
    photo = room(seed, kind=kind)
    outline = find_outline(photo.rgb, look(photo.rgb))
    assert outline is not None
    assert outline.size == SIZE
    assert 0.75 <= outline.confidence <= 1
    # A frame may be taken in, as far as it is wide.
    assert off(outline, photo) < 0.025


def test_an_outline_is_mostly_right_when_there_is_one() -> None:
    told = [
        (outline, photo)
        for photo in (room(seed, clutter=clutter) for seed in range(3) for clutter in Clutter)
        if (outline := find_outline(photo.rgb)) is not None
    ]
    assert len(told) >= 9
    assert max(off(outline, photo) for outline, photo in told) < 0.035


@pytest.mark.parametrize("what", list(Without))
def test_no_outline_is_told_where_there_is_no_whole_board(what: Without) -> None:
    assert find_outline(without(1, what)) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (16, 5000), (5000, 16), (95, 400)])
def test_strips_and_specks_have_no_outline(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(4)
    assert find_outline(rng.integers(0, 256, (*shape, 3), dtype=np.uint8)) is None


@pytest.mark.parametrize("level", [0, 128, 255])
def test_one_colour_has_no_outline(level: int) -> None:
    assert find_outline(np.full((960, 1280, 3), level, dtype=np.uint8)) is None


def test_noise_costs_no_more_than_a_second() -> None:
    noise = without(0, Without.NOISE)
    start = time.process_time()
    assert find_outline(noise) is None
    assert time.process_time() - start < 1.0


def test_a_stroke_around_the_writing_is_no_edge_of_the_board() -> None:
    photo = drawn(Scene(size=(1000, 800), font_size=24, light=(1.0, 0.7)))
    photo[60:68, 60:940] = photo[730:738, 60:940] = (30, 40, 120)
    photo[60:738, 60:68] = photo[60:738, 932:940] = (30, 40, 120)
    assert find_outline(photo) is None


def in_a_room(board: Pixels, left: int, top: int, size: tuple[int, int]) -> Pixels:
    picture = Image.new("RGB", size, (96, 88, 80))
    picture.paste(Image.fromarray(board), (left, top))
    return np.asarray(picture)


def test_a_straight_board_that_fills_the_photo_gains_nothing() -> None:
    board = drawn(Scene(size=(1240, 920), font_size=30))
    assert find_outline(in_a_room(board, 20, 20, (1280, 960))) is None
    small = drawn(Scene(size=(800, 600), font_size=24))
    assert find_outline(in_a_room(small, 240, 180, (1280, 960))) is not None


def test_a_screenshot_has_no_outline() -> None:
    board = drawn(Scene(size=(800, 600), font_size=24, noise=0.0, blur=0.0))
    screen = in_a_room(board, 240, 180, (1280, 960))
    appearance = look(drawn(Scene(size=(800, 600), surface=(255, 255, 255), noise=0.0, blur=0.0)))
    assert appearance.already_clean
    assert find_outline(screen, appearance) is None


def test_a_scaled_outline_is_the_same_in_a_larger_picture() -> None:
    corners = ((10.0, 20.0), (110.0, 25.0), (100.0, 90.0), (12.0, 80.0))
    outline = Outline(corners=corners, size=(160, 120), confidence=0.9)
    larger = outline.scaled(4)
    assert larger.corners == ((40, 80), (440, 100), (400, 360), (48, 320))
    assert larger.size == (640, 480)
    assert aspect_of(larger) == pytest.approx(aspect_of(outline))


def looked_at(
    aspect: float, yaw: float, pitch: float, focal: float
) -> tuple[Outline, list[tuple[float, float]]]:
    """A board seen by a pinhole camera (angles in degrees), and its quarter points there."""
    width, height = SIZE
    y, p = math.radians(yaw), math.radians(pitch)
    turn = np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
    turn = turn @ np.array(
        [[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]]
    )
    pixels = focal * math.hypot(width, height)
    inner = np.array([[pixels, 0, width / 2], [0, pixels, height / 2], [0, 0, 1.0]])
    far = 2.2 * max(aspect * pixels / width, pixels / height)
    onto = inner @ np.stack([turn[:, 0], turn[:, 1], np.array([0.02, 0.03, far])], axis=1)
    half = aspect / 2
    a, b, c, d = (
        moved(onto, point) for point in ((-half, -0.5), (half, -0.5), (half, 0.5), (-half, 0.5))
    )
    quarters = [
        moved(onto, (half * s, 0.5 * t)) for s, t in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5))
    ]
    return Outline(corners=(a, b, c, d), size=SIZE, confidence=1.0), quarters


def leaning(pitch: tuple[int, int]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Boards of every shape, seen by usual cameras from the side, and from above or below."""
    return given(
        aspect=st.floats(0.6, 3.0),
        yaw=st.floats(8, 35),
        pitch=st.floats(*pitch),
        focal=st.floats(0.6, 1.4),
        mirror=st.sampled_from([(1, 1), (-1, 1), (1, -1), (-1, -1)]),
    )


@settings(max_examples=60, deadline=None)
@leaning(pitch=(14, 25))
def test_the_proportions_of_a_board_are_told_from_how_it_leans(
    aspect: float, yaw: float, pitch: float, focal: float, mirror: tuple[int, int]
) -> None:
    outline, _ = looked_at(aspect, mirror[0] * yaw, mirror[1] * pitch, focal)
    assert aspect_of(outline) == pytest.approx(aspect, rel=0.05)


@settings(max_examples=60, deadline=None)
@leaning(pitch=(8, 14))
def test_where_a_board_hardly_leans_a_usual_camera_costs_less_than_a_tenth(
    aspect: float, yaw: float, pitch: float, focal: float, mirror: tuple[int, int]
) -> None:
    """A vanishing point is far away, so a usual focal length stands for one of 0.6 to 1.4."""
    outline, _ = looked_at(aspect, mirror[0] * yaw, mirror[1] * pitch, focal)
    assert aspect_of(outline) == pytest.approx(aspect, rel=0.09)


@pytest.mark.parametrize("yaw", [0.0, 12.0, 25.0])
def test_a_usual_camera_is_assumed_where_sides_are_parallel(yaw: float) -> None:
    outline, _ = looked_at(1.6, yaw, 0.0, 1.0)
    assert aspect_of(outline) == pytest.approx(1.6, rel=0.03)


@pytest.mark.parametrize(("yaw", "pitch"), [(25.0, 12.0), (-30.0, -10.0)])
def test_straightening_restores_right_angles_and_proportions(yaw: float, pitch: float) -> None:
    outline, quarters = looked_at(1.5, yaw, pitch, 0.8)
    photo = np.full((SIZE[1], SIZE[0], 3), 200, dtype=np.uint8)
    for x, y in quarters:
        photo[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4] = 0
    straight = straighten(photo, outline, longest_side=900)
    height, width = straight.shape[:2]
    assert max(width, height) <= 900
    assert width / height == pytest.approx(1.5, rel=0.03)
    for across, down in ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75)):
        x, y = round(across * width), round(down * height)
        assert straight[y - 1 : y + 2, x - 1 : x + 2].max() < 60


def test_a_board_that_is_seen_straight_is_cropped_as_it_is() -> None:
    rng = np.random.default_rng(5)
    photo = rng.integers(0, 256, (600, 700, 3), dtype=np.uint8)
    corners = ((100.0, 50.0), (500.0, 50.0), (500.0, 350.0), (100.0, 350.0))
    outline = Outline(corners=corners, size=(700, 600), confidence=1.0)
    assert np.array_equal(straighten(photo, outline, longest_side=5000), photo[50:350, 100:500])


def test_a_reduced_view_is_averaged_and_no_larger_than_asked() -> None:
    stripes = np.zeros((800, 1000, 3), dtype=np.uint8)
    stripes[::2] = 255
    outline = Outline(corners=rectangle(1000, 800), size=(1000, 800), confidence=1.0)
    view = straighten(stripes, outline, longest_side=250)
    assert view.shape == (200, 250, 3)
    assert np.abs(view.astype(int) - 128).max() <= 2


def test_bands_meet_without_a_seam() -> None:
    outline, _ = looked_at(1.3, 20.0, 10.0, 0.8)
    photo = room(3).rgb
    straight = straighten(photo, outline, longest_side=1200)
    height, width = straight.shape[:2]
    whole = np.asarray(seen(Image.fromarray(photo), outline.corners, width, height))
    assert height > 256  # more than one band
    assert np.abs(straight.astype(int) - whole.astype(int)).max() <= 2
