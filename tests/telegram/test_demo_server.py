"""What the page of four phones asks of the server, and what it may not be asked by others."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.pictures import photo
from tests.telegram.botapi import BotApi, Refused
from tests.telegram.botapi.http import serving
from tests.telegram.calling import answer_to, call, form
from tests.telegram.demo.pictures import PREPARED, content_of
from tests.telegram.demo.server import CAST, demo_application


class Browser:
    """What a browser asks."""

    def __init__(self, api: BotApi, session: aiohttp.ClientSession) -> None:
        self.api = api
        self._session = session

    async def get(self, path: str, **options: Any) -> tuple[int, bytes, Any]:
        """Status, body and headers of an address of the server."""
        async with self._session.get(f"{self.api.url}{path}", **options) as answer:
            return answer.status, await answer.read(), answer.headers

    async def state(self) -> Any:
        """Everything at once."""
        async with self._session.get(f"{self.api.url}/control/state") as answer:
            return await answer.json()

    async def post(self, path: str, body: dict[str, Any], **headers: str) -> tuple[int, Any]:
        """An order; its status and answer."""
        url = f"{self.api.url}/control/{path}"
        async with self._session.post(url, json=body, headers=headers) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else await answer.text()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    api = BotApi()
    async with serving(api, demo_application(api)), aiohttp.ClientSession() as session:
        yield Browser(api, session)


async def test_it_begins_with_the_cast_and_nothing_else(browser: Browser) -> None:
    state = await browser.state()
    assert [(each["name"], each["language"]) for each in state["people"]] == list(CAST)
    assert not any(each["has_started"] for each in state["people"])
    assert (state["groups"], state["last_event"], state["counts"]["messages"]) == ([], 0, 0)


async def test_the_page_and_its_parts_come_with_a_strict_policy(browser: Browser) -> None:
    status, body, headers = await browser.get("/")
    policy = headers["Content-Security-Policy"]
    assert status == 200
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert b"<script>" not in body
    assert b"style=" not in body
    for part in ("main.js", "frame.css", "icon.svg"):
        assert (await browser.get(f"/page/{part}"))[0] == 200
        assert f"/page/{part}".encode() in body
    for stranger in ("/page/nothing.js", "/page/..%2Fserver.py", "/page/..%2F..%2F__init__.py"):
        assert (await browser.get(stranger))[0] == 404


async def test_another_site_in_the_same_browser_may_act_as_nobody(browser: Browser) -> None:
    (emmy,) = [each for each in (await browser.state())["people"] if each["name"] == "Emmy"]
    start = f"people/{emmy['user_id']}/starts"
    assert (await browser.post(start, {}, Origin="https://elsewhere.example"))[0] == 403
    assert not (await browser.state())["people"][1]["has_started"]
    assert (await browser.post(start, {}, Origin=browser.api.url))[0] == 200
    assert (await browser.state())["people"][1]["has_started"]


async def test_what_the_bot_sends_is_counted_as_it_was_answered(browser: Browser) -> None:
    api = browser.api
    emmy = (await browser.state())["people"][1]["user_id"]
    await browser.post(f"people/{emmy}/starts", {})
    picture = ("board.jpg", photo(1))
    sent = await answer_to(api, "sendPhoto", data=form({"chat_id": emmy}, photo=picture))
    file_id = sent["photo"][-1]["file_id"]
    await call(api, "sendPhoto", chat_id=emmy, photo=file_id)
    media = [{"type": "photo", "media": each} for each in (file_id, "attach://new")]
    album = form({"chat_id": emmy, "media": media}, new=picture)
    await answer_to(api, "sendMediaGroup", data=album)
    await call(api, "editMessageCaption", chat_id=emmy, message_id=sent["message_id"], caption="1")
    with pytest.raises(Refused, match="chat not found"):
        await call(api, "sendMessage", chat_id=1, text="nobody")
    api.fail("sendMessage", 429, "Too Many Requests: retry after 1", retry_after=1)
    with pytest.raises(Refused, match="Too Many"):
        await call(api, "sendMessage", chat_id=emmy, text="too fast")
    api.goes_away("502")
    with pytest.raises(Refused, match="Bad Gateway"):
        await call(api, "sendMessage", chat_id=emmy, text="away")

    state = await browser.state()
    assert state["weather"]["outage"] == "502"
    assert state["counts"] == {
        "messages": 4,
        "edits": 1,
        "uploads": 2,
        "reused": 2,
        "too_fast": 1,
        "refused": 1,
        "unanswered": 1,
    }
    assert state["last_event"] == api.screens.newest > 0


async def test_a_person_is_told_of_the_bot_in_his_language_and_in_his_chat(
    browser: Browser,
) -> None:
    api = browser.api
    await call(api, "setMyDescription", description="Makes boards readable")
    await call(api, "setMyDescription", description="Делает доски чёткими", language_code="ru")
    people = (await browser.state())["people"]
    assert [each["description"] for each in people[2:]] == [
        "Makes boards readable",
        "Делает доски чёткими",
    ]
    commands = [{"command": "board", "description": "Here"}]
    await call(api, "setMyCommands", commands=commands, scope={"type": "all_group_chats"})
    ada = people[0]["user_id"]
    _, group = await browser.post("groups", {"title": "Year 2", "owner": ada})
    _, body, _ = await browser.get(f"/control/people/{ada}/menu?in_chat_id={group['chat_id']}")
    assert body == b'["/board Here"]'
    assert (await browser.get(f"/control/people/{ada}/menu"))[1] == b"[]"


async def test_prepared_photos_are_a_board_its_copy_and_other_boards(browser: Browser) -> None:
    for name in PREPARED:
        status, body, headers = await browser.get(f"/pictures/{name}")
        assert (status, headers["Content-Type"]) == (200, "image/jpeg")
        assert body == content_of(name)
    assert (await browser.get("/pictures/none.jpg"))[0] == 404
    assert len({content_of(name) for name in PREPARED}) == len(PREPARED)
