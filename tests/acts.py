"""What people and workers do to an auditorium, for tests that begin after it was done."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlmodel import col

from core.access import Viewer
from core.boards import BoardView, status
from core.intake import RENDITIONS, accept
from core.leases import Finished, claim
from core.services import Services
from core.tables import Board, Rendition, Upload
from core.values import (
    Arrival,
    AttemptPurpose,
    Channel,
    Claim,
    Picture,
    Quality,
    Receipt,
    RenditionKind,
)
from tests.pictures import board, chunks, encoded, photo


async def send_photo(
    services: Services, sender: Viewer, seed: int = 0, quality: Quality = Quality.BEST
) -> Receipt:
    """The sender's upload of a generated board; another seed, another board."""
    return await accept(
        services,
        Arrival(
            member_id=sender.member_id,
            channel=Channel.WEB,
            content=chunks(photo(seed)),
            quality=quality,
        ),
    )


async def keys(services: Services) -> set[str]:
    """The objects that rows refer to."""
    async with services.sessions() as session:
        originals = await session.scalars(select(col(Upload.original_key)))
        renditions = await session.scalars(select(col(Rendition.object_key)))
        return {*originals, *renditions}


async def kept(services: Services, of: set[str]) -> set[str]:
    """Those of the keys that the store has."""
    return {key for key in of if await services.store.has(key)}


async def send_copy(
    services: Services, sender: UUID, seed: int, quality: int, key: str = ""
) -> Receipt:
    """A board photographed once (seed) and recompressed: other bytes, the same picture."""
    content = encoded(board(seed, size=(800, 600)), quality=quality)
    return await accept(
        services,
        Arrival(
            member_id=sender,
            channel=Channel.TELEGRAM,
            content=chunks(content),
            idempotency_key=key or None,
        ),
    )


async def take(
    services: Services,
    board_id: UUID,
    owner: str = "worker-a",
    purpose: AttemptPurpose = AttemptPurpose.RENDER,
) -> Claim:
    """A claim that must succeed."""
    held = await claim(services, board_id, owner, purpose)
    assert held is not None
    return held


async def made(services: Services, *kinds: RenditionKind, content: bytes | None = None) -> Finished:
    """What a worker hands in: pictures of these kinds, stored."""
    pictures = []
    for kind in kinds or (RenditionKind.UPSCALED, RenditionKind.PREVIEW):
        body = content or uuid4().bytes
        picture = Picture(kind=kind, media_type="image/jpeg", width=1600, height=1200, content=body)
        pictures.append((picture, await services.store.put(RENDITIONS, body, "image/jpeg")))
    return Finished(pictures, thumbhash=b"thumb", engine="bicubic", stages_ms={"decode": 12.34})


async def let_lease_expire(services: Services, board_id: UUID) -> None:
    """The owner has been silent for longer than his lease."""
    async with services.sessions.begin() as session:
        await session.execute(
            update(Board)
            .where(col(Board.id) == board_id)
            .values(lease_until=func.now() - timedelta(seconds=1))
        )


async def let_wait(
    services: Services, board_id: UUID, for_how_long: timedelta = timedelta(minutes=1)
) -> None:
    """The board was queued a while ago; after a minute its wake-up must have come by now."""
    async with services.sessions.begin() as session:
        await session.execute(
            update(Board)
            .where(col(Board.id) == board_id)
            .values(queued_at=func.now() - for_how_long)
        )


async def seen(services: Services, board_id: UUID) -> BoardView:
    """The board as the operator sees it."""
    return await status(services, board_id)
