"""The verdict, on values alone: what is a duplicate and, above all, what never is."""

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dedup import (
    MOST_ASPECT,
    MOST_CHANGE,
    MOST_ENLARGEMENT,
    NOMINATE_PHASH64,
    NOMINATE_PHASH256,
    change_between,
    judge,
)
from core.fingerprints import SKETCH_SIDE
from core.values import Duplicate, Fingerprint, Known, New


def sketch_of(seed: int, level: int) -> bytes:
    """A sketch with some relief, all its cells between 30 and 225."""
    relief = np.random.default_rng(seed).integers(-20, 21, (SKETCH_SIDE, SKETCH_SIDE))
    return (relief + level).astype(np.uint8).tobytes()


@st.composite
def fingerprints(draw: st.DrawFn) -> Fingerprint:
    return Fingerprint(
        bytes_sha256=draw(st.binary(min_size=32, max_size=32)),
        pixels_sha256=draw(st.binary(min_size=32, max_size=32)),
        phash64=draw(st.integers(0, 2**64 - 1)),
        phash256=draw(st.integers(0, 2**256 - 1)),
        sketch=sketch_of(draw(st.integers(0, 50)), draw(st.integers(60, 190))),
        width=draw(st.integers(400, 4000)),
        height=draw(st.integers(400, 4000)),
    )


boards = st.builds(Known, board_id=st.uuids(), upload_id=st.uuids(), fingerprint=fingerprints())
some_boards = st.lists(boards, max_size=5)


def known(fingerprint: Fingerprint, number: int = 1) -> Known:
    return Known(board_id=UUID(int=number), upload_id=UUID(int=number), fingerprint=fingerprint)


def copy_of(picture: Fingerprint, **changed: object) -> Fingerprint:
    """The same picture in another file: the digests differ, nothing else."""
    other = replace(picture, bytes_sha256=b"b" * 32, pixels_sha256=b"p" * 32)
    return replace(other, **changed)  # type: ignore[arg-type]  # the tests' own fields


def flipped(value: int, bits: int) -> int:
    return value ^ ((1 << bits) - 1)


def with_light(sketch: bytes, change: int) -> bytes:
    """The sketch with all of its cells changed by this many grey levels."""
    return (np.frombuffer(sketch, np.uint8).astype(int) + change).astype(np.uint8).tobytes()


def with_ink(sketch: bytes, change: int) -> bytes:
    """The sketch with 2 x 2 of its cells changed by this many grey levels."""
    cells = np.frombuffer(sketch, np.uint8).reshape(SKETCH_SIDE, SKETCH_SIDE).astype(int)
    cells[40:42, 70:72] += change
    return cells.astype(np.uint8).tobytes()


@given(fingerprints())
def test_the_first_picture_of_an_auditorium_is_new(picture: Fingerprint) -> None:
    verdict = judge(picture, [])
    assert isinstance(verdict, New)
    assert (verdict.evidence.rule, verdict.evidence.compared) == ("none", 0)


@given(fingerprints(), some_boards)
def test_the_same_question_has_the_same_answer(picture: Fingerprint, held: list[Known]) -> None:
    assert judge(picture, held) == judge(picture, held)


@given(boards, some_boards, some_boards)
def test_what_is_held_already_is_always_a_duplicate(
    it: Known, before: list[Known], after: list[Known]
) -> None:
    assert isinstance(judge(it.fingerprint, [*before, it, *after]), Duplicate)


@given(fingerprints(), some_boards)
def test_identical_bytes_win_over_all_likeness(picture: Fingerprint, others: list[Known]) -> None:
    same_pixels = known(replace(picture, bytes_sha256=b"b" * 32), 101)
    alike = known(copy_of(picture), 102)
    same_bytes = known(replace(copy_of(picture), bytes_sha256=picture.bytes_sha256), 103)
    verdict = judge(picture, [*others, alike, same_pixels, same_bytes])
    assert isinstance(verdict, Duplicate)
    assert verdict.evidence.rule == "bytes"
    if picture.bytes_sha256 not in {other.fingerprint.bytes_sha256 for other in others}:
        assert verdict.board_id == same_bytes.board_id


@given(fingerprints())
def test_identical_pixels_win_over_likeness(picture: Fingerprint) -> None:
    held = [known(copy_of(picture), 1), known(replace(picture, bytes_sha256=b"b" * 32), 2)]
    verdict = judge(picture, held)
    assert isinstance(verdict, Duplicate)
    assert (verdict.board_id, verdict.evidence.rule) == (UUID(int=2), "pixels")


@given(
    fingerprints(),
    st.integers(0, NOMINATE_PHASH64),
    st.integers(0, NOMINATE_PHASH256),
    st.integers(-int(MOST_CHANGE), int(MOST_CHANGE)),
)
def test_a_copy_within_all_bounds_is_a_duplicate(
    picture: Fingerprint, bits64: int, bits256: int, change: int
) -> None:
    copy = copy_of(
        picture,
        phash64=flipped(picture.phash64, bits64),
        phash256=flipped(picture.phash256, bits256),
        sketch=with_light(picture.sketch, change),
    )
    verdict = judge(copy, [known(picture)])
    assert isinstance(verdict, Duplicate)
    assert verdict.evidence.rule == "picture"
    assert verdict.evidence.phash64 == bits64
    assert verdict.evidence.phash256 == bits256
    assert verdict.evidence.largest_change == abs(change)


@given(fingerprints(), st.data())
def test_beyond_any_single_bound_it_is_never_a_duplicate(
    picture: Fingerprint, data: st.DataObject
) -> None:
    beyond: dict[str, st.SearchStrategy[dict[str, object]]] = {
        "phash64": st.integers(NOMINATE_PHASH64 + 1, 64).map(
            lambda bits: {"phash64": flipped(picture.phash64, bits)}
        ),
        "phash256": st.integers(NOMINATE_PHASH256 + 1, 256).map(
            lambda bits: {"phash256": flipped(picture.phash256, bits)}
        ),
        "ink": st.integers(int(MOST_CHANGE) + 1, 30).map(
            lambda change: {"sketch": with_ink(picture.sketch, change)}
        ),
        "faint ink": st.sampled_from([-4, -3, -2, 2, 3, 4]).map(
            lambda change: {"sketch": with_ink(picture.sketch, change)}
        ),
        "brighter": st.integers(int(MOST_CHANGE) + 1, 25).map(
            lambda change: {"sketch": with_light(picture.sketch, change)}
        ),
        "erased": st.integers(int(MOST_CHANGE) + 1, 30).map(
            lambda change: {"sketch": with_ink(picture.sketch, -change)}
        ),
        "wider": st.floats(MOST_ASPECT + 0.01, 1.2).map(
            lambda factor: {"width": round(picture.width * factor)}
        ),
        "flatter": st.floats(MOST_ASPECT + 0.01, 1.2).map(
            lambda factor: {"height": round(picture.height * factor)}
        ),
        "larger": st.floats(MOST_ENLARGEMENT + 0.01, 4.0).map(
            lambda factor: {
                "width": round(picture.width * factor),
                "height": round(picture.height * factor),
            }
        ),
    }
    changed = data.draw(beyond[data.draw(st.sampled_from(sorted(beyond)))])
    verdict = judge(copy_of(picture, **changed), [known(picture)])
    assert isinstance(verdict, New)
    assert verdict.evidence.rule == "none"
    assert verdict.evidence.largest_change is not None


@given(fingerprints(), st.permutations([0, 1, 3]))
def test_the_closest_board_wins_in_any_order(picture: Fingerprint, changes: list[int]) -> None:
    held = [
        known(copy_of(picture, sketch=with_light(picture.sketch, change)), change + 1)
        for change in changes
    ]
    verdict = judge(replace(picture, bytes_sha256=b"n" * 32, pixels_sha256=b"n" * 32), held)
    assert isinstance(verdict, Duplicate)
    assert verdict.board_id == UUID(int=1)
    assert verdict.evidence.compared == len(held)


def test_between_equals_the_earlier_board_wins() -> None:
    picture = Fingerprint(
        bytes_sha256=bytes(32),
        pixels_sha256=bytes(32),
        phash64=0,
        phash256=0,
        sketch=sketch_of(1, 120),
        width=800,
        height=600,
    )
    for same in (picture, copy_of(picture)):
        verdict = judge(picture, [known(same, 7), known(same, 8)])
        assert isinstance(verdict, Duplicate)
        assert verdict.board_id == UUID(int=7)


@pytest.mark.parametrize("change", [-25, 0, 7])
def test_the_change_of_light_is_told_in_grey_levels(change: int) -> None:
    sketch = sketch_of(3, 120)
    assert change_between(with_ink(sketch, change), sketch).largest == abs(change)


def test_one_cell_of_noise_counts_a_quarter() -> None:
    plain = bytearray([120]) * (SKETCH_SIDE * SKETCH_SIDE)
    noisy = bytearray(plain)
    noisy[5000] = 132
    assert change_between(bytes(noisy), bytes(plain)).largest == 3


def test_what_changes_everywhere_does_not_stand_out_and_what_changes_in_one_place_does() -> None:
    sketch = sketch_of(3, 120)
    assert change_between(with_light(sketch, 4), sketch).stands_out == 1
    assert change_between(with_ink(sketch, 4), sketch).stands_out == 8
