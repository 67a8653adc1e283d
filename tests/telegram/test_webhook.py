"""Updates by webhook: with the secret only, each with one effect, by any number of processes."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from pydantic import AnyHttpUrl, SecretStr

from core.services import Services
from core.settings import Settings
from tests.conftest import Room
from tests.pictures import photo
from tests.telegram.botapi import BotApi
from tests.telegram.botapi.webhook import SECRET_HEADER
from tests.telegram.conftest import RunningBot
from tests.telegram.people import person

SECRET = "canary-of-a-webhook-0123456789-abcdef"  # pragma: allowlist secret


@dataclass
class Listening:
    """A bot that listens, and how it is spoken to."""

    api: BotApi
    url: str
    settings: Settings

    async def post(self, body: object, secret: str | None = SECRET) -> int:
        """Post this as Telegram would; the status of the answer."""
        headers = {} if secret is None else {SECRET_HEADER: secret}
        data = BytesIO(body) if isinstance(body, bytes) else None
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                self.url, json=None if data else body, data=data, headers=headers
            ) as answer,
        ):
            return answer.status


@pytest.fixture
async def listening(
    services: Services, bot_settings: Settings, api: BotApi
) -> AsyncIterator[Listening]:
    """One process listens."""
    del services
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/telegram"
    settings = bot_settings.model_copy(
        update={
            "telegram_webhook_url": AnyHttpUrl(url),
            "telegram_webhook_secret": SecretStr(SECRET),
            "telegram_webhook_port": port,
        }
    )
    bot = RunningBot(settings)
    try:
        await api.until(lambda: api.webhook.url != "" or bot.task.done())
        yield Listening(api, url, settings)
    finally:
        await bot.stop()


def written(text: str, chat_id: int, update_id: int = 900_001) -> dict[str, Any]:
    """An update of somebody's text."""
    return {
        "update_id": update_id,
        "message": {
            "message_id": 77,
            "date": 1_760_000_000,
            "chat": {"id": chat_id, "type": "private", "first_name": "Emmy"},
            "from": {"id": chat_id, "is_bot": False, "first_name": "Emmy", "language_code": "en"},
            "text": text,
        },
    }


async def test_a_photo_that_telegram_posts_is_answered(room: Room, listening: Listening) -> None:
    emmy = person(listening.api)
    await emmy.starts(room.created.code)
    await emmy.sends_photo(photo(1))
    assert "Got it: board 1" in (await emmy.got(2))[1]["text"]
    (told,) = listening.api.called("setWebhook")
    assert told.fields["secret_token"] == SECRET
    assert listening.api.called("getUpdates") == []


@pytest.mark.parametrize("secret", [None, "", "guessed", SECRET + "x"])
async def test_who_does_not_know_the_secret_learns_nothing(
    listening: Listening, secret: str | None
) -> None:
    emmy = person(listening.api)
    assert await listening.post(written("/help", emmy.chat_id), secret) == 404
    assert await listening.post(written("/help", emmy.chat_id)) == 200
    assert len(emmy.inbox) == 1


async def test_the_same_update_twice_at_once_and_later_has_one_effect(
    listening: Listening,
) -> None:
    emmy = person(listening.api)
    update = written("/help", emmy.chat_id)
    released = listening.api.hang("sendMessage")
    first = asyncio.create_task(listening.post(update))
    await listening.api.until(lambda: bool(listening.api.called("sendMessage")))
    second = asyncio.create_task(listening.post(update))
    released.set()
    assert await first == 200
    assert await second == 200
    assert await listening.post(update) == 200
    assert len(emmy.inbox) == 1


async def test_of_two_processes_one_has_an_update_in_hand_and_the_other_says_later(
    listening: Listening,
) -> None:
    emmy = person(listening.api)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    other_settings = listening.settings.model_copy(update={"telegram_webhook_port": port})
    other = RunningBot(other_settings)
    try:
        await listening.api.until(lambda: len(listening.api.called("setWebhook")) == 2)
        released = listening.api.hang("sendMessage")
        update = written("/help", emmy.chat_id)
        first = asyncio.create_task(listening.post(update))
        await listening.api.until(lambda: bool(listening.api.called("sendMessage")))
        beside = Listening(listening.api, f"http://127.0.0.1:{port}/telegram", other_settings)
        assert await beside.post(update) == 503
        released.set()
        assert await first == 200
        assert await beside.post(update) == 200
    finally:
        await other.stop()
    assert len(emmy.inbox) == 1


async def test_what_is_no_update_is_taken_and_does_no_harm(listening: Listening) -> None:
    emmy = person(listening.api)
    assert await listening.post({"update_id": "?"}) == 200
    assert await listening.post(b"not json") == 200
    assert await listening.post(b"x" * 1_100_000) == 413
    assert await listening.post(written("/help", emmy.chat_id)) == 200
    assert len(emmy.inbox) == 1


async def test_a_bot_that_polls_takes_an_old_webhook_away(
    services: Services, bot_settings: Settings, api: BotApi
) -> None:
    del services
    api.webhook.set("https://bots.example/telegram", SECRET, 40)
    bot = RunningBot(bot_settings)
    try:
        emmy = person(api)
        await emmy.writes("/help")
        await emmy.got(1)
    finally:
        await bot.stop()
    assert api.webhook.url == ""
