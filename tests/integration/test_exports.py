"""Exports out of the real store: archives that open, and what may see them."""

import tracemalloc
from dataclasses import replace
from datetime import UTC
from io import BytesIO
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import pytest

from core.errors import NotAllowed
from core.exports import plan, ready_boards, upload_rows, write_archive
from core.intake import RENDITIONS
from core.leases import finish
from core.services import Services
from core.storage import ObjectMissing
from core.values import RenditionKind, VerdictName
from tests.acts import made, send_photo, take
from tests.conftest import Room, make_room

LARGE = 12_000_000


async def make_board(services: Services, room: Room, seed: int, content: bytes) -> None:
    receipt = await send_photo(services, room.student, seed)
    held = await take(services, receipt.board_id)
    await finish(services, held, await made(services, RenditionKind.UPSCALED, content=content))


async def test_an_archive_holds_the_boards_and_the_table(services: Services, room: Room) -> None:
    contents = [uuid4().bytes * 40_000, uuid4().bytes]  # the first is of several chunks
    for seed, content in enumerate(contents):
        await make_board(services, room, seed, content)
    await send_photo(services, room.student, 9)  # not ready: it stays out
    boards = await ready_boards(services, room.owner)
    assert [each.number for each in boards] == [1, 2]
    file = BytesIO()
    await write_archive(
        services,
        file,
        boards={f"{each.number}.jpg": each for each in boards},
        texts={"uploads.csv": b"a,b"},
        zone=UTC,
    )
    with ZipFile(file) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["uploads.csv", "1.jpg", "2.jpg"]
        assert [archive.read(f"{n}.jpg") for n in (1, 2)] == contents
        taken = boards[0].taken_at
        assert archive.getinfo("1.jpg").date_time[:5] == taken.timetuple()[:5]
    assert len(file.getvalue()) <= sum(map(len, contents)) + 3 * 512
    assert len(plan(boards, first_bytes=3).parts) == 1


async def test_every_upload_is_a_row(services: Services, room: Room) -> None:
    await send_photo(services, room.student, 1)
    await send_photo(services, room.owner, 1)
    rows = await upload_rows(services, room.owner)
    assert [(row.board, row.sender, row.verdict) for row in rows] == [
        (1, "Grace", VerdictName.NEW),
        (1, "Ada", VerdictName.DUPLICATE),
    ]


async def test_others_boards_are_not_exported(services: Services, room: Room) -> None:
    await make_board(services, room, 1, b"x")
    other = await make_room(services, "Physics")
    assert await ready_boards(services, other.owner) == ()
    assert await upload_rows(services, other.owner) == ()
    for ask in (ready_boards, upload_rows):
        with pytest.raises(NotAllowed):
            await ask(services, room.student)


async def test_a_picture_that_the_store_has_lost_is_told(services: Services, room: Room) -> None:
    await make_board(services, room, 1, b"x")
    (board,) = await ready_boards(services, room.owner)
    lost = replace(board, object_key=f"{RENDITIONS}/00/lost")
    with pytest.raises(ObjectMissing):
        await write_archive(services, BytesIO(), boards={"1.jpg": lost}, texts={}, zone=UTC)


async def test_memory_stays_flat_however_large_the_boards(
    services: Services, room: Room, tmp_path: Path
) -> None:
    for seed in range(2):
        await make_board(services, room, seed, uuid4().bytes * (LARGE // 16))
    boards = await ready_boards(services, room.owner)
    named = {f"{each.number}.jpg": each for each in boards}
    with (tmp_path / "boards.zip").open("wb") as file:
        tracemalloc.start()
        await write_archive(services, file, boards=named, texts={}, zone=UTC)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (tmp_path / "boards.zip").stat().st_size > 2 * LARGE
    assert peak < LARGE / 3
