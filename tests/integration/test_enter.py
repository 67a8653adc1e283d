"""The door behind a link from the bot: looking spends nothing, the button opens a session."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest

from core.links import enter_url
from core.logins import new_link
from core.rooms import create_from_telegram, join_from_telegram
from core.services import Services
from tests.conftest import Room, make_room
from tests.integration.web_client import in_process

BROWSER = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "en"}
DAYS_30 = 30 * 24 * 3600


@pytest.fixture
async def link(services: Services, room: Room) -> str:
    """A path with a key, for a member who came by Telegram."""
    joined = await join_from_telegram(
        services, code=room.created.code, chat_id=77, name="Emmy", locale="en"
    )
    return path(services, room.created.code, await new_link(services, joined.member_id))


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without scripts."""
    async with in_process(services, headers=BROWSER) as browser:
        yield browser


def path(services: Services, code: str, key: str) -> str:
    split = urlsplit(enter_url(services.settings, code, key))
    return f"{split.path}?{split.query}"


def key_of(link: str) -> str:
    return link.partition("key=")[2]


async def press(client: httpx.AsyncClient, shown: httpx.Response) -> httpx.Response:
    """Press the page's only button."""
    action = re.search(r'action="(/a/[^"]+)"', shown.text)
    key = re.search(r'name="key" value="([^"]+)"', shown.text)
    assert action is not None
    assert key is not None
    return await client.post(action[1], data={"key": key[1]})


async def test_the_button_opens_the_gallery_as_the_member(
    room: Room, client: httpx.AsyncClient, link: str
) -> None:
    shown = await client.get(link)
    assert shown.status_code == 200
    assert room.student.title in shown.text
    entered = await press(client, shown)
    assert (entered.status_code, entered.headers["location"]) == (303, f"/a/{room.created.code}")
    gallery = await client.get(f"/a/{room.created.code}")
    assert gallery.status_code == 200
    assert "Emmy" in gallery.text


async def test_who_changes_the_language_at_the_door_keeps_the_key(
    client: httpx.AsyncClient, link: str
) -> None:
    shown = await client.get(link)
    back = re.search(r'name="next" value="([^"]+)"', shown.text)
    assert back is not None
    switched = await client.post("/language", data={"lang": "ru", "next": back[1]})
    assert switched.headers["location"] == link
    russian = await client.get(link)
    assert russian.headers["content-language"] == "ru"
    assert (await press(client, russian)).status_code == 303


async def test_looking_at_the_link_spends_nothing(client: httpx.AsyncClient, link: str) -> None:
    for _ in range(5):
        looked = await client.get(link)
        assert looked.status_code == 200
        assert looked.headers.get_list("set-cookie") == []
        assert looked.headers["cache-control"] == "no-store"
    assert (await press(client, looked)).status_code == 303


async def test_the_cookie_is_of_this_auditorium_and_lasts_as_the_session(
    room: Room, client: httpx.AsyncClient, link: str
) -> None:
    entered = await press(client, await client.get(link))
    cookies = entered.headers.get_list("set-cookie")
    paths = {match[1] for each in cookies if (match := re.search(r"Path=([^;]+)", each))}
    assert paths == {f"/a/{room.created.code}", f"/join/{room.created.code}"}
    for each in cookies:
        assert "HttpOnly" in each
        assert f"Max-Age={DAYS_30}" in each
        assert key_of(link) not in each


async def test_a_used_link_says_to_ask_the_bot_again(
    services: Services, client: httpx.AsyncClient, link: str
) -> None:
    await press(client, await client.get(link))
    async with in_process(services, headers=BROWSER | {"Accept-Language": "ru"}) as other:
        told = await press(other, await other.get(link))
    assert told.status_code == 410
    assert "/gallery" in told.text
    assert "Эта ссылка уже использована" in told.text


async def test_the_same_button_again_leads_to_the_gallery_of_who_is_in(
    room: Room, client: httpx.AsyncClient, link: str
) -> None:
    shown = await client.get(link)
    await press(client, shown)
    again = await press(client, shown)
    assert (again.status_code, again.headers["location"]) == (303, f"/a/{room.created.code}")


async def test_a_teachers_session_manages(services: Services, client: httpx.AsyncClient) -> None:
    owner = await create_from_telegram(
        services, title="Topology", chat_id=78, name="Ada", locale="en"
    )
    link = path(services, owner.code, await new_link(services, owner.member_id))
    await press(client, await client.get(link))
    gallery = await client.get(f"/a/{owner.code}")
    assert f"/a/{owner.code}/admin" in gallery.text
    assert (await client.get(f"/a/{owner.code}/admin")).status_code == 200


async def test_a_session_opens_no_other_auditorium(
    services: Services, client: httpx.AsyncClient, link: str
) -> None:
    entered = await press(client, await client.get(link))
    other = await make_room(services, "Physics")
    token = re.search(r"member=([^;]+)", entered.headers["set-cookie"])
    assert token is not None
    headers = {"Cookie": f"member={token[1]}"}
    refused = await client.get(f"/a/{other.created.code}", headers=headers)
    assert refused.headers["location"] == f"/join/{other.created.code}"


@pytest.mark.parametrize("query", ["", "?key=", "?key=" + "x" * 200])
async def test_a_link_without_a_key_is_told_on_a_page(
    room: Room, client: httpx.AsyncClient, query: str
) -> None:
    answer = await client.get(f"/a/{room.created.code}/enter{query}")
    assert answer.headers["content-type"].startswith("text/html")
    if answer.status_code == 200:  # an empty key is found out by the button
        answer = await client.post(f"/a/{room.created.code}/enter", data={"key": ""})
    assert answer.status_code in {410, 422}


async def test_an_unknown_auditorium_is_told(client: httpx.AsyncClient) -> None:
    assert (await client.get("/a/ZZZZZZ/enter?key=abc")).status_code == 404


async def test_no_key_reaches_the_log_or_another_site(
    services: Services,
    client: httpx.AsyncClient,
    link: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    shown = await client.get(link)
    entered = await press(client, shown)
    async with in_process(services, headers=BROWSER) as other:
        await press(other, shown)
        await other.get(link.replace("/a/", "/a/Q"))
    assert shown.headers["referrer-policy"] == "same-origin"
    assert "key=" not in entered.headers["location"]
    # The test's own client logs the addresses that it asks for; the service must not.
    ours = [str(each.__dict__) for each in caplog.records if not each.name.startswith("httpx")]
    written = "".join((*ours, *capfd.readouterr()))
    assert "/a/{code}/enter" in written
    for token in (key_of(link), entered.headers["set-cookie"].split(";")[0].partition("=")[2]):
        assert token not in written


async def test_another_site_cannot_log_a_browser_in(
    room: Room, client: httpx.AsyncClient, link: str
) -> None:
    forged = await client.post(
        f"/a/{room.created.code}/enter",
        data={"key": key_of(link)},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert forged.status_code == 403
    assert (await press(client, await client.get(link))).status_code == 303


async def test_the_join_page_offers_telegram_where_the_bot_is_known(
    services: Services, room: Room, client: httpx.AsyncClient
) -> None:
    door = f"/join/{room.created.code}"
    assert "t.me" not in (await client.get(door)).text
    named = services.settings.model_copy(update={"telegram_bot_username": "boards_bot"})
    async with in_process(replace(services, settings=named), headers=BROWSER) as other:
        page = await other.get(door)
    assert f'href="https://t.me/boards_bot?start={room.created.code}"' in page.text
    assert "Open in Telegram" in page.text
