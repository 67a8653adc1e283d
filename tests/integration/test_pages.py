"""The pages: joining, the gallery, a board, the admin page, languages and headers."""

import re
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from pydantic import AnyHttpUrl

from core.boards import get_board
from core.leases import fail, finish
from core.links import admin_url
from core.rooms import set_open
from core.services import Services
from core.settings import Settings
from core.summary import figures, recent_uploads
from core.values import BoardState, RenditionKind
from tests.acts import made, send_photo, take
from tests.conftest import Room, Servers, make_room
from tests.integration.test_api import check_problem
from tests.integration.web_client import BASE, in_process
from tests.pictures import photo
from web.headers import CSP

BROWSER = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "en"}
FETCH = {"Accept": "application/json", "X-Requested-With": "fetch"}


def member(token: str) -> dict[str, str]:
    return BROWSER | {"Cookie": f"member={token}"}


def path_of(response: httpx.Response) -> str:
    assert response.status_code == HTTPStatus.SEE_OTHER, response.text
    return response.headers["location"]


async def test_a_guest_joins_by_link_and_stays_joined(services: Services, room: Room) -> None:
    code = room.created.code
    async with in_process(services, headers=BROWSER) as client:
        assert path_of(await client.get(f"/a/{code}")) == f"/join/{code}"
        assert path_of(await client.get(f"/a/{code}/boards/{uuid4()}")) == f"/join/{code}"
        door = await client.get(f"/join/{code}")
        assert room.student.title in door.text
        nameless = await client.post(f"/join/{code}", data={"name": "  "})
        assert nameless.status_code == 422
        assert "1 to 64 characters" in nameless.text
        joined = await client.post(f"/join/{code}", data={"name": "Emmy <Noether>"})
        assert path_of(joined) == f"/a/{code}"
        cookies = joined.headers.get_list("set-cookie")
        assert {re.search(r"Path=([^;]+)", each)[1] for each in cookies} == {  # type: ignore[index]  # a cookie without a path fails the test
            f"/a/{code}",
            f"/join/{code}",
        }
        assert all("HttpOnly" in each and "SameSite=lax" in each for each in cookies)
        gallery = await client.get(f"/a/{code}")
        assert gallery.status_code == 200
        assert "Emmy &lt;Noether&gt;" in gallery.text
        # The QR code again: the member is let through.
        assert path_of(await client.get(f"/join/{code}")) == f"/a/{code}"


async def test_behind_https_the_cookie_is_for_https_only(services: Services, room: Room) -> None:
    public = services.settings.model_copy(
        update={"auditorium_public_url": AnyHttpUrl("https://boards.test/")}
    )
    async with in_process(replace(services, settings=public), headers=BROWSER) as client:
        joined = await client.post(f"/join/{room.created.code}", data={"name": "Emmy"})
    assert all("Secure" in each for each in joined.headers.get_list("set-cookie"))


async def test_a_code_is_forgiven_its_spelling(services: Services, room: Room) -> None:
    code = room.created.code
    spelt = f"{code[:3]} {code[3:].lower()}"
    async with in_process(services, headers=BROWSER) as client:
        assert path_of(await client.post("/join", data={"code": spelt})) == f"/join/{code}"
        assert path_of(await client.get(f"/join/{code.lower()}")) == f"/join/{code}"
        assert path_of(await client.get(f"/a/{code.lower()}")) == f"/join/{code}"
        lower = await client.get(f"/a/{code.lower()}", headers=member(room.student_token))
        assert path_of(lower) == f"/a/{code}"
        unknown = await client.post("/join", data={"code": "ZZZZZZ"})
        assert unknown.status_code == 404
        assert "No auditorium has this code." in unknown.text
        for path in ("/a/ZZZZZZ", "/join/ZZZZZZ", "/nowhere"):
            missing = await client.get(path)
            assert missing.status_code == 404, path
            assert missing.headers["content-type"].startswith("text/html")


async def test_a_teacher_creates_closes_and_opens_an_auditorium(services: Services) -> None:
    async with in_process(services, headers=BROWSER) as client:
        untitled = await client.post("/create", data={"title": ""})
        assert (untitled.status_code, "1 to 120 characters" in untitled.text) == (422, True)
        admin = path_of(await client.post("/create", data={"title": "Algebra"}))
        code = admin.split("/")[2]
        assert admin == f"/a/{code}/admin"
        assert (await client.get(admin)).status_code == 200
        assert path_of(await client.post(f"{admin}/state", data={"open": "0"})) == admin
        upload = await client.post(
            f"/a/{code}/uploads", files={"file": ("a.jpg", photo(1))}, headers=FETCH
        )
        check_problem(upload, 409, "auditorium_closed")
        assert path_of(await client.post(f"{admin}/state", data={"open": "1"})) == admin
        again = await client.post(
            f"/a/{code}/uploads", files={"file": ("a.jpg", photo(1))}, headers=FETCH
        )
        assert again.status_code == 202
        assert again.json()["board_url"] == f"/a/{code}/boards/{again.json()['board_id']}"


async def test_the_admin_links_key_becomes_a_cookie_and_leaves_the_address(
    services: Services, room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    code, key = room.created.code, room.created.owner_token
    link = urlsplit(admin_url(services.settings, code, key))
    async with in_process(services, headers=BROWSER) as client:
        arrived = await client.get(f"{link.path}?{link.query}")
        assert path_of(arrived) == f"/a/{code}/admin"
        assert arrived.headers["referrer-policy"] == "same-origin"
        assert (await client.get(f"/a/{code}/admin")).status_code == 200
    assert key not in caplog.text
    async with in_process(services, headers=BROWSER) as client:
        wrong = await client.get(f"/a/{code}/admin?key=wrong")
        assert (wrong.status_code, wrong.headers["content-type"][:9]) == (401, "text/html")
        student = await client.get(f"/a/{code}/admin", headers=member(room.student_token))
        assert student.status_code == 403
        other = await make_room(services, "Physics")
        theirs = await client.get(f"/a/{code}/admin?key={other.created.owner_token}")
        assert theirs.status_code == 401


async def test_students_may_not_manage(services: Services, room: Room) -> None:
    board = await send_photo(services, room.student)
    headers = member(room.student_token) | FETCH
    async with in_process(services, headers=headers) as client:
        admin = f"/a/{room.created.code}/admin"
        check_problem(await client.post(f"{admin}/state", data={"open": "0"}), 403, "not_allowed")
        retry = await client.post(f"{admin}/boards/{board.board_id}/retry")
        check_problem(retry, 403, "not_allowed")


async def test_the_gallery_shows_boards_in_pages_and_one_card_by_itself(
    services: Services, room: Room
) -> None:
    code = room.created.code
    receipts = [await send_photo(services, room.student, seed) for seed in range(26)]
    await send_photo(services, room.owner, 25)
    async with in_process(services, headers=member(room.student_token)) as client:
        gallery = await client.get(f"/a/{code}")
        assert gallery.text.count('class="card"') == 24
        assert f"before={receipts[2].board_number}" in gallery.text
        stranger = {"HX-Request": "true", "Cookie": "member=unknown"}
        outside = await client.get(f"/a/{code}/boards", headers=stranger)
        check_problem(outside, 401, "not_a_member")
        more = await client.get(f"/a/{code}/boards", params={"before": receipts[2].board_number})
        assert more.text.count('class="card"') == 2
        assert "<html" not in more.text
        card = await client.get(f"/a/{code}/boards/{receipts[25].board_id}/card")
        assert card.text.count('class="card"') == 1
        assert "sent 2 times" in card.text
        assert "Grace, Ada" in card.text
        picture = re.search(r'<img src="([^"]+)"', card.text)
        assert picture is not None
        image = await client.get(picture[1].replace("&amp;", "&"))
        assert image.headers["content-type"] == "image/jpeg"
        assert "immutable" in image.headers["cache-control"]


async def test_a_boards_page_follows_it_from_waiting_to_ready(
    services: Services, room: Room
) -> None:
    first = await send_photo(services, room.student, 1)
    second = await send_photo(services, room.student, 2)
    third = await send_photo(services, room.student, 3)
    path = f"/a/{room.created.code}/boards/"
    async with in_process(services, headers=member(room.student_token)) as client:
        url = f"{path}{second.board_id}"
        waiting = (await client.get(url)).text
        assert "In the queue: number 2" in waiting
        assert 'rel="prev"' in waiting
        assert f"{path}{first.board_id}" in waiting
        assert f"{path}{third.board_id}" in waiting
        early = await client.post(f"{url}/lossless", headers=FETCH)
        check_problem(early, 404, "rendition_not_ready")
        held = await take(services, second.board_id)
        kinds = (RenditionKind.UPSCALED, RenditionKind.PREVIEW, RenditionKind.THUMBNAIL)
        await finish(services, held, await made(services, *kinds))
        ready = (await client.get(url)).text
        assert f"/media/{second.board_id}/upscaled" in ready
        assert "download=1" in ready
        wanted = await client.post(f"{url}/lossless", headers=FETCH)
        assert wanted.json()["ready"] is False
        assert (await get_board(services, room.student, second.board_id)).lossless_wanted
        other = await make_room(services, "Physics")
        theirs = f"/a/{other.created.code}/boards/{second.board_id}"
        assert (await client.get(theirs, headers=member(other.student_token))).status_code == 404


async def test_the_admin_page_shows_figures_and_tries_a_failed_board_again(
    services: Services, room: Room
) -> None:
    ready = await send_photo(services, room.student, 1)
    broken = await send_photo(services, room.student, 2)
    await send_photo(services, room.owner, 2)
    await finish(services, await take(services, ready.board_id), await made(services))
    held = await take(services, broken.board_id)
    await fail(services, held, "render_deadline", final=True)
    counted = await figures(services, room.owner)
    assert (counted.members, counted.boards, counted.uploads, counted.duplicates) == (2, 2, 3, 1)
    assert (counted.ready, counted.failed, counted.waiting, counted.running) == (1, 1, 0, 0)
    assert counted.seconds_median is not None
    assert [
        (each.number, each.evidence.rule) for each in await recent_uploads(services, room.owner)
    ] == [
        (2, "bytes"),
        (2, "none"),
        (1, "none"),
    ]
    admin = f"/a/{room.created.code}/admin"
    async with in_process(services, headers=member(room.created.owner_token)) as client:
        shown = (await client.get(admin)).text
        assert "Upscaling this board took too long." in shown
        assert "the same file" in shown
        retry = await client.post(f"{admin}/boards/{broken.board_id}/retry")
        assert path_of(retry) == admin
        assert "Upscaling this board took too long." not in (await client.get(admin)).text
    board = await get_board(services, room.owner, broken.board_id)
    assert board.state is BoardState.WAITING


async def test_an_empty_auditorium_has_figures_too(services: Services, room: Room) -> None:
    counted = await figures(services, room.owner)
    assert (counted.members, counted.boards, counted.seconds_median) == (2, 0, None)
    headers = member(room.created.owner_token)
    async with in_process(services, headers=headers) as client:
        assert (await client.get(f"/a/{room.created.code}/admin")).status_code == 200
        assert (await client.get(f"/a/{room.created.code}")).status_code == 200


async def test_the_language_follows_the_browser_until_it_is_chosen(
    services: Services, room: Room
) -> None:
    async with in_process(services, headers={"Accept": "text/html"}) as client:
        russian = await client.get("/", headers={"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.8"})
        assert russian.headers["content-language"] == "ru"
        assert '<html lang="ru">' in russian.text
        assert (await client.get("/")).headers["content-language"] == "en"
        form = {"lang": "ru", "next": f"/join/{room.created.code}"}
        assert path_of(await client.post("/language", data=form)) == f"/join/{room.created.code}"
        chosen = await client.get("/", headers={"Accept-Language": "en"})
        assert chosen.headers["content-language"] == "ru"
        away = {"lang": "en", "next": "//elsewhere.test/"}
        assert path_of(await client.post("/language", data=away)) == "/"
        assert (await client.post("/language", data={"lang": "xx"})).status_code == 422


async def test_another_site_cannot_act_with_a_members_cookie(
    services: Services, room: Room
) -> None:
    path = f"/a/{room.created.code}/admin/state"
    headers = member(room.created.owner_token)
    closing = {"open": "0"}
    async with in_process(services, headers=headers) as client:
        for foreign in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://elsewhere.test"},
            {"Origin": "null"},
        ):
            refused = await client.post(path, data=closing, headers=foreign)
            assert refused.status_code == 403, foreign
            check_problem(
                await client.post(path, data=closing, headers=foreign | FETCH), 403, "cross_site"
            )
        for own in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": BASE}, {}):
            assert path_of(await client.post(path, data=closing, headers=own))


async def test_every_answer_carries_the_policy(services: Services, room: Room) -> None:
    code = room.created.code
    board = await send_photo(services, room.student)
    async with in_process(services, headers=member(room.student_token)) as client:
        for path in (
            "/",
            f"/join/{code}",
            f"/a/{code}",
            f"/a/{code}/boards/{board.board_id}",
            f"/a/{code}/media/{board.board_id}/upright",
            f"/a/{code}/qr.svg",
            f"/a/{code}/admin",
            "/nowhere",
            "/static/nothing.js",
            "/api/v1/openapi.json",
            "/healthz",
        ):
            answer = await client.get(path)
            assert answer.headers["content-security-policy"] == CSP, path
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert answer.headers["cache-control"]
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert " style=" not in answer.text
                assert not re.search(r"<script(?![^>]*(\bsrc=|application/json))", answer.text)
                assert not re.search(r"\son\w+=", answer.text)


async def test_assets_are_kept_for_good_by_their_hashed_names(services: Services) -> None:
    async with in_process(services, headers=BROWSER) as client:
        home = (await client.get("/")).text
        links = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', home))
        assert links
        for link in links:
            answer = await client.get(link)
            assert answer.status_code == 200, f"{link}: are the assets built?"
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_the_qr_code_is_a_picture_of_the_join_link(services: Services, room: Room) -> None:
    async with in_process(services, headers=member(room.student_token)) as client:
        answer = await client.get(f"/a/{room.created.code}/qr.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<?xml")
    assert "<svg" in answer.text


async def test_pages_work_while_the_queue_is_away(
    services: Services, room: Room, servers: Servers
) -> None:
    servers.stop("valkey")
    async with in_process(services, headers=member(room.student_token)) as client:
        gallery = await client.get(f"/a/{room.created.code}")
        assert gallery.status_code == 200
        # No position: the stream begins with a reset when the queue is back.
        assert 'data-last-event-id=""' in gallery.text
    await set_open(services, room.owner, is_open=False)


async def test_a_database_that_is_away_is_told_on_a_page(
    services: Services, settings: Settings, room: Room, servers: Servers
) -> None:
    servers.stop("postgres")
    async with in_process(services, headers=member(room.student_token)) as client:
        answer = await client.get(f"/a/{room.created.code}")
    assert answer.status_code == 503
    assert "The database does not answer." in answer.text
    assert str(settings.database_url) not in answer.text
