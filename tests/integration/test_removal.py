"""Photos taken back: what goes, what stays, and what becomes of work that is under way."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text

from core.errors import BoardNotFound, LeaseLost, NotAllowed, UploadNotFound
from core.events import EventName, last_id, read
from core.leases import claim, fail, finish, heartbeat, release
from core.objects import let_go, make_sure
from core.ratings import rate
from core.removal import own_upload, own_uploads, remove_own_upload, remove_upload
from core.rooms import join_from_telegram
from core.services import Services
from core.settings import Settings
from core.storage import ObjectStore
from core.tables import Attempt, Auditorium, Board, Delivery, Rating, Rendition, Upload
from core.values import (
    AttemptPurpose,
    Stage,
    VerdictName,
    Vote,
)
from tests.acts import (
    kept,
    keys,
    let_lease_expire,
    made,
    seen,
    send_copy,
    send_photo,
    take,
)
from tests.conftest import Room, Servers, make_room
from tests.waiting import eventually

EMMY = 5_000_000_123
OF_A_BOARD = (Board, Upload, Rendition, Delivery, Attempt, Rating)


async def rows(services: Services) -> dict[str, int]:
    async with services.sessions() as session:
        return {
            table.__name__: await session.scalar(select(func.count()).select_from(table)) or 0
            for table in OF_A_BOARD
        }


async def ready(services: Services, board_id: UUID) -> None:
    await finish(services, await take(services, board_id), await made(services))


async def join(services: Services, room: Room, chat_id: int = EMMY) -> UUID:
    joined = await join_from_telegram(
        services, code=room.created.code, chat_id=chat_id, name="Emmy", locale="en"
    )
    return joined.member_id


async def test_with_its_last_upload_the_board_goes_and_all_that_hangs_on_it(
    services: Services, room: Room
) -> None:
    receipt = await send_photo(services, room.student, 41)
    await ready(services, receipt.board_id)
    await rate(services, room.student, receipt.board_id, Vote.LIKE)
    assert all((await rows(services)).values())
    of_the_board = await keys(services)
    after = await last_id(services.redis, room.created.auditorium_id)
    removed = await remove_upload(services, room.student, receipt.upload_id)
    assert (removed.gone, removed.board_number, removed.uploads_left) == (True, 1, 0)
    assert set((await rows(services)).values()) == {0}
    assert len(of_the_board) == 4
    assert await kept(services, of_the_board) == set()
    heard = await read(services.redis, {room.created.auditorium_id: after}, 1000)
    (event,) = [one.event for one in heard[room.created.auditorium_id]]
    assert event.name is EventName.GONE
    assert event.data == {"board_id": str(receipt.board_id), "number": 1}


async def test_a_board_that_others_have_sent_stays_with_its_uploads_counted_anew(
    services: Services, room: Room
) -> None:
    first = await send_photo(services, room.student, 42)
    second = await send_photo(services, room.owner, 42)
    after = await last_id(services.redis, room.created.auditorium_id)
    removed = await remove_upload(services, room.owner, second.upload_id)
    assert (removed.gone, removed.uploads_left) == (False, 1)
    assert [each.upload_id for each in (await seen(services, first.board_id)).uploads] == [
        first.upload_id
    ]
    heard = await read(services.redis, {room.created.auditorium_id: after}, 1000)
    (event,) = [one.event for one in heard[room.created.auditorium_id]]
    assert event.name is EventName.BOARD
    assert event.data["uploads"] == 1
    # The same bytes, to which the other upload refers.
    assert await kept(services, await keys(services)) == await keys(services)


async def test_the_oldest_that_remains_takes_the_place_of_what_the_board_was_made_from(
    services: Services, room: Room
) -> None:
    emmy = await join(services, room)
    first = await send_copy(services, room.student.member_id, 43, 95)
    second = await send_copy(services, room.owner.member_id, 43, 90)
    third = await send_copy(services, emmy, 43, 85)
    assert (second.verdict, third.verdict) == (VerdictName.DUPLICATE, VerdictName.DUPLICATE)
    originals = await keys(services)
    await remove_upload(services, room.student, first.upload_id)
    async with services.sessions() as session:
        verdicts = {
            upload.id: upload.verdict
            for upload in (await session.execute(select(Upload))).scalars()
        }
    assert verdicts == {
        second.upload_id: VerdictName.NEW,
        third.upload_id: VerdictName.DUPLICATE,
    }
    assert len(await kept(services, originals)) == len(originals) - 1
    # The next worker reads the photo that is left, and the next copy still joins the board.
    held = await take(services, first.board_id)
    assert await services.store.get(held.original_key, 10_000_000)
    fourth = await send_copy(services, emmy, 43, 80)
    assert (fourth.verdict, fourth.board_id) == (VerdictName.DUPLICATE, first.board_id)


async def test_a_worker_that_comes_back_to_a_deleted_board_changes_nothing(
    services: Services, room: Room
) -> None:
    receipt = await send_photo(services, room.student, 44)
    held = await take(services, receipt.board_id)
    work = await made(services)
    await remove_upload(services, room.student, receipt.upload_id)
    writes: list[Callable[[], Awaitable[object]]] = [
        lambda: heartbeat(services, held, Stage.UPSCALE, 0.5),
        lambda: fail(services, held, "render_failed", final=True),
        lambda: release(services, held),
        lambda: finish(services, held, work),
    ]
    for write in writes:
        with pytest.raises(LeaseLost):
            await write()
    assert set((await rows(services)).values()) == {0}
    # Nor does what it made stay in the store.
    assert await kept(services, {stored.key for _, stored in work.pictures}) == set()
    assert await claim(services, receipt.board_id, "next", AttemptPurpose.RENDER) is None


async def test_what_a_late_worker_made_stays_if_its_successor_made_the_same(
    services: Services, room: Room
) -> None:
    receipt = await send_photo(services, room.student, 45)
    late = await take(services, receipt.board_id)
    await let_lease_expire(services, receipt.board_id)
    same = await made(services, content=b"the same picture" + uuid4().bytes)
    async with services.sessions.begin() as session:
        row = await session.get_one(Board, receipt.board_id)
        row.state, row.lease_attempt_id, row.lease_owner, row.lease_until = (
            "waiting",
            None,
            None,
            None,
        )
    await finish(services, await take(services, receipt.board_id, "worker-b"), same)
    with pytest.raises(LeaseLost):
        await finish(services, late, same)
    of_the_board = await keys(services)
    assert await kept(services, of_the_board) == of_the_board


async def test_a_member_takes_back_only_what_is_his_and_a_manager_anything(
    services: Services, room: Room
) -> None:
    by_owner = await send_photo(services, room.owner, 46)
    by_student = await send_photo(services, room.student, 47)
    stranger = (await make_room(services, "Physics")).owner
    with pytest.raises(NotAllowed):
        await remove_upload(services, room.student, by_owner.upload_id)
    for viewer, upload_id in ((stranger, by_owner.upload_id), (room.owner, uuid4())):
        with pytest.raises(UploadNotFound):
            await remove_upload(services, viewer, upload_id)
    with pytest.raises(UploadNotFound):
        await remove_own_upload(services, EMMY, by_student.upload_id)
    assert (await remove_upload(services, room.owner, by_student.upload_id)).gone


async def test_taken_back_twice_at_once_it_goes_once(services: Services, room: Room) -> None:
    receipt = await send_photo(services, room.student, 48)
    outcomes = await asyncio.gather(
        *(remove_upload(services, room.student, receipt.upload_id) for _ in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, UploadNotFound) for one in outcomes) == 3


class Interrupted(ObjectStore):
    """The real store; the first time that a key is about to be removed, `meanwhile` happens."""

    def __init__(self, settings: Settings, meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__(settings)
        self._meanwhile: Callable[[], Awaitable[object]] | None = meanwhile

    async def delete(self, key: str) -> None:
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        await super().delete(key)


async def test_who_removes_bytes_puts_them_back_for_who_came_meanwhile(
    services: Services, room: Room
) -> None:
    other = await make_room(services, "Physics")
    first = await send_photo(services, room.student, 49)
    store = Interrupted(services.settings, lambda: send_photo(services, other.student, 49))
    await remove_upload(replace(services, store=store), room.student, first.upload_id)
    store.close()
    of_the_other = await keys(services)
    assert len(of_the_other) == 2
    assert await kept(services, of_the_other) == of_the_other


async def test_who_refers_to_bytes_puts_them_back_that_went_before_his_row_was_there(
    services: Services, room: Room
) -> None:
    other = await make_room(services, "Physics")
    first = await send_photo(services, room.student, 53)
    async with services.sessions.begin() as session:
        # The other's photo is stored and cannot be recorded yet.
        await session.get_one(Auditorium, other.created.auditorium_id, with_for_update=True)
        sending = asyncio.create_task(send_photo(services, other.student, 53))
        await eventually(lambda: waiting_for_locks(services), lambda count: count == 1)
        assert (await remove_upload(services, room.student, first.upload_id)).gone
    await sending
    of_the_other = await keys(services)
    assert len(of_the_other) == 2
    assert await kept(services, of_the_other) == of_the_other


async def waiting_for_locks(services: Services) -> int:
    async with services.sessions() as session:
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return await session.scalar(waiting) or 0


async def test_copies_that_arrive_while_the_board_is_deleted_make_one_board_of_their_own(
    services: Services, room: Room
) -> None:
    first = await send_photo(services, room.student, 54)
    await asyncio.gather(
        remove_upload(services, room.student, first.upload_id),
        *(send_photo(services, sender, 54) for sender in (room.owner, room.student) * 6),
    )
    of_the_board = await keys(services)
    counted = await rows(services)
    assert (counted["Upload"], counted["Board"]) == (12, 1)
    assert await kept(services, of_the_board) == of_the_board


async def test_bytes_that_another_auditorium_has_too_stay(services: Services, room: Room) -> None:
    other = await make_room(services, "Physics")
    here, there = (
        await send_photo(services, room.student, 50),
        await send_photo(services, other.student, 50),
    )
    of_both = await keys(services)
    removals: list[str] = []

    async def note() -> None:
        removals.append("a key")

    store = Interrupted(services.settings, note)
    await remove_upload(replace(services, store=store), room.student, here.upload_id)
    store.close()
    assert removals == []
    assert await kept(services, of_both) == of_both
    await remove_upload(services, other.student, there.upload_id)
    assert await kept(services, of_both) == set()


async def test_bytes_let_go_too_early_are_put_back_by_who_refers_to_them(
    services: Services,
) -> None:
    content = uuid4().bytes
    stored = await services.store.put("originals", content, "image/jpeg")
    await let_go(services, {stored.key: "image/jpeg", "originals/00/never-there": "image/jpeg"})
    assert not await services.store.has(stored.key)
    await make_sure(services, stored, content, "image/jpeg")
    assert await services.store.get(stored.key, 100) == content


async def test_a_store_that_is_away_keeps_nobody_from_deleting(
    services: Services, servers: Servers, room: Room
) -> None:
    receipt = await send_photo(services, room.student, 51)
    servers.stop("s3")
    assert (await remove_upload(services, room.student, receipt.upload_id)).gone
    with pytest.raises(BoardNotFound):
        await seen(services, receipt.board_id)


async def test_a_chat_finds_its_uploads_by_message_and_the_last_ones_by_time(
    services: Services, room: Room
) -> None:
    other = await make_room(services, "Physics")
    emmy, elsewhere = await join(services, room), await join(services, other)
    await send_copy(services, room.student.member_id, 52, 90)
    for number in range(9):
        await send_copy(services, emmy, 52 + number, 90, f"telegram:{EMMY}:{number}")
    await send_copy(services, elsewhere, 52, 90, "telegram:-100:7")
    await send_copy(services, emmy, 52, 85)
    listed = await own_uploads(services, EMMY)
    assert [(each.title, each.board_number) for each in listed[:3]] == [
        ("Algebra, 14:00", 1),
        ("Physics", 1),
        ("Algebra, 14:00", 9),
    ]
    assert len(listed) == 8
    assert (listed[0].by_others, listed[0].by_himself) == (1, 1)
    found = await own_upload(services, EMMY, key="telegram:-100:7")
    assert (found.title, found.by_others, found.by_himself) == ("Physics", 0, 0)
    assert await own_upload(services, EMMY, upload_id=found.upload_id) == found
    for chat_id, key in ((EMMY + 1, "telegram:-100:7"), (EMMY, "telegram:-100:8")):
        with pytest.raises(UploadNotFound):
            await own_upload(services, chat_id, key=key)
    assert (await remove_own_upload(services, EMMY, found.upload_id)).gone
