"""Whether the process lives, and whether the servers that it needs answer."""

import asyncio
from collections.abc import Awaitable
from typing import Final

from fastapi import APIRouter, Request
from redis.exceptions import RedisError
from starlette.responses import JSONResponse, Response

from core.db import ping
from core.errors import DatabaseUnavailable, DomainError, StorageUnavailable, Unavailable
from core.services import Services
from web.api_models import PROBLEM_CONTENT, Health, Readiness
from web.deps import ServicesDep
from web.errors import QueueUnavailable, problem, status_of

router = APIRouter(tags=["health"])

# Probes wait a few seconds at most; a server that takes longer is away for them.
_PATIENCE_S: Final = 3.0


@router.get("/healthz")
async def healthz() -> Health:
    """The process lives; it says nothing of the servers."""
    return Health()


async def _queue(services: Services) -> None:
    try:
        await services.redis.ping()
    except (RedisError, OSError) as error:
        raise QueueUnavailable(type(error).__name__) from error


async def _problem(check: Awaitable[None], late: DomainError) -> DomainError | None:
    try:
        await asyncio.wait_for(check, _PATIENCE_S)
    except Unavailable as error:
        return error
    except TimeoutError:
        return late
    return None


@router.get(
    "/readyz",
    response_model=Readiness,
    responses={
        503: {
            "description": 'database, queue, store: each "ok" or "away"',
            "content": PROBLEM_CONTENT,
        }
    },
)
async def readyz(request: Request, services: ServicesDep) -> Response:
    """Database, queue and object store, each asked; 503 says which of them is away."""
    found = await asyncio.gather(
        _problem(ping(services.sessions), DatabaseUnavailable("late")),
        _problem(_queue(services), QueueUnavailable("late")),
        _problem(services.store.ping(), StorageUnavailable("late")),
    )
    said: dict[str, str | float] = {
        name: "ok" if error is None else "away"
        for name, error in zip(("database", "queue", "store"), found, strict=True)
    }
    first = next((error for error in found if error is not None), None)
    if first is None:
        return JSONResponse({"status": "ready", **said})
    first.context.update(said)
    return problem(request, first, status_of(first))
