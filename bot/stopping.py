"""Waiting that ends when the process is told to stop."""

import asyncio
from contextlib import suppress


async def stops_within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for `seconds` or until the stop; whether to stop."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()
