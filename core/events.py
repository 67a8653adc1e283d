"""Live events: one Redis stream an auditorium; the stream's ids are the ids that browsers hold.

An event says what changed, never all that there is: the database does. Losing some costs a reload.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.logs import get_logger
from core.values import BoardState, Stage

log = get_logger(__name__)

# A lecture of 100 boards makes about 1,000 events; a phone that slept longer reloads the page.
STREAM_LENGTH: Final = 2000
STREAM_LIFE_S: Final = 24 * 3600
# Half a lecture; well below STREAM_LENGTH, so that a shorter stream was never trimmed.
REPLAY_LIMIT: Final = 500
# The id before the first event.
NOTHING_YET: Final = "0-0"
_FIELD: Final = "event"
# Two unsigned numbers of 64 bits; Redis takes larger ones for an error.
_EVENT_ID: Final = re.compile(r"[0-9]{1,20}-[0-9]{1,20}")
_ID_END: Final = 2**64


class EventName(StrEnum):
    """What may happen in an auditorium, as a page hears it."""

    BOARD = "board"  # a board is new, changed its state, or got another upload
    PROGRESS = "progress"  # a board that is being upscaled moved on
    GONE = "gone"  # a board was deleted
    AUDITORIUM = "auditorium"  # opened, closed, renamed


@dataclass(frozen=True, slots=True)
class Event:
    """name: what happened; data: JSON values that say to which board, never personal data."""

    name: EventName
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Received:
    """An event with the stream's id, "milliseconds-sequence", which orders events."""

    id: str
    event: Event


def board_event(
    board_id: UUID, number: int, state: BoardState, uploads: int | None = None
) -> Event:
    """A board is new, changed its state, or (with `uploads`) was sent once more."""
    data: dict[str, Any] = {"board_id": str(board_id), "number": number, "state": state.value}
    if uploads is not None:
        data["uploads"] = uploads
    return Event(EventName.BOARD, data)


def progress_event(board_id: UUID, stage: Stage, progress: float) -> Event:
    """progress: 0 to 1 within the stage."""
    return Event(
        EventName.PROGRESS,
        {"board_id": str(board_id), "stage": stage.value, "progress": round(progress, 3)},
    )


def gone_event(board_id: UUID, number: int) -> Event:
    """A board was deleted; its id and its number never come back."""
    return Event(EventName.GONE, {"board_id": str(board_id), "number": number})


def stream_key(auditorium_id: UUID) -> str:
    """The key of an auditorium's stream."""
    return f"events:{auditorium_id}"


async def publish(redis: Redis, auditorium_id: UUID, event: Event) -> bool:
    """Tell the pages. Called after the commit; False (logged) when Redis does not answer."""
    key = stream_key(auditorium_id)
    body = json.dumps({"name": event.name.value, "data": dict(event.data)})
    try:
        async with redis.pipeline(transaction=False) as pipe:
            pipe.xadd(key, {_FIELD: body}, maxlen=STREAM_LENGTH, approximate=True)
            pipe.expire(key, STREAM_LIFE_S)
            await pipe.execute()
    except (RedisError, OSError) as error:
        log.warning("event.lost", auditorium_id=str(auditorium_id), error=type(error).__name__)
        return False
    return True


async def last_id(redis: Redis, auditorium_id: UUID) -> str:
    """The id of the newest event, NOTHING_YET if there is none. Raises RedisError."""
    newest = await redis.xrevrange(stream_key(auditorium_id), count=1)
    return newest[0][0].decode() if newest else NOTHING_YET


def is_event_id(text: str) -> bool:
    """Whether this is an id that a stream may have given."""
    return _EVENT_ID.fullmatch(text) is not None and max(order_of(text)) < _ID_END


def order_of(event_id: str) -> tuple[int, int]:
    """The id as numbers, by which events are in order."""
    milliseconds, _, sequence = event_id.partition("-")
    return int(milliseconds), int(sequence)


async def replay(redis: Redis, auditorium_id: UUID, after: str) -> Sequence[Received] | None:
    """All that came after the event with this id, in one look at the stream. Raises RedisError.

    None when that cannot be told: the event was trimmed away or never was, or more than
    REPLAY_LIMIT came since, for which reloading the page is cheaper.
    """
    from_the_start = after == NOTHING_YET
    entries = await redis.xrange(
        stream_key(auditorium_id),
        min="-" if from_the_start else after,
        max="+",
        count=REPLAY_LIMIT + 1,
    )
    if len(entries) > REPLAY_LIMIT:
        return None
    received = [Received(entry_id.decode(), _parse(fields)) for entry_id, fields in entries]
    if from_the_start:
        # Trimming leaves STREAM_LENGTH entries, so that nothing is gone from one that is shorter.
        return received
    if not received or received[0].id != after:
        return None
    return received[1:]


async def read(
    redis: Redis, after: Mapping[UUID, str], block_ms: int
) -> dict[UUID, Sequence[Received]]:
    """What came after the given ids, per auditorium; blocks up to `block_ms`. Raises RedisError."""
    keys = {stream_key(auditorium_id): auditorium_id for auditorium_id in after}
    answer = await redis.xread(
        {key: after[auditorium_id] for key, auditorium_id in keys.items()},
        count=200,
        block=block_ms,
    )
    return {
        keys[key.decode()]: [
            Received(entry_id.decode(), _parse(fields)) for entry_id, fields in entries
        ]
        for key, entries in answer or []
    }


def _parse(fields: Mapping[bytes, bytes]) -> Event:
    body = json.loads(fields[_FIELD.encode()])
    return Event(EventName(body["name"]), body["data"])
