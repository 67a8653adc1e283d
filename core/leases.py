"""Who works on a board: leases in PostgreSQL with a fencing token.

A claim's attempt id is the token: every later write names it, so that an owner who wakes up after
his lease went to another changes nothing. All times are the database's, so clocks may differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from core.db import in_seconds, rows_changed, transaction
from core.deliveries import owe
from core.errors import LeaseLost
from core.events import board_event, progress_event, publish
from core.intake import rendition_row
from core.logs import get_logger
from core.objects import let_go, make_sure
from core.parts import drop_parts
from core.services import Services
from core.storage import Stored
from core.tables import Attempt, Board, Rendition, Upload
from core.values import (
    AttemptOutcome,
    AttemptPurpose,
    BoardState,
    Claim,
    Picture,
    Quality,
    Stage,
    VerdictName,
)

log = get_logger(__name__)

WORKER_STOPPED: Final = "worker_stopped"
_NO_LEASE: Final = {"lease_attempt_id": None, "lease_owner": None, "lease_until": None}


@dataclass(frozen=True, slots=True)
class Finished:
    """What a worker made of a board: pictures already stored, and what each stage took in ms.

    record: what it estimated and chose, as JSON takes it.
    """

    pictures: Sequence[tuple[Picture, Stored]]
    thumbhash: bytes
    engine: str
    stages_ms: Mapping[str, float]
    record: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON's values


async def claim(
    services: Services, board_id: UUID, owner: str, purpose: AttemptPurpose
) -> Claim | None:
    """Take the board if it waits and nobody has it; None means that there is nothing to do."""
    attempt_id = uuid4()
    lease_until = in_seconds(services.settings.lease_s)
    take = update(Board).where(col(Board.id) == board_id).where(col(Board.lease_until).is_(None))
    leased = {"lease_attempt_id": attempt_id, "lease_owner": owner, "lease_until": lease_until}
    if purpose is AttemptPurpose.RENDER:
        take = take.where(col(Board.state) == BoardState.WAITING).values(
            **leased,
            state=BoardState.RUNNING,
            attempts=col(Board.attempts) + 1,
            stage=Stage.FETCH,
            progress=0.0,
            started_at=func.now(),
        )
    else:
        take = (
            take.where(col(Board.state) == BoardState.READY)
            .where(col(Board.lossless_wanted_at).is_not(None))
            .values(**leased)
        )
    async with transaction(services.sessions) as session:
        board = (await session.execute(take.returning(Board))).scalar_one_or_none()
        if board is None:
            return None
        number = await _next_attempt(session, board.id, purpose)
        session.add(
            Attempt(id=attempt_id, board_id=board.id, purpose=purpose, number=number, owner=owner)
        )
        original_key = await session.scalar(
            select(Upload.original_key).where(
                col(Upload.board_id) == board.id, col(Upload.verdict) == VerdictName.NEW
            )
        )
    if original_key is None or board.lease_until is None:
        raise RuntimeError(f"board {board_id} has no upload that it was made from")
    taken = Claim(
        board_id=board.id,
        auditorium_id=board.auditorium_id,
        attempt_id=attempt_id,
        attempt_number=number,
        tries=board.attempts if purpose is AttemptPurpose.RENDER else number,
        purpose=purpose,
        owner=owner,
        original_key=original_key,
        quality=Quality(board.quality),
        lease_until=board.lease_until,
    )
    if purpose is AttemptPurpose.RENDER:
        await tell(services, board)
    return taken


async def _next_attempt(session: AsyncSession, board_id: UUID, purpose: AttemptPurpose) -> int:
    made = await session.scalar(
        select(func.count())
        .select_from(Attempt)
        .where(col(Attempt.board_id) == board_id, col(Attempt.purpose) == purpose)
    )
    return (made or 0) + 1


async def heartbeat(services: Services, held: Claim, stage: Stage, progress: float) -> None:
    """Extend the lease and record how far the board is. Raises LeaseLost.

    A board that is ready stays as it is while its lossless picture is made.
    """
    render = held.purpose is AttemptPurpose.RENDER
    moved = {"stage": stage, "progress": progress} if render else {}
    async with transaction(services.sessions) as session:
        extended = await session.execute(
            update(Board)
            .where(col(Board.id) == held.board_id)
            .where(col(Board.lease_attempt_id) == held.attempt_id)
            .values(
                lease_until=in_seconds(services.settings.lease_s),
                **moved,
            )
        )
        if rows_changed(extended) == 0:
            raise LeaseLost
    if render:
        await publish(
            services.redis, held.auditorium_id, progress_event(held.board_id, stage, progress)
        )


async def finish(services: Services, held: Claim, made: Finished) -> None:
    """The board is ready: its renditions, its end and one delivery per member, in one transaction.

    Raises LeaseLost; then nothing was written, and what was made is not kept.
    """
    try:
        board, parts = await _finish(services, held, made)
    except LeaseLost:
        await let_go(
            services, {stored.key: picture.media_type for picture, stored in made.pictures}
        )
        raise
    for picture, stored in made.pictures:
        await make_sure(services, stored, picture.content, picture.media_type)
    await let_go(services, parts)
    await tell(services, board)
    log.info("board.ready", board_id=str(held.board_id), attempt_id=str(held.attempt_id))


async def _finish(
    services: Services, held: Claim, made: Finished
) -> tuple[Board, Mapping[str, str]]:
    """The board, and the keys of its parts, which are not needed any more."""
    render = held.purpose is AttemptPurpose.RENDER
    async with transaction(services.sessions) as session:
        values: dict[str, object] = {**_NO_LEASE}
        if render:
            values |= {
                "state": BoardState.READY,
                "ready_at": func.now(),
                "stage": None,
                "progress": 1.0,
                "thumbhash": made.thumbhash,
                "engine": made.engine,
                "record": dict(made.record),
            }
        else:
            values["lossless_wanted_at"] = None
        board = await _write_as_owner(session, held, values)
        for picture, stored in made.pictures:
            row = rendition_row(held.board_id, picture, stored).model_dump(exclude={"created_at"})
            await session.execute(
                insert(Rendition)
                .values(**row)
                .on_conflict_do_update(
                    index_elements=["board_id", "kind"],
                    set_={
                        name: row[name] for name in row if name not in {"id", "board_id", "kind"}
                    },
                )
            )
        await _end_attempt(session, held, AttemptOutcome.SUCCEEDED, stages_ms=made.stages_ms)
        if render:
            await owe(session, held.board_id, held.auditorium_id)
        parts = await drop_parts(session, held.board_id)
    return board, parts


async def fail(services: Services, held: Claim, error_code: str, *, final: bool) -> BoardState:
    """The attempt failed; if finally, or if it was the last, so did the board; else it waits again.

    Raises LeaseLost.
    """
    render = held.purpose is AttemptPurpose.RENDER
    gives_up = final or held.tries >= services.settings.render_attempts
    values: dict[str, object] = {**_NO_LEASE}
    if render:
        values |= {"stage": None, "progress": 0.0}
        values |= (
            {"state": BoardState.FAILED, "error_code": error_code}
            if gives_up
            else {"state": BoardState.WAITING, "queued_at": func.now()}
        )
    elif gives_up:
        values["lossless_wanted_at"] = None
    async with transaction(services.sessions) as session:
        board = await _write_as_owner(session, held, values)
        await _end_attempt(session, held, AttemptOutcome.FAILED, error_code=error_code)
        parts = await drop_parts(session, held.board_id) if gives_up else {}
    await let_go(services, parts)
    await tell(services, board)
    log.warning(
        "board.attempt_failed",
        board_id=str(held.board_id),
        attempt=held.attempt_number,
        error_code=error_code,
        gives_up=gives_up,
    )
    return BoardState(board.state)


async def release(services: Services, held: Claim) -> None:
    """The worker stops in an orderly way: the board waits again at once and no try is used up.

    Raises LeaseLost.
    """
    values: dict[str, object] = {**_NO_LEASE}
    if held.purpose is AttemptPurpose.RENDER:
        values |= {
            "state": BoardState.WAITING,
            "attempts": col(Board.attempts) - 1,
            "stage": None,
            "progress": 0.0,
        }
    async with transaction(services.sessions) as session:
        board = await _write_as_owner(session, held, values)
        await _end_attempt(session, held, AttemptOutcome.LOST, error_code=WORKER_STOPPED)
    await tell(services, board)


async def _write_as_owner(
    session: AsyncSession, held: Claim, values: Mapping[str, object]
) -> Board:
    board = (
        await session.execute(
            update(Board)
            .where(col(Board.id) == held.board_id)
            .where(col(Board.lease_attempt_id) == held.attempt_id)
            .values(**values)
            .returning(Board)
        )
    ).scalar_one_or_none()
    if board is None:
        raise LeaseLost(f"board {held.board_id}, attempt {held.attempt_number}")
    return board


async def _end_attempt(
    session: AsyncSession,
    held: Claim,
    outcome: AttemptOutcome,
    *,
    error_code: str | None = None,
    stages_ms: Mapping[str, float] | None = None,
) -> None:
    await session.execute(
        update(Attempt)
        .where(col(Attempt.id) == held.attempt_id)
        .values(
            outcome=outcome,
            ended_at=func.now(),
            error_code=error_code,
            stages_ms={name: round(ms, 1) for name, ms in (stages_ms or {}).items()},
        )
    )


async def tell(services: Services, board: Board) -> None:
    """Let the pages know of the board as it stands now; after the commit."""
    await publish(
        services.redis,
        board.auditorium_id,
        board_event(board.id, board.number, BoardState(board.state)),
    )
