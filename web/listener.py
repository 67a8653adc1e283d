"""One page that listens for live events: a bounded queue, ended rather than overfilled."""

import asyncio
from dataclasses import dataclass
from typing import Final

from core.events import Received
from core.logs import get_logger

log = get_logger(__name__)

# A lecture's burst is some ten events a second; a page that is behind by this many reconnects.
QUEUE_LENGTH: Final = 256


@dataclass(frozen=True, slots=True)
class Reset:
    """Something was or may have been missed: look at everything. id: where the stream is now."""

    id: str


Frame = Received | Reset


class Listener:
    """One open page. Its queue ends with None: it was too slow, or the app shuts down."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Frame | None] = asyncio.Queue(QUEUE_LENGTH)
        self.ended = asyncio.Event()

    def put(self, frame: Frame) -> None:
        """Hand over a frame; a listener whose queue is full is ended instead."""
        if self.ended.is_set():
            return
        try:
            self._queue.put_nowait(frame)
        except asyncio.QueueFull:
            log.info("live.listener_too_slow")
            self.end()

    def end(self) -> None:
        """Let the page reconnect: what it has not got yet, it asks for with Last-Event-ID."""
        self.ended.set()
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def next(self) -> Frame | None:
        """The next frame; None at the end."""
        return await self._queue.get()
