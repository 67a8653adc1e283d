"""tests.dedup's generator: pairs by seed, and that they differ where they say, and nowhere else."""

from functools import cache
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.imaging import Limits, decode
from tests.dedup.pairs import changes_of, pairs
from tests.dedup.planes import Plane, Planes, differing
from tests.dedup.shots import first_view, other_seat, same_seat, still
from tests.dedup.states import SEEDS, SIGNS, Board, Piece, board
from tests.dedup.truth import (
    A_LINE_OR_WORD,
    A_SYMBOL,
    ANOTHER_TEXT,
    COPIES,
    CROPS,
    NEGATIVES,
    POSITIVES,
    TRUTHS,
    Camera,
    Change,
    Pair,
    Relation,
)
from tests.legibility import boards
from tests.legibility.boards import MARGIN
from tests.legibility.geometry import homography, moved, rectangle
from tests.legibility.truth import BoardKind, Script

SLIDE = 3003
CHALK = 3006
LIMITS = Limits(pixels=50_000_000, least_px=1)

state = cache(board)


@cache
def planes(seed: int) -> Planes:
    return Planes(state(seed))


@cache
def copies() -> dict[Change, Pair]:
    return {one.change: one for one in pairs(SLIDE, COPIES)}


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content)).convert("RGB")


def texts(pieces: tuple[Piece, ...]) -> list[str]:
    return [one.written.text for one in pieces]


def places_of(plane: Plane, pieces: set[Piece]) -> NDArray[np.bool_]:
    """A mask of these pieces' places, with two pixels of the photo around them."""
    mask = Image.new("1", plane.picture.size)
    for piece in pieces:
        ImageDraw.Draw(mask).polygon(plane.boxes[piece], fill=1, outline=1, width=9)
    return np.asarray(mask)


def changed(seed: int, change: Change) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where the planes differ, and where the pieces stand that only one of the states has."""
    one = state(seed)
    before, after = planes(seed).of(one.earlier), planes(seed).of(one.later(change))
    found = differing(before, after)
    gone = set(one.earlier) - set(one.later(change))
    come = set(one.later(change)) - set(one.earlier)
    return found, places_of(before, gone) | places_of(after, come)


def test_nobody_tunes_on_the_pairs_that_are_reported() -> None:
    assert not set(SEEDS["development"]) & set(SEEDS["frozen"])
    for seeds in boards.SEEDS.values():
        assert not set(seeds) & {*SEEDS["development"], *SEEDS["frozen"]}


def test_every_change_is_a_copy_another_shot_or_a_loss_if_it_is_merged() -> None:
    assert {*POSITIVES, *NEGATIVES} == set(Change) == set(TRUTHS)
    assert {*A_LINE_OR_WORD, *A_SYMBOL, *ANOTHER_TEXT} == set(NEGATIVES)
    same = {Relation.SAME_PICTURE, Relation.OTHER_SHOT}
    assert {change for change in Change if TRUTHS[change] in same} == set(POSITIVES)


@pytest.mark.parametrize("seeds", SEEDS.values(), ids=SEEDS)
def test_sixteen_seeds_hold_every_board_in_either_language_and_slides_by_hand_and_print(
    seeds: range,
) -> None:
    found = [state(seed) for seed in seeds[:16]]
    assert {(one.plan.kind, one.script) for one in found} == {
        (kind, script) for kind in BoardKind for script in (Script.CYRILLIC, Script.LATIN)
    }
    slides = [one for one in found if one.plan.kind is BoardKind.SLIDE]
    assert {one.by_hand for one in slides} == {False, True}


@pytest.mark.parametrize("seed", SEEDS["development"][:16])
def test_a_change_of_state_adds_or_replaces_one_thing(seed: int) -> None:
    one: Board = state(seed)
    earlier = set(one.earlier)
    for change in A_LINE_OR_WORD:
        later = set(one.later(change))
        assert earlier < later
        assert len(later - earlier) == 1
    (line,) = set(one.later(Change.LINE)) - earlier
    (word,) = set(one.later(Change.WORD)) - earlier
    assert line.written.text == one.details[Change.LINE]
    assert len(word.written.words) == 1
    for change in A_SYMBOL:
        (old,) = earlier - set(one.later(change))
        (new,) = set(one.later(change)) - earlier
        assert len(old.written.text) == len(new.written.text) == 1
        assert old.written.left == new.written.left
        assert old.written.text != new.written.text
    assert SIGNS[old.written.text] == new.written.text


@pytest.mark.parametrize("seed", SEEDS["development"][:16])
def test_another_text_keeps_the_layout_and_no_line(seed: int) -> None:
    one = state(seed)
    later = one.later(Change.TEXT)
    lines = {text for text in texts(one.earlier) if len(text) > 1}
    assert not set(texts(later)) & lines
    # A line that is in pieces in the earlier state is whole here.
    starts = {(p.written.left, p.written.baseline) for p in one.earlier}
    assert all((p.written.left, p.written.baseline) in starts for p in later)
    if one.plan.kind is BoardKind.SLIDE:
        template = one.later(Change.TEMPLATE)
        assert template[0] in one.earlier
        assert not set(texts(template[1:])) & lines
    assert (Change.TEMPLATE in changes_of(seed)) == (one.plan.kind is BoardKind.SLIDE)


@pytest.mark.parametrize("seed", [SLIDE, CHALK])
@pytest.mark.parametrize("change", [*A_LINE_OR_WORD, *A_SYMBOL])
def test_the_board_looks_different_where_it_was_changed_and_nowhere_else(
    seed: int, change: Change
) -> None:
    found, places = changed(seed, change)
    assert (found & places).sum() > 20
    assert not (found & ~places).any()


def test_other_photos_of_a_state_show_the_same_pieces() -> None:
    one = state(CHALK)
    assert one.later(Change.SAME_SEAT) == one.later(Change.JPEG) == one.earlier


def test_one_seed_and_change_make_one_pair() -> None:
    (first,) = pairs(SLIDE, [Change.JPEG])
    again = copies()[Change.JPEG]  # made with others, of which it is independent
    assert first == again
    assert first.earlier != first.later
    assert (first.truth, first.camera, first.ink) == (Relation.SAME_PICTURE, Camera.FILE, 0.0)


def test_a_later_photo_has_its_own_noise_and_tells_how_much_ink_is_new() -> None:
    (pair,) = pairs(SLIDE, [Change.LINE])
    assert pair.camera is Camera.STILL
    assert 0 < pair.ink < 0.02
    assert pair.details == state(SLIDE).details[Change.LINE]
    ours, theirs = (np.asarray(opened(content), int) for content in (pair.earlier, pair.later))
    assert ours.shape == theirs.shape
    assert max(ours.shape) == 1280
    assert (ours != theirs).any(axis=2).mean() > 0.5


@pytest.mark.parametrize("change", CROPS)
def test_a_crop_is_a_part_of_the_earlier_photo(change: Change) -> None:
    pair = copies()[change]
    ours, theirs = opened(pair.earlier), opened(pair.later)
    left, top = (int(part) for part in pair.details.removeprefix("from ").split(", ")[:2])
    part = ours.crop((left, top, left + theirs.width, top + theirs.height))
    assert np.abs(np.asarray(part, int) - np.asarray(theirs, int)).mean() < 4
    for whole, kept in zip(ours.size, theirs.size, strict=True):
        assert kept / whole == pytest.approx(1 - CROPS[change], abs=0.002)


def test_a_photo_turned_by_exif_stands_upright_when_it_is_decoded() -> None:
    pair = copies()[Change.EXIF]
    assert opened(pair.later).size != opened(pair.earlier).size
    ours, theirs = (decode(content, LIMITS).pixels for content in (pair.earlier, pair.later))
    assert np.abs(ours.astype(int) - theirs).mean() < 4


def test_a_messenger_makes_a_large_photo_1280_pixels() -> None:
    pair = copies()[Change.RESIZE]
    assert max(opened(pair.earlier).size) >= 1500
    assert max(opened(pair.later).size) == 1280


def test_a_brighter_copy_is_brighter_or_darker_everywhere() -> None:
    pair = copies()[Change.BRIGHTNESS]
    ours, theirs = (np.asarray(opened(c), float).mean() for c in (pair.earlier, pair.later))
    assert abs(theirs / ours - 1) > 0.05


def test_a_screenshot_holds_the_photo_between_borders() -> None:
    shown = np.asarray(opened(copies()[Change.SCREENSHOT].later), int)
    assert sorted(shown.shape[:2]) == [1080, 2340]
    assert (np.abs(shown[-20:] - shown[-1, 0]).max()) <= 8


@pytest.mark.parametrize("seed", SEEDS["development"][:16])
def test_every_view_shows_all_that_is_written(seed: int) -> None:
    plan = state(seed).plan
    rng = np.random.default_rng(seed)
    inset = 2.2 * MARGIN * plan.height  # within it the layout writes
    right, bottom = plan.width + 2 * plan.margin - inset, plan.height + 2 * plan.margin - inset
    first = first_view(plan)
    for view in (
        first,
        still(plan, first, rng),
        same_seat(plan, first, rng),
        other_seat(plan, rng),
    ):
        onto = homography(view.shot.corners, rectangle(1, 1))
        for corner in ((inset, inset), (right, inset), (right, bottom), (inset, bottom)):
            assert all(-0.012 <= side <= 1.012 for side in moved(onto, corner))


def test_the_same_seat_moves_by_pixels_and_another_by_much_more() -> None:
    plan = state(CHALK).plan
    rng = np.random.default_rng(1)
    first = first_view(plan)
    before = np.array(first.shot.corners)
    near = np.abs(np.array(same_seat(plan, first, rng).shot.corners) - before).max()
    assert 0 < near < 0.01 * plan.width
    assert np.abs(np.array(other_seat(plan, rng).shot.corners) - before).max() > 5 * near
    assert still(plan, first, rng).shot.corners == first.shot.corners
