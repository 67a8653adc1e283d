"""The pictures that an auditorium already has: what an upload is compared with."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, func, literal, or_
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from core import dedup
from core.tables import Upload
from core.values import Fingerprint, Known, VerdictName

# More nominees than this means that the auditorium holds one picture over and over.
_MOST_NOMINEES: Final = 50


async def same_bytes(session: AsyncSession, auditorium_id: UUID, digest: bytes) -> Upload | None:
    """An upload of exactly these bytes. digest: their SHA-256."""
    rows = await session.execute(
        select(Upload)
        .where(col(Upload.auditorium_id) == auditorium_id)
        .where(col(Upload.bytes_sha256) == digest)
        .limit(1)
    )
    return rows.scalar_one_or_none()


async def nominees(
    session: AsyncSession, auditorium_id: UUID, found: Fingerprint
) -> Sequence[Known]:
    """Pictures that may be this one: the same by SHA-256, or boards whose hashes are near."""

    def near(
        column: SQLColumnExpression[str], hashed: int, bits: int, bound: int
    ) -> ColumnElement[bool]:
        ours = literal(f"{hashed:0{bits}b}").cast(BIT(bits))
        return func.bit_count(column.op("#")(ours)) <= bound

    rows = await session.execute(
        select(Upload)
        .where(col(Upload.auditorium_id) == auditorium_id)
        .where(
            or_(
                col(Upload.bytes_sha256) == found.bytes_sha256,
                col(Upload.pixels_sha256) == found.pixels_sha256,
                # Only what a board was made from: likeness must not drift from copy to copy.
                (col(Upload.verdict) == VerdictName.NEW)
                & near(col(Upload.phash64), found.phash64, 64, dedup.NOMINATE_PHASH64)
                & near(col(Upload.phash256), found.phash256, 256, dedup.NOMINATE_PHASH256),
            )
        )
        .order_by(col(Upload.created_at))
        .limit(_MOST_NOMINEES)
    )
    return [
        Known(board_id=row.board_id, upload_id=row.id, fingerprint=fingerprint_of(row))
        for row in rows.scalars()
    ]


def fingerprint_of(row: Upload) -> Fingerprint:
    """The fingerprint as it was stored with the upload."""
    return Fingerprint(
        bytes_sha256=row.bytes_sha256,
        pixels_sha256=row.pixels_sha256,
        phash64=int(row.phash64, 2),
        phash256=int(row.phash256, 2),
        sketch=row.sketch,
        width=row.width,
        height=row.height,
    )
