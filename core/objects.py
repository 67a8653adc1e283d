"""Bytes that rows refer to: taken out of the store with the last row, never from under a new one.

The same bytes have one key, in whatever auditorium. Rows are written after the bytes, so somebody
may be about to refer to a key that is just being let go. Both sides therefore look once more after
they have acted, and both have the bytes to put them back; whoever looks last sees the other.
A process that is killed in between leaves bytes that no row refers to, for a sweep to find.
"""

from collections.abc import Collection, Mapping

from sqlmodel import col, select

from core.db import transaction
from core.errors import Unavailable
from core.logs import get_logger
from core.services import Services
from core.storage import ObjectMissing, Stored
from core.tables import Part, Rendition, Upload

log = get_logger(__name__)

# Above every picture that is made, the lossless ones among them.
_MOST_BYTES = 1_000_000_000


async def make_sure(services: Services, stored: Stored, content: bytes, media_type: str) -> None:
    """Called after rows were committed: put the bytes back if they were let go meanwhile.

    Raises nothing: a store that is away just now has been told to keep them before.
    """
    try:
        if not await services.store.has(stored.key):
            await _put(services, stored.key, content, media_type)
            log.warning("object.put_back", key=stored.key)
    except Unavailable as error:
        log.warning("object.unseen", key=stored.key, code=error.code)


async def let_go(services: Services, media_types: Mapping[str, str]) -> None:
    """Called after rows were deleted: remove those keys that no row refers to any more.

    media_types: by key. Raises nothing; what cannot be removed now is logged and stays.
    """
    try:
        unused = media_types.keys() - await _in_use(services, media_types)
    except Unavailable as error:
        log.warning("objects.left", count=len(media_types), code=error.code)
        return
    for key in sorted(unused):
        try:
            await _remove(services, key, media_types[key])
        except Unavailable as error:
            log.warning("object.left", key=key, code=error.code)


async def _remove(services: Services, key: str, media_type: str) -> None:
    try:
        content = await services.store.get(key, _MOST_BYTES)
    except ObjectMissing:
        return
    await services.store.delete(key)
    if await _in_use(services, [key]):
        await _put(services, key, content, media_type)
        log.info("object.put_back", key=key)


async def _put(services: Services, key: str, content: bytes, media_type: str) -> None:
    await services.store.put(key.partition("/")[0], content, media_type)


async def _in_use(services: Services, keys: Collection[str]) -> set[str]:
    """Those of the keys that a row refers to."""
    originals = select(Upload.original_key).where(col(Upload.original_key).in_(keys))
    renditions = select(Rendition.object_key).where(col(Rendition.object_key).in_(keys))
    parts = select(Part.object_key).where(col(Part.object_key).in_(keys))
    async with transaction(services.sessions) as session:
        return {
            *(await session.execute(parts)).scalars(),
            *(await session.execute(originals)).scalars(),
            *(await session.execute(renditions)).scalars(),
        }
