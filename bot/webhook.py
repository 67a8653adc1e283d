"""Updates by webhook: Telegram posts them to us; several processes may listen behind one address.

An update is answered with 200 when it was handled, so that what is in hand at a kill is sent
again. Whoever asks without the secret learns nothing, not even that there is a webhook.
"""

import asyncio
import hmac
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from aiogram import Bot
from aiogram.types import Update
from aiohttp import web
from pydantic import ValidationError

from bot.link import Link
from bot.updates import SUBSCRIBED, Updates
from core.logs import get_logger
from core.settings import Settings

log = get_logger(__name__)

# core.telegram.org/bots/api#setwebhook
_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
# Updates are a few kB; a message of 4096 characters with entities stays below 100.
_BODY_BYTES: Final = 1_000_000
# Each may hold a file of 20 MB while it is read. Telegram is told the same number.
MOST_IN_HAND: Final = 32
# Of the 5 s that a stop may take: for answers to those who are in hand.
_FINISH_S: Final = 2.5


class Webhook:
    """The listener that Telegram posts to."""

    def __init__(self, settings: Settings, updates: Updates, bot: Bot, link: Link) -> None:
        """Settings: telegram_webhook_url and telegram_webhook_secret are set."""
        url, secret = settings.telegram_webhook_url, settings.telegram_webhook_secret
        if url is None or secret is None:
            raise ValueError("no webhook is set")
        self._url = str(url)
        self._path = url.path or "/"
        self._secret = secret.get_secret_value()
        self._address = settings.telegram_webhook_bind, settings.telegram_webhook_port
        self._updates = updates
        self._bot = bot
        self._link = link
        self._room = asyncio.Semaphore(MOST_IN_HAND)

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until told to stop; what is in hand then is finished.

        Raises TokenRefused, and OSError where the port is taken.
        """
        app = web.Application(client_max_size=_BODY_BYTES)
        app.router.add_post(self._path, self._take)
        app.router.add_get("/healthz", _healthy)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_FINISH_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, *self._address, reuse_port=True).start()
            log.info("webhook.listens", address=self._address[0], port=self._address[1])
            # Only now: what waits at Telegram comes as soon as it knows the address. Every process
            # says it at its start; the same address twice changes nothing.
            await self._link.ask(self._set)
            await stop.wait()
        finally:
            await runner.cleanup()

    async def _set(self) -> bool:
        return await self._bot.set_webhook(
            self._url,
            secret_token=self._secret,
            max_connections=MOST_IN_HAND,
            allowed_updates=SUBSCRIBED,
        )

    async def _take(self, request: web.Request) -> web.Response:
        given = request.headers.get(_HEADER, "")
        # Constant-time: the time of an answer tells nothing of the secret.
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return web.Response(status=HTTPStatus.NOT_FOUND)
        try:
            update = Update.model_validate_json(await request.read(), context={"bot": self._bot})
        except ValidationError as error:
            # Of a kind that this version does not know: sent again it would be the same.
            log.warning("update.unreadable", errors=error.error_count())
            return web.Response()
        if self._room.locked():
            return _later()
        async with self._room:
            # Shielded: that Telegram hangs up does not stop a photo half-way.
            handling = asyncio.ensure_future(self._updates.handle(update))
            try:
                handled = await asyncio.shield(handling)
            except asyncio.CancelledError:
                with suppress(asyncio.CancelledError):
                    await asyncio.wait({handling}, timeout=_FINISH_S)
                raise
        return web.Response() if handled else _later()


async def _healthy(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


def _later() -> web.Response:
    """Telegram posts it again, a little later each time."""
    return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "1"})
