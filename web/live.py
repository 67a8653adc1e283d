"""Live events to browsers: one reader a process, a bounded queue a listener.

However many pages are open, one blocking XREAD watches the streams of all auditoriums that
somebody watches. A listener first gets what he missed (from the stream itself), then what comes.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeVar
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core import events
from core.events import Received, order_of
from core.logs import get_logger
from web.listener import Frame, Listener, Reset

log = get_logger(__name__)
T = TypeVar("T")

# Below the client's socket timeout of 8 s, so that a quiet stream is no error.
_BLOCK_MS: Final = 5000
# How often Redis is tried while it is away; the database keeps what happens meanwhile.
_RETRY_S: Final = 0.5
# redis-py was seen to go on with a blocking read when it was cancelled while it connected.
_CANCEL_AGAIN_S: Final = 0.05
# Each holds a file descriptor, and 1,024 is what a process may have where nobody raised it.
MOST_LISTENERS: Final = 900


@dataclass(slots=True)
class _Watched:
    """An auditorium that somebody watches. position: read up to here; None: not known yet."""

    position: str | None = None
    listeners: set[Listener] = field(default_factory=set)


class Hub:
    """The listeners of one process and the one reader that serves them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._watched: dict[UUID, _Watched] = {}
        self._changed = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many pages are listening."""
        return sum(len(watched.listeners) for watched in self._watched.values())

    @property
    def is_full(self) -> bool:
        """Whether one more would be too many."""
        return self.listeners >= MOST_LISTENERS

    def is_reading(self, auditorium_id: UUID) -> bool:
        """Whether what is published from now on will be handed out."""
        watched = self._watched.get(auditorium_id)
        return watched is not None and watched.position is not None

    async def listen(self, auditorium_id: UUID, after: str | None) -> AsyncGenerator[Frame, None]:
        """Frames of an auditorium, without a gap and without repetition, until close().

        after: the last id that the page has; None: from now on; what is no id gives a Reset.
        """
        listener = Listener()
        watched = self._watched.setdefault(auditorium_id, _Watched())
        watched.listeners.add(listener)
        if self._closed:
            listener.end()
        try:
            caught_up = await self._catch_up(listener, auditorium_id, after)
            if caught_up is None:
                return
            seen, missed = caught_up
            frame: Frame | None = None
            for frame in missed:
                yield frame
            # The page has just been told to look at everything.
            is_reset = isinstance(frame, Reset)
            while (frame := await listener.next()) is not None:
                is_old = order_of(frame.id) <= order_of(seen)
                if is_old and (is_reset or isinstance(frame, Received)):
                    continue  # it was in the replay, or the reader noticed the same outage
                seen, is_reset = frame.id, isinstance(frame, Reset)
                yield frame
        finally:
            watched.listeners.discard(listener)
            if not watched.listeners and self._watched.get(auditorium_id) is watched:
                del self._watched[auditorium_id]

    def close(self) -> None:
        """End all streams; new ones end at once."""
        self._closed = True
        for watched in self._watched.values():
            for listener in watched.listeners:
                listener.end()

    async def aclose(self) -> None:
        """Close, and wait until the reader has stopped."""
        self.close()
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None

    async def _catch_up(
        self, listener: Listener, auditorium_id: UUID, after: str | None
    ) -> tuple[str, Sequence[Frame]] | None:
        """Where the listener stands and what he missed; None if he was ended meanwhile.

        The reader's position is set before the stream is read, so that what comes in between is
        in the queue.
        """
        was_away = False
        while not listener.ended.is_set():
            try:
                now = await events.last_id(self._redis, auditorium_id)
                self._watch_from(auditorium_id, now)
                if after is None and not was_away:
                    return now, ()
                missed = (
                    await events.replay(self._redis, auditorium_id, after)
                    if after is not None and events.is_event_id(after)
                    else None
                )
            except (RedisError, OSError):
                was_away = True
                with suppress(TimeoutError):
                    await asyncio.wait_for(listener.ended.wait(), _RETRY_S)
                continue
            if missed is None or was_away:
                # Events that happened while Redis was away are in no stream.
                return now, (Reset(now),)
            return (missed[-1].id if missed else after or now), missed
        return None

    def _watch_from(self, auditorium_id: UUID, position: str) -> None:
        watched = self._watched[auditorium_id]
        if watched.position is None:
            watched.position = position
            self._changed.set()
        if self._reader is None and not self._closed:
            self._reader = asyncio.create_task(self._read_on(), name="live reader")
            self._reader.add_done_callback(self._reader_ended)

    def _reader_ended(self, task: "asyncio.Task[None]") -> None:
        """A fault of ours in the reader: say so, and let the pages come back to a new one."""
        if task.cancelled() or (fault := task.exception()) is None:
            return
        log.error("live.reader_failed", exc_info=fault)
        self._reader = None
        for watched in self._watched.values():
            watched.position = None
            for listener in watched.listeners:
                listener.end()

    async def _read_on(self) -> None:
        # It serves all; the request that happened to start it is not what its lines are about.
        structlog.contextvars.unbind_contextvars("request_id")
        away = False
        while True:
            self._changed.clear()
            positions = {
                auditorium_id: watched.position
                for auditorium_id, watched in self._watched.items()
                if watched.position is not None
            }
            if not positions:
                await self._changed.wait()
                continue
            try:
                if away:
                    await self._resume(positions)
                    log.info("live.back")
                    away = False
                    continue
                self._hand_out(await self._read_unless_changed(positions))
            except (RedisError, OSError) as error:
                if not away:
                    log.warning("live.redis_away", error=type(error).__name__)
                away = True
                await asyncio.sleep(_RETRY_S)

    async def _read_unless_changed(
        self, positions: Mapping[UUID, str]
    ) -> Mapping[UUID, Sequence[Received]]:
        """What came, or nothing as soon as another auditorium is to be watched."""
        read = asyncio.ensure_future(events.read(self._redis, positions, _BLOCK_MS))
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait((read, changed), return_when=asyncio.FIRST_COMPLETED)
            return read.result() if read.done() else {}
        finally:
            changed.cancel()
            await _cancelled(read)

    async def _resume(self, positions: Mapping[UUID, str]) -> None:
        """Redis is back; what was published meanwhile is lost, so every page looks anew."""
        now = {each: await events.last_id(self._redis, each) for each in positions}
        for auditorium_id, position in now.items():
            watched = self._watched.get(auditorium_id)
            if watched is not None:
                watched.position = position
                for listener in watched.listeners:
                    listener.put(Reset(position))

    def _hand_out(self, received: Mapping[UUID, Sequence[Received]]) -> None:
        for auditorium_id, entries in received.items():
            watched = self._watched.get(auditorium_id)
            if watched is None or not entries:
                continue
            if watched.position is not None:
                watched.position = entries[-1].id
            for entry in entries:
                for listener in watched.listeners:
                    listener.put(entry)


async def _cancelled(read: asyncio.Future[T]) -> None:
    """Cancel a read and see its end; asked again, since a client that connects may not hear it."""
    while not read.done():
        read.cancel()
        await asyncio.wait((read,), timeout=_CANCEL_AGAIN_S)
    if not read.cancelled():
        read.exception()  # looked at: whoever awaits the read raises it
