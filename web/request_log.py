"""One log line a request: what, how it ended, how long. Never a query, which may hold a key."""

import time
from typing import Final
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.logs import get_logger

log = get_logger(__name__)

# Asked every few seconds by probes: worth a line only when they fail.
_PROBES: Final = {"/healthz", "/readyz"}
_FAILED: Final = 500
_UNKNOWN: Final = "(none)"  # no route: the path is the client's text and stays out


class RequestLogMiddleware:
    """Gives the request an id, which its log lines and its answer carry."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex[:16]
        scope["request_id"] = request_id
        started, status = time.perf_counter(), 0

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, with_id)
            finally:
                route = route_of(scope)
                if route not in _PROBES or status >= _FAILED:
                    log.info(
                        "request",
                        method=scope["method"],
                        route=route,
                        status=status,
                        ms=round((time.perf_counter() - started) * 1000, 1),
                    )


def route_of(scope: Scope) -> str:
    """The route's template: "/a/{code}", never the code itself."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else _UNKNOWN
