"""The figures of one auditorium for those who manage it."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from core.access import Viewer, require_manager
from core.db import transaction
from core.services import Services
from core.tables import Board, Member, Upload
from core.values import BoardState, Evidence, MemberState, VerdictName

RECENT_UPLOADS: Final = 50  # what a person reads of a table; the rest is in the gallery


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of one auditorium. seconds_median: from queued to ready; None before the first."""

    members: int
    boards: int
    ready: int
    waiting: int
    running: int
    failed: int
    uploads: int
    duplicates: int
    seconds_median: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentUpload:
    """One act of sending and why dedup decided as it did. number: of its board."""

    upload_id: UUID
    board_id: UUID
    number: int
    sender: str
    created_at: datetime
    verdict: VerdictName
    evidence: Evidence


async def figures(services: Services, viewer: Viewer) -> Figures:
    """The auditorium's counts, in two queries. Raises NotAllowed."""
    require_manager(viewer)
    seconds = func.extract("epoch", col(Board.ready_at) - col(Board.queued_at))
    boards = select(
        func.count(col(Board.id)),
        _in_state(BoardState.READY),
        _in_state(BoardState.WAITING),
        _in_state(BoardState.RUNNING),
        _in_state(BoardState.FAILED),
        func.percentile_cont(0.5).within_group(seconds),
    ).where(col(Board.auditorium_id) == viewer.auditorium_id)
    uploads = select(
        func.count(col(Upload.id)),
        func.count(col(Upload.id)).filter(col(Upload.verdict) == VerdictName.DUPLICATE),
        select(func.count(col(Member.id)))
        .where(col(Member.auditorium_id) == viewer.auditorium_id)
        .where(col(Member.state) == MemberState.ACTIVE)
        .scalar_subquery(),
    ).where(col(Upload.auditorium_id) == viewer.auditorium_id)
    async with transaction(services.sessions) as session:
        made, ready, waiting, running, failed, median = (await session.execute(boards)).one()
        sent, duplicates, members = (await session.execute(uploads)).one()
    return Figures(
        members=members,
        boards=made,
        ready=ready,
        waiting=waiting,
        running=running,
        failed=failed,
        uploads=sent,
        duplicates=duplicates,
        seconds_median=None if median is None else float(median),
    )


def _in_state(state: BoardState) -> ColumnElement[int]:
    return func.count(col(Board.id)).filter(col(Board.state) == state)


async def recent_uploads(
    services: Services, viewer: Viewer, *, limit: int = RECENT_UPLOADS
) -> tuple[RecentUpload, ...]:
    """The latest uploads, newest first, with dedup's evidence. Raises NotAllowed."""
    require_manager(viewer)
    query = (
        select(Upload, col(Board.number), col(Member.name))
        .join(Board, col(Board.id) == col(Upload.board_id))
        .join(Member, col(Member.id) == col(Upload.member_id))
        .where(col(Upload.auditorium_id) == viewer.auditorium_id)
        .order_by(col(Upload.created_at).desc(), col(Upload.id))
        .limit(max(1, min(limit, RECENT_UPLOADS)))
    )
    async with transaction(services.sessions) as session:
        rows = (await session.execute(query)).all()
    return tuple(
        RecentUpload(
            upload_id=upload.id,
            board_id=upload.board_id,
            number=number,
            sender=sender,
            created_at=upload.created_at,
            verdict=VerdictName(upload.verdict),
            evidence=_evidence(upload.evidence),
        )
        for upload, number, sender in rows
    )


_EVIDENCE_FIELDS: Final = frozenset(each.name for each in fields(Evidence))


def _evidence(stored: dict[str, Any]) -> Evidence:
    """Evidence as it was stored, perhaps by a version that knew more or fewer fields."""
    known: dict[str, Any] = {"rule": "none", "compared": 0}
    known |= {name: value for name, value in stored.items() if name in _EVIDENCE_FIELDS}
    return Evidence(**known)
