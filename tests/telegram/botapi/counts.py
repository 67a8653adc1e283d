"""What the bot's calls came to, counted as they are answered: for a page that shows it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from tests.telegram.botapi.calls import ATTACHED, Call

# Set by the server's edge when it has read a request.
CALL: Final = web.RequestKey("call", Call)
_SENDING: Final = frozenset(
    {"sendMessage", "sendPhoto", "sendDocument", "forwardMessage", "copyMessage"}
)
_EDITING: Final = frozenset(
    {"editMessageText", "editMessageCaption", "editMessageMedia", "editMessageReplyMarkup"}
)
_TOO_FAST: Final = 429
_OUR_FAULT: Final = 500
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Counts:
    """messages, edits: that people got. uploads, reused: files in them, as bytes or by file_id.

    too_fast: answers of 429; refused: other refusals; unanswered: outages and cut connections.
    """

    messages: int = 0
    edits: int = 0
    uploads: int = 0
    reused: int = 0
    too_fast: int = 0
    refused: int = 0
    unanswered: int = 0

    def add(self, call: Call, status: int) -> None:
        """A call was answered with this status."""
        if status == _TOO_FAST:
            self.too_fast += 1
        elif status >= _OUR_FAULT:
            self.unanswered += 1
        elif status != web.HTTPOk.status_code:
            self.refused += 1
        else:
            self._add_carried_out(call)

    def _add_carried_out(self, call: Call) -> None:
        files = _files(call)
        if call.method in _SENDING:
            self.messages += 1
        elif call.method == "sendMediaGroup":
            self.messages += len(files)
        elif call.method in _EDITING:
            self.edits += 1
        self.uploads += sum(files)
        self.reused += len(files) - sum(files)


def _files(call: Call) -> list[bool]:
    """For each file of a message whether it came as bytes; False: by its id."""
    match call.method:
        case "sendPhoto" | "sendDocument":
            name = "photo" if call.method == "sendPhoto" else "document"
            return [name in call.uploaded]
        case "sendMediaGroup":
            return [_is_attached(item) for item in call.listed("media") or []]
        case "editMessageMedia":
            return [_is_attached(call.mapped("media") or {})]
    return []


def _is_attached(item: dict[str, Any]) -> bool:
    return str(item.get("media", "")).startswith(ATTACHED)


def counting(counts: Counts) -> Any:  # aiohttp's decorator gives its middlewares no better type
    """A middleware that counts every call that the server has understood."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if CALL in request:
            counts.add(request[CALL], response.status)
        return response

    return middleware
