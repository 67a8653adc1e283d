"""Asks Valkey or Redis for its version, its memory and how long the queue is. Reads only."""

import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.jobs import QUEUE
from core.operate.doctor.reach import Unreachable, Why, why_of
from core.settings import Settings

CONNECT_S: Final = 2.0
READ_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisFacts:
    """product: "valkey" or "redis". memory_most: bytes, 0 without a limit. queued: jobs that wait.

    workers: whether one has reported within the last seconds.
    """

    product: str
    version: str
    policy: str
    memory: int
    memory_most: int
    queued: int
    workers: bool
    took_s: float


def where_of(settings: Settings) -> str:
    """Host and port, without the password."""
    parts = urlsplit(str(settings.redis_url))
    return f"{parts.hostname}:{parts.port or 6379}"


def ask_redis(settings: Settings) -> RedisFacts | Unreachable:
    """INFO, the queue's length and its health key. Blocks."""
    began = time.monotonic()
    client = redis.Redis.from_url(
        str(settings.redis_url),
        password=settings.redis_password.get_secret_value() or None,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=READ_S,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        # Any: redis-py types its answers for both of its clients at once.
        told: Any = client.info()
        queued: Any = client.zcard(QUEUE)
        workers = client.exists(f"{QUEUE}:health-check")  # arq's name, renewed by the worker
    except (redis.AuthenticationError, redis.exceptions.NoPermissionError):
        return Unreachable(Why.DENIED)
    except redis.BusyLoadingError:
        return Unreachable(Why.STRANGE, "it is loading its data")
    except (redis.RedisError, OSError, ValueError) as error:
        return Unreachable(why_of(error))
    finally:
        client.close()
    valkey = "valkey_version" in told
    return RedisFacts(
        product="valkey" if valkey else "redis",
        version=str(told.get("valkey_version" if valkey else "redis_version", "?")),
        policy=str(told.get("maxmemory_policy", "?")),
        memory=int(told.get("used_memory", 0)),
        memory_most=int(told.get("maxmemory", 0)),
        queued=int(queued),
        workers=bool(workers),
        took_s=time.monotonic() - began,
    )
