"""A webhook: what is set, and how updates are pushed to it.

As in Telegram (its server is public: tdlib/telegram-bot-api): what happens in one chat comes in
order, one at a time, and an update that fails holds up its chat only; other chats go on beside it,
up to max_connections. The first failure is tried again at once, then after 2, 4, 8, ... seconds.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from tests.telegram.botapi.errors import bad_request
from tests.telegram.botapi.updates import Update, Updates
from tests.telegram.botapi.world import unix_time

SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{0,256}")
MOST_CONNECTIONS: Final = 100
DEFAULT_CONNECTIONS: Final = 40
FIRST_DELAY_S: Final = 2.0
LONGEST_DELAY_S: Final = 60.0
_ANSWERS_WITHIN_S: Final = 60.0
# Methods that Telegram does not take out of an answer to a webhook.
_NOT_IN_ANSWERS: Final = ("get", "setwebhook", "deletewebhook", "close", "logout")


@dataclass
class Webhook:
    """url "": none is set. first_delay_s: the pause after the second failure; it doubles."""

    url: str = ""
    secret: str = ""
    connections: int = DEFAULT_CONNECTIONS
    first_delay_s: float = FIRST_DELAY_S
    last_error_at: int | None = None
    last_error: str = ""
    generation: int = 0

    def set(self, url: str, secret: str, connections: int) -> None:
        """Raises Refused."""
        parts = urlsplit(url)
        is_here = parts.hostname in {"127.0.0.1", "localhost", "::1"}
        if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if not _SECRET.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        self.url, self.secret = url, secret
        self.connections = min(max(connections, 1), MOST_CONNECTIONS)
        self.last_error_at, self.last_error = None, ""
        self.generation += 1

    def remove(self) -> None:
        """DeleteWebhook."""
        self.url, self.secret, self.last_error_at, self.last_error = "", "", None, ""
        self.generation += 1

    def failed(self, why: str) -> None:
        """The receiver did not take an update."""
        self.last_error_at, self.last_error = unix_time(), why

    def info(self, updates: Updates) -> dict[str, Any]:
        """WebhookInfo."""
        info: dict[str, Any] = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(updates.waiting),
        }
        if self.url:
            info |= {"max_connections": self.connections, "ip_address": "127.0.0.1"}
        if self.last_error_at is not None:
            info |= {"last_error_date": self.last_error_at, "last_error_message": self.last_error}
        if updates.allowed is not None:
            info["allowed_updates"] = sorted(updates.allowed)
        return info


def queue_of(update: Update) -> int:
    """Updates of one queue come in order: the chat's, or the person's where there is no chat."""
    (content,) = (content for kind, content in update.items() if kind != "update_id")
    chat = content.get("chat") or content.get("message", {}).get("chat") or content.get("from", {})
    return int(chat.get("id", 0))


@dataclass
class Pusher:
    """Pushes what waits to the webhook, while one is set. answer: carries out a method."""

    webhook: Webhook
    updates: Updates
    answer: Callable[[str, dict[str, Any]], Awaitable[None]]
    _queues: dict[int, "asyncio.Task[None]"] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled."""
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_ANSWERS_WITHIN_S)
        ) as session:
            try:
                while True:
                    await self.updates.changes.until(self._has_work, None)
                    for key in self._free():
                        task = asyncio.create_task(self._drain(session, key))
                        self._queues[key] = task
                        task.add_done_callback(partial(self._ended, key))
            finally:
                for task in list(self._queues.values()):
                    task.cancel()

    def _free(self) -> list[int]:
        if not self.webhook.url:
            return []
        room = self.webhook.connections - len(self._queues)
        keys = dict.fromkeys(queue_of(update) for update in self.updates.waiting.values())
        return [key for key in keys if key not in self._queues][: max(0, room)]

    def _has_work(self) -> bool:
        return bool(self._free())

    def _ended(self, key: int, _: "asyncio.Task[None]") -> None:
        self._queues.pop(key, None)
        self.updates.changes.touch()

    async def _drain(self, session: aiohttp.ClientSession, key: int) -> None:
        """All updates of one queue, each until it is taken."""
        failures = 0
        generation = self.webhook.generation
        while self.webhook.url and self.webhook.generation == generation:
            update = next((u for u in self.updates.waiting.values() if queue_of(u) == key), None)
            if update is None:
                return
            retry_after = await self._push(session, update)
            if retry_after is None:
                self.updates.drop(update["update_id"])
                failures = 0
                continue
            failures += 1
            self.updates.changes.touch()
            delay = self.webhook.first_delay_s * 2.0 ** (failures - 2) if failures > 1 else 0.0
            await self._pause(retry_after or min(delay, LONGEST_DELAY_S), generation)

    async def _pause(self, seconds: float, generation: int) -> None:
        """Shorter when the webhook is set anew."""
        changes = self.updates.changes
        try:
            await changes.until(lambda: self.webhook.generation != generation, seconds)
        except TimeoutError:
            return

    async def _push(self, session: aiohttp.ClientSession, update: Update) -> float | None:
        """None: it was taken. Else what its Retry-After says, or 0."""
        headers = {SECRET_HEADER: self.webhook.secret} if self.webhook.secret else {}
        try:
            async with session.post(self.webhook.url, json=update, headers=headers) as response:
                body = await response.read()
                if response.ok:
                    await self._answered(body)
                    return None
                self.webhook.failed(
                    f"Wrong response from the webhook: {response.status} {response.reason}"
                )
                waits = response.headers.get("Retry-After", "0")
                return float(waits) if waits.isdigit() else 0.0
        except aiohttp.ClientConnectorError:
            self.webhook.failed("Connection refused")
        except TimeoutError:
            self.webhook.failed("Read timeout expired")
        except aiohttp.ClientError:
            self.webhook.failed("Webhook connection closed")
        return 0.0

    async def _answered(self, body: bytes) -> None:
        """An answer may hold a call of a method; nobody hears how it ends."""
        try:
            call = json.loads(body)
        except ValueError:
            return
        method = call.pop("method", "") if isinstance(call, dict) else ""
        if method and not str(method).lower().startswith(_NOT_IN_ANSWERS):
            await self.answer(method, call)
