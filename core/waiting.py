"""How long a board will take: what waits and runs now, measured speeds, and arithmetic."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from core.db import in_seconds, transaction
from core.services import Services
from core.tables import Attempt, Board
from core.turns import HEAD_START, in_turn
from core.values import AttemptOutcome, AttemptPurpose, BoardState, Quality

# A median of so many follows a change of machine or lecture, and one odd board does not move it.
TYPICAL_OF: Final = 20
# Older speeds are of another week's machine or model, and their rows need not be read.
_TYPICAL_WITHIN_S: Final = 7 * 24 * 3600.0
# Before the first board of a quality. BEST: the default network took 1.7 s for an 800x600 crop on
# two cores in bfloat16 (docs/benchmarks.md), which most processors lack; float32 is 2.9 times as
# long. FAST: a third of a second there; a slow machine has three times that.
SECONDS_UNTIL_KNOWN: Final[Mapping[Quality, float]] = {Quality.BEST: 5.0, Quality.FAST: 1.0}
# While boards wait, a worker pauses for milliseconds between two; the longest board takes two min.
_AT_WORK_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A board that waits. waited_s: since it was queued."""

    quality: Quality
    waited_s: float


@dataclass(frozen=True, slots=True)
class Running:
    """A board whose picture is being made, its lossless one too. running_s: since it was taken."""

    quality: Quality
    running_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The boards of all auditoriums that are to be made, at one moment.

    waiting: the next one first. seconds: what a board of each quality typically takes. workers: how
    many are at work, at least 1. Lossless pictures that wait are not in it: they are few.
    """

    waiting: tuple[Waiting, ...]
    running: tuple[Running, ...]
    seconds: Mapping[Quality, float]
    workers: int

    def count(self, quality: Quality) -> int:
        """How many boards of this quality wait."""
        return sum(each.quality is quality for each in self.waiting)


def expected_wait_s(*, before_s: Iterable[float], own_s: float, workers: int) -> float:
    """Seconds until a board is ready that takes own_s, after work of before_s.

    The work before it is shared evenly. Never early: a worker is free at the latest when all of
    them together have done that work, and one board is not made faster by several workers.
    """
    return sum(before_s) / workers + own_s


def wait_for_place(queue: Queue, ahead: int, quality: Quality) -> float:
    """Seconds until the board is ready that has `ahead` (0 or more) waiting boards before it.

    Boards ahead that the queue does not know of, being older than `ahead`, count as its slowest.
    """
    known = [queue.seconds[each.quality] for each in queue.waiting[:ahead]]
    unknown = [max(queue.seconds.values())] * (ahead - len(known))
    # One that takes longer than usual is due at any moment.
    left = [max(0.0, queue.seconds[each.quality] - each.running_s) for each in queue.running]
    return expected_wait_s(
        before_s=[*known, *unknown, *left], own_s=queue.seconds[quality], workers=queue.workers
    )


def wait_for_new(queue: Queue, quality: Quality) -> float:
    """Seconds until a board that is sent now is ready."""
    return wait_for_place(queue, _ahead_of_new(queue, quality), quality)


def _ahead_of_new(queue: Queue, quality: Quality) -> int:
    head_start_s = HEAD_START[quality].total_seconds()
    return sum(
        each.waited_s + HEAD_START[each.quality].total_seconds() >= head_start_s
        for each in queue.waiting
    )


async def queue_now(services: Services) -> Queue:
    """The queue as it is now, in four queries. Raises DatabaseUnavailable."""
    async with transaction(services.sessions) as session:
        waiting = await session.execute(
            select(Board.quality, func.extract("epoch", func.now() - col(Board.queued_at)))
            .where(col(Board.state) == BoardState.WAITING)
            .order_by(*in_turn())
        )
        running = (
            await session.execute(
                select(
                    Board.quality,
                    func.extract("epoch", func.now() - col(Attempt.started_at)),
                    Attempt.owner,
                ).join(Attempt, col(Attempt.id) == col(Board.lease_attempt_id))
            )
        ).all()
        owners = {owner for _, _, owner in running} | await _owners_just_now(session)
        return Queue(
            waiting=tuple(Waiting(Quality(each), float(age)) for each, age in waiting),
            running=tuple(Running(Quality(each), float(age)) for each, age, _ in running),
            seconds={**SECONDS_UNTIL_KNOWN, **await _typical(session)},
            workers=max(1, len(owners)),
        )


async def _owners_just_now(session: AsyncSession) -> set[str]:
    """Who ended an attempt within the last minute; what a lost worker held counts for nobody."""
    rows = await session.execute(
        select(Attempt.owner)
        .distinct()
        .where(col(Attempt.purpose) == AttemptPurpose.RENDER)
        .where(col(Attempt.outcome).in_([AttemptOutcome.SUCCEEDED, AttemptOutcome.FAILED]))
        .where(col(Attempt.ended_at) > in_seconds(-_AT_WORK_S))
    )
    return set(rows.scalars())


async def _typical(session: AsyncSession) -> dict[Quality, float]:
    """The median seconds of the last boards of each quality that was made this week."""
    made = (
        select(
            Board.quality,
            func.extract("epoch", col(Attempt.ended_at) - col(Attempt.started_at)).label("seconds"),
            func.row_number()
            .over(partition_by=col(Board.quality), order_by=col(Attempt.ended_at).desc())
            .label("newest"),
        )
        .join(Attempt, col(Attempt.board_id) == col(Board.id))
        .where(col(Attempt.purpose) == AttemptPurpose.RENDER)
        .where(col(Attempt.outcome) == AttemptOutcome.SUCCEEDED)
        .where(col(Attempt.ended_at) > in_seconds(-_TYPICAL_WITHIN_S))
        .subquery()
    )
    medians = await session.execute(
        select(made.c.quality, func.percentile_cont(0.5).within_group(made.c.seconds))
        .where(made.c.newest <= TYPICAL_OF)
        .group_by(made.c.quality)
    )
    return {Quality(quality): float(seconds) for quality, seconds in medians}
