"""The one message that tells a sender how far his photos are: what it is about, who edits it now.

A status follows one upload, or all of one album. It is looked at until every board of it is ready
or failed; a claim lasts as long as its lease, so that a bot that dies leaves it to the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.boards import places_ahead
from core.db import in_seconds, rows_changed, transaction
from core.services import Services
from core.tables import Board, StatusMessage, Upload
from core.values import BoardState, Quality, Stage, VerdictName

# Sending a text takes a second or two; a hanging Telegram is given up after 20 s.
STATUS_LEASE_S: Final = 30.0
# Telegram's albums have at most ten photos.
ALBUM_LIMIT: Final = 10
# A status that could not be shown so often is left: the boards themselves come all the same.
MOST_FAILURES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One upload as its sender's status tells it. ahead: boards that wait before its board."""

    board_id: UUID
    number: int
    state: BoardState
    stage: Stage | None
    ahead: int
    error_code: str | None
    quality: Quality
    duplicate: bool
    by_sender: bool  # of a duplicate: he himself sent it first

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to the board by itself."""
        return self.state in {BoardState.READY, BoardState.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A claimed status. message_id: None until it was sent. shown: what it says now."""

    status_id: UUID
    lease: str
    chat_id: int
    topic_id: int | None
    locale: str
    reply_to: int
    message_id: int | None
    shown: str | None
    failures: int
    age_s: float
    uploads: tuple[Followed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a status is shown. key: the message or the album that it answers."""

    chat_id: int
    topic_id: int | None
    key: str
    reply_to: int
    locale: str


async def follow(services: Services, upload_id: UUID, place: Place, *, settle_s: float) -> None:
    """Let the status at this place tell of the upload, too; it is there once, whoever comes first.

    settle_s: how long a new one waits for the rest of its album.
    """
    async with transaction(services.sessions) as session:
        status_id = await session.scalar(
            insert(StatusMessage)
            .values(
                id=uuid4(),
                chat_id=place.chat_id,
                topic_id=place.topic_id,
                key=place.key,
                locale=place.locale,
                reply_to=place.reply_to,
                done=False,
                failures=0,
                next_at=in_seconds(settle_s),
            )
            .on_conflict_do_update(
                index_elements=["chat_id", "key"],
                # A repeated update changes nothing; a later photo of the album opens it again.
                set_={"done": False},
            )
            .returning(col(StatusMessage.id))
        )
        await session.execute(
            update(Upload).where(col(Upload.id) == upload_id).values(status_id=status_id)
        )


async def claim_statuses(services: Services, limit: int) -> Sequence[Status]:
    """At most `limit` statuses that are to be looked at now, with what they are about."""
    lease = uuid4().hex
    free = or_(
        col(StatusMessage.lease_until).is_(None), col(StatusMessage.lease_until) < func.now()
    )
    async with transaction(services.sessions) as session:
        ids = (
            (
                await session.execute(
                    select(col(StatusMessage.id))
                    .where(col(StatusMessage.done).is_(False), free)
                    .where(col(StatusMessage.next_at) <= func.now())
                    .order_by(col(StatusMessage.next_at))
                    .limit(limit)
                    .with_for_update(skip_locked=True)
                )
            )
            .scalars()
            .all()
        )
        if not ids:
            return ()
        rows = (
            await session.execute(
                update(StatusMessage)
                .where(col(StatusMessage.id).in_(ids))
                .values(lease_owner=lease, lease_until=in_seconds(STATUS_LEASE_S))
                .returning(
                    StatusMessage,
                    func.extract("epoch", func.now() - col(StatusMessage.created_at)),
                )
            )
        ).all()
        uploads = await _uploads_of(session, ids)
    return [
        Status(
            status_id=row.id,
            lease=lease,
            chat_id=row.chat_id,
            topic_id=row.topic_id,
            locale=row.locale,
            reply_to=row.reply_to,
            message_id=row.message_id,
            shown=row.shown,
            failures=row.failures,
            age_s=float(age),
            uploads=tuple(uploads[row.id]),
        )
        for row, age in rows
    ]


async def status_shown(
    services: Services, status: Status, *, message_id: int, text: str, next_s: float
) -> bool:
    """It says `text` now, in this message; looked at again in `next_s` unless all has ended.

    False: it was taken over meanwhile.
    """
    return await _end(
        services,
        status,
        {
            "message_id": message_id,
            "shown": text,
            "done": _told_all(status),
            "next_at": in_seconds(next_s),
            "failures": 0,
        },
    )


async def status_unchanged(services: Services, status: Status, *, next_s: float) -> bool:
    """It says already what it has to say; looked at again in `next_s` unless all has ended."""
    return await _end(services, status, {"next_at": in_seconds(next_s), "done": _told_all(status)})


async def status_waits(services: Services, status: Status, *, next_s: float) -> bool:
    """It has news and no turn to tell them; looked at again in `next_s`."""
    return await _end(services, status, {"next_at": in_seconds(next_s)})


async def status_failed(
    services: Services, status: Status, *, next_s: float, final: bool = False
) -> bool:
    """It could not be shown: again in `next_s`, unless finally or for the MOST_FAILURES-th time."""
    gives_up = final or status.failures + 1 >= MOST_FAILURES
    return await _end(
        services,
        status,
        {"failures": status.failures + 1, "next_at": in_seconds(next_s), "done": gives_up},
    )


def _told_all(status: Status) -> ColumnElement[bool]:
    """Whether nothing is left to tell; a photo of the album that came meanwhile is."""
    now = (
        select(func.count())
        .select_from(Upload)
        .where(col(Upload.status_id) == status.status_id)
        .scalar_subquery()
    )
    ended = all(upload.ended for upload in status.uploads)
    return and_(literal(ended), now == len(status.uploads))


async def _end(services: Services, status: Status, values: dict[str, object]) -> bool:
    async with transaction(services.sessions) as session:
        ended = await session.execute(
            update(StatusMessage)
            .where(col(StatusMessage.id) == status.status_id)
            .where(col(StatusMessage.lease_owner) == status.lease)
            .values(lease_owner=None, lease_until=None, **values)
        )
    return rows_changed(ended) > 0


async def _uploads_of(
    session: AsyncSession, status_ids: Sequence[UUID]
) -> dict[UUID | None, list[Followed]]:
    rows = (
        await session.execute(
            select(Upload, Board)
            .join(Board, col(Board.id) == col(Upload.board_id))
            .where(col(Upload.status_id).in_(status_ids))
            .order_by(col(Board.number), col(Upload.created_at))
        )
    ).all()
    ahead = await places_ahead(session, [board for _, board in rows])
    first = {  # noqa: C416 -- rows, not tuples, to mypy
        board_id: member_id
        for board_id, member_id in await session.execute(
            select(col(Upload.board_id), col(Upload.member_id))
            .where(col(Upload.board_id).in_({board.id for _, board in rows}))
            .ext(distinct_on(col(Upload.board_id)))
            .order_by(col(Upload.board_id), col(Upload.created_at))
        )
    }
    found: dict[UUID | None, list[Followed]] = {status_id: [] for status_id in status_ids}
    for upload, board in rows:
        found[upload.status_id].append(
            Followed(
                board_id=board.id,
                number=board.number,
                state=BoardState(board.state),
                stage=Stage(board.stage) if board.stage else None,
                ahead=ahead.get(board.id, 0),
                error_code=board.error_code,
                quality=Quality(board.quality),
                duplicate=upload.verdict == VerdictName.DUPLICATE,
                by_sender=first.get(board.id) == upload.member_id,
            )
        )
    return found
