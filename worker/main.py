"""The worker process: arq wakes it, leases in PostgreSQL decide, one board at a time."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, Final
from uuid import uuid4

from arq.worker import Worker, func
from redis.exceptions import RedisError

from core.errors import DomainError
from core.jobs import QUEUE, RENDER, deserialize, make_redis, serialize
from core.logs import configure_logs, get_logger
from core.services import open_services
from core.settings import Settings, load_settings
from core.values import Quality
from worker.child import PixelProcess
from worker.tasks import CONTEXT, Context, render_board, sweep_forever

log = get_logger(__name__)

# arq asks Redis this often for jobs; half of it is the mean wait of a board.
_POLL_S: Final = 0.05
# Fetch, store and finish around the rendering, on slow servers.
_AROUND_RENDER_S: Final = 60.0
# Redis is away: ask again, without filling the log.
_REDIS_PAUSE_S: Final = 1.0
_HEALTH_CHECK_S: Final = 10
# redis-py was seen to swallow a cancellation while it connects. Giving a board back takes less.
_CANCEL_AGAIN_S: Final = 3.0
CANNOT_START: Final = 2


def main() -> int:
    """Run until SIGTERM or SIGINT; the exit code. A model that cannot be loaded is told at once."""
    settings = load_settings()
    configure_logs(settings, "worker")
    try:
        asyncio.run(_run(settings))
    except DomainError as error:
        log.error("worker.cannot_start", code=error.code, detail=error.detail)  # noqa: TRY400 -- one line, no traceback
        sys.stderr.write(f"worker: {error.detail}\n")
        return CANNOT_START
    return 0


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    pixels = PixelProcess(settings)
    async with open_services(settings) as services:
        try:
            if not await _loaded(pixels, stop):
                return
            log.info(
                "worker.ready",
                owner=owner,
                **{quality.value: str(pixels.describe(quality)) for quality in Quality},
                way=pixels.describe(Quality.BEST).way or None,
            )
            sweeping = asyncio.create_task(sweep_forever(services), name="sweep")
            working = asyncio.create_task(
                _work(settings, Context(services, pixels, owner), stop), name="work"
            )
            stopped = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({sweeping, working, stopped}, return_when=asyncio.FIRST_COMPLETED)
            log.info("worker.stopping")
            # Not by itself: what ended before we were told to stop is a fault, and is raised here.
            await _end(stopped, working, sweeping)
        finally:
            await pixels.stop()


async def _loaded(pixels: PixelProcess, stop: asyncio.Event) -> bool:
    """Load the engines, which takes seconds; False when we are told to stop meanwhile."""
    loading = asyncio.create_task(pixels.start(), name="load")
    stopped = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait({loading, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if loading.done():
        await _end(stopped)
        await loading
        return True
    await _end(loading)
    return False


async def _end(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel tasks until they have ended; raise what ended one of them but a cancellation."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=_CANCEL_AGAIN_S)
    for task in tasks:
        if not task.cancelled():
            task.result()


async def _work(settings: Settings, context: Context, stop: asyncio.Event) -> None:
    """Take jobs until told to stop. arq ends when Redis goes away; then it is started anew."""
    while not stop.is_set():
        worker = _arq_worker(settings, context)
        try:
            await worker.async_run()
        except (RedisError, OSError) as error:
            log.warning("queue.away", error=type(error).__name__)
            # The board that is being made needs no Redis: let it end.
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
        finally:
            for task in worker.tasks.values():
                task.cancel()
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
            with suppress(RedisError, OSError):
                await worker.pool.aclose(close_connection_pool=True)
        await asyncio.sleep(_REDIS_PAUSE_S)


def _arq_worker(settings: Settings, context: Context) -> Worker:
    return Worker(
        functions=[func(render_board, name=RENDER, keep_result=0)],
        queue_name=QUEUE,
        redis_pool=make_redis(settings),
        max_jobs=1,  # the networks use every core; two boards at once are both slower
        job_timeout=settings.render_deadline_s + _AROUND_RENDER_S,
        keep_result=0,  # a kept result refuses the same job id
        poll_delay=_POLL_S,
        health_check_interval=_HEALTH_CHECK_S,
        handle_signals=False,
        job_serializer=serialize,
        job_deserializer=deserialize,
        ctx={CONTEXT: context},
    )
