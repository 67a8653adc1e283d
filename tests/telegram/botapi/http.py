"""The server's edge: requests in all four encodings, answers, downloads."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiohttp import web

from tests.telegram.botapi.api import BotApi
from tests.telegram.botapi.calls import Call, Upload, uploaded_fields
from tests.telegram.botapi.counts import CALL
from tests.telegram.botapi.errors import Refused, bad_request, refused
from tests.telegram.botapi.faults import ConnectionCut
from tests.telegram.botapi.methods import carry_out
from tests.telegram.botapi.webhook import Pusher

# A document of 50 MB and the form around it.
REQUEST_BYTES: Final = 60_000_000
API: Final = web.AppKey("api", BotApi)
WORK: Final = web.AppKey("work", set["asyncio.Task[Any]"])


async def _method(request: web.Request) -> web.StreamResponse:
    api = request.app[API]
    if not hmac.compare_digest(request.match_info["token"].encode(), api.token.encode()):
        return web.json_response(Refused(401, "Unauthorized").body(), status=401)
    try:
        request[CALL] = call = await _read(request, api.clock())
        result = await _carried_out(request.app, call)
    except Refused as refusal:
        return web.json_response(refusal.body(), status=refusal.status)
    except ConnectionCut:
        return _cut(request)
    return web.json_response({"ok": True, "result": result})


async def _carried_out(app: web.Application, call: Call) -> Any:  # any method's result
    """As in Telegram, what was asked is done, whether or not the bot waits for the answer."""
    work = asyncio.create_task(_work(app[API], call), name=call.method)
    if call.method == "getUpdates":
        return await work  # who polled and has gone takes no updates with him
    app[WORK].add(work)
    work.add_done_callback(app[WORK].discard)
    return await asyncio.shield(work)


async def _work(api: BotApi, call: Call) -> Any:  # any method's result
    try:
        return await carry_out(api, call)
    finally:
        call.files.clear()


async def _read(request: web.Request, at: float) -> Call:
    fields: dict[str, Any] = dict(request.query)
    files: dict[str, Upload] = {}
    if request.method not in {"GET", "POST"}:
        raise refused(404, "method not found")
    match request.content_type:
        case "application/json":
            try:
                body = await request.json() if request.can_read_body else {}
            except ValueError:
                raise bad_request("can't parse JSON object") from None
            if not isinstance(body, dict):
                raise bad_request("can't parse JSON object: expected an Object")
            fields |= body
        case "multipart/form-data":
            await _read_parts(request, fields, files)
        case _:
            fields |= dict(await request.post())
    fields = {name: value for name, value in fields.items() if value is not None}
    return Call(request.match_info["method"], fields, at, uploaded_fields(fields, files), files)


async def _read_parts(
    request: web.Request, fields: dict[str, Any], files: dict[str, Upload]
) -> None:
    form = await request.post()
    for name, value in form.items():
        if isinstance(value, web.FileField):
            with value.file as file:
                files[name] = Upload(value.filename, file.read(), value.content_type)
        elif isinstance(value, str):
            fields[name] = value


async def _download(request: web.Request) -> web.StreamResponse:
    api = request.app[API]
    kept = api.files.by_path(request.match_info["path"])
    if request.match_info["token"] != api.token or kept is None:
        return web.json_response(Refused(404, "Not Found").body(), status=404)
    call = Call("download", {"file_id": kept.file_id}, api.clock())
    api.calls.append(call)
    try:
        script = await api.faults.before(call)
        api.faults.after(script)
    except Refused as refusal:
        return web.Response(status=refusal.status)
    except ConnectionCut:
        return _cut(request)
    return web.Response(body=kept.content, content_type="application/octet-stream")


def _cut(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def application(api: BotApi) -> web.Application:
    """The Bot API's routes, and the pushing to a webhook beside them."""
    app = web.Application(client_max_size=REQUEST_BYTES)
    app[API] = api
    app[WORK] = set()
    app.router.add_route("*", "/bot{token}/{method}", _method)
    app.router.add_get("/file/bot{token}/{path:.+}", _download)
    app.cleanup_ctx.append(_pushing)
    app.on_cleanup.append(_end_work)
    return app


async def _end_work(app: web.Application) -> None:
    for work in app[WORK]:
        work.cancel()
    await asyncio.gather(*app[WORK], return_exceptions=True)


async def _pushing(app: web.Application) -> AsyncIterator[None]:
    api = app[API]

    async def answer(method: str, fields: dict[str, Any]) -> None:
        with suppress(Refused, ConnectionCut):
            await carry_out(api, Call(method, fields, api.clock()))

    pusher = asyncio.create_task(Pusher(api.webhook, api.updates, answer).run(), name="webhook")
    yield
    pusher.cancel()
    with suppress(asyncio.CancelledError):
        await pusher


@asynccontextmanager
async def serving(api: BotApi, app: web.Application, port: int = 0) -> AsyncIterator[BotApi]:
    """The server on this port, 0: a free one, of this machine, for as long as the block runs."""
    runner = web.AppRunner(app, shutdown_timeout=0.5, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    host, bound = runner.addresses[0][:2]
    api.url = f"http://{host}:{bound}"
    try:
        yield api
    finally:
        await runner.cleanup()


@asynccontextmanager
async def bot_api(**settings: Any) -> AsyncIterator[BotApi]:
    """A server of its own on a free port, for as long as the block runs."""
    api = BotApi(**settings)
    async with serving(api, application(api)):
        yield api
