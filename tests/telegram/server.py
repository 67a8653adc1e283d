"""A Bot API server for tests: the methods that the bot uses, with Telegram's own checks.

What it cannot prove: Telegram's true limits in time, its photo encoder, its wording of errors
beyond those that are scripted here. Unknown methods and unknown fields are refused, which Telegram
does not do, so that a typing error is seen.
"""

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.telegram.files import GET_FILE_BYTES, Files, Refused, photo_size

BOT_ID = 424242001
TOKEN = f"{BOT_ID}:AAcanary-CANARY-canary-CANARY-canary0"
_SEND = {"chat_id", "caption", "reply_markup", "reply_parameters", "allow_sending_without_reply"}
# Every method that is answered, with the fields that it may have.
FIELDS: dict[str, set[str]] = {
    "getMe": set(),
    "deleteWebhook": {"drop_pending_updates"},
    "setMyCommands": {"commands", "scope", "language_code"},
    "getUpdates": {"offset", "limit", "timeout", "allowed_updates"},
    "getFile": {"file_id"},
    "sendMessage": {*_SEND, "text", "reply_to_message_id"},
    "sendPhoto": {*_SEND, "photo"},
    "sendDocument": {*_SEND, "document", "disable_content_type_detection"},
    "answerCallbackQuery": {"callback_query_id", "text", "show_alert"},
    "editMessageText": {"chat_id", "message_id", "text", "reply_markup"},
}
TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
CALLBACK_BYTES = 64


@dataclass(frozen=True)
class Call:
    """One request of the bot. uploaded: names of the fields that came as bytes."""

    method: str
    fields: dict[str, Any]
    uploaded: frozenset[str]
    at: float

    @property
    def chat_id(self) -> int:
        return int(self.fields["chat_id"])


@dataclass
class Script:
    """A failure that is to come: of this method, in this chat or in any, so many times."""

    method: str
    failure: Refused | None
    chat_id: int | None
    times: int
    hangs: asyncio.Event | None = None


@dataclass
class BotApi:
    """The server's state, and what tests do with it."""

    url: str = ""
    token: str = TOKEN
    files: Files = field(default_factory=Files)
    calls: list[Call] = field(default_factory=list)
    confirmed: int = 0
    scripts: list[Script] = field(default_factory=list)
    messages: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    answered: dict[str, dict[str, Any]] = field(default_factory=dict)
    open_queries: set[str] = field(default_factory=set)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _updates: deque[dict[str, Any]] = field(default_factory=deque)
    _update_ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(700_001))
    _message_ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(11))

    # --- for tests
    def fail(
        self,
        method: str,
        status: int,
        description: str,
        *,
        chat_id: int | None = None,
        times: int = 1,
        **parameters: int,
    ) -> None:
        """The next `times` calls of `method` are answered so."""
        refused = Refused(status, description, **parameters)
        self.scripts.append(Script(method, refused, chat_id, times))

    def hang(self, method: str) -> asyncio.Event:
        """The next call of `method` is not answered until the event that is returned is set."""
        released = asyncio.Event()
        self.scripts.append(Script(method, None, None, 1, released))
        return released

    def called(self, method: str, chat_id: int | None = None) -> list[Call]:
        """The calls of a method so far, failures among them."""
        return [
            call
            for call in self.calls
            if call.method == method and (chat_id is None or call.chat_id == chat_id)
        ]

    async def until(self, condition: Callable[[], bool], within_s: float = 20.0) -> None:
        """Wait until something that the bot does makes `condition` true."""
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(condition), within_s)

    def next_message_id(self) -> int:
        return next(self._message_ids)

    async def put_update(self, content: dict[str, Any]) -> dict[str, Any]:
        """Something happened in Telegram that the bot is to hear of."""
        update = {"update_id": next(self._update_ids), **content}
        await self.put_again(update)
        return update

    async def put_again(self, update: dict[str, Any]) -> None:
        """The same update once more, as after a confirmation that got lost."""
        async with self.changed:
            self.confirmed = min(self.confirmed, update["update_id"] - 1)
            self._updates.append(update)
            self.changed.notify_all()

    # --- for the bot
    async def answer(self, request: web.Request) -> web.Response:
        """One call of a method."""
        method = request.match_info["method"]
        try:
            result = await self._answer(request, method)
        except Refused as refused:
            body: dict[str, Any] = {
                "ok": False,
                "error_code": refused.status,
                "description": refused.description,
            }
            if refused.parameters:
                body["parameters"] = refused.parameters
            return web.json_response(body, status=refused.status)
        return web.json_response({"ok": True, "result": result})

    async def _answer(self, request: web.Request, method: str) -> Any:
        if request.match_info["token"] != self.token:
            raise Refused(401, "Unauthorized")
        if method not in FIELDS:
            raise Refused(404, "Not Found: method not found")
        fields, uploaded = await _read(request)
        unknown = fields.keys() - FIELDS[method] - {name for name in fields if name in uploaded}
        if unknown:
            raise Refused(400, f"Bad Request: unknown fields {sorted(unknown)}")
        try:
            return await self._carry_out(method, fields, uploaded)
        finally:
            for part in uploaded.values():
                part.file.close()

    async def _carry_out(
        self, method: str, fields: dict[str, Any], uploaded: dict[str, web.FileField]
    ) -> Any:
        call = Call(method, fields, _names_uploaded(fields, uploaded), time.monotonic())
        async with self.changed:
            self.calls.append(call)
            self.changed.notify_all()
        await self._scripted(call)
        result = await self._do(call, uploaded)
        async with self.changed:
            self.changed.notify_all()
        return result

    async def _scripted(self, call: Call) -> None:
        for script in self.scripts:
            if script.method != call.method or script.times == 0:
                continue
            if script.chat_id is not None and script.chat_id != call.chat_id:
                continue
            script.times -= 1
            if script.hangs is not None:
                await script.hangs.wait()
            if script.failure is not None:
                raise script.failure
            return

    async def _do(self, call: Call, uploaded: dict[str, web.FileField]) -> Any:
        match call.method:
            case "getMe":
                return bot_user()
            case "deleteWebhook" | "setMyCommands":
                return True
            case "getUpdates":
                return await self._get_updates(call.fields)
            case "getFile":
                file = self.files.kept.get(call.fields["file_id"])
                if file is None:
                    raise Refused(
                        400, "Bad Request: wrong file_id or the file is temporarily unavailable"
                    )
                if len(file.content) > GET_FILE_BYTES:
                    raise Refused(400, "Bad Request: file is too big")
                return {
                    "file_id": file.file_id,
                    "file_unique_id": file.file_id[-12:],
                    "file_size": len(file.content),
                    "file_path": f"{file.kind}s/{file.file_id}",
                }
            case "answerCallbackQuery":
                query = call.fields["callback_query_id"]
                if query not in self.open_queries:
                    raise Refused(
                        400,
                        "Bad Request: query is too old and response timeout "
                        "expired or query ID is invalid",
                    )
                self.open_queries.discard(query)
                self.answered[query] = call.fields
                return True
            case "editMessageText":
                return self._edit(call)
            case _:
                return await self._send(call, uploaded)

    async def _get_updates(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        offset = int(fields.get("offset", 0))
        self.confirmed = max(self.confirmed, offset - 1)

        def waiting() -> list[dict[str, Any]]:
            while self._updates and self._updates[0]["update_id"] <= self.confirmed:
                self._updates.popleft()
            return list(self._updates)[: int(fields.get("limit", 100))]

        async with self.changed:
            self.changed.notify_all()
            try:
                await asyncio.wait_for(
                    self.changed.wait_for(lambda: bool(waiting())), int(fields.get("timeout", 0))
                )
            except TimeoutError:
                return []
            return waiting()

    async def _send(self, call: Call, uploaded: dict[str, web.FileField]) -> dict[str, Any]:
        fields = call.fields
        message = {
            "message_id": self.next_message_id(),
            "date": int(time.time()),
            "chat": {"id": call.chat_id, "type": "private", "first_name": "?"},
            "from": bot_user(),
        }
        if len(fields.get("caption", "")) > CAPTION_LIMIT:
            raise Refused(400, "Bad Request: message caption is too long")
        if "caption" in fields:
            message["caption"] = fields["caption"]
        if "reply_markup" in fields:
            message["reply_markup"] = _keyboard(fields["reply_markup"])
        match call.method:
            case "sendMessage":
                if not 0 < len(fields.get("text", "")) <= TEXT_LIMIT:
                    raise Refused(400, "Bad Request: message text is empty or too long")
                message["text"] = fields["text"]
            case "sendPhoto":
                given = await self._given(fields["photo"], uploaded)
                if isinstance(given, str):
                    kept = self.files.known("photo", given)
                    message["photo"] = [photo_size(kept, 1280, 960)]
                else:
                    message["photo"] = await asyncio.to_thread(self.files.take_photo, *given)
            case "sendDocument":
                given = await self._given(fields["document"], uploaded)
                if isinstance(given, str):
                    kept = self.files.known("document", given)
                    given = (kept.content, kept.name)
                    message["document"] = self.files.take_document(*given, "image/jpeg") | {
                        "file_id": kept.file_id
                    }
                else:
                    message["document"] = self.files.take_document(*given, "image/jpeg")
        self.messages[call.chat_id, int(message["message_id"])] = message  # type: ignore[call-overload]  # it is an int
        return message

    async def _given(
        self, value: str, uploaded: dict[str, web.FileField]
    ) -> str | tuple[bytes, str]:
        if not value.startswith("attach://"):
            return value
        part = uploaded[value.removeprefix("attach://")]
        return part.file.read(), part.filename

    def _edit(self, call: Call) -> dict[str, Any]:
        message = self.messages.get((call.chat_id, int(call.fields["message_id"])))
        if message is None:
            raise Refused(400, "Bad Request: message to edit not found")
        if message.get("text") == call.fields["text"]:
            raise Refused(400, "Bad Request: message is not modified")
        message["text"] = call.fields["text"]
        return message

    async def file(self, request: web.Request) -> web.Response:
        """A download."""
        kept = self.files.kept.get(request.match_info["path"].rpartition("/")[2])
        if request.match_info["token"] != self.token or kept is None:
            return web.Response(status=404)
        call = Call("download", {"file_id": kept.file_id}, frozenset(), time.monotonic())
        self.calls.append(call)
        try:
            await self._scripted(call)
        except Refused as refused:
            return web.Response(status=refused.status)
        return web.Response(body=kept.content)


def bot_user() -> dict[str, Any]:
    """The bot as a User."""
    return {"id": BOT_ID, "is_bot": True, "first_name": "Boards", "username": "boards_test_bot"}


def _keyboard(text: str) -> Any:
    keyboard = json.loads(text)
    for row in keyboard.get("inline_keyboard", []):
        for button in row:
            if len(button.get("callback_data", "").encode()) > CALLBACK_BYTES:
                raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return keyboard


def _names_uploaded(fields: dict[str, Any], uploaded: dict[str, Any]) -> frozenset[str]:
    return frozenset(
        name
        for name, value in fields.items()
        if isinstance(value, str) and value.removeprefix("attach://") in uploaded
    )


async def _read(request: web.Request) -> tuple[dict[str, Any], dict[str, web.FileField]]:
    form = await request.post()
    fields: dict[str, Any] = {}
    uploaded: dict[str, web.FileField] = {}
    for name, value in form.items():
        if isinstance(value, web.FileField):
            uploaded[name] = value
        else:
            fields[name] = value
    return fields, uploaded


@asynccontextmanager
async def bot_api() -> AsyncIterator[BotApi]:
    """The server on a free port, for as long as the block runs."""
    api = BotApi()
    app = web.Application(client_max_size=60_000_000)
    app.router.add_route("*", "/bot{token}/{method}", api.answer)
    app.router.add_get("/file/bot{token}/{path:.+}", api.file)
    runner = web.AppRunner(app, shutdown_timeout=0.5, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    api.url = f"http://{host}:{port}"
    try:
        yield api
    finally:
        await runner.cleanup()
