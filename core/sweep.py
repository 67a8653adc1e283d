"""What the sweep finds: leases whose owner is gone, and boards whose wake-up was lost."""

from typing import Final

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from core.db import in_seconds, transaction
from core.jobs import wake
from core.leases import tell
from core.logs import get_logger
from core.services import Services
from core.tables import Attempt, Board
from core.turns import due_at, in_turn
from core.values import AttemptOutcome, AttemptPurpose, BoardState, Quality

log = get_logger(__name__)

# A sweep looks at this many boards at a time; the next one, a second later, sees the others.
_SWEEP_LIMIT: Final = 100
# A wake-up younger than this is still on its way.
_WAKE_GRACE_S: Final = 1.0
WORKER_LOST: Final = "worker_lost"


async def sweep(services: Services) -> int:
    """Take expired leases back and wake what waits; returns how many boards were woken.

    Run by every worker; SKIP LOCKED keeps them out of each other's way.
    """
    async with transaction(services.sessions) as session:
        expired = (
            (
                await session.execute(
                    select(Board)
                    .where(col(Board.lease_until) < func.now())
                    .limit(_SWEEP_LIMIT)
                    .with_for_update(skip_locked=True)
                )
            )
            .scalars()
            .all()
        )
        for board in expired:
            await _take_back(session, board, services.settings.render_attempts)
    for board in expired:
        log.warning("board.lease_expired", board_id=str(board.id), attempts=board.attempts)
        await tell(services, board)
    return await _wake_waiting(services)


async def _take_back(session: AsyncSession, board: Board, most_attempts: int) -> None:
    number = await session.scalar(
        update(Attempt)
        .where(col(Attempt.id) == board.lease_attempt_id)
        .values(outcome=AttemptOutcome.LOST, ended_at=func.now(), error_code=WORKER_LOST)
        .returning(col(Attempt.number))
    )
    board.lease_attempt_id = board.lease_owner = board.lease_until = None
    if board.state == BoardState.RUNNING:
        board.stage, board.progress = None, 0.0
        if board.attempts >= most_attempts:
            board.state, board.error_code = BoardState.FAILED, WORKER_LOST
        else:
            board.state = BoardState.WAITING
    elif (number or 0) >= most_attempts:
        board.lossless_wanted_at = None  # else it would take one worker after another with it


async def _wake_waiting(services: Services) -> int:
    long_ago = in_seconds(-_WAKE_GRACE_S)
    free = col(Board.lease_until).is_(None)
    async with transaction(services.sessions) as session:
        waiting = (
            await session.execute(
                select(Board.id, Board.attempts, Board.queued_at, Board.quality)
                .where(col(Board.state) == BoardState.WAITING)
                .where(col(Board.queued_at) < long_ago)
                .order_by(*in_turn())
                .limit(_SWEEP_LIMIT)
            )
        ).all()
        wanted = (
            await session.execute(
                select(Board.id, func.count(col(Attempt.id)))
                .outerjoin(
                    Attempt,
                    (col(Attempt.board_id) == col(Board.id))
                    & (col(Attempt.purpose) == AttemptPurpose.LOSSLESS),
                )
                .where(col(Board.lossless_wanted_at) < long_ago, free)
                .where(col(Board.state) == BoardState.READY)
                .group_by(col(Board.id))
                .limit(_SWEEP_LIMIT)
            )
        ).all()
    jobs = [
        (board_id, attempts + 1, AttemptPurpose.RENDER, due_at(queued_at, Quality(quality)))
        for board_id, attempts, queued_at, quality in waiting
    ] + [(board_id, attempts + 1, AttemptPurpose.LOSSLESS, None) for board_id, attempts in wanted]
    for woken, (board_id, attempt, purpose, due) in enumerate(jobs):
        if not await wake(services.redis, board_id, attempt, purpose, due=due):
            return woken  # Redis is away: the next sweep tries again
    return len(jobs)
