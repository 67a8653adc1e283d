"""Pictures over HTTP: whole, in part, cached, saved, and only for members."""

from hashlib import sha256
from urllib.parse import unquote

import httpx
import pytest

from core.leases import finish
from core.services import Services
from core.values import RenditionKind
from tests.acts import made, send_photo, take
from tests.conftest import Room, Servers, make_room
from tests.integration.test_api import check_problem
from tests.integration.web_client import as_student, in_process

CONTENT = bytes(range(256)) * 4096  # four chunks of the store's


async def ready_board(services: Services, room: Room) -> str:
    receipt = await send_photo(services, room.student)
    held = await take(services, receipt.board_id)
    await finish(services, held, await made(services, RenditionKind.UPSCALED, content=CONTENT))
    return f"/a/{room.created.code}/media/{receipt.board_id}/upscaled"


async def test_a_picture_comes_whole_and_may_be_kept_for_good(
    services: Services, room: Room
) -> None:
    url = await ready_board(services, room)
    digest = sha256(CONTENT).hexdigest()
    async with in_process(services, headers=as_student(room)) as client:
        whole = await client.get(url, params={"v": digest[:12]})
        assert (whole.status_code, whole.content) == (200, CONTENT)
        assert whole.headers["etag"] == f'"{digest}"'
        assert whole.headers["content-type"] == "image/jpeg"
        assert whole.headers["content-length"] == str(len(CONTENT))
        assert whole.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert whole.headers["x-content-type-options"] == "nosniff"
        # An address that doesn't name the bytes must be asked again.
        unnamed = await client.get(url, headers={"If-None-Match": f'W/"x", "{digest}"'})
        assert (unnamed.status_code, unnamed.content) == (304, b"")
        assert unnamed.headers["cache-control"] == "private, no-cache"
        head = await client.head(url)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(CONTENT))


async def test_a_part_of_a_picture_can_be_asked_for(services: Services, room: Room) -> None:
    url = await ready_board(services, room)
    size = len(CONTENT)

    async with in_process(services, headers=as_student(room)) as client:

        async def part(wanted: str, **more: str) -> httpx.Response:
            return await client.get(url, headers={"Range": wanted, **more})

        middle = await part("bytes=1000-300999")
        assert (middle.status_code, middle.content) == (206, CONTENT[1000:301000])
        assert middle.headers["content-range"] == f"bytes 1000-300999/{size}"
        assert middle.headers["content-length"] == "300000"
        assert (await part("bytes=-5")).content == CONTENT[-5:]
        assert (await part("bytes=0-0")).content == CONTENT[:1]
        assert (await part(f"bytes={size - 1}-")).content == CONTENT[-1:]
        assert (await part("bytes=0-1,5-6")).status_code == 200
        changed = await part("bytes=0-9", **{"If-Range": '"another"'})
        assert (changed.status_code, len(changed.content)) == (200, size)
        behind = await part(f"bytes={size}-")
        check_problem(behind, 416, "range_not_satisfiable")
        assert behind.headers["content-range"] == f"bytes */{size}"


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "Algebra, 14 00 — board 1 (best view).jpg"),
        ("ru", "Algebra, 14 00 — доска 1 (лучшая).jpg"),
    ],
)
async def test_a_saved_picture_has_a_name_in_the_readers_language(
    services: Services, room: Room, language: str, name: str
) -> None:
    url = await ready_board(services, room)
    headers = as_student(room) | {"Accept-Language": language}
    async with in_process(services, headers=headers) as client:
        saved = await client.get(url, params={"download": "1"})
    disposition = saved.headers["content-disposition"]
    assert disposition.startswith("attachment; filename=")
    assert unquote(disposition.partition("filename*=UTF-8''")[2]) == name


async def test_another_auditoriums_picture_is_not_found(services: Services, room: Room) -> None:
    other = await make_room(services, "Physics")
    url = await ready_board(services, room)
    theirs = url.replace(room.created.code, other.created.code)
    async with in_process(services) as client:
        check_problem(await client.get(url), 401, "not_a_member")
        check_problem(await client.get(url, headers=as_student(other)), 401, "not_a_member")
        check_problem(await client.get(theirs, headers=as_student(other)), 404, "board_not_found")
        mine = as_student(room)
        check_problem(await client.get(f"{url}-nonsense", headers=mine), 404, "not_found")
        missing = url.replace("upscaled", "lossless")
        check_problem(await client.get(missing, headers=mine), 404, "rendition_not_ready")


async def test_a_store_that_is_away_is_told_before_the_picture_begins(
    services: Services, room: Room, servers: Servers
) -> None:
    url = await ready_board(services, room)
    async with in_process(services, headers=as_student(room)) as client:
        servers.stop("s3")
        check_problem(await client.get(url), 503, "storage_unavailable")


async def test_bytes_that_the_store_has_lost_are_no_empty_picture(
    services: Services, room: Room
) -> None:
    url = await ready_board(services, room)
    await services.store.delete(
        f"renditions/{sha256(CONTENT).hexdigest()[:2]}/{sha256(CONTENT).hexdigest()}"
    )
    async with in_process(services, headers=as_student(room)) as client:
        check_problem(await client.get(url), 500, "object_missing")
