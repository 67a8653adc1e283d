"""Waiting for a condition with a limit, in place of sleeping for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

LOOK_EVERY_S = 0.02


async def eventually(
    look: Callable[[], Awaitable[T]], holds: Callable[[T], bool], within_s: float = 60.0
) -> T:
    """What `look` gives once it `holds`; fails with the last look when it never does."""
    deadline = time.monotonic() + within_s
    while True:
        seen = await look()
        if holds(seen):
            return seen
        assert time.monotonic() < deadline, f"not within {within_s} s; last seen: {seen!r}"
        await asyncio.sleep(LOOK_EVERY_S)
