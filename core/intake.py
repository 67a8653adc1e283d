"""The way of an upload into an auditorium: one function for all channels.

The order keeps everything safe: check, read within the limit, decode within limits, store bytes
under content keys, then one short transaction, then wake and tell. A failure before the commit
leaves at most an unnamed object, which the next upload of the same bytes takes over.
"""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Final, assert_never
from uuid import UUID, uuid4

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from core import dedup
from core.access import takes_part
from core.db import transaction
from core.errors import (
    AuditoriumClosed,
    BadRequest,
    EmptyFile,
    NotAMember,
    QuotaReached,
    TooManyBytes,
)
from core.events import board_event, publish
from core.fingerprints import fingerprint
from core.imaging import Decoded, decode, encode_upright, limits_of, thumbhash_of
from core.jobs import wake
from core.known import fingerprint_of, nominees, same_bytes
from core.logs import get_logger
from core.objects import make_sure
from core.services import Services
from core.storage import Stored
from core.tables import Auditorium, Board, Member, Rendition, Upload
from core.turns import due_at
from core.values import (
    Arrival,
    AttemptPurpose,
    AuditoriumState,
    BoardState,
    Duplicate,
    Fingerprint,
    New,
    Picture,
    Quality,
    Receipt,
    Verdict,
    VerdictName,
)

log = get_logger(__name__)

ORIGINALS: Final = "originals"
RENDITIONS: Final = "renditions"
CAPTION_LIMIT: Final = 1024  # Telegram's own limit for captions
IDEMPOTENCY_KEY_LIMIT: Final = 128


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What a new board needs besides the original: a picture to show at once, a placeholder."""

    upright: Picture
    stored: Stored
    thumbhash: bytes


@dataclass(frozen=True, slots=True)
class _Examined:
    """An arrival whose pixels are known and whose original is stored."""

    fingerprint: Fingerprint
    original: Stored
    media_type: str


class _BoardVanished(Exception):
    """The upload was taken for a duplicate of a board that is no longer there."""


async def accept(services: Services, arrival: Arrival) -> Receipt:
    """Take one upload: store it, judge it, and queue its board if it is a new one.

    Raises NotAMember, AuditoriumClosed, QuotaReached, BadPicture and its kinds, BadRequest,
    Unavailable and its kinds. Where it raises, no upload was made.
    """
    _check_texts(arrival)
    async with transaction(services.sessions) as session:
        auditorium_id, receipt = await _admit(session, arrival)
    if receipt is not None:
        return receipt
    content = await _read(arrival.content, services.settings.upload_limit_bytes)
    async with transaction(services.sessions) as session:
        same = await same_bytes(session, auditorium_id, sha256(content).digest())
    if same is not None:
        # Forty copies of one forwarded file are decoded once.
        stored = Stored(same.original_key, same.bytes_sha256, same.byte_size)
        examined, prepared = _Examined(fingerprint_of(same), stored, same.media_type), None
    else:
        examined, prepared = await _examine(services, auditorium_id, content)
    try:
        receipt, uploads = await _record(services, arrival, examined, prepared)
    except _BoardVanished:
        # What it would have joined was deleted since it was looked up: make a board of it.
        examined, prepared = await _examine(services, auditorium_id, content, is_new=True)
        receipt, uploads = await _record(services, arrival, examined, prepared)
    await make_sure(services, examined.original, content, examined.media_type)
    if prepared is not None:
        upright = prepared.upright
        await make_sure(services, prepared.stored, upright.content, upright.media_type)
    if receipt.verdict is VerdictName.NEW:
        due = due_at(services.clock(), arrival.quality)
        await wake(services.redis, receipt.board_id, 1, AttemptPurpose.RENDER, due=due)
    await publish(
        services.redis,
        auditorium_id,
        board_event(receipt.board_id, receipt.board_number, receipt.state, uploads),
    )
    log.info(
        "upload.accepted",
        upload_id=str(receipt.upload_id),
        board_id=str(receipt.board_id),
        verdict=receipt.verdict.value,
        byte_size=len(content),
    )
    return receipt


def _check_texts(arrival: Arrival) -> None:
    if arrival.caption is not None and len(arrival.caption) > CAPTION_LIMIT:
        raise BadRequest("caption too long", field="caption", limit=CAPTION_LIMIT)
    key = arrival.idempotency_key
    if key is not None and not (1 <= len(key) <= IDEMPOTENCY_KEY_LIMIT and key.isprintable()):
        raise BadRequest(
            "Idempotency-Key: 1 to 128 printable characters",
            field="Idempotency-Key",
            limit=IDEMPOTENCY_KEY_LIMIT,
        )


async def _admit(
    session: AsyncSession, arrival: Arrival, *, lock: bool = False
) -> tuple[UUID, Receipt | None]:
    """The sender's auditorium if it takes his upload; the receipt if he sent this one before."""
    query = (
        select(Auditorium)
        .join(Member, col(Member.auditorium_id) == col(Auditorium.id))
        .where(col(Member.id) == arrival.member_id, takes_part())
    )
    if lock:
        # Not against those who join meanwhile: their rows only refer to the auditorium's key.
        query = query.with_for_update(of=Auditorium, key_share=True)
    auditorium = (await session.execute(query)).scalar_one_or_none()
    if auditorium is None:
        raise NotAMember
    if arrival.idempotency_key is not None:
        before = await _receipt_of_key(session, arrival.member_id, arrival.idempotency_key)
        if before is not None:
            return auditorium.id, before
    if auditorium.state != AuditoriumState.OPEN:
        raise AuditoriumClosed
    held = await session.scalar(
        select(func.count()).select_from(Upload).where(col(Upload.auditorium_id) == auditorium.id)
    )
    if (held or 0) >= auditorium.quota_uploads:
        raise QuotaReached(limit=auditorium.quota_uploads)
    return auditorium.id, None


async def _receipt_of_key(session: AsyncSession, member_id: UUID, key: str) -> Receipt | None:
    row = (
        await session.execute(
            select(Upload, Board)
            .join(Board, col(Board.id) == col(Upload.board_id))
            .where(col(Upload.member_id) == member_id, col(Upload.idempotency_key) == key)
        )
    ).one_or_none()
    if row is None:
        return None
    upload, board = row
    return _receipt(upload, board)


def _receipt(upload: Upload, board: Board) -> Receipt:
    return Receipt(
        upload_id=upload.id,
        board_id=board.id,
        board_number=board.number,
        verdict=VerdictName(upload.verdict),
        state=BoardState(board.state),
    )


async def _read(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    """All the bytes, never more than `limit` of them in memory."""
    content = bytearray()
    async for chunk in chunks:
        if len(content) + len(chunk) > limit:
            raise TooManyBytes(limit_mb=limit // 1_000_000)
        content += chunk
    if not content:
        raise EmptyFile
    return bytes(content)


async def _examine(
    services: Services, auditorium_id: UUID, content: bytes, *, is_new: bool = False
) -> tuple[_Examined, _Prepared | None]:
    """Decode, fingerprint, store the original, and what a board needs if this is or looks new."""
    limits = limits_of(services.settings)

    def look() -> tuple[Decoded, Fingerprint]:
        decoded = decode(content, limits)
        return decoded, fingerprint(content, decoded)

    decoded, found = await services.in_pixel_thread(look)
    original = await services.store.put(ORIGINALS, content, decoded.media_type)
    examined = _Examined(found, original, decoded.media_type)
    if not is_new:
        async with transaction(services.sessions) as session:
            verdict = dedup.judge(found, await nominees(session, auditorium_id, found))
        is_new = isinstance(verdict, New)
    if not is_new:
        return examined, None
    upright, thumb = await services.in_pixel_thread(
        lambda: (encode_upright(decoded), thumbhash_of(decoded.pixels))
    )
    stored = await services.store.put(RENDITIONS, upright.content, upright.media_type)
    return examined, _Prepared(upright, stored, thumb)


async def _record(
    services: Services, arrival: Arrival, examined: _Examined, prepared: _Prepared | None
) -> tuple[Receipt, int]:
    """The one transaction: under the auditorium's lock the verdict is final."""
    async with transaction(services.sessions) as session:
        auditorium_id, before = await _admit(session, arrival, lock=True)
        if before is not None:
            return before, await _count_uploads(session, before.board_id)
        found = examined.fingerprint
        verdict = dedup.judge(found, await nominees(session, auditorium_id, found))
        board = await _board_for(
            session, auditorium_id, found, verdict, prepared=prepared, quality=arrival.quality
        )
        upload = _upload_row(arrival, auditorium_id, examined, verdict, board.id)
        session.add(upload)
        await session.flush()
        return _receipt(upload, board), await _count_uploads(session, board.id)


async def _count_uploads(session: AsyncSession, board_id: UUID) -> int:
    count = await session.scalar(
        select(func.count()).select_from(Upload).where(col(Upload.board_id) == board_id)
    )
    return count or 0


async def _board_for(
    session: AsyncSession,
    auditorium_id: UUID,
    found: Fingerprint,
    verdict: Verdict,
    *,
    prepared: _Prepared | None,
    quality: Quality,
) -> Board:
    match verdict:
        case Duplicate(board_id):
            return await session.get_one(Board, board_id)
        case New():
            if prepared is None:
                raise _BoardVanished
            auditorium = await session.get_one(Auditorium, auditorium_id)
            auditorium.boards_made += 1
            board = Board(
                auditorium_id=auditorium_id,
                number=auditorium.boards_made,
                width=found.width,
                height=found.height,
                thumbhash=prepared.thumbhash,
                quality=quality,
            )
            session.add(board)
            await session.flush()
            session.add(rendition_row(board.id, prepared.upright, prepared.stored))
            return board
        case _:
            assert_never(verdict)


def rendition_row(board_id: UUID, picture: Picture, stored: Stored) -> Rendition:
    """The row of a stored picture."""
    return Rendition(
        id=uuid4(),
        board_id=board_id,
        kind=picture.kind,
        object_key=stored.key,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        byte_size=stored.byte_size,
        sha256=stored.sha256,
    )


def _storable(caption: str) -> str:
    """The caption as PostgreSQL can hold it: no NUL, no half of a surrogate pair."""
    return caption.encode(errors="ignore").decode().replace("\x00", "").strip()


def _upload_row(
    arrival: Arrival, auditorium_id: UUID, examined: _Examined, verdict: Verdict, board_id: UUID
) -> Upload:
    found = examined.fingerprint
    return Upload(
        auditorium_id=auditorium_id,
        member_id=arrival.member_id,
        board_id=board_id,
        channel=arrival.channel,
        caption=_storable(arrival.caption or "") or None,
        idempotency_key=arrival.idempotency_key,
        verdict=VerdictName.NEW if isinstance(verdict, New) else VerdictName.DUPLICATE,
        evidence=asdict(verdict.evidence),
        original_key=examined.original.key,
        media_type=examined.media_type,
        byte_size=examined.original.byte_size,
        width=found.width,
        height=found.height,
        bytes_sha256=found.bytes_sha256,
        pixels_sha256=found.pixels_sha256,
        phash64=f"{found.phash64:064b}",
        phash256=f"{found.phash256:0256b}",
        sketch=found.sketch,
    )
