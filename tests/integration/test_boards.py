"""Boards as members see them: pages without gaps, and nothing of other auditoriums."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from core.boards import (
    PAGE_LIMIT,
    get_board,
    get_rendition,
    get_upload,
    list_boards,
    retry,
    status,
    want_lossless,
)
from core.errors import BoardNotFound, RenditionNotReady, UploadNotFound
from core.services import Services
from core.tables import Board
from core.values import RenditionKind
from tests.acts import send_photo, take
from tests.conftest import Room, make_room


async def add_boards(services: Services, room: Room, count: int) -> list[UUID]:
    """Waiting boards with the numbers 1 to `count`, without going through their pictures."""
    ids = [uuid4() for _ in range(count)]
    async with services.sessions.begin() as session:
        await session.execute(
            insert(Board),
            [
                {
                    "id": board_id,
                    "auditorium_id": room.created.auditorium_id,
                    "number": number,
                    "state": "waiting",
                    "progress": 0,
                    "attempts": 0,
                    "width": 8,
                    "height": 6,
                }
                for number, board_id in enumerate(ids, start=1)
            ],
        )
    return ids


@pytest.mark.parametrize("limit", [1, 7, 25, 26])
async def test_pages_run_newest_first_without_gaps_or_repeats(
    services: Services, room: Room, limit: int
) -> None:
    await add_boards(services, room, 25)
    numbers: list[int] = []
    before: int | None = None
    pages = 0
    while True:
        page = await list_boards(services, room.student, before=before, limit=limit)
        numbers += [board.number for board in page.boards]
        pages += 1
        if page.next_before is None:
            break
        before = page.next_before
    assert numbers == list(range(25, 0, -1))
    assert pages == -(-25 // limit)


async def test_a_board_that_comes_while_somebody_pages_moves_nothing(
    services: Services, room: Room
) -> None:
    for seed in range(3):
        await send_photo(services, room.student, seed)
    first = await list_boards(services, room.student, limit=2)
    await send_photo(services, room.student, 3)
    second = await list_boards(services, room.student, before=first.next_before, limit=2)
    assert [board.number for board in (*first.boards, *second.boards)] == [3, 2, 1]


async def test_a_page_is_never_longer_than_its_limit(services: Services, room: Room) -> None:
    await add_boards(services, room, PAGE_LIMIT + 1)
    assert len((await list_boards(services, room.student, limit=10**9)).boards) == PAGE_LIMIT
    assert len((await list_boards(services, room.student, limit=-5)).boards) == 1


async def test_an_empty_auditorium_is_an_empty_page(services: Services, room: Room) -> None:
    page = await list_boards(services, room.student)
    assert (page.boards, page.next_before) == ((), None)


async def test_another_auditoriums_board_is_not_found(services: Services, room: Room) -> None:
    stranger = (await make_room(services, "Physics")).owner
    receipt = await send_photo(services, room.student)
    with pytest.raises(BoardNotFound):
        await get_board(services, stranger, receipt.board_id)
    with pytest.raises(BoardNotFound):
        await get_rendition(services, stranger, receipt.board_id, RenditionKind.UPRIGHT)
    with pytest.raises(BoardNotFound):
        await want_lossless(services, stranger, receipt.board_id)
    with pytest.raises(BoardNotFound):
        await retry(services, stranger, receipt.board_id)
    with pytest.raises(UploadNotFound):
        await get_upload(services, stranger, receipt.upload_id)
    assert (await list_boards(services, stranger)).boards == ()
    assert (await get_upload(services, room.owner, receipt.upload_id)).sender == "Grace"


async def test_a_board_that_never_was_is_not_found_either(services: Services, room: Room) -> None:
    with pytest.raises(BoardNotFound):
        await get_board(services, room.owner, uuid4())
    with pytest.raises(BoardNotFound):
        await status(services, uuid4())


async def test_boards_ahead_are_counted_across_auditoriums(services: Services, room: Room) -> None:
    other = await make_room(services, "Physics")
    ids = [
        (await send_photo(services, one.student, seed)).board_id
        for seed, one in enumerate((room, other, room, other))
    ]
    assert [(await status(services, board_id)).ahead for board_id in ids] == [0, 1, 2, 3]
    await take(services, ids[0])
    assert [(await status(services, board_id)).ahead for board_id in ids] == [0, 0, 1, 2]
    page = await list_boards(services, other.student)
    assert {board.board_id: board.ahead for board in page.boards} == {ids[1]: 0, ids[3]: 2}


async def test_uploads_of_a_board_are_listed_oldest_first(services: Services, room: Room) -> None:
    first = await send_photo(services, room.student)
    second = await send_photo(services, room.owner)
    board = await get_board(services, room.student, first.board_id)
    assert [upload.upload_id for upload in board.uploads] == [first.upload_id, second.upload_id]
    assert [upload.sender for upload in board.uploads] == ["Grace", "Ada"]


async def test_a_picture_that_is_not_made_yet_is_told_from_one_that_is(
    services: Services, room: Room
) -> None:
    receipt = await send_photo(services, room.student)
    shown = await get_rendition(services, room.student, receipt.board_id, RenditionKind.UPRIGHT)
    content = await services.store.get(shown.object_key, 10_000_000)
    assert len(content) == shown.byte_size
    with pytest.raises(RenditionNotReady):
        await get_rendition(services, room.student, receipt.board_id, RenditionKind.UPSCALED)
