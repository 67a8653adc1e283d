"""Parts of results that take long: rows that are done are not done again after a worker's death.

Bytes lie in the store, their rows say whose they are. Only who holds the lease writes them, and
they go with the end of the board's making.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from core.db import transaction
from core.errors import LeaseLost
from core.objects import let_go
from core.services import Services
from core.storage import ObjectMissing
from core.tables import Board, Part
from core.values import Claim, ResultPart

_FOLDER: Final = "parts"
_MEDIA_TYPE: Final = "image/png"
# A result is 5120x5120 at most, 79 MB of pixels; noise does not get smaller as PNG.
_MOST_BYTES: Final = 100_000_000
# Of one board: at five seconds each these are more than its deadline.
_MOST_PARTS: Final = 48


async def kept_parts(services: Services, held: Claim) -> Sequence[ResultPart]:
    """What earlier attempts left of this board, from the top, up to the first that is missing.

    Raises StorageUnavailable, DatabaseUnavailable.
    """
    async with transaction(services.sessions) as session:
        rows = (
            (
                await session.execute(
                    select(Part)
                    .where(col(Part.board_id) == held.board_id)
                    .order_by(col(Part.top))
                    .limit(_MOST_PARTS)
                )
            )
            .scalars()
            .all()
        )
    parts: list[ResultPart] = []
    for row in rows:
        try:
            content = await services.store.get(row.object_key, _MOST_BYTES)
        except ObjectMissing:
            break
        parts.append(ResultPart(row.made_of, row.top, content))
    return parts


async def keep_part(services: Services, held: Claim, part: ResultPart) -> None:
    """Keep these rows; what was there of other pixels from the same row on gives way.

    Raises LeaseLost, StorageUnavailable, DatabaseUnavailable.
    """
    stored = await services.store.put(_FOLDER, part.content, _MEDIA_TYPE)
    values = {
        "made_of": part.made_of,
        "object_key": stored.key,
        "byte_size": stored.byte_size,
    }
    replaced: str | None = None
    async with transaction(services.sessions) as session:
        is_ours = (
            await session.scalar(
                select(Board.id)
                .where(col(Board.id) == held.board_id)
                .where(col(Board.lease_attempt_id) == held.attempt_id)
                .with_for_update(read=True, key_share=True)
            )
        ) is not None
        if is_ours:
            replaced = await session.scalar(
                select(Part.object_key).where(
                    col(Part.board_id) == held.board_id, col(Part.top) == part.top
                )
            )
            await session.execute(
                insert(Part)
                .values(board_id=held.board_id, top=part.top, **values)
                .on_conflict_do_update(
                    index_elements=["board_id", "top"],
                    set_={**values, "created_at": func.now()},
                )
            )
    if not is_ours:
        await let_go(services, {stored.key: _MEDIA_TYPE})
        raise LeaseLost(f"board {held.board_id}, attempt {held.attempt_number}")
    if replaced is not None and replaced != stored.key:
        await let_go(services, {replaced: _MEDIA_TYPE})


async def drop_parts(session: AsyncSession, board_id: UUID) -> dict[str, str]:
    """Delete the board's parts; the caller commits and lets the keys go, with their media types."""
    keys = await session.execute(
        delete(Part).where(col(Part.board_id) == board_id).returning(col(Part.object_key))
    )
    return dict.fromkeys(keys.scalars(), _MEDIA_TYPE)
