"""The Bot API server by itself: people are played over HTTP, and their screens are streamed."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.pictures import photo
from tests.processes import started
from tests.telegram.botapi import BotApi, Message
from tests.telegram.botapi.control import add_control
from tests.telegram.botapi.http import application, serving
from tests.telegram.calling import call, form
from tests.waiting import eventually


class Page:
    """What a page does."""

    def __init__(self, api: BotApi, session: aiohttp.ClientSession) -> None:
        self.api = api
        self._session = session

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        url = f"{self.api.url}/control/{path}"
        if isinstance(body, aiohttp.FormData):
            sending = self._session.post(url, data=body)
        else:
            sending = self._session.post(url, json=body or {})
        async with sending as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()

    async def get(self, path: str) -> Any:
        async with self._session.get(f"{self.api.url}/control/{path}") as answer:
            assert answer.status == 200
            return await answer.json()

    async def sights(self, count: int, after: int = 0) -> list[dict[str, Any]]:
        """So many events of the stream after this number."""
        url = f"{self.api.url}/control/events"
        seen: list[dict[str, Any]] = []
        async with self._session.get(url, headers={"Last-Event-ID": str(after)}) as stream:
            async for line in stream.content:
                if line.startswith(b"data: "):
                    seen.append(json.loads(line.removeprefix(b"data: ")))
                if len(seen) == count:
                    break
        return seen


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    api = BotApi()
    app = application(api)
    add_control(app)
    async with serving(api, app), aiohttp.ClientSession() as session:
        yield Page(api, session)


async def test_a_person_is_played_and_sees_what_the_bot_does(page: Page) -> None:
    emmy = await page.post("people", {"name": "Emmy", "language": "ru"})
    here = f"people/{emmy['user_id']}"
    streamed = asyncio.create_task(page.sights(4))
    said = await page.post(f"{here}/starts", {"payload": "ABC234"})
    assert said["text"] == "/start ABC234"
    button = {"text": "Like", "callback_data": "like"}
    sent = await call(
        page.api,
        "sendMessage",
        chat_id=emmy["user_id"],
        text="Welcome",
        reply_markup={"inline_keyboard": [[button]]},
    )
    this = {"chat_id": emmy["user_id"], "message_id": sent["message_id"]}
    pressed = await page.post(f"{here}/presses", this | {"label": "Like"})
    await call(page.api, "answerCallbackQuery", callback_query_id=pressed["query_id"], text="Ok")
    await call(page.api, "editMessageText", **this, text="Liked")
    sights = await streamed
    assert [sight["kind"] for sight in sights] == ["message", "message", "answer", "edit"]
    assert sights[3]["content"]["message"]["text"] == "Liked"
    assert [each["number"] for each in await page.sights(2, after=sights[1]["number"])] == [
        sights[2]["number"],
        sights[3]["number"],
    ]
    await page.post(f"{here}/reacts", this | {"emoji": "🔥"})
    messages = await page.get(f"chats/{emmy['user_id']}/messages")
    assert [message["text"] for message in messages] == ["/start ABC234", "Liked"]
    assert messages[1]["reactions"] == {str(emmy["user_id"]): ["🔥"]}


async def test_pictures_come_from_a_form_and_are_shown_without_the_token(page: Page) -> None:
    emmy = await page.post("people", {"name": "Emmy"})
    body = form({"caption": "two"}, a=("a.jpg", photo(1)), b=("b.jpg", photo(2)))
    album = await page.post(f"people/{emmy['user_id']}/sends_album", body)
    assert [Message(message).says for message in album] == ["two", ""]
    file_id = album[0]["photo"][-1]["file_id"]
    url = f"{page.api.url}/control/files/{file_id}"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.content_type == "image/jpeg"
        assert await answer.read() == page.api.files.kept[file_id].content


async def test_groups_topics_and_weather_are_made_by_a_page(page: Page) -> None:
    ada, emmy = [await page.post("people", {"name": name}) for name in ("Ada", "Emmy")]
    group = await page.post(
        "groups",
        {
            "title": "Year 2",
            "owner": ada["user_id"],
            "members": [emmy["user_id"]],
            "is_forum": True,
        },
    )
    here = f"groups/{group['chat_id']}"
    by = {"by": ada["user_id"]}
    await page.post(f"{here}/adds_bot", by)
    topic = await page.post(f"{here}/new_topic", by | {"name": "Boards"})
    said = await page.post(
        f"people/{emmy['user_id']}/writes",
        {"text": "/help", "in_chat_id": group["chat_id"], "in_thread_id": topic["thread_id"]},
    )
    assert said["message_thread_id"] == topic["thread_id"]
    await page.post("weather", {"latency_s": 0.01, "has_limits": False})
    state = await page.get("state")
    assert state["groups"][0]["bot"] == "member"
    assert state["groups"][0]["topics"] == [{"thread_id": topic["thread_id"], "name": "Boards"}]
    assert (state["weather"]["latency_s"], state["weather"]["has_limits"]) == (0.01, False)
    for path, body in (
        ("people/1/writes", {"text": "x"}),
        (f"people/{ada['user_id']}/dances", {}),
        (f"people/{ada['user_id']}/writes", {}),
        (f"people/{ada['user_id']}/sends_photo", {}),
        ("groups/1/adds_bot", by),
    ):
        assert (await page.post(path, body, status=400))["error"]


async def test_it_runs_alone_and_says_how_to_reach_it(tmp_path: Path) -> None:
    words = ["tests.telegram.botapi", "--port", "0"]
    with started(words, {}, tmp_path / "log") as running:

        async def said() -> str:
            return running.said

        text = await eventually(said, lambda said: "BOT_TOKEN=" in said)
        settings = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        url = f"{settings['TELEGRAM_API_URL']}/bot{settings['BOT_TOKEN']}/getMe"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            assert (await answer.json())["result"]["is_bot"]
        assert text.count(settings["BOT_TOKEN"]) == 1
        running.send_signal(15)
        assert running.wait() == 0
