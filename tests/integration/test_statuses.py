"""One status a message or album, looked at by one process, until nothing more happens."""

from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from core.leases import finish
from core.services import Services
from core.statuses import (
    MOST_FAILURES,
    Place,
    Status,
    claim_statuses,
    follow,
    status_failed,
    status_shown,
    status_unchanged,
    status_waits,
)
from core.tables import StatusMessage
from core.values import BoardState
from tests.acts import made, send_photo, take
from tests.conftest import Room


def place(key: str = "message:7") -> Place:
    return Place(chat_id=5_000_000_001, topic_id=None, key=key, reply_to=7, locale="ru")


async def followed(services: Services, room: Room, seed: int, key: str = "message:7") -> UUID:
    receipt = await send_photo(services, room.student, seed)
    await follow(services, receipt.upload_id, place(key), settle_s=0.0)
    return receipt.board_id


async def claimed(services: Services) -> Status:
    (status,) = await claim_statuses(services, 10)
    return status


async def is_done(services: Services) -> bool:
    async with services.sessions() as session:
        return (await session.execute(select(col(StatusMessage.done)))).scalar_one()


async def test_an_album_is_one_status_with_all_its_photos(services: Services, room: Room) -> None:
    for seed in (1, 2, 2):
        await followed(services, room, seed, "album:9")
    status = await claimed(services)
    assert [(upload.number, upload.duplicate) for upload in status.uploads] == [
        (1, False),
        (2, False),
        (2, True),
    ]
    assert [upload.ahead for upload in status.uploads] == [0, 1, 1]
    assert status.uploads[2].by_sender
    async with services.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(StatusMessage)) == 1


async def test_a_status_waits_for_the_rest_of_its_album(services: Services, room: Room) -> None:
    receipt = await send_photo(services, room.student)
    await follow(services, receipt.upload_id, place(), settle_s=60.0)
    assert await claim_statuses(services, 10) == ()


async def test_a_status_is_looked_at_by_one_process_at_a_time(
    services: Services, room: Room
) -> None:
    await followed(services, room, 1)
    first = await claimed(services)
    assert await claim_statuses(services, 10) == ()
    async with services.sessions.begin() as session:
        await session.execute(text("UPDATE status_message SET lease_until = now()"))
    second = await claimed(services)
    assert not await status_shown(services, first, message_id=1, text="late", next_s=0.0)
    assert await status_shown(services, second, message_id=2, text="Принято", next_s=0.0)
    again = await claimed(services)
    assert (again.message_id, again.shown) == (2, "Принято")


async def test_a_status_is_done_when_its_boards_are(services: Services, room: Room) -> None:
    board_id = await followed(services, room, 1)
    status = await claimed(services)
    await status_shown(services, status, message_id=2, text="waits", next_s=0.0)
    assert not await is_done(services)
    await finish(services, await take(services, board_id), await made(services))
    status = await claimed(services)
    assert [upload.state for upload in status.uploads] == [BoardState.READY]
    await status_shown(services, status, message_id=2, text="ready", next_s=0.0)
    assert await is_done(services)
    assert await claim_statuses(services, 10) == ()


async def test_a_photo_that_came_while_its_album_was_told_is_told_as_well(
    services: Services, room: Room
) -> None:
    board_id = await followed(services, room, 1, "album:9")
    await finish(services, await take(services, board_id), await made(services))
    status = await claimed(services)
    await followed(services, room, 2, "album:9")
    await status_shown(services, status, message_id=2, text="ready", next_s=0.0)
    assert not await is_done(services)
    assert len((await claimed(services)).uploads) == 2


@pytest.mark.parametrize("was_shown", [False, True])
async def test_a_status_without_a_turn_is_not_taken_for_told(
    services: Services, room: Room, *, was_shown: bool
) -> None:
    board_id = await followed(services, room, 1)
    if was_shown:
        status = await claimed(services)
        await status_shown(services, status, message_id=2, text="waits", next_s=0.0)
    await finish(services, await take(services, board_id), await made(services))
    await status_waits(services, await claimed(services), next_s=0.0)
    assert not await is_done(services)
    status = await claimed(services)
    await status_shown(services, status, message_id=2, text="ready", next_s=0.0)
    assert await is_done(services)


async def test_a_status_that_says_it_all_already_is_done(services: Services, room: Room) -> None:
    board_id = await followed(services, room, 1)
    await finish(services, await take(services, board_id), await made(services))
    await status_unchanged(services, await claimed(services), next_s=0.0)
    assert await is_done(services)


async def test_a_status_that_cannot_be_shown_is_given_up(services: Services, room: Room) -> None:
    await followed(services, room, 1)
    for _ in range(MOST_FAILURES):
        await status_failed(services, await claimed(services), next_s=0.0)
    assert await is_done(services)
