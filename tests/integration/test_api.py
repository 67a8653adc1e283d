"""The REST API on the real servers."""

from uuid import uuid4

import httpx
import pytest

from core.rooms import set_open
from core.services import Services
from tests.conftest import Room, Servers, make_room
from tests.integration.web_client import as_student, in_process
from tests.pictures import photo
from web.errors import PROBLEM


def check_problem(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM
    body = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"urn:auditorium:problem:{code}"
    assert body["instance"] == response.request.url.path
    assert body["title"]
    assert body["request_id"] == response.headers["x-request-id"]


async def post_photo(
    client: httpx.AsyncClient,
    room: Room,
    content: bytes,
    quality: str | None = None,
    **headers: str,
) -> httpx.Response:
    return await client.post(
        f"/api/v1/auditoriums/{room.created.code}/uploads",
        files={"file": ("board.jpg", content, "image/jpeg")},
        data={"caption": "limits"} | ({} if quality is None else {"quality": quality}),
        headers=as_student(room) | headers,
    )


async def test_a_program_creates_a_room_joins_sends_and_reads(services: Services) -> None:
    async with in_process(services) as client:
        made = await client.post("/api/v1/auditoriums", json={"title": "Algebra"})
        assert made.status_code == 201
        code = made.json()["code"]
        assert made.json()["join_url"].endswith(f"/join/{code}")
        assert f"/a/{code}/admin?key=" in made.json()["admin_url"]
        joined = await client.post(f"/api/v1/auditoriums/{code}/members", json={"name": "Grace"})
        assert joined.status_code == 201
        bearer = {"Authorization": f"Bearer {joined.json()['token']}"}
        sent = await client.post(
            f"/api/v1/auditoriums/{code}/uploads",
            files={"file": ("board.jpg", photo(1))},
            headers=bearer,
        )
        assert sent.status_code == 202, sent.text
        receipt = sent.json()
        assert (receipt["verdict"], receipt["state"]) == ("new", "waiting")
        upload = await client.get(f"/api/v1/uploads/{receipt['upload_id']}", headers=bearer)
        assert (upload.json()["sender"], upload.json()["state"]) == ("Grace", "waiting")
        board = (await client.get(f"/api/v1/boards/{receipt['board_id']}", headers=bearer)).json()
        assert (board["number"], board["state"], board["percent"]) == (1, "waiting", 0)
        assert [each["upload_id"] for each in board["uploads"]] == [receipt["upload_id"]]
        picture = await client.get(board["renditions"]["upright"]["url"], headers=bearer)
        assert picture.headers["content-type"] == "image/jpeg"
        assert len(picture.content) == board["renditions"]["upright"]["byte_size"]


async def test_boards_come_in_pages_newest_first(services: Services, room: Room) -> None:
    async with in_process(services, headers=as_student(room)) as client:
        for seed in range(3):
            assert (await post_photo(client, room, photo(seed))).status_code == 202
        url = f"/api/v1/auditoriums/{room.created.code}/boards"
        first = (await client.get(url, params={"limit": 2})).json()
        assert [board["number"] for board in first["boards"]] == [3, 2]
        rest = await client.get(url, params={"limit": 2, "before": first["next_before"]})
        assert [board["number"] for board in rest.json()["boards"]] == [1]
        assert rest.json()["next_before"] is None
        check_problem(await client.get(url, params={"limit": 1000}), 422, "bad_request")


async def test_an_idempotency_key_answers_with_the_first_upload(
    services: Services, room: Room
) -> None:
    async with in_process(services) as client:
        key = {"Idempotency-Key": "one"}
        first = await post_photo(client, room, photo(1), **key)
        again = await post_photo(client, room, photo(1), **key)
        other = await post_photo(client, room, photo(1))
        assert first.json() == again.json()
        assert other.json()["upload_id"] != first.json()["upload_id"]
        too_long = await post_photo(client, room, photo(1), **{"Idempotency-Key": "k" * 200})
        check_problem(too_long, 422, "bad_request")


async def test_who_is_no_member_is_told_so_and_what_is_not_there_is_not_found(
    services: Services, room: Room
) -> None:
    other = await make_room(services, "Physics")
    async with in_process(services) as client:
        sent = (await post_photo(client, room, photo(1))).json()
        board, code = sent["board_id"], room.created.code
        for headers in ({}, {"Authorization": "Bearer wrong"}, as_student(other)):
            answer = await client.get(f"/api/v1/auditoriums/{code}/boards", headers=headers)
            check_problem(answer, 401, "not_a_member")
            assert answer.headers["www-authenticate"] == "Bearer"
        theirs = as_student(other)
        unknown = await client.get("/api/v1/auditoriums/ZZZZZZ/boards", headers=theirs)
        check_problem(unknown, 404, "auditorium_not_found")
        for path, missing in (
            (f"/api/v1/boards/{board}", "board_not_found"),
            (f"/api/v1/boards/{board}/renditions/upright", "board_not_found"),
            (f"/api/v1/boards/{uuid4()}", "board_not_found"),
            (f"/api/v1/uploads/{sent['upload_id']}", "upload_not_found"),
            ("/api/v1/boards/no-uuid", "not_found"),
            ("/api/v1/nothing", "not_found"),
        ):
            check_problem(await client.get(path, headers=theirs), 404, missing)
        lossless = await client.post(f"/api/v1/boards/{board}/lossless", headers=theirs)
        check_problem(lossless, 404, "board_not_found")
        early = await client.get(
            f"/api/v1/boards/{board}/renditions/upscaled", headers=as_student(room)
        )
        check_problem(early, 404, "rendition_not_ready")
        check_problem(await client.delete(f"/api/v1/boards/{board}"), 405, "method_not_allowed")


async def test_a_closed_auditorium_takes_nothing_and_can_be_read(
    services: Services, room: Room
) -> None:
    async with in_process(services) as client:
        board = (await post_photo(client, room, photo(1))).json()["board_id"]
        await set_open(services, room.owner, is_open=False)
        check_problem(await post_photo(client, room, photo(2)), 409, "auditorium_closed")
        read = await client.get(f"/api/v1/boards/{board}", headers=as_student(room))
        assert read.status_code == 200


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "empty_file"),
        (b"just some text", 415, "unknown_format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unknown_format"),
        (photo(1)[:4000], 422, "damaged_picture"),
        (photo(1, size=(200, 10)), 422, "too_few_pixels"),
    ],
    ids=["empty", "text", "svg", "truncated", "strip"],
)
async def test_bad_input_gets_its_own_code(
    services: Services, room: Room, content: bytes, status: int, code: str
) -> None:
    async with in_process(services) as client:
        check_problem(await post_photo(client, room, content), status, code)


async def test_a_request_that_is_no_upload_is_told_which_field_is_wrong(
    services: Services, room: Room
) -> None:
    async with in_process(services, headers=as_student(room)) as client:
        url = f"/api/v1/auditoriums/{room.created.code}/uploads"
        check_problem(await client.post(url, json={}), 422, "bad_request")
        check_problem(await client.post(url, data={"file": "text"}), 422, "bad_request")
        no_file = await client.post(url, files={"other": ("a.jpg", photo(1))})
        check_problem(no_file, 422, "bad_request")
        assert no_file.json()["field"] == "file"
        cut = {"Content-Type": "multipart/form-data; boundary=x"}
        check_problem(await client.post(url, content=b"--x", headers=cut), 422, "bad_request")
        untitled = await client.post("/api/v1/auditoriums", json={"name": "secret-value"})
        check_problem(untitled, 422, "bad_request")
        assert untitled.json()["errors"] == [{"field": "body.title", "message": "Field required"}]
        assert "secret-value" not in untitled.text


async def test_a_caption_with_characters_that_no_text_holds_is_taken_without_them(
    services: Services, room: Room
) -> None:
    async with in_process(services, headers=as_student(room)) as client:
        sent = await client.post(
            f"/api/v1/auditoriums/{room.created.code}/uploads",
            files={"file": ("board.jpg", photo(1))},
            data={"caption": " lim\x00its\nof sums "},
        )
        upload = await client.get(f"/api/v1/uploads/{sent.json()['upload_id']}")
        assert upload.json()["caption"] == "limits\nof sums"
        long = await client.post(
            f"/api/v1/auditoriums/{room.created.code}/uploads",
            files={"file": ("board.jpg", photo(1))},
            data={"caption": "x" * 1025},
        )
        check_problem(long, 422, "bad_request")


@pytest.mark.parametrize(
    ("wish", "quality"), [(None, "best"), ("", "best"), ("best", "best"), ("fast", "fast")]
)
async def test_a_board_has_the_quality_that_the_form_asks_for(
    services: Services, room: Room, wish: str | None, quality: str
) -> None:
    async with in_process(services, headers=as_student(room)) as client:
        sent = await post_photo(client, room, photo(1), wish)
        assert sent.status_code == 202, sent.text
        url = f"/api/v1/boards/{sent.json()['board_id']}"
        assert (await client.get(url)).json()["quality"] == quality


@pytest.mark.parametrize("wish", ["FAST", "superb"])
async def test_a_quality_that_there_is_not_is_told_and_nothing_is_stored(
    services: Services, room: Room, wish: str
) -> None:
    async with in_process(services, headers=as_student(room)) as client:
        answer = await post_photo(client, room, photo(1), wish)
        check_problem(answer, 422, "bad_request")
        assert answer.json()["field"] == "quality"
        boards = await client.get(f"/api/v1/auditoriums/{room.created.code}/boards")
        assert boards.json()["boards"] == []


async def test_a_fast_board_that_is_sent_last_is_told_that_it_is_next(
    services: Services, room: Room
) -> None:
    async with in_process(services, headers=as_student(room)) as client:
        for seed, quality in enumerate(["best", "best", "fast"]):
            await post_photo(client, room, photo(seed), quality)
        url = f"/api/v1/auditoriums/{room.created.code}/boards"
        boards = (await client.get(url)).json()["boards"]
        told = [(board["number"], board["quality"], board["ahead"]) for board in boards]
        assert told == [(3, "fast", 0), (2, "best", 2), (1, "best", 1)]


async def test_titles_of_problems_follow_accept_language(services: Services) -> None:
    async with in_process(services) as client:
        path = "/api/v1/auditoriums/ZZZZZZ/boards"
        english = await client.get(path, headers={"Accept-Language": "en-GB, ru;q=0.5"})
        russian = await client.get(path, headers={"Accept-Language": "ru, en;q=0.5"})
        assert english.json()["title"] == "No auditorium has this code."
        assert russian.json()["title"] != english.json()["title"]
        assert russian.json()["code"] == english.json()["code"]


async def test_a_fault_of_ours_is_a_problem_without_internals(
    services: Services, room: Room
) -> None:
    async with services.sessions.begin() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("ALTER TABLE upload RENAME TO hidden")
    async with in_process(services) as client:
        answer = await post_photo(client, room, photo(1))
    check_problem(answer, 500, "internal")
    assert "upload" not in answer.json()["detail"]
    assert answer.headers["content-security-policy"]


async def test_a_store_that_is_away_is_told_and_a_later_send_succeeds(
    services: Services, room: Room, servers: Servers
) -> None:
    async with in_process(services) as client:
        servers.stop("s3")
        check_problem(await post_photo(client, room, photo(1)), 503, "storage_unavailable")
        ready = await client.get("/readyz")
        check_problem(ready, 503, "storage_unavailable")
        assert (ready.json()["database"], ready.json()["store"]) == ("ok", "away")
        servers.start("s3")
        assert (await post_photo(client, room, photo(1))).json()["verdict"] == "new"


async def test_a_database_that_is_away_is_told_and_comes_back(
    services: Services, room: Room, servers: Servers
) -> None:
    async with in_process(services) as client:
        servers.stop("postgres")
        answer = await post_photo(client, room, photo(1))
        check_problem(answer, 503, "database_unavailable")
        assert int(answer.headers["retry-after"]) > 0
        check_problem(await client.get("/readyz"), 503, "database_unavailable")
        assert (await client.get("/healthz")).json() == {"status": "alive"}
        servers.start("postgres")
        assert (await client.get("/readyz")).json()["status"] == "ready"
        assert (await post_photo(client, room, photo(1))).status_code == 202


async def test_uploads_are_taken_while_the_queue_is_away(
    services: Services, room: Room, servers: Servers
) -> None:
    async with in_process(services) as client:
        servers.stop("valkey")
        sent = await post_photo(client, room, photo(1))
        assert (sent.status_code, sent.json()["state"]) == (202, "waiting")
        check_problem(await client.get("/readyz"), 503, "queue_unavailable")


async def test_the_description_names_every_operation_its_errors_and_the_bearer(
    services: Services,
) -> None:
    async with in_process(services) as client:
        description = (await client.get("/api/v1/openapi.json")).json()
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }
    assert set(operations) == {
        "POST /api/v1/auditoriums",
        "POST /api/v1/auditoriums/{code}/members",
        "POST /api/v1/auditoriums/{code}/uploads",
        "GET /api/v1/auditoriums/{code}/boards",
        "GET /api/v1/auditoriums/{code}/events",
        "GET /api/v1/uploads/{upload_id}",
        "GET /api/v1/boards/{board_id}",
        "GET /api/v1/boards/{board_id}/renditions/{kind}",
        "POST /api/v1/boards/{board_id}/lossless",
        "POST /api/v1/boards/{board_id}/views",
        "GET /healthz",
        "GET /readyz",
    }
    for name, operation in operations.items():
        assert operation["description"], name
        if not name.endswith("z"):
            assert PROBLEM in operation["responses"]["422"]["content"], name
    upload = operations["POST /api/v1/auditoriums/{code}/uploads"]
    form = upload["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert (form["quality"]["enum"], form["quality"]["default"]) == (["fast", "best"], "best")
    assert "quality" in description["components"]["schemas"]["BoardOut"]["required"]
    assert {"202", "401", "404", "409", "413", "415", "503"} <= set(upload["responses"])
    assert {"bearer": []} in upload["security"]
    schemes = description["components"]["securitySchemes"]
    assert [(each["type"], each["scheme"]) for each in schemes.values()] == [("http", "bearer")]
    assert "HTTPValidationError" not in description["components"]["schemas"]
