"""Rows that are done are not done again: worker.parts and the pass that keeps them."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values import ResultPart
from tests.pictures import board
from worker.engines.base import Pixels, Progress
from worker.engines.interpolation import Interpolation
from worker.parts import Parts
from worker.sharpening import Sharp, TimeLimits, sharpened


class Death(BaseException):
    """Nothing catches it, as nothing catches a SIGKILL."""


class Counting(Interpolation):
    """Counts the rows that it makes."""

    def __init__(self, scale: int = 4) -> None:
        super().__init__(scale)
        self.rows = 0

    def bands(self, rgb: Pixels, progress: Progress, *, from_row: int = 0) -> Iterator[Pixels]:
        for band in super().bands(rgb, progress, from_row=from_row):
            self.rows += len(band)
            yield band


def photo_of(height: int, seed: int = 3) -> Pixels:
    # Away from 0 and 255: Pillow cuts off between its passes, ordered by size.
    return np.random.default_rng(seed).integers(96, 160, (height, 9, 3), dtype=np.uint8)


def passed(
    engine: Counting,
    photo: Pixels,
    output_side: int,
    earlier: list[ResultPart],
    dies_after: int | None = None,
) -> tuple[Sharp | None, list[ResultPart], list[float]]:
    """A pass that keeps whatever it can and dies after so many parts."""
    kept: list[ResultPart] = []
    told: list[float] = []

    def hand_on(part: ResultPart) -> None:
        kept.append(part)
        if dies_after is not None and len(kept) >= dies_after:
            raise Death

    try:
        made = sharpened(
            engine,
            photo,
            output_side=output_side,
            limits=TimeLimits(keep_s=0.0),
            progress=told.append,
            keeper=Parts(earlier, hand_on, every_s=0.0),
        )
    except Death:
        return None, kept, told
    assert isinstance(made, Sharp)
    return made, kept, told


@given(
    height=st.integers(min_value=1, max_value=700),
    share=st.floats(min_value=0.2, max_value=1.0),
    scale=st.sampled_from([2, 4]),
    deaths=st.lists(st.integers(min_value=1, max_value=3), max_size=3),
)
def test_wherever_it_died_the_result_is_the_same(
    height: int, share: float, scale: int, deaths: list[int]
) -> None:
    photo = photo_of(height)
    output_side = max(1, int(scale * max(height, 9) * share))
    whole, _, _ = passed(Counting(scale), photo, output_side, [])
    assert whole is not None
    parts: list[ResultPart] = []
    for dies_after in deaths:
        made, more, _ = passed(Counting(scale), photo, output_side, parts, dies_after)
        parts += more
        if made is not None:
            break
    resumed, _, told = passed(Counting(scale), photo, output_side, parts)
    assert resumed is not None
    # One of 255: the interpolation rounds in bands, and those begin elsewhere.
    assert np.abs(resumed.picture.astype(int) - whole.picture.astype(int)).max() <= 1
    assert told == sorted(told)
    assert bool(parts) == (resumed.restored > 0)


def test_rows_above_are_not_made_again() -> None:
    photo, first, second = photo_of(1000), Counting(), Counting()
    _, parts, _ = passed(first, photo, 4000, [], dies_after=3)
    made, _, told = passed(second, photo, 4000, parts)
    assert made is not None
    assert made.restored > 0.2
    assert second.rows < 4000 * (1 - made.restored) + 100
    assert told[0] > made.restored


@pytest.mark.parametrize("change", ["pixels", "engine", "size"])
def test_rows_of_something_else_are_no_use(change: str) -> None:
    photo = photo_of(1000)
    _, parts, _ = passed(Counting(4), photo, 2000, [], dies_after=2)
    engine = Counting(2) if change == "engine" else Counting(4)
    other = photo_of(1000, seed=4) if change == "pixels" else photo
    output_side = 1990 if change == "size" else 2000
    made, _, _ = passed(engine, other, output_side, parts)
    expected, _, _ = passed(engine, other, output_side, [])
    assert made is not None
    assert expected is not None
    assert made.restored == 0.0
    assert np.array_equal(made.picture, expected.picture)


def test_rows_after_a_gap_are_made_again() -> None:
    photo = photo_of(1000)
    _, parts, _ = passed(Counting(), photo, 4000, [], dies_after=3)
    made, _, _ = passed(Counting(), photo, 4000, [parts[0], parts[2]])
    assert made is not None
    assert made.restored < 0.2


def test_an_attempt_goes_on_with_the_size_that_the_one_before_chose() -> None:
    photo = np.asarray(board(size=(64, 600)).convert("RGB"), dtype=np.uint8)
    seen: list[tuple[int, ...]] = []

    class Watching(Counting):
        def bands(self, rgb: Pixels, progress: Progress, *, from_row: int = 0) -> Iterator[Pixels]:
            seen.append(rgb.shape)
            return super().bands(rgb, progress, from_row=from_row)

        def seconds_for(self, height: int, width: int) -> float:
            return height * width / 10_000

    kept: list[ResultPart] = []

    def die(part: ResultPart) -> None:
        kept.append(part)
        raise Death

    for planned_s, hand_on in ((2.0, die), (1.5, kept.append)):
        keeper = Parts(list(kept), hand_on, every_s=0.0)
        limits = TimeLimits(planned_s=planned_s, keep_s=0.0)
        try:
            sharpened(
                Watching(),
                photo,
                output_side=5120,
                limits=limits,
                progress=lambda _: None,
                keeper=keeper,
            )
        except Death:
            continue
    assert seen[0] == seen[1]
    assert seen[0] != photo.shape


def test_a_short_pass_keeps_nothing() -> None:
    kept: list[ResultPart] = []
    made = sharpened(
        Counting(),
        photo_of(500),
        output_side=2000,
        limits=TimeLimits(keep_s=20.0),
        progress=lambda _: None,
        keeper=Parts([], kept.append, every_s=0.0),
    )
    assert isinstance(made, Sharp)
    assert kept == []
