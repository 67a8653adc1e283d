"""What Telegram already has of a board: its file ids, kept beside the renditions.

An id is Telegram's name for bytes that this bot once sent; sending by it costs no transfer. As a
photo and as a document the same bytes have different ids.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from core.db import transaction
from core.services import Services
from core.tables import Rendition
from core.values import RenditionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SendablePicture:
    """A rendition as the bot needs it. width, height: pixels."""

    rendition_id: UUID
    kind: RenditionKind
    object_key: str
    media_type: str
    width: int
    height: int
    byte_size: int
    photo_id: str | None
    document_id: str | None


async def sendable_pictures(
    services: Services, board_id: UUID
) -> dict[RenditionKind, SendablePicture]:
    """The board's renditions with their file ids."""
    async with transaction(services.sessions) as session:
        rows = (
            await session.execute(select(Rendition).where(col(Rendition.board_id) == board_id))
        ).scalars()
        return {
            RenditionKind(row.kind): SendablePicture(
                rendition_id=row.id,
                kind=RenditionKind(row.kind),
                object_key=row.object_key,
                media_type=row.media_type,
                width=row.width,
                height=row.height,
                byte_size=row.byte_size,
                photo_id=row.telegram_photo_id,
                document_id=row.telegram_document_id,
            )
            for row in rows
        }


async def remember_photo_id(
    services: Services, picture: SendablePicture, file_id: str | None
) -> None:
    """Telegram has the picture as a photo under this id; None: it has it no longer."""
    await _remember(services, picture, {"telegram_photo_id": file_id})


async def remember_document_id(
    services: Services, picture: SendablePicture, file_id: str | None
) -> None:
    """Telegram has the picture as a document under this id; None: it has it no longer."""
    await _remember(services, picture, {"telegram_document_id": file_id})


async def _remember(
    services: Services, picture: SendablePicture, values: dict[str, str | None]
) -> None:
    async with transaction(services.sessions) as session:
        await session.execute(
            update(Rendition)
            .where(col(Rendition.id) == picture.rendition_id)
            # A board that was upscaled anew meanwhile has other bytes, which Telegram lacks.
            .where(col(Rendition.object_key) == picture.object_key)
            .values(**values)
        )
