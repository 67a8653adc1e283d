"""`python -m tests.telegram.demo.server --port 8081`: the Bot API server with its four phones."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from aiohttp import web

from tests.telegram.botapi.api import BotApi
from tests.telegram.botapi.control import add_control
from tests.telegram.botapi.http import application, serving
from tests.telegram.botapi.people import person
from tests.telegram.demo.pictures import PREPARED, content_of

PAGE: Final = Path(__file__).with_name("page")
# The teacher first. Nobody has met the bot yet.
CAST: Final = (("Ada", "en"), ("Emmy", "en"), ("Alan", "en"), ("Софья", "ru"))
DEFAULT_PORT: Final = 8081  # that of Telegram's own Bot API server
_KINDS: Final = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
# blob: are photos that were chosen and not yet sent.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def demo_application(api: BotApi) -> web.Application:
    """The Bot API, its control, the page, and the cast."""
    app = application(api)
    add_control(app)
    app.middlewares.append(_own_pages_only)
    app.router.add_get("/", _index)
    app.router.add_get("/page/{name}", _part)
    app.router.add_get("/pictures", _pictures)
    app.router.add_get("/pictures/{name}", _picture)
    for name, language in CAST:
        person(api, name, language, has_started=False)
    return app


@web.middleware
async def _own_pages_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Another site in the same browser may not act as these people."""
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        return web.Response(status=403, text="Only the page of this server may do that.")
    return await handler(request)


async def _index(_: web.Request) -> web.StreamResponse:
    return await _file("index.html")


async def _part(request: web.Request) -> web.StreamResponse:
    return await _file(request.match_info["name"])


async def _file(name: str) -> web.StreamResponse:
    path = PAGE / name
    kind = _KINDS.get(path.suffix)
    # The route takes one part of a path only; a name is still looked up, not trusted.
    if kind is None or path not in await asyncio.to_thread(lambda: set(PAGE.iterdir())):
        return web.Response(status=404)
    text = await asyncio.to_thread(path.read_text, "utf-8")
    return web.Response(text=text, content_type=kind, charset="utf-8", headers=_HEADERS)


async def _pictures(_: web.Request) -> web.StreamResponse:
    return web.json_response(list(PREPARED))


async def _picture(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in PREPARED:
        return web.Response(status=404)
    content = await asyncio.to_thread(content_of, name)
    return web.Response(body=content, content_type="image/jpeg", headers=_HEADERS)


async def _run(port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    api = BotApi()
    api.begin_now()
    async with serving(api, demo_application(api), port):
        sys.stdout.write(f"Four phones: {api.url}/\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> int:
    """The exit code: 2 when the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m tests.telegram.demo.server")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0: a free one")
    arguments = parser.parse_args()
    try:
        asyncio.run(_run(arguments.port))
    except OSError as error:
        sys.stderr.write(f"Port {arguments.port}: {error.strerror}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
