"""Taking photos back: an upload goes, and with the last of its uploads the board.

Everything of a board hangs on its row and goes with it. A worker that is making it holds a lease
on that row: whatever it writes later finds nothing and ends as LeaseLost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from core.access import Viewer
from core.db import transaction
from core.errors import NotAllowed, UploadNotFound
from core.events import board_event, gone_event, publish
from core.logs import get_logger
from core.objects import let_go
from core.parts import drop_parts
from core.services import Services
from core.tables import Auditorium, Board, Delivery, Member, Rendition, Upload
from core.values import BoardState, VerdictName

log = get_logger(__name__)

MOST_LISTED: Final = 8  # one button a row: more than fits a phone's screen is not read


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnUpload:
    """A person's upload. by_others, by_himself: how many other uploads the board has."""

    upload_id: UUID
    board_number: int
    title: str
    created_at: datetime
    by_others: int
    by_himself: int


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message in which a board was sent to a chat."""

    chat_id: int
    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What went with some uploads of one board. gone: the board too.

    uploads_left: of the board. messages: in which members have it. keys: objects that may have
    lost their last row, with their media types.
    """

    auditorium_id: UUID
    board_id: UUID
    board_number: int
    state: BoardState
    gone: bool
    uploads_left: int
    messages: tuple[SentMessage, ...]
    keys: dict[str, str]


async def own_uploads(services: Services, chat_id: int) -> Sequence[OwnUpload]:
    """The chat's last uploads in all its auditoriums, newest first, at most MOST_LISTED.

    Also of those that he has left: what he sent stays his.
    """
    newest = _own(chat_id).order_by(col(Upload.created_at).desc(), col(Upload.id))
    async with transaction(services.sessions) as session:
        rows = (await session.execute(newest.limit(MOST_LISTED))).all()
    return [OwnUpload(**row._mapping) for row in rows]  # noqa: SLF001 -- a public name of SQLAlchemy's, underscored against columns


async def own_upload(
    services: Services, chat_id: int, *, upload_id: UUID | None = None, key: str | None = None
) -> OwnUpload:
    """The chat's upload with this id, or with this idempotency key. Raises UploadNotFound."""
    query = _own(chat_id).where(
        col(Upload.id) == upload_id if key is None else col(Upload.idempotency_key) == key
    )
    async with transaction(services.sessions) as session:
        row = (await session.execute(query)).one_or_none()
    if row is None:
        raise UploadNotFound
    return OwnUpload(**row._mapping)  # noqa: SLF001 -- as above


def _own(chat_id: int) -> Select[UUID, int, str, datetime, int, int]:
    other = aliased(Upload)
    others = (
        select(func.count())
        .select_from(other)
        .where(col(other.board_id) == col(Upload.board_id), col(other.id) != col(Upload.id))
        .correlate(Upload)
    )
    is_own = col(other.member_id) == col(Upload.member_id)
    return (
        select(
            col(Upload.id).label("upload_id"),
            col(Board.number).label("board_number"),
            col(Auditorium.title).label("title"),
            col(Upload.created_at).label("created_at"),
            others.where(~is_own).scalar_subquery().label("by_others"),
            others.where(is_own).scalar_subquery().label("by_himself"),
        )
        .select_from(Upload)
        .join(Board, col(Board.id) == col(Upload.board_id))
        .join(Auditorium, col(Auditorium.id) == col(Upload.auditorium_id))
        .join(Member, col(Member.id) == col(Upload.member_id))
        .where(col(Member.telegram_chat_id) == chat_id)
    )


async def remove_own_upload(services: Services, chat_id: int, upload_id: UUID) -> Removed:
    """The chat takes its upload back. Raises UploadNotFound."""
    async with transaction(services.sessions) as session:
        upload = (
            await session.execute(
                select(Upload)
                .join(Member, col(Member.id) == col(Upload.member_id))
                .where(col(Upload.id) == upload_id, col(Member.telegram_chat_id) == chat_id)
            )
        ).scalar_one_or_none()
        if upload is None:
            raise UploadNotFound
        removed = await _remove_one(session, upload)
    await tell_removed(services, [removed])
    return removed


async def remove_upload(services: Services, viewer: Viewer, upload_id: UUID) -> Removed:
    """A member takes his own upload back, a manager anybody's of his auditorium.

    Raises UploadNotFound, NotAllowed.
    """
    async with transaction(services.sessions) as session:
        upload = await session.get(Upload, upload_id)
        if upload is None or upload.auditorium_id != viewer.auditorium_id:
            raise UploadNotFound
        if upload.member_id != viewer.member_id and not viewer.manages:
            raise NotAllowed
        removed = await _remove_one(session, upload)
    await tell_removed(services, [removed])
    return removed


async def _remove_one(session: AsyncSession, upload: Upload) -> Removed:
    # As intake does: under this lock nobody joins the board, and nobody else takes from it.
    await session.get(Auditorium, upload.auditorium_id, with_for_update=True)
    (removed,) = await remove_rows(session, [upload.id]) or (None,)
    if removed is None:
        raise UploadNotFound  # twice at once: the other press was first
    return removed


async def remove_rows(session: AsyncSession, upload_ids: Sequence[UUID]) -> list[Removed]:
    """Delete these uploads of one auditorium, whose row the caller holds locked; by board.

    The caller commits and then calls tell_removed().
    """
    rows = (
        await session.execute(
            delete(Upload)
            .where(col(Upload.id).in_(upload_ids))
            .returning(col(Upload.board_id), col(Upload.original_key), col(Upload.media_type))
        )
    ).all()
    by_board: dict[UUID, dict[str, str]] = {}
    for board_id, key, media_type in rows:
        by_board.setdefault(board_id, {})[key] = media_type
    return [await _settle(session, board_id, keys) for board_id, keys in sorted(by_board.items())]


async def _settle(session: AsyncSession, board_id: UUID, keys: dict[str, str]) -> Removed:
    """The board after some of its uploads went: it goes too, or stands on what is left."""
    board = await session.get_one(Board, board_id)
    left = (
        await session.execute(
            select(col(Upload.id), col(Upload.verdict))
            .where(col(Upload.board_id) == board_id)
            .order_by(col(Upload.created_at), col(Upload.id))
        )
    ).all()
    messages: tuple[SentMessage, ...] = ()
    if not left:
        messages = await _messages_of(session, board_id)
        keys |= await _renditions_of(session, board_id)
        keys |= await drop_parts(session, board_id)
        await session.delete(board)
        await session.flush()
    elif all(verdict != VerdictName.NEW for _, verdict in left):
        # Renditions stay: it is the same picture.
        await session.execute(
            update(Upload).where(col(Upload.id) == left[0].id).values(verdict=VerdictName.NEW)
        )
    return Removed(
        auditorium_id=board.auditorium_id,
        board_id=board_id,
        board_number=board.number,
        state=BoardState(board.state),
        gone=not left,
        uploads_left=len(left),
        messages=messages,
        keys=keys,
    )


async def _messages_of(session: AsyncSession, board_id: UUID) -> tuple[SentMessage, ...]:
    rows = await session.execute(
        select(col(Member.telegram_chat_id), col(Delivery.telegram_message_id))
        .join(Member, col(Member.id) == col(Delivery.member_id))
        .where(col(Delivery.board_id) == board_id)
        .where(col(Delivery.telegram_message_id).is_not(None))
        .order_by(col(Delivery.sent_at))
    )
    return tuple(
        SentMessage(chat_id, message_id)
        for chat_id, message_id in rows
        if chat_id is not None and message_id is not None
    )


async def _renditions_of(session: AsyncSession, board_id: UUID) -> dict[str, str]:
    rows = await session.execute(
        select(col(Rendition.object_key), col(Rendition.media_type)).where(
            col(Rendition.board_id) == board_id
        )
    )
    return {key: media_type for key, media_type in rows}  # noqa: C416 -- rows, not tuples, to mypy


async def tell_removed(services: Services, removed: Sequence[Removed]) -> None:
    """After the commit: the pages hear of it, and the store lets the bytes go."""
    for each in removed:
        await publish(
            services.redis,
            each.auditorium_id,
            gone_event(each.board_id, each.board_number)
            if each.gone
            else board_event(each.board_id, each.board_number, each.state, each.uploads_left),
        )
        log.info("upload.removed", board_id=str(each.board_id), board_gone=each.gone)
    await let_go(services, {key: kind for each in removed for key, kind in each.keys.items()})
