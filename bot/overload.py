"""Watches the queue, so that overload is told in time and its end as well."""

import asyncio
from typing import Final

from bot.stopping import stops_within
from core.errors import Unavailable
from core.logs import get_logger
from core.overload import watch
from core.services import Services

log = get_logger(__name__)

# A burst of a hundred photos takes seconds to come in; a look costs two small queries.
_WATCH_EVERY_S: Final = 2.0


async def watch_overload(services: Services, stop: asyncio.Event) -> None:
    """Until told to stop."""
    while not await stops_within(stop, _WATCH_EVERY_S):
        try:
            await watch(services)
        except Unavailable as error:
            log.warning("overload.unwatched", code=error.code)
