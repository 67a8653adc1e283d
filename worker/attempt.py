"""One attempt at a board: fetch, render in the pixel process, store, finish, with a live lease."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from core.errors import BadPicture, DomainError, LeaseLost, Unavailable
from core.intake import RENDITIONS
from core.leases import Finished, fail, finish, heartbeat, release
from core.logs import get_logger
from core.parts import keep_part, kept_parts
from core.services import Services
from core.storage import ObjectMissing, Stored
from core.values import AttemptPurpose, Claim, Picture, ResultPart, Stage
from worker.child import PixelProcess
from worker.pipeline import Rendered

log = get_logger(__name__)

# Four beats a lease: three may be lost before another worker takes the board over.
_BEATS_PER_LEASE: Final = 4
# A page redraws a progress bar twice a second at most; more would only fill the stream.
_LEAST_BEAT_S: Final = 0.5
# The picture is made; PostgreSQL may be restarting. Five seconds are within the lease.
_FINISH_TRIES: Final = 5
_FINISH_PAUSE_S: Final = 1.0


class Pulse:
    """Keeps a lease alive and tells how far the board is."""

    def __init__(self, services: Services, held: Claim) -> None:
        self._services = services
        self._held = held
        self._now = (Stage.FETCH, 0.0)
        self._changed = asyncio.Event()

    def report(self, stage: Stage, progress: float) -> None:
        """How far the board is; cheap, as often as one likes. progress: 0 to 1 in the stage."""
        self._now = (stage, progress)
        self._changed.set()

    async def run(self) -> None:
        """Beat until cancelled. Raises LeaseLost when another worker has the board."""
        longest = self._services.settings.lease_s / _BEATS_PER_LEASE
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), longest)
            self._changed.clear()
            started = time.monotonic()
            try:
                await heartbeat(self._services, self._held, *self._now)
            except Unavailable as error:
                # The lease may run out meanwhile; then the fencing token decides, not we.
                log.warning("heartbeat.missed", error=error.code)
            await asyncio.sleep(max(0.0, _LEAST_BEAT_S - (time.monotonic() - started)))


async def attempt(services: Services, pixels: PixelProcess, held: Claim) -> None:
    """Make the board, or end the attempt with its reason; nothing is raised for a failed board.

    Cancelled, it gives the board back at once.
    """
    pulse = Pulse(services, held)
    making = asyncio.create_task(_make(services, pixels, held, pulse), name="make")
    beating = asyncio.create_task(pulse.run(), name="pulse")
    try:
        await asyncio.wait({making, beating}, return_when=asyncio.FIRST_COMPLETED)
        if not making.done():
            beating.result()  # raises LeaseLost: what is being made is not ours any more
        made = making.result()
        await _finish(services, held, made)
    except LeaseLost:
        log.warning("lease.lost", board_id=str(held.board_id), attempt=held.attempt_number)
    except asyncio.CancelledError:
        await asyncio.shield(_give_back(services, held))
        raise
    except DomainError as error:
        await _end(services, held, error)
    finally:
        for task in (making, beating):
            task.cancel()
        await asyncio.gather(making, beating, return_exceptions=True)


async def _make(services: Services, pixels: PixelProcess, held: Claim, pulse: Pulse) -> Finished:
    started = time.perf_counter()
    original = await services.store.get(held.original_key, services.settings.upload_limit_bytes)
    fetched = time.perf_counter()
    parts = await kept_parts(services, held)
    rendered = await pixels.render(
        original,
        quality=held.quality,
        lossless=held.purpose is AttemptPurpose.LOSSLESS,
        on_progress=pulse.report,
        deadline_s=services.settings.render_deadline_s,
        parts=parts,
        on_part=partial(_keep, services, held),
    )
    _say_what_was_chosen(held, rendered)
    pulse.report(Stage.STORE, 0.0)
    storing = time.perf_counter()
    stored = await asyncio.gather(
        *(
            services.store.put(RENDITIONS, picture.content, picture.media_type)
            for picture in rendered.pictures
        )
    )
    return _finished(
        rendered,
        stored,
        {
            Stage.FETCH: (fetched - started) * 1000,
            **rendered.stages_ms,
            Stage.STORE: (time.perf_counter() - storing) * 1000,
        },
    )


def _say_what_was_chosen(held: Claim, rendered: Rendered) -> None:
    """Otherwise than asked: the operator's concern; the board is made all the same."""
    for chosen in rendered.record.get("chosen", ()):
        log.warning(
            "board.chosen",
            board_id=str(held.board_id),
            what=chosen["what"],
            why=chosen["why"],
            detail=chosen["detail"],
        )


async def _keep(services: Services, held: Claim, part: ResultPart) -> None:
    try:
        await keep_part(services, held, part)
    except Unavailable as error:
        # Only worth a warning: without it the next attempt does these rows again.
        log.warning("part.not_kept", board_id=str(held.board_id), error=error.code)


def _finished(
    rendered: Rendered, stored: Sequence[Stored], stages_ms: Mapping[str, float]
) -> Finished:
    pictures: list[tuple[Picture, Stored]] = list(zip(rendered.pictures, stored, strict=True))
    return Finished(
        pictures=pictures,
        thumbhash=rendered.thumbhash,
        engine=rendered.engine,
        stages_ms=stages_ms,
        record=rendered.record,
    )


async def _finish(services: Services, held: Claim, made: Finished) -> None:
    for _ in range(_FINISH_TRIES - 1):
        try:
            return await finish(services, held, made)
        except Unavailable as error:
            log.warning("finish.missed", board_id=str(held.board_id), error=error.code)
            await asyncio.sleep(_FINISH_PAUSE_S)
    return await finish(services, held, made)


async def _end(services: Services, held: Claim, error: DomainError) -> None:
    """A fault of the picture is final, a server that is away costs no try, the rest is retried."""
    if isinstance(error, Unavailable) and not isinstance(error, ObjectMissing):
        log.warning("attempt.postponed", board_id=str(held.board_id), error=error.code)
        await _give_back(services, held)
        return
    with suppress(LeaseLost, Unavailable):  # the sweep will see the lease run out
        await fail(services, held, error.code, final=isinstance(error, BadPicture))


async def _give_back(services: Services, held: Claim) -> None:
    with suppress(LeaseLost, Unavailable):
        await release(services, held)
