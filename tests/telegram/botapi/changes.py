"""Waiting for what others do, without a lock: everybody looks again after each change."""

import asyncio
from collections.abc import Callable


class Changes:
    """Woken by touch(), on one event loop."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def touch(self) -> None:
        """Something changed."""
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, condition: Callable[[], bool], within_s: float | None) -> None:
        """Return when the condition holds. Raises TimeoutError; None: however long it takes."""
        async with asyncio.timeout(within_s):
            while not condition():
                await self._next.wait()
