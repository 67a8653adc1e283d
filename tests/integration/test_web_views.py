"""The views of a board on its page: shown, chosen, recorded, kept, and fixed as one's own."""

import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from core.leases import finish
from core.services import Services
from core.tables import ViewChoice
from core.values import RenditionKind, ResultView, ViewUse
from core.view_choices import own_first_view
from tests.acts import made, send_photo, take
from tests.conftest import Room, make_room
from tests.integration.test_api import check_problem
from tests.integration.web_client import as_student, in_process

ALL = (
    RenditionKind.UPSCALED,
    RenditionKind.PREVIEW,
    RenditionKind.CLEAN,
    RenditionKind.SHARP,
    RenditionKind.STRAIGHT,
)
BROWSER = {"Accept": "text/html", "Accept-Language": "en"}


async def ready_board(services: Services, room: Room, *kinds: RenditionKind) -> UUID:
    receipt = await send_photo(services, room.student)
    held = await take(services, receipt.board_id)
    finished = replace(
        await made(services, *(kinds or ALL)),
        record={"appearance": {"x_height": 6.2}, "composition": {"lines": 9, "clean": 9}},
    )
    await finish(services, held, finished)
    return receipt.board_id


async def choices(services: Services) -> set[tuple[str, str]]:
    async with services.sessions() as session:
        rows = await session.execute(select(col(ViewChoice.view), col(ViewChoice.use)))
        return {(view, use) for view, use in rows}


def offered(page: httpx.Response) -> Sequence[str]:
    assert page.status_code == 200, page.text
    return re.findall(r'data-view="(\w+)"', page.text)


def chosen(page: httpx.Response) -> str:
    found = re.findall(r'data-view="(\w+)"[^>]*aria-current="true"', page.text)
    assert len(found) == 1
    return str(found[0])


async def test_the_page_offers_the_views_that_the_board_has(services: Services, room: Room) -> None:
    url = f"/a/{room.created.code}/boards/{await ready_board(services, room)}"
    async with in_process(services, headers=as_student(room) | BROWSER) as client:
        page = await client.get(url)
        assert offered(page) == ["original", "composed", "clean", "sharp", "straight"]
        assert chosen(page) == "composed"
        assert 'data-mode="two"' in page.text
        assert "Small writing (about 6 px)" in page.text
        straight = await client.get(url, params={"view": "straight"})
        assert chosen(straight) == "straight"
        assert 'data-mode="one"' in straight.text
        # An old link or a slip of the hand is no reason to show no board.
        assert chosen(await client.get(url, params={"view": "nonsense"})) == "composed"
    assert await choices(services) == set()


async def test_a_fast_board_has_no_sharp_view(services: Services, room: Room) -> None:
    kinds = (RenditionKind.UPSCALED, RenditionKind.PREVIEW, RenditionKind.CLEAN)
    url = f"/a/{room.created.code}/boards/{await ready_board(services, room, *kinds)}"
    async with in_process(services, headers=as_student(room) | BROWSER) as client:
        page = await client.get(url, params={"view": "sharp"})
    assert offered(page) == ["original", "composed", "clean"]
    assert chosen(page) == "composed"


async def test_who_changes_the_language_keeps_the_view(services: Services, room: Room) -> None:
    url = f"/a/{room.created.code}/boards/{await ready_board(services, room)}"
    async with in_process(services, headers=as_student(room) | BROWSER) as client:
        page = await client.get(url, params={"view": "sharp", "source": "chat"})
        (back,) = re.findall(r'name="next" value="([^"]*)"', page.text)
        answer = await client.post("/language", data={"lang": "ru", "next": unescape(back)})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{url}?view=sharp")
        russian = await client.get(answer.headers["location"])
    assert russian.headers["content-language"] == "ru"
    assert chosen(russian) == "sharp"


async def test_switching_is_recorded_once_and_for_members_only(
    services: Services, room: Room
) -> None:
    other = await make_room(services, "Physics")
    board_id = await ready_board(services, room)
    url = f"/a/{room.created.code}/boards/{board_id}/views"
    theirs = f"/a/{other.created.code}/boards/{board_id}/views"
    async with in_process(services) as client:
        check_problem(await client.post(url, data={"view": "clean"}), 401, "not_a_member")
        stranger = await client.post(url, data={"view": "clean"}, headers=as_student(other))
        check_problem(stranger, 401, "not_a_member")
        wrong = await client.post(theirs, data={"view": "clean"}, headers=as_student(other))
        check_problem(wrong, 404, "board_not_found")
        mine = as_student(room)
        for body in ({"view": "prettier"}, {}):
            check_problem(await client.post(url, data=body, headers=mine), 422, "bad_request")
        foreign = mine | {"Origin": "https://elsewhere.test"}
        sent = await client.post(url, data={"view": "clean"}, headers=foreign)
        check_problem(sent, 403, "cross_site")
        assert await choices(services) == set()
        for _ in range(2):
            answer = await client.post(url, data={"view": "clean"}, headers=mine)
            assert (answer.status_code, answer.content) == (204, b"")
    assert await choices(services) == {(ResultView.CLEAN, ViewUse.OPENED)}


@pytest.mark.parametrize(
    ("kind", "view"),
    [
        ("clean", ResultView.CLEAN),
        ("straight", ResultView.STRAIGHT),
        ("upright", ResultView.ORIGINAL),
        ("upscaled", ResultView.COMPOSED),
    ],
)
async def test_a_download_is_a_view_that_was_kept(
    services: Services, room: Room, kind: str, view: ResultView
) -> None:
    url = f"/a/{room.created.code}/media/{await ready_board(services, room)}/{kind}"
    async with in_process(services, headers=as_student(room)) as client:
        assert (await client.get(url)).status_code == 200
        assert (await client.head(url, params={"download": "1"})).status_code == 200
        assert await choices(services) == set()
        assert (await client.get(url, params={"download": "1"})).status_code == 200
    assert await choices(services) == {(view, ViewUse.KEPT)}


async def test_a_member_fixes_what_he_sees_first_and_takes_it_back(
    services: Services, room: Room
) -> None:
    board_id = await ready_board(services, room)
    page = f"/a/{room.created.code}/boards/{board_id}"
    first = f"/a/{room.created.code}/me/first-view"
    async with in_process(services, headers=as_student(room)) as client:
        assert (await client.post(first, data={"view": "clean"})).status_code == 204
        assert await own_first_view(services, room.student) is ResultView.CLEAN
        assert chosen(await client.get(page, headers=BROWSER)) == "clean"
        assert await own_first_view(services, room.owner) is None
        refused = await client.post(first, data={"view": "straight"})
        check_problem(refused, 403, "not_allowed")
        # Without script the form leads back to the board.
        form = {"view": "", "board": str(board_id)}
        back = await client.post(first, data=form, headers=BROWSER)
        assert (back.status_code, back.headers["location"]) == (303, page)
        assert await own_first_view(services, room.student) is None
        assert chosen(await client.get(page, headers=BROWSER)) == "composed"
    async with in_process(services) as client:
        check_problem(await client.post(first, data={"view": "clean"}), 401, "not_a_member")


async def test_the_operators_default_comes_first_where_nobody_chose(
    services: Services, room: Room
) -> None:
    page = f"/a/{room.created.code}/boards/{await ready_board(services, room)}"
    settings = services.settings.model_copy(update={"default_view": ResultView.SHARP})
    async with in_process(
        replace(services, settings=settings), headers=as_student(room) | BROWSER
    ) as client:
        assert chosen(await client.get(page)) == "sharp"


async def test_programs_tell_what_was_opened_and_kept(services: Services, room: Room) -> None:
    other = await make_room(services, "Physics")
    url = f"/api/v1/boards/{await ready_board(services, room)}/views"
    kept = {"view": "sharp", "use": "kept"}
    async with in_process(services) as client:
        check_problem(await client.post(url, json=kept), 401, "not_a_member")
        stranger = await client.post(url, json=kept, headers=as_student(other))
        check_problem(stranger, 404, "board_not_found")
        mine = as_student(room)
        for body in ({"view": "sharp", "use": "framed"}, {"view": "sharper", "use": "kept"}):
            check_problem(await client.post(url, json=body, headers=mine), 422, "bad_request")
        assert (await client.post(url, json=kept, headers=mine)).status_code == 204
        described = (await client.get("/api/v1/openapi.json")).json()
    assert "/api/v1/boards/{board_id}/views" in described["paths"]
    assert await choices(services) == {(ResultView.SHARP, ViewUse.KEPT)}
