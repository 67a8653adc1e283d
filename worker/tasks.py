"""What arq calls: thin, and carrying ids only."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from core.errors import Unavailable
from core.leases import claim
from core.logs import get_logger
from core.services import Services
from core.sweep import sweep
from core.values import AttemptPurpose
from worker.attempt import attempt
from worker.child import PixelProcess

log = get_logger(__name__)

CONTEXT: Final = "worker"


@dataclass(frozen=True, slots=True)
class Context:
    """What the tasks of one worker process share. owner: names it in leases and attempts."""

    services: Services
    pixels: PixelProcess
    owner: str


async def render_board(ctx: Mapping[str, Any], board_id: str, purpose: str) -> None:
    """Claim the board and make it; nothing happens when another worker has it or it is ready."""
    context: Context = ctx[CONTEXT]
    held = await claim(context.services, UUID(board_id), context.owner, AttemptPurpose(purpose))
    if held is not None:
        await attempt(context.services, context.pixels, held)


async def sweep_forever(services: Services) -> None:
    """Look for expired leases and lost wake-ups every few seconds, until cancelled.

    A task of its own: as an arq job it would wait behind the board that is being made.
    """
    while True:
        try:
            await sweep(services)
        except Unavailable as error:
            log.warning("sweep.postponed", error=error.code)
        await asyncio.sleep(services.settings.sweep_s)
