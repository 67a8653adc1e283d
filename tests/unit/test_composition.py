"""worker.composition: what is shown is clean, and the network's only where that is no risk."""

import dataclasses
import json
import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from core.imaging import Pixels
from tests.upscaling import upscaled
from tests.written_boards import BLACK, CHALK, GREEN, Scene, drawn
from worker.appearance import Appearance, look
from worker.board import clean, strengthened
from worker.composition import Composition, compose, examine, left_as_it_is, share_for, strip
from worker.engines.interpolation import Interpolation
from worker.lines import find_lines
from worker.quality import Why
from worker.readers import Read

LARGE = Scene(size=(640, 420), font_size=32, light=(0.9, 0.7))
MEDIUM = Scene(size=(640, 420), font_size=14, light=(0.9, 0.7))
SMALL = Scene(size=(640, 420), font_size=7, light=(0.9, 0.7))


def enlarged(rgb: Pixels, scale: int = 4) -> Pixels:
    """The clean view as it is made alone."""
    return upscaled(Interpolation(scale), rgb)


def prepared(scene: Scene) -> tuple[Pixels, Appearance]:
    photo = drawn(scene)
    appearance = look(photo)
    return clean(photo, appearance), appearance


def crisper(cleaned: Pixels) -> Pixels:
    """What a good network makes of it: the same ink, its edges steeper."""
    fine = enlarged(cleaned).astype(np.float32)
    around = np.asarray(
        Image.fromarray(fine.astype(np.uint8))
        .resize((cleaned.shape[1], cleaned.shape[0]), Image.Resampling.BOX)
        .resize((fine.shape[1], fine.shape[0]), Image.Resampling.BILINEAR),
        dtype=np.float32,
    )
    return (fine + 0.6 * (fine - around)).clip(0, 255).astype(np.uint8)


class Stub:
    """Reads by the order in which strips come: clean and sharp of the first line, and so on."""

    name = "stub"

    def __init__(self, clean_read: Read, sharp_read: Read) -> None:
        self._pair = (clean_read, sharp_read)

    def read(self, strips: Sequence[Pixels], *, within_s: float) -> list[Read]:
        assert within_s > 0
        return [self._pair[place % 2] for place in range(len(strips))]


AGREES = Stub(Read(("word",), 0.9), Read(("word",), 0.95))
CONTRADICTS = Stub(Read(("word",), 0.9), Read(("gone",), 0.99))


def composed(
    cleaned: Pixels,
    sharp: Pixels,
    appearance: Appearance,
    *readers: Stub,
    given: Pixels | None = None,
) -> Composition:
    """Without `given`: what the network was given is the clean view, as for large writing."""
    return compose(
        cleaned=cleaned,
        sharp=sharp.copy(),
        examined=examine(
            given=cleaned if given is None else given, sharp=sharp, appearance=appearance
        ),
        appearance=appearance,
        readers=readers or None,
    )


def apart(one: Pixels, other: Pixels) -> int:
    return int(np.abs(one.astype(np.int16) - other).max())


def test_small_writing_shows_nothing_of_the_network() -> None:
    cleaned, appearance = prepared(SMALL)
    result = composed(cleaned, crisper(cleaned), appearance)
    assert result.record.lines
    assert {line.share for line in result.record.lines} == {0.0}
    assert apart(result.picture, enlarged(cleaned)) == 0


def test_large_writing_is_the_networks() -> None:
    cleaned, appearance = prepared(LARGE)
    sharp = crisper(cleaned)
    result = composed(cleaned, sharp, appearance)
    assert {line.share for line in result.record.lines} == {1.0}
    for line in result.record.lines:
        top, bottom, left, right = (4 * side for side in line.box)
        inside = (slice(top, bottom), slice(left, right))
        difference = np.abs(result.picture[inside].astype(np.int16) - sharp[inside])
        assert difference.mean() < 2


def test_shares_grow_with_the_size_of_writing_and_never_leave_their_range() -> None:
    shares = [share_for(size) for size in np.arange(1, 60, 0.5)]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert share_for(None) == 0.0


def test_the_bare_board_is_clean() -> None:
    cleaned, appearance = prepared(LARGE)
    sharp = crisper(cleaned)
    sharp[4 * 8 : 4 * 40] = 128  # above all writing, the network paints something
    result = composed(cleaned, sharp, appearance)
    assert apart(result.picture[40:140], enlarged(cleaned)[40:140]) == 0


def test_a_contradicted_line_stays_clean_and_an_agreed_one_does_not() -> None:
    cleaned, appearance = prepared(LARGE)
    sharp = crisper(cleaned)
    refused = composed(cleaned, sharp, appearance, CONTRADICTS)
    assert {line.why for line in refused.record.lines} == {Why.CONTRADICTION}
    assert apart(refused.picture, enlarged(cleaned)) == 0
    agreed = composed(cleaned, sharp, appearance, AGREES)
    assert {line.why for line in agreed.record.lines} == {Why.SIZE}
    assert apart(agreed.picture, composed(cleaned, sharp, appearance).picture) == 0


def test_a_line_whose_strokes_the_network_erased_stays_clean() -> None:
    cleaned, appearance = prepared(LARGE)
    sharp = crisper(cleaned)
    first = find_lines(cleaned, appearance)[0]
    gone = (
        slice(4 * first.top, 4 * first.bottom),
        slice(4 * first.left, 4 * (first.left + first.right) // 2),
    )
    sharp[gone] = 255
    result = composed(cleaned, sharp, appearance, AGREES)
    assert result.record.lines[0].why in {Why.VANISHED, Why.COLOUR}
    assert apart(result.picture[gone], enlarged(cleaned)[gone]) == 0
    assert result.record.doubted > 0
    assert result.record.lines[-1].share == 1.0


def test_pale_strokes_that_the_network_erased_are_there() -> None:
    pale = dataclasses.replace(LARGE, ink=(200, 202, 200), light=(1.0, 1.0), noise=0.0)
    photo = drawn(pale)  # taken as clean: so pale that its mean hardly differs from the board's
    sharp = np.full_like(enlarged(photo), photo[0, 0])
    result = composed(photo, sharp, look(photo), AGREES)
    assert {line.why for line in result.record.lines} == {Why.VANISHED}
    assert apart(result.picture, enlarged(photo)) == 0


@pytest.mark.parametrize("surface", [GREEN, BLACK], ids=["green", "black"])
def test_chalk_that_the_network_erased_is_there(surface: tuple[int, int, int]) -> None:
    cleaned, appearance = prepared(dataclasses.replace(LARGE, surface=surface, ink=CHALK))
    sharp = np.full_like(enlarged(cleaned), 0)
    sharp[:] = np.median(cleaned.reshape(-1, 3), axis=0)
    result = composed(cleaned, sharp, appearance, AGREES)
    assert apart(result.picture, enlarged(cleaned)) == 0


@pytest.mark.parametrize("level", [0, 255])
def test_a_black_or_white_result_leaves_the_clean_picture(level: int) -> None:
    cleaned, appearance = prepared(LARGE)
    sharp = np.full_like(enlarged(cleaned), level)
    result = composed(cleaned, sharp, appearance, AGREES)
    assert np.abs(result.picture.astype(np.int16) - enlarged(cleaned)).mean() < 1


def test_a_marker_keeps_its_colour_where_the_network_turned_it() -> None:
    cleaned, appearance = prepared(dataclasses.replace(LARGE, ink=(190, 40, 40)))
    result = composed(cleaned, crisper(cleaned)[..., ::-1].copy(), appearance, AGREES)
    assert {line.why for line in result.record.lines} == {Why.COLOUR}
    assert apart(result.picture, enlarged(cleaned)) == 0


def test_there_is_no_border_between_the_networks_part_and_the_rest() -> None:
    cleaned, appearance = prepared(LARGE)
    fine = enlarged(cleaned)
    sharp = (fine.astype(np.int16) - 20).clip(0, 255).astype(np.uint8)
    result = composed(cleaned, sharp, appearance)
    added = fine.astype(np.int16).mean(axis=2) - result.picture.astype(np.int16).mean(axis=2)
    bare = fine.min(axis=2) > 250
    steps = np.abs(np.diff(added, axis=0))[bare[1:] & bare[:-1]]
    assert added[bare].max() > 10  # there is something of the network on bare surface
    assert steps.max() <= 3


def test_the_networks_white_becomes_that_of_the_clean_view() -> None:
    photo = drawn(MEDIUM)
    appearance = look(photo)
    cleaned, given = clean(photo, appearance), strengthened(photo, appearance)
    surer = Stub(Read(("word",), 0.6), Read(("word",), 0.9))
    result = composed(cleaned, crisper(given), appearance, surer, given=given)
    line = result.record.lines[0]
    assert line.share == 1.0
    beside = enlarged(cleaned)
    top, bottom, left, right = (4 * side for side in line.box)
    inside = (slice(top, bottom), slice(left, right))
    bare = beside[inside].min(axis=2) > np.percentile(beside[:80], 20)
    brighter = result.picture[inside].astype(np.int16) - beside[inside]
    assert abs(np.median(brighter[bare])) <= 2


def test_medium_writing_that_readers_are_surer_of_is_all_the_networks() -> None:
    cleaned, appearance = prepared(MEDIUM)
    sharp = crisper(cleaned)
    surer = Stub(Read(("word",), 0.6), Read(("word",), 0.9))
    by_size = {line.share for line in composed(cleaned, sharp, appearance).record.lines}
    lines = composed(cleaned, sharp, appearance, surer).record.lines
    assert max(by_size) < 1.0
    assert {(line.share, line.why) for line in lines} == {(1.0, Why.SURER)}


def test_the_record_is_fit_for_json_and_counts_every_line() -> None:
    cleaned, appearance = prepared(MEDIUM)
    record = composed(cleaned, crisper(cleaned), appearance, AGREES).record
    told = json.loads(json.dumps(dataclasses.asdict(record)))
    assert sum(told["counts"].values()) == len(told["lines"]) > 0
    assert told["readers"] == ["stub"]
    assert told["lines"][0]["why"] == "size"
    assert told["lines"][0]["sharp_confidence"] == 0.95


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (16, 3000), (120, 160)])
@pytest.mark.parametrize("content", ["even", "noise"])
@pytest.mark.parametrize("scale", [1, 3, 4])
def test_pictures_of_every_shape_are_composed(
    shape: tuple[int, int], content: str, scale: int
) -> None:
    rng = np.random.default_rng(4)
    photo = np.full((*shape, 3), 180, dtype=np.uint8)
    if content == "noise":
        photo = rng.integers(0, 256, photo.shape, dtype=np.uint8)
    appearance = look(photo)
    cleaned = clean(photo, appearance)
    sharp = enlarged(cleaned, scale)
    result = composed(cleaned, sharp, appearance, AGREES)
    assert result.picture.shape == sharp.shape
    assert result.picture.dtype == np.uint8


def test_a_network_that_shrinks_is_refused() -> None:
    cleaned, appearance = prepared(LARGE)
    with pytest.raises(ValueError, match="smaller"):
        composed(cleaned, cleaned[:-1], appearance)


def test_the_picture_is_made_in_place_and_in_bands() -> None:
    cleaned, appearance = prepared(dataclasses.replace(LARGE, size=(1280, 960)))
    sharp = enlarged(cleaned)
    tracemalloc.start()
    examined = examine(given=cleaned, sharp=sharp, appearance=appearance)
    result = compose(
        cleaned=cleaned, sharp=sharp, examined=examined, appearance=appearance, readers=None
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.picture is sharp
    assert peak < 1.5 * sharp.nbytes


def test_a_strip_for_readers_holds_the_line_upright() -> None:
    font = ImageFont.load_default(28)
    board = Image.new("RGB", (900, 300), (250, 250, 250))
    ImageDraw.Draw(board).text((60, 120), "the sum of a long series", fill=(20, 20, 20), font=font)
    turned = np.asarray(board.rotate(3.0, Image.Resampling.BICUBIC, fillcolor=(250, 250, 250)))
    line = find_lines(turned, look(turned))[0]
    cut = strip(turned, line, 1.0)
    rows = np.flatnonzero(cut.min(axis=(1, 2)) < 100)
    ink_left = np.flatnonzero(cut[:, : cut.shape[1] // 4].min(axis=(1, 2)) < 100)
    ink_right = np.flatnonzero(cut[:, -cut.shape[1] // 4 :].min(axis=(1, 2)) < 100)
    assert rows[0] >= 4
    assert rows[-1] <= cut.shape[0] - 4
    assert abs(int(np.median(ink_left)) - int(np.median(ink_right))) <= 6


@pytest.mark.parametrize(
    ("scene", "left"),
    [
        (Scene(surface=(255, 255, 255), noise=0.0, blur=0.0, font_size=20), True),
        (Scene(surface=(28, 30, 40), ink=(230, 230, 230), noise=0.0, blur=0.0), True),
        (Scene(surface=(255, 255, 255), noise=0.0, blur=0.0, font_size=7), False),
        (Scene(surface=(255, 255, 255), noise=0.0, blur=2.5, font_size=20), False),
        (Scene(font_size=20, light=(0.9, 0.7)), False),
        (Scene(font_size=0, noise=0.0), False),
    ],
    ids=["slide", "dark slide", "tiny", "blurred", "photo", "blank"],
)
def test_a_screenshot_is_left_as_it_is_and_a_photo_is_not(scene: Scene, *, left: bool) -> None:
    assert left_as_it_is(look(drawn(scene))) is left
