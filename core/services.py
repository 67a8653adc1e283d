"""What the use cases need of the outside, opened once a process and handed to them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from arq.connections import ArqRedis

from core.clock import Clock, utc_now
from core.db import Sessions, make_engine, make_sessions
from core.jobs import make_redis
from core.settings import Settings
from core.storage import ObjectStore

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Services:
    """The servers and the CPU threads that one process shares."""

    settings: Settings
    sessions: Sessions
    store: ObjectStore
    redis: ArqRedis
    pixels: ThreadPoolExecutor
    clock: Clock

    async def in_pixel_thread(self, call: Callable[[], T]) -> T:
        """Run CPU work on pictures; at most `intake_parallel` at once, the others wait."""
        return await asyncio.get_running_loop().run_in_executor(self.pixels, call)


@asynccontextmanager
async def open_services(settings: Settings, clock: Clock = utc_now) -> AsyncIterator[Services]:
    """Services for as long as the block runs. Nothing is contacted before its first use."""
    engine = make_engine(settings)
    services = Services(
        settings=settings,
        sessions=make_sessions(engine),
        store=ObjectStore(settings),
        redis=make_redis(settings),
        pixels=ThreadPoolExecutor(settings.intake_parallel, thread_name_prefix="pixels"),
        clock=clock,
    )
    try:
        yield services
    finally:
        services.pixels.shutdown(wait=False, cancel_futures=True)
        services.store.close()
        await services.redis.aclose(close_connection_pool=True)
        await engine.dispose()
