"""The way of an upload into an auditorium, on the real servers."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from core.boards import get_board, list_boards
from core.errors import (
    AuditoriumClosed,
    DatabaseUnavailable,
    NotAMember,
    QuotaReached,
    StorageUnavailable,
    TooManyBytes,
)
from core.intake import accept
from core.rooms import set_open
from core.services import Services
from core.tables import Auditorium, Board, Upload
from core.values import Arrival, BoardState, Channel, Receipt, RenditionKind, VerdictName
from tests.conftest import Room, Servers, make_room
from tests.pictures import board, chunks, encoded, photo


async def send(services: Services, room: Room, content: bytes, **more: str) -> Receipt:
    return await accept(
        services,
        Arrival(
            member_id=room.student.member_id,
            channel=Channel.WEB,
            content=chunks(content),
            caption=more.get("caption"),
            idempotency_key=more.get("key"),
        ),
    )


async def count(services: Services, table: type[Board] | type[Upload]) -> int:
    async with services.sessions() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_new_photo_gets_a_board_that_waits_and_can_be_seen_at_once(
    services: Services, room: Room
) -> None:
    receipt = await send(services, room, photo(1), caption="limits")
    assert (receipt.verdict, receipt.state) == (VerdictName.NEW, BoardState.WAITING)
    seen = await get_board(services, room.owner, receipt.board_id)
    assert RenditionKind.UPRIGHT in seen.renditions
    assert seen.thumbhash
    assert [(upload.sender, upload.caption) for upload in seen.uploads] == [("Grace", "limits")]


async def test_two_phones_one_board_renders_once(services: Services, room: Room) -> None:
    picture = board(2, size=(800, 600))
    first = await send(services, room, encoded(picture, quality=92))
    second = await send(services, room, encoded(picture.resize((640, 480)), quality=70))
    assert (second.verdict, second.board_id) == (VerdictName.DUPLICATE, first.board_id)
    assert (await count(services, Board), await count(services, Upload)) == (1, 2)


async def test_fifty_sends_of_one_photo_at_once_are_one_board_and_fifty_uploads(
    services: Services, room: Room
) -> None:
    content = photo(3)
    receipts = await asyncio.gather(*(send(services, room, content) for _ in range(50)))
    assert len({receipt.board_id for receipt in receipts}) == 1
    assert sum(receipt.verdict is VerdictName.NEW for receipt in receipts) == 1
    assert (await count(services, Board), await count(services, Upload)) == (1, 50)
    assert await services.redis.zcard(services.redis.default_queue_name) == 1


async def test_one_more_word_on_the_board_is_another_board(services: Services, room: Room) -> None:
    first = await send(services, room, encoded(board(4, size=(800, 600))))
    second = await send(services, room, encoded(board(4, size=(800, 600), extra="+ C")))
    assert second.verdict is VerdictName.NEW
    assert second.board_id != first.board_id


async def test_the_same_photo_in_another_auditorium_is_its_own_board(
    services: Services, room: Room
) -> None:
    other = await make_room(services, "Physics")
    first = await send(services, room, photo(5))
    second = await send(services, other, photo(5))
    assert second.verdict is VerdictName.NEW
    assert second.board_id != first.board_id
    assert [b.board_id for b in (await list_boards(services, other.owner)).boards] == [
        second.board_id
    ]


async def test_an_idempotency_key_stores_once_and_answers_the_same(
    services: Services, room: Room
) -> None:
    first = await send(services, room, photo(6), key="phone-1")
    again = await send(services, room, photo(7), key="phone-1")
    assert again == first
    assert await count(services, Upload) == 1


async def test_simultaneous_sends_with_one_key_store_once(services: Services, room: Room) -> None:
    receipts = await asyncio.gather(*(send(services, room, photo(8), key="k") for _ in range(5)))
    assert len({receipt.upload_id for receipt in receipts}) == 1
    assert await count(services, Upload) == 1


async def test_a_caption_keeps_its_words_and_loses_what_cannot_be_stored(
    services: Services, room: Room
) -> None:
    receipt = await send(services, room, photo(16), caption=" ряд\x00 Фурье\ud800 ")
    [upload] = (await get_board(services, room.owner, receipt.board_id)).uploads
    assert upload.caption == "ряд Фурье"


async def test_a_closed_auditorium_takes_nothing_until_it_opens(
    services: Services, room: Room
) -> None:
    await set_open(services, room.owner, is_open=False)
    with pytest.raises(AuditoriumClosed):
        await send(services, room, photo(9))
    await set_open(services, room.owner, is_open=True)
    assert (await send(services, room, photo(9))).verdict is VerdictName.NEW


async def test_a_full_auditorium_says_so(services: Services, room: Room) -> None:
    async with services.sessions.begin() as session:
        await session.execute(update(Auditorium).values(quota_uploads=1))
    await send(services, room, photo(10))
    with pytest.raises(QuotaReached) as caught:
        await send(services, room, photo(11))
    assert caught.value.context == {"limit": 1}


async def test_a_stranger_stores_nothing(services: Services, room: Room) -> None:
    arrival = Arrival(
        member_id=room.created.auditorium_id, channel=Channel.WEB, content=chunks(photo(12))
    )
    with pytest.raises(NotAMember):
        await accept(services, arrival)
    assert await count(services, Upload) == 0


async def test_an_endless_body_is_cut_at_the_limit(services: Services, room: Room) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(1_000_000)

    arrival = Arrival(member_id=room.student.member_id, channel=Channel.WEB, content=endless())
    with pytest.raises(TooManyBytes):
        await accept(services, arrival)
    assert taken == services.settings.upload_limit_mb + 1


async def test_with_the_object_store_down_nothing_is_stored_and_a_second_try_works(
    services: Services, room: Room, servers: Servers
) -> None:
    servers.stop("s3")
    with pytest.raises(StorageUnavailable):
        await send(services, room, photo(13))
    assert await count(services, Upload) == 0
    servers.start("s3")
    assert (await send(services, room, photo(13))).verdict is VerdictName.NEW


async def test_with_the_database_down_the_sender_is_told_and_a_second_try_works(
    services: Services, room: Room, servers: Servers
) -> None:
    servers.stop("postgres")
    with pytest.raises(DatabaseUnavailable):
        await send(services, room, photo(14))
    servers.start("postgres")
    assert (await send(services, room, photo(14))).verdict is VerdictName.NEW


async def test_with_the_queue_down_the_upload_is_accepted(
    services: Services, room: Room, servers: Servers
) -> None:
    servers.stop("valkey")
    receipt = await send(services, room, photo(15))
    assert (receipt.verdict, receipt.state) == (VerdictName.NEW, BoardState.WAITING)
    async with services.sessions() as session:
        stored = await session.scalar(select(col(Upload.id)))
    assert stored == receipt.upload_id
