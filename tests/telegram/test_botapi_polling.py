"""The Bot API server: getUpdates, webhooks, and what goes wrong on purpose."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web

from tests.telegram.botapi import BotApi, Refused
from tests.telegram.botapi.http import serving
from tests.telegram.botapi.webhook import SECRET_HEADER
from tests.telegram.calling import answer_to, call, kinds, news
from tests.telegram.people import person


async def test_an_update_comes_until_it_is_confirmed(api: BotApi) -> None:
    emmy = person(api)
    sent = [await emmy.writes(text) for text in ("one", "two", "three")]
    first, second, third = (message.update_id for message in sent)
    assert [update["update_id"] for update in await news(api)] == [first, second, third]
    assert [update["update_id"] for update in await news(api, limit=1)] == [first]
    assert [update["update_id"] for update in await news(api, offset=second)] == [second, third]
    assert [update["update_id"] for update in await news(api, offset=-1)] == [third]
    assert api.confirmed == second
    await api.put_again(sent[0])
    assert [update["update_id"] for update in await news(api)] == [first, third]
    assert await news(api, offset=third + 1) == []


async def test_only_kinds_that_are_asked_for_come(api: BotApi) -> None:
    emmy = person(api)
    said = await emmy.writes("hello")
    await emmy.reacts(said, "👍")
    assert kinds(await news(api)) == ["message"]
    await news(api, allowed_updates=["message_reaction"])
    await emmy.writes("again")
    await emmy.reacts(said, "🔥")
    assert kinds(await news(api, allowed_updates=[])) == ["message", "message_reaction"]
    await emmy.reacts(said, "👎")
    assert kinds(await news(api)) == ["message", "message_reaction"]


async def test_a_newer_poll_ends_the_older_one(api: BotApi) -> None:
    older = asyncio.create_task(news(api, timeout=50))
    await api.until(lambda: len(api.called("getUpdates")) == 1)
    newer = asyncio.create_task(news(api, timeout=50))
    with pytest.raises(Refused, match="Conflict: terminated by other getUpdates request"):
        await older
    await person(api).writes("hello")
    assert kinds(await newer) == ["message"]


async def test_with_a_webhook_there_is_no_polling(api: BotApi) -> None:
    await call(api, "setWebhook", url="http://127.0.0.1:9/")
    with pytest.raises(Refused, match="Conflict: can't use getUpdates method while webhook"):
        await news(api)
    await call(api, "setWebhook", url="")
    assert await news(api) == []


HOOK_KEY = "S-1"


@pytest.mark.parametrize(
    ("url", "key", "words"),
    [
        ("http://bots.example/", HOOK_KEY, "An HTTPS URL must be provided for webhook"),
        ("https://bots.example/", "a b", "secret token contains unallowed characters"),
    ],
)
async def test_bad_webhooks_are_refused(api: BotApi, url: str, key: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        await call(api, "setWebhook", url=url, secret_token=key)


class Hook:
    """A receiver that answers as it is told, at first with 500."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 500
        self.answer = ""
        self.got: list[tuple[str, str]] = []

    async def take(self, request: web.Request) -> web.Response:
        update = await request.json()
        content = next(value for name, value in update.items() if name != "update_id")
        self.got.append((content.get("text", ""), request.headers.get(SECRET_HEADER, "")))
        return web.Response(status=self.status, text=self.answer, content_type="application/json")


@pytest.fixture
def hook() -> Hook:
    return Hook()


async def test_a_webhook_is_tried_again_in_order_and_says_why_it_failed(
    api: BotApi, hook: Hook
) -> None:
    app = web.Application()
    app.router.add_post("/", hook.take)
    receiver = BotApi()
    api.webhook.first_delay_s = 0.01
    emmy = person(api)
    async with serving(receiver, app):
        await call(api, "setWebhook", url=receiver.url, secret_token=HOOK_KEY, max_connections=3)
        await emmy.writes("one")
        await emmy.writes("two")
        await api.until(lambda: len(hook.got) >= 3)
        info = await call(api, "getWebhookInfo")
        assert info["last_error_message"] == (
            "Wrong response from the webhook: 500 Internal Server Error"
        )
        assert (info["pending_update_count"], info["max_connections"]) == (2, 3)
        assert set(hook.got) == {("one", HOOK_KEY)}
        hook.status = 200
        await api.until(lambda: not api.updates.waiting)
        assert hook.got[-2:] == [("one", HOOK_KEY), ("two", HOOK_KEY)]
        call_in_answer = {"method": "sendMessage", "chat_id": emmy.chat_id, "text": "Hello"}
        hook.answer = json.dumps(call_in_answer)
        await emmy.writes("three")
        assert (await emmy.got(1))[0].says == "Hello"


async def test_who_fails_holds_up_his_own_chat_only(api: BotApi) -> None:
    got: list[str] = []
    emmy, alan = person(api), person(api, "Alan")

    async def take(request: web.Request) -> web.Response:
        message = (await request.json())["message"]
        got.append(message["text"])
        return web.Response(status=500 if message["from"]["first_name"] == "Emmy" else 200)

    app = web.Application()
    app.router.add_post("/", take)
    receiver = BotApi()
    async with serving(receiver, app):
        await call(api, "setWebhook", url=receiver.url)
        await emmy.writes("stuck")
        await emmy.writes("behind it")
        await api.until(lambda: bool(api.webhook.last_error))
        await alan.writes("passes")
        await alan.writes("passes too")
        await api.until(lambda: "passes too" in got)
    assert "behind it" not in got


async def test_wrong_tokens_and_unknown_methods_and_fields_are_told(api: BotApi) -> None:
    with pytest.raises(Refused, match="Unauthorized") as refused:
        await answer_to(api, "getMe", token="1:wrong")
    assert refused.value.status == 401
    with pytest.raises(Refused, match="Not Found: method not found") as refused:
        await call(api, "sendMesage")
    assert refused.value.status == 404
    with pytest.raises(Refused, match=r"sendMessage has no fields \['parsemode'\]"):
        await call(api, "sendMessage", chat_id=1, text="x", parsemode="HTML")


async def test_a_scripted_failure_meets_its_chat_so_many_times(api: BotApi) -> None:
    emmy, alan = person(api), person(api, "Alan")
    api.fail("sendMessage", 500, "Internal Server Error", chat_id=emmy.chat_id, times=2)
    await call(api, "sendMessage", chat_id=alan.chat_id, text="Hello")
    for _ in range(2):
        with pytest.raises(Refused, match="Internal Server Error"):
            await call(api, "sendMessage", chat_id=emmy.chat_id, text="Hello")
    await call(api, "sendMessage", chat_id=emmy.chat_id, text="Hello")


async def test_a_cut_connection_may_have_done_its_work_or_not(api: BotApi) -> None:
    emmy = person(api)
    hello = {"chat_id": emmy.chat_id, "text": "Hello"}
    api.cut("sendMessage", "before")
    with pytest.raises(aiohttp.ClientError):
        await call(api, "sendMessage", **hello)
    assert emmy.inbox == []
    api.cut("sendMessage", "after")
    with pytest.raises(aiohttp.ClientError):
        await call(api, "sendMessage", **hello)
    assert len(emmy.inbox) == 1


async def test_an_outage_ends_every_call_until_it_is_over(api: BotApi) -> None:
    api.goes_away()
    with pytest.raises(aiohttp.ClientError):
        await call(api, "getMe")
    api.goes_away("502")
    with pytest.raises(Refused, match="Bad Gateway"):
        await call(api, "getMe")
    api.comes_back()
    await call(api, "getMe")


async def test_a_hanging_call_goes_on_when_it_is_released(api: BotApi) -> None:
    emmy = person(api)
    released = api.hang("sendMessage")
    sending = asyncio.create_task(call(api, "sendMessage", chat_id=emmy.chat_id, text="Hello"))
    await api.until(lambda: bool(api.called("sendMessage")))
    assert emmy.inbox == []
    released.set()
    await sending
    assert len(emmy.inbox) == 1


async def test_a_call_is_carried_out_although_nobody_waits_for_its_answer(api: BotApi) -> None:
    emmy = person(api)
    released = api.hang("sendMessage")
    sending = asyncio.create_task(call(api, "sendMessage", chat_id=emmy.chat_id, text="Hello"))
    await api.until(lambda: bool(api.called("sendMessage")))
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await call(api, "getMe")  # by now the server knows that the connection is gone
    released.set()
    await emmy.got(1)
