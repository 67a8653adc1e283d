"""How much a request's body may hold, seen before and while it is read.

A body that is too large is answered with 413 at once. The rest of it is read and dropped for a
bounded while before the connection is closed: a client that still sends would otherwise meet a
reset connection in place of the answer (the "lingering close" of web servers).
"""

import asyncio
import re
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import DomainError, TooManyBytes
from core.settings import Settings
from web.errors import BodyTooLarge, respond

# Boundaries, part headers and a caption of 1,024 characters around the file.
MULTIPART_OVERHEAD: Final = 64 * 1024
# A title, a name or a code; everything that is no upload.
SMALL_BODY: Final = 64 * 1024
# A camera's largest photos end within this; what is longer may see a reset connection.
LINGER_BYTES: Final = 64 * 1024 * 1024
LINGER_S: Final = 10.0
_UPLOAD_PATH: Final = re.compile(r"/(a|api/v1/auditoriums)/[^/]+/uploads")


class _Body:
    """What has been read of one request's body."""

    def __init__(self, receive: Receive, limit: int, *, expected: bool) -> None:
        self._receive = receive
        self._limit = limit
        self._read = 0
        self.unread = expected
        self.exceeded = False

    async def receive(self) -> Message:
        """The next message for the application. Raises BodyTooLarge beyond the limit.

        Raised to make it stop reading; what the client is told is the middleware's own answer.
        """
        if self.exceeded:
            raise BodyTooLarge
        message = await self._receive()
        self._note(message)
        if self._read > self._limit:
            self.exceeded = True
            raise BodyTooLarge
        return message

    async def drop_rest(self) -> None:
        """Read what still comes, within LINGER_BYTES and LINGER_S, and keep nothing of it."""
        most = self._read + LINGER_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while self.unread and self._read < most:
                    self._note(await self._receive())

    def _note(self, message: Message) -> None:
        if message["type"] == "http.disconnect":
            self.unread = False
        elif message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            self.unread = message.get("more_body", False)


class BodyLimitMiddleware:
    """Pure ASGI, so that nothing is read ahead of the application."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        declared = int(length) if length.isascii() and length.isdigit() else None
        limit = self._limit(scope)
        body = _Body(receive, limit, expected=declared != 0 if length else _is_chunked(headers))
        answer = _Answer(body, send)
        if declared is not None and declared > limit:
            body.exceeded = True
        else:
            try:
                await self._app(scope, body.receive, answer.send)
            except BodyTooLarge:
                body.exceeded = True
        if body.exceeded and not answer.started:
            refused = respond(Request(scope), self._error(scope))
            await refused(scope, receive, answer.send_refusal)

    def _limit(self, scope: Scope) -> int:
        if _is_upload(scope):
            return self._settings.upload_limit_bytes + MULTIPART_OVERHEAD
        return SMALL_BODY

    def _error(self, scope: Scope) -> DomainError:
        if _is_upload(scope):
            return TooManyBytes(limit_mb=self._settings.upload_limit_mb)
        return BodyTooLarge(limit_kb=SMALL_BODY // 1024)


class _Answer:
    """The response on its way out: complete for the client before the rest of a body is dropped."""

    def __init__(self, body: _Body, send: Send) -> None:
        self._body = body
        self._send = send
        self._lingers = False
        self.started = False

    async def send(self, message: Message) -> None:
        """A message of the application; nothing of it once the body was too large."""
        if not self._body.exceeded or self.started:
            await self.send_refusal(message)

    async def send_refusal(self, message: Message) -> None:
        """A message to the client."""
        if message["type"] == "http.response.start":
            self.started = True
            self._lingers = self._body.unread
            if self._lingers:
                MutableHeaders(scope=message)["Connection"] = "close"
        elif self._lingers and not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self._body.drop_rest()
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)


def _is_chunked(headers: Headers) -> bool:
    return "transfer-encoding" in headers


def _is_upload(scope: Scope) -> bool:
    return scope["method"] == "POST" and _UPLOAD_PATH.fullmatch(scope["path"]) is not None
