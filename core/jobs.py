"""Waking the worker: arq jobs that carry ids, never bytes or rows. PostgreSQL decides who works."""

import json
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from core.clock import utc_now
from core.logs import get_logger
from core.settings import Settings
from core.values import AttemptPurpose

log = get_logger(__name__)

QUEUE: Final = "auditorium:boards"
RENDER: Final = "render_board"
# Redis is on the way of every upload; if it hangs, the sender must not wait for it.
_CONNECT_TIMEOUT_S: Final = 1.0
# Above the longest block of a stream reader, so that a quiet stream is not taken for a dead one.
_SOCKET_TIMEOUT_S: Final = 8.0
# A wake-up that nobody took for a day is forgotten; the sweep gives one again to what still waits.
_JOB_LASTS: Final = timedelta(days=1)


def serialize(job: dict[str, object]) -> bytes:
    """JSON in place of arq's pickle: whoever can write to Redis must not run code here."""
    return json.dumps(job, default=str).encode()


def deserialize(body: bytes) -> dict[str, object]:
    """The inverse of serialize()."""
    job: dict[str, object] = json.loads(body)
    return job


def make_redis(settings: Settings) -> ArqRedis:
    """A client that connects when first used, so that a process starts while Redis is away."""
    password = settings.redis_password.get_secret_value()
    pool = ConnectionPool.from_url(
        str(settings.redis_url),
        password=password or None,
        socket_connect_timeout=_CONNECT_TIMEOUT_S,
        socket_timeout=_SOCKET_TIMEOUT_S,
        max_connections=64,  # bounds what one process may open; the hub shares one reader
    )
    return ArqRedis(
        pool_or_conn=pool,
        job_serializer=serialize,
        job_deserializer=deserialize,
        default_queue_name=QUEUE,
    )


async def wake(
    redis: ArqRedis,
    board_id: UUID,
    attempt: int,
    purpose: AttemptPurpose,
    *,
    due: datetime | None = None,
) -> bool:
    """Tell the workers that this board waits; called after the commit.

    due: its place in the queue, see core.turns; None: behind all that is due now. The job's id
    names the attempt that is due, so that waking twice is one job. False (logged) when Redis does
    not answer: the sweep will find the board.
    """
    now = utc_now()
    try:
        await redis.enqueue_job(
            RENDER,
            str(board_id),
            purpose.value,
            _job_id=f"{purpose}:{board_id}:{attempt}",
            # Never later than now: PostgreSQL's clock may be ahead, and arq would wait for it.
            _defer_until=min(due or now, now),
            # Given, because arq reckons it from `due`, and a job of yesterday would be refused.
            _expires=_JOB_LASTS,
        )
    except (RedisError, OSError) as error:
        log.warning("wake.lost", board_id=str(board_id), error=type(error).__name__)
        return False
    return True
