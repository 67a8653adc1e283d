"""Boards as members see them: one, a page of them, their pictures, and what a manager may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from core.access import Viewer, require_manager
from core.db import transaction
from core.errors import BoardNotFound, RenditionNotReady, UploadNotFound
from core.events import board_event, publish
from core.jobs import wake
from core.services import Services
from core.tables import Attempt, Board, Member, Rendition, Upload
from core.turns import due_at, in_turn
from core.values import (
    AttemptOutcome,
    AttemptPurpose,
    BoardState,
    Channel,
    Quality,
    RenditionKind,
    Stage,
    VerdictName,
)

# A page of the gallery on a phone shows about six; more than 100 rows is a query too long.
PAGE_LIMIT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RenditionView:
    """A picture of a board that can be fetched. sha256: hexadecimal, also its ETag."""

    kind: RenditionKind
    object_key: str
    media_type: str
    width: int
    height: int
    byte_size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadView:
    """One act of sending, with the sender's name."""

    upload_id: UUID
    board_id: UUID
    sender: str
    member_id: UUID
    channel: Channel
    caption: str | None
    verdict: VerdictName
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """A board with all that a page or an API client shows of it.

    quality: what its first sender wished. ahead: boards that wait before this one (0 unless it
    waits). stages_ms: of the attempt that succeeded. record: what the worker estimated and chose.
    width, height: of the original. uploads: oldest first.
    """

    board_id: UUID
    auditorium_id: UUID
    number: int
    state: BoardState
    quality: Quality
    stage: Stage | None
    progress: float
    ahead: int
    attempts: int
    error_code: str | None
    engine: str | None
    record: dict[str, Any]
    thumbhash: bytes | None
    width: int
    height: int
    created_at: datetime
    queued_at: datetime
    started_at: datetime | None
    ready_at: datetime | None
    lossless_wanted: bool
    stages_ms: dict[str, float]
    renditions: dict[RenditionKind, RenditionView]
    uploads: tuple[UploadView, ...]


@dataclass(frozen=True, slots=True)
class BoardPage:
    """Boards, newest first. next_before: hand it back for the following page; None at the end."""

    boards: tuple[BoardView, ...]
    next_before: int | None


async def get_board(services: Services, viewer: Viewer, board_id: UUID) -> BoardView:
    """A board of the viewer's auditorium. Raises BoardNotFound."""
    async with transaction(services.sessions) as session:
        board = await session.get(Board, board_id)
        if board is None or board.auditorium_id != viewer.auditorium_id:
            raise BoardNotFound
        return (await _views(session, [board]))[0]


async def status(services: Services, board_id: UUID) -> BoardView:
    """A board for the operator's own eyes, whatever the auditorium. Raises BoardNotFound."""
    async with transaction(services.sessions) as session:
        board = await session.get(Board, board_id)
        if board is None:
            raise BoardNotFound
        return (await _views(session, [board]))[0]


async def list_boards(
    services: Services,
    viewer: Viewer,
    *,
    before: int | None = None,
    state: BoardState | None = None,
    limit: int = 24,
) -> BoardPage:
    """The auditorium's boards, newest first, below the number `before`; at most PAGE_LIMIT.

    state: only the boards in this state.
    """
    limit = max(1, min(limit, PAGE_LIMIT))
    query = select(Board).where(col(Board.auditorium_id) == viewer.auditorium_id)
    if before is not None:
        query = query.where(col(Board.number) < before)
    if state is not None:
        query = query.where(col(Board.state) == state)
    async with transaction(services.sessions) as session:
        rows = (
            (await session.execute(query.order_by(col(Board.number).desc()).limit(limit + 1)))
            .scalars()
            .all()
        )
        shown = rows[:limit]
        views = await _views(session, shown)
    return BoardPage(tuple(views), shown[-1].number if len(rows) > limit else None)


async def get_upload(services: Services, viewer: Viewer, upload_id: UUID) -> UploadView:
    """An upload of the viewer's auditorium. Raises UploadNotFound."""
    async with transaction(services.sessions) as session:
        row = (
            await session.execute(
                select(Upload, Member.name)
                .join(Member, col(Member.id) == col(Upload.member_id))
                .where(col(Upload.id) == upload_id)
                .where(col(Upload.auditorium_id) == viewer.auditorium_id)
            )
        ).one_or_none()
    if row is None:
        raise UploadNotFound
    return _upload_view(*row)


async def neighbours(
    services: Services, viewer: Viewer, number: int
) -> tuple[UUID | None, UUID | None]:
    """The boards just below and just above this number in the viewer's auditorium."""
    mine = select(Board.id).where(col(Board.auditorium_id) == viewer.auditorium_id)
    below = mine.where(col(Board.number) < number).order_by(col(Board.number).desc()).limit(1)
    above = mine.where(col(Board.number) > number).order_by(col(Board.number)).limit(1)
    async with transaction(services.sessions) as session:
        return await session.scalar(below), await session.scalar(above)


async def get_rendition(
    services: Services, viewer: Viewer, board_id: UUID, kind: RenditionKind
) -> RenditionView:
    """Where a picture of a board lies. Raises BoardNotFound, RenditionNotReady.

    One query: a gallery page asks this for every thumbnail.
    """
    async with transaction(services.sessions) as session:
        found = (
            await session.execute(
                select(Board.id, Rendition)
                .outerjoin(
                    Rendition,
                    (col(Rendition.board_id) == col(Board.id)) & (col(Rendition.kind) == kind),
                )
                .where(col(Board.id) == board_id)
                .where(col(Board.auditorium_id) == viewer.auditorium_id)
            )
        ).one_or_none()
    if found is None:
        raise BoardNotFound
    rendition: Rendition | None = found[1]
    if rendition is None:
        raise RenditionNotReady(kind.value)
    return _rendition_view(rendition)


async def want_lossless(services: Services, viewer: Viewer, board_id: UUID) -> BoardView:
    """Ask for the lossless picture; the worker makes it once. Asking again changes nothing.

    Raises BoardNotFound, RenditionNotReady (the board itself is not ready).
    """
    board = await get_board(services, viewer, board_id)
    if board.state is not BoardState.READY:
        raise RenditionNotReady(RenditionKind.LOSSLESS.value)
    if RenditionKind.LOSSLESS in board.renditions or board.lossless_wanted:
        return board
    async with transaction(services.sessions) as session:
        await session.execute(
            update(Board)
            .where(col(Board.id) == board_id, col(Board.lossless_wanted_at).is_(None))
            .values(lossless_wanted_at=func.now())
        )
        made = await session.scalar(
            select(func.count())
            .select_from(Attempt)
            .where(col(Attempt.board_id) == board_id)
            .where(col(Attempt.purpose) == AttemptPurpose.LOSSLESS)
        )
    await wake(services.redis, board_id, (made or 0) + 1, AttemptPurpose.LOSSLESS)
    return await get_board(services, viewer, board_id)


async def retry(services: Services, viewer: Viewer, board_id: UUID) -> BoardView:
    """A manager queues a failed board again. Raises NotAllowed, BoardNotFound.

    A board that has not failed is left as it is.
    """
    require_manager(viewer)
    board = await get_board(services, viewer, board_id)
    async with transaction(services.sessions) as session:
        queued = await session.scalar(
            update(Board)
            .where(col(Board.id) == board_id, col(Board.state) == BoardState.FAILED)
            .values(state=BoardState.WAITING, error_code=None, attempts=0, queued_at=func.now())
            .returning(col(Board.id))
        )
    if queued is not None:
        due = due_at(services.clock(), board.quality)
        await wake(services.redis, board_id, 1, AttemptPurpose.RENDER, due=due)
        await publish(
            services.redis,
            viewer.auditorium_id,
            board_event(board_id, board.number, BoardState.WAITING),
        )
    return await get_board(services, viewer, board_id)


async def _views(session: AsyncSession, boards: Sequence[Board]) -> list[BoardView]:
    """Four queries for any number of boards."""
    ids = [board.id for board in boards]
    renditions: dict[UUID, dict[RenditionKind, RenditionView]] = {each: {} for each in ids}
    for row in (
        await session.execute(select(Rendition).where(col(Rendition.board_id).in_(ids)))
    ).scalars():
        renditions[row.board_id][RenditionKind(row.kind)] = _rendition_view(row)
    uploads: dict[UUID, list[UploadView]] = {each: [] for each in ids}
    for upload, sender in await session.execute(
        select(Upload, Member.name)
        .join(Member, col(Member.id) == col(Upload.member_id))
        .where(col(Upload.board_id).in_(ids))
        .order_by(col(Upload.created_at))
    ):
        uploads[upload.board_id].append(_upload_view(upload, sender))
    stages: dict[UUID, dict[str, float]] = {
        board_id: stages_ms
        for board_id, stages_ms in await session.execute(
            select(Attempt.board_id, Attempt.stages_ms)
            .where(col(Attempt.board_id).in_(ids))
            .where(col(Attempt.purpose) == AttemptPurpose.RENDER)
            .where(col(Attempt.outcome) == AttemptOutcome.SUCCEEDED)
            .order_by(col(Attempt.number))
        )
        if board_id is not None
    }
    ahead = await places_ahead(session, boards)
    return [
        BoardView(
            board_id=board.id,
            auditorium_id=board.auditorium_id,
            number=board.number,
            state=BoardState(board.state),
            quality=Quality(board.quality),
            stage=Stage(board.stage) if board.stage else None,
            progress=board.progress,
            ahead=ahead.get(board.id, 0),
            attempts=board.attempts,
            error_code=board.error_code,
            engine=board.engine,
            record=board.record,
            thumbhash=board.thumbhash,
            width=board.width,
            height=board.height,
            created_at=board.created_at,
            queued_at=board.queued_at,
            started_at=board.started_at,
            ready_at=board.ready_at,
            lossless_wanted=board.lossless_wanted_at is not None,
            stages_ms=stages.get(board.id, {}),
            renditions=renditions[board.id],
            uploads=tuple(uploads[board.id]),
        )
        for board in boards
    ]


async def places_ahead(session: AsyncSession, boards: Sequence[Board]) -> dict[UUID, int]:
    """How many boards, of all auditoriums, wait before each of these."""
    waiting = [board.id for board in boards if board.state == BoardState.WAITING]
    if not waiting:
        return {}
    queue = (
        select(
            col(Board.id).label("id"),
            (func.row_number().over(order_by=in_turn()) - 1).label("ahead"),
        )
        .where(col(Board.state) == BoardState.WAITING)
        .subquery()
    )
    rows = await session.execute(select(queue.c.id, queue.c.ahead).where(queue.c.id.in_(waiting)))
    return {board_id: int(place) for board_id, place in rows}


def _rendition_view(row: Rendition) -> RenditionView:
    return RenditionView(
        kind=RenditionKind(row.kind),
        object_key=row.object_key,
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        byte_size=row.byte_size,
        sha256=row.sha256.hex(),
    )


def _upload_view(upload: Upload, sender: str) -> UploadView:
    return UploadView(
        upload_id=upload.id,
        board_id=upload.board_id,
        sender=sender,
        member_id=upload.member_id,
        channel=Channel(upload.channel),
        caption=upload.caption,
        verdict=VerdictName(upload.verdict),
        created_at=upload.created_at,
    )
