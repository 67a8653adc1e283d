"""core.waiting: an estimate that follows the queue and is never early."""

from collections.abc import Mapping, Sequence
from heapq import heapify, heapreplace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.turns import HEAD_START
from core.values import Quality
from core.waiting import (
    SECONDS_UNTIL_KNOWN,
    Queue,
    Running,
    Waiting,
    expected_wait_s,
    wait_for_new,
    wait_for_place,
)

FAST, BEST = Quality.FAST, Quality.BEST
SECONDS = {FAST: 0.5, BEST: 4.0}
LONG_AGO_S = HEAD_START[FAST].total_seconds() + 1

qualities = st.sampled_from(Quality)
durations = st.floats(0.05, 200)
queues = st.builds(
    Queue,
    waiting=st.lists(
        st.builds(Waiting, quality=qualities, waited_s=st.floats(0, 3000)), max_size=30
    ).map(lambda boards: tuple(sorted(boards, key=lateness, reverse=True))),
    running=st.lists(st.builds(Running, qualities, st.floats(0, 300)), max_size=5).map(tuple),
    seconds=st.fixed_dictionaries({FAST: durations, BEST: durations}),
    workers=st.integers(1, 8),
)


def lateness(board: Waiting) -> float:
    return board.waited_s + HEAD_START[board.quality].total_seconds()


def queue(
    *waiting: Waiting,
    running: Sequence[Running] = (),
    workers: int = 1,
    seconds: Mapping[Quality, float] = SECONDS,
) -> Queue:
    return Queue(waiting=waiting, running=tuple(running), workers=workers, seconds=seconds)


def played(before_s: Sequence[float], own_s: float, workers: int) -> float:
    """The same by doing it: whoever is free takes the next board."""
    free_at = [0.0] * workers
    heapify(free_at)
    for seconds in before_s:
        heapreplace(free_at, free_at[0] + seconds)
    return free_at[0] + own_s


@given(st.lists(durations, max_size=40), durations, st.integers(1, 8))
def test_the_estimate_is_never_early_and_late_by_less_than_the_longest_board(
    before_s: list[float], own_s: float, workers: int
) -> None:
    told = expected_wait_s(before_s=before_s, own_s=own_s, workers=workers)
    really = played(before_s, own_s, workers)
    assert really <= told + 1e-6
    assert told <= really + max(before_s, default=0) + 1e-6


@given(queues, qualities)
def test_a_board_with_more_before_it_waits_longer(queue: Queue, quality: Quality) -> None:
    waits = [wait_for_place(queue, ahead, quality) for ahead in range(len(queue.waiting) + 5)]
    assert all(nearer < farther for nearer, farther in pairwise(waits))
    assert waits[0] >= queue.seconds[quality]


@given(queues, st.integers(0, 50), qualities)
def test_twice_the_workers_halve_the_wait_before_a_board_and_not_its_own_time(
    queue: Queue, ahead: int, quality: Quality
) -> None:
    doubled = Queue(
        waiting=queue.waiting,
        running=queue.running,
        seconds=queue.seconds,
        workers=queue.workers * 2,
    )
    own = queue.seconds[quality]
    once = wait_for_place(queue, ahead, quality) - own
    assert wait_for_place(doubled, ahead, quality) - own == pytest.approx(once / 2)


@given(queues, qualities)
def test_a_new_board_takes_at_least_its_own_time_and_at_most_that_of_all(
    queue: Queue, quality: Quality
) -> None:
    wait = wait_for_new(queue, quality)
    assert queue.seconds[quality] <= wait
    assert wait <= wait_for_place(queue, len(queue.waiting), quality)


@given(queues)
def test_where_fast_boards_are_faster_a_new_one_is_never_the_later(queue: Queue) -> None:
    if queue.seconds[FAST] <= queue.seconds[BEST]:
        assert wait_for_new(queue, FAST) <= wait_for_new(queue, BEST)


@pytest.mark.parametrize("quality", Quality)
def test_where_nothing_is_to_be_done_a_board_takes_its_own_time(quality: Quality) -> None:
    for workers in (1, 3):
        idle = queue(workers=workers)
        assert wait_for_place(idle, 0, quality) == SECONDS[quality]
        assert wait_for_new(idle, quality) == SECONDS[quality]


def test_each_board_ahead_takes_what_its_quality_takes() -> None:
    line = queue(Waiting(FAST, 1), Waiting(BEST, 3), Waiting(BEST, 2))
    assert wait_for_place(line, 1, BEST) == 0.5 + 4
    assert wait_for_place(line, 2, BEST) == 0.5 + 4 + 4
    assert (line.count(FAST), line.count(BEST)) == (1, 2)


def test_a_running_board_is_waited_for_as_long_as_it_still_takes() -> None:
    assert wait_for_place(queue(running=[Running(BEST, 3)]), 0, FAST) == 1 + 0.5
    assert wait_for_place(queue(running=[Running(BEST, 60)]), 0, FAST) == 0.5


def test_boards_that_came_since_the_queue_was_seen_count_as_slow_ones() -> None:
    assert wait_for_place(queue(Waiting(FAST, 1)), 3, FAST) == 0.5 + 4 + 4 + 0.5


def test_a_new_fast_board_waits_for_fast_ones_and_for_those_that_waited_long() -> None:
    line = queue(Waiting(BEST, LONG_AGO_S), Waiting(FAST, 1), Waiting(BEST, 30), Waiting(BEST, 20))
    assert wait_for_new(line, FAST) == 4 + 0.5 + 0.5
    assert wait_for_new(line, BEST) == 4 + 0.5 + 4 + 4 + 4


def test_until_speeds_are_known_a_fast_board_is_the_faster() -> None:
    assert 0 < SECONDS_UNTIL_KNOWN[FAST] < SECONDS_UNTIL_KNOWN[BEST]
