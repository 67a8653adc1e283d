"""Parts of a result between two attempts: whose they are, and when they go."""

from uuid import UUID

import pytest
from sqlmodel import col, select

from core.errors import LeaseLost
from core.leases import fail, finish, release
from core.parts import keep_part, kept_parts
from core.removal import remove_upload
from core.services import Services
from core.tables import Part
from core.values import ResultPart
from tests.acts import kept, made, send_photo, take
from tests.conftest import Room

FIRST = ResultPart("8x6 aa", 0, b"rows above")
SECOND = ResultPart("8x6 aa", 256, b"rows below")


async def keys_of(services: Services, board_id: UUID) -> set[str]:
    async with services.sessions() as session:
        rows = await session.execute(select(Part.object_key).where(col(Part.board_id) == board_id))
        return set(rows.scalars())


async def test_the_next_attempt_gets_what_the_last_one_kept_in_the_order_of_rows(
    services: Services, room: Room
) -> None:
    board_id = (await send_photo(services, room.student)).board_id
    held = await take(services, board_id)
    assert await kept_parts(services, held) == []
    for part in (SECOND, FIRST):
        await keep_part(services, held, part)
    await release(services, held)
    assert await kept_parts(services, await take(services, board_id)) == [FIRST, SECOND]


async def test_rows_that_were_made_of_something_else_give_way_with_their_bytes(
    services: Services, room: Room
) -> None:
    board_id = (await send_photo(services, room.student)).board_id
    held = await take(services, board_id)
    await keep_part(services, held, FIRST)
    (before,) = await keys_of(services, board_id)
    other = ResultPart("6x4 bb", 0, b"other rows")
    await keep_part(services, held, other)
    assert await kept_parts(services, held) == [other]
    assert await kept(services, {before}) == set()
    await keep_part(services, held, other)
    assert await kept_parts(services, held) == [other]


async def test_an_owner_whose_lease_is_lost_keeps_nothing(services: Services, room: Room) -> None:
    board_id = (await send_photo(services, room.student)).board_id
    late = await take(services, board_id)
    await release(services, late)
    held = await take(services, board_id, "worker-b")
    with pytest.raises(LeaseLost):
        await keep_part(services, late, FIRST)
    assert await kept_parts(services, held) == []


async def test_parts_end_with_a_part_whose_bytes_are_lost(services: Services, room: Room) -> None:
    board_id = (await send_photo(services, room.student)).board_id
    held = await take(services, board_id)
    for part in (FIRST, SECOND, ResultPart("8x6 aa", 512, b"the last rows")):
        await keep_part(services, held, part)
    async with services.sessions() as session:
        row = await session.get_one(Part, (board_id, SECOND.top))
    await services.store.delete(row.object_key)
    assert await kept_parts(services, held) == [FIRST]


@pytest.mark.parametrize("end", ["ready", "failed", "removed"])
async def test_parts_go_when_the_making_ends(services: Services, room: Room, end: str) -> None:
    receipt = await send_photo(services, room.student)
    held = await take(services, receipt.board_id)
    await keep_part(services, held, FIRST)
    keys = await keys_of(services, receipt.board_id)
    assert await kept(services, keys) == keys
    if end == "ready":
        await finish(services, held, await made(services))
    elif end == "failed":
        await fail(services, held, "render_failed", final=True)
    else:
        await remove_upload(services, room.student, receipt.upload_id)
    assert await keys_of(services, receipt.board_id) == set()
    assert await kept(services, keys) == set()


async def test_parts_stay_while_the_board_waits_for_another_try(
    services: Services, room: Room
) -> None:
    board_id = (await send_photo(services, room.student)).board_id
    held = await take(services, board_id)
    await keep_part(services, held, FIRST)
    await fail(services, held, "render_crashed", final=False)
    assert await kept_parts(services, await take(services, board_id)) == [FIRST]
