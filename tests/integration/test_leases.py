"""Who works on a board: one at a time, and nobody after his time."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from core.boards import retry, want_lossless
from core.errors import LeaseLost, NotAllowed, RenditionNotReady
from core.events import last_id, read
from core.jobs import wake
from core.leases import claim, fail, finish, heartbeat, release
from core.rooms import join_as_guest, join_from_telegram
from core.services import Services
from core.sweep import WORKER_LOST, sweep
from core.tables import Attempt, Board, Delivery, Member, Rendition
from core.values import (
    AttemptOutcome,
    AttemptPurpose,
    BoardState,
    Channel,
    Claim,
    DeliveryState,
    InactiveReason,
    MemberState,
    RenditionKind,
    Stage,
)
from tests.acts import let_lease_expire, let_wait, made, seen, send_photo, take
from tests.conftest import Room, Servers, make_room

RENDER, LOSSLESS = AttemptPurpose.RENDER, AttemptPurpose.LOSSLESS


@pytest.fixture
async def board_id(services: Services, room: Room) -> UUID:
    """A board that waits."""
    return (await send_photo(services, room.student)).board_id


async def outcomes(services: Services, purpose: AttemptPurpose = RENDER) -> list[str]:
    async with services.sessions() as session:
        rows = await session.execute(
            select(col(Attempt.outcome))
            .where(col(Attempt.purpose) == purpose)
            .order_by(col(Attempt.number))
        )
        return list(rows.scalars())


async def deliveries(services: Services) -> dict[UUID, str]:
    async with services.sessions() as session:
        rows = (await session.execute(select(Delivery))).scalars().all()
    assert len({row.member_id for row in rows}) == len(rows)
    return {row.member_id: row.state for row in rows}


async def lose(services: Services, board_id: UUID, owner: str = "worker-a") -> Claim:
    """A worker takes the board and is never heard of again."""
    held = await take(services, board_id, owner)
    await let_lease_expire(services, board_id)
    await sweep(services)
    return held


async def test_of_two_workers_one_gets_the_board(services: Services, board_id: UUID) -> None:
    claims = await asyncio.gather(
        *(claim(services, board_id, f"worker-{n}", RENDER) for n in range(8))
    )
    assert sum(one is not None for one in claims) == 1
    board = await seen(services, board_id)
    assert (board.state, board.stage, board.attempts) == (BoardState.RUNNING, Stage.FETCH, 1)
    assert board.started_at is not None
    assert await outcomes(services) == [AttemptOutcome.RUNNING]


async def test_a_claim_names_what_to_render(services: Services, room: Room) -> None:
    receipt = await send_photo(services, room.student, 3)
    held = await take(services, receipt.board_id)
    assert (held.attempt_number, held.tries, held.owner) == (1, 1, "worker-a")
    assert held.auditorium_id == room.created.auditorium_id
    assert await services.store.get(held.original_key, 10_000_000)


async def test_a_heartbeat_extends_the_lease_and_tells_the_stage(
    services: Services, room: Room, board_id: UUID
) -> None:
    held = await take(services, board_id)
    after = await last_id(services.redis, room.created.auditorium_id)
    await let_lease_expire(services, board_id)
    await heartbeat(services, held, Stage.UPSCALE, 0.5)
    await sweep(services)
    board = await seen(services, board_id)
    assert (board.state, board.stage, board.progress) == (BoardState.RUNNING, Stage.UPSCALE, 0.5)
    heard = await read(services.redis, {room.created.auditorium_id: after}, 1000)
    assert [one.event.data for one in heard[room.created.auditorium_id]] == [
        {"board_id": str(board_id), "stage": "upscale", "progress": 0.5}
    ]


async def test_a_late_owner_cannot_overwrite_a_board(services: Services, board_id: UUID) -> None:
    late = await lose(services, board_id)
    held = await take(services, board_id, "worker-b")
    before = await seen(services, board_id)
    late_work = await made(services)
    writes: list[Callable[[], Awaitable[object]]] = [
        lambda: finish(services, late, late_work),
        lambda: heartbeat(services, late, Stage.STORE, 0.9),
        lambda: fail(services, late, "out_of_memory", final=True),
        lambda: release(services, late),
    ]
    for write in writes:
        with pytest.raises(LeaseLost):
            await write()
    assert await seen(services, board_id) == before
    assert await deliveries(services) == {}
    assert await outcomes(services) == [AttemptOutcome.LOST, AttemptOutcome.RUNNING]
    await finish(services, held, await made(services))
    assert (await seen(services, board_id)).state is BoardState.READY
    assert await outcomes(services) == [AttemptOutcome.LOST, AttemptOutcome.SUCCEEDED]


async def test_an_owner_whose_lease_ran_out_unnoticed_may_still_finish(
    services: Services, board_id: UUID
) -> None:
    held = await take(services, board_id)
    await let_lease_expire(services, board_id)
    await finish(services, held, await made(services))
    assert (await seen(services, board_id)).state is BoardState.READY


async def test_the_sweep_takes_back_what_a_lost_worker_held(
    services: Services, board_id: UUID
) -> None:
    await take(services, board_id)
    await sweep(services)
    assert (await seen(services, board_id)).state is BoardState.RUNNING
    await let_lease_expire(services, board_id)
    await sweep(services)
    board = await seen(services, board_id)
    assert (board.state, board.stage, board.progress) == (BoardState.WAITING, None, 0.0)
    assert await outcomes(services) == [AttemptOutcome.LOST]
    assert (await take(services, board_id, "worker-b")).attempt_number == 2


async def test_two_sweeps_at_once_take_a_board_back_once(
    services: Services, board_id: UUID
) -> None:
    await take(services, board_id)
    await let_lease_expire(services, board_id)
    await asyncio.gather(*(sweep(services) for _ in range(4)))
    assert (await seen(services, board_id)).state is BoardState.WAITING
    assert await outcomes(services) == [AttemptOutcome.LOST]


async def test_a_board_that_loses_three_workers_is_failed(
    services: Services, board_id: UUID
) -> None:
    for n in range(services.settings.render_attempts):
        await lose(services, board_id, f"worker-{n}")
    board = await seen(services, board_id)
    assert (board.state, board.error_code) == (BoardState.FAILED, WORKER_LOST)


async def test_the_third_failure_fails_the_board_with_its_reason(
    services: Services, board_id: UUID
) -> None:
    states = [
        await fail(services, await take(services, board_id), f"reason_{n}", final=False)
        for n in range(3)
    ]
    assert states == [BoardState.WAITING, BoardState.WAITING, BoardState.FAILED]
    assert (await seen(services, board_id)).error_code == "reason_2"
    assert await claim(services, board_id, "worker-b", RENDER) is None
    assert await outcomes(services) == [AttemptOutcome.FAILED] * 3


async def test_a_final_failure_fails_at_once(services: Services, board_id: UUID) -> None:
    held = await take(services, board_id)
    assert await fail(services, held, "damaged_picture", final=True) is BoardState.FAILED
    assert (await seen(services, board_id)).error_code == "damaged_picture"


async def test_a_manager_queues_a_failed_board_again_and_a_student_may_not(
    services: Services, room: Room, board_id: UUID
) -> None:
    await fail(services, await take(services, board_id), "out_of_memory", final=True)
    await services.redis.flushdb()
    with pytest.raises(NotAllowed):
        await retry(services, room.student, board_id)
    assert (await seen(services, board_id)).state is BoardState.FAILED
    board = await retry(services, room.owner, board_id)
    assert (board.state, board.error_code, board.attempts) == (BoardState.WAITING, None, 0)
    assert await services.redis.zcard(services.redis.default_queue_name) == 1
    held = await take(services, board_id)
    assert (held.attempt_number, held.tries) == (2, 1)


async def test_retrying_a_board_that_is_being_upscaled_leaves_it_alone(
    services: Services, room: Room, board_id: UUID
) -> None:
    await take(services, board_id)
    assert (await retry(services, room.owner, board_id)).state is BoardState.RUNNING


async def test_a_worker_that_stops_in_order_uses_up_no_try(
    services: Services, board_id: UUID
) -> None:
    for n in range(5):
        held = await take(services, board_id, f"worker-{n}")
        assert (held.attempt_number, held.tries) == (n + 1, 1)
        await release(services, held)
    board = await seen(services, board_id)
    assert (board.state, board.attempts, board.stage) == (BoardState.WAITING, 0, None)


async def test_a_ready_board_is_owed_once_to_every_active_member(
    services: Services, room: Room, board_id: UUID
) -> None:
    code = room.created.code
    elsewhere = await make_room(services, "Physics")
    chats = [
        await join_from_telegram(services, code=code, chat_id=n, name=f"T{n}", locale="ru")
        for n in range(3)
    ]
    async with services.sessions.begin() as session:
        await session.execute(
            update(Member)
            .where(col(Member.id) == chats[2].member_id)
            .values(state=MemberState.INACTIVE, inactive_reason=InactiveReason.LEFT)
        )
    held = await take(services, board_id)
    await finish(services, held, await made(services))
    expected = {
        room.owner.member_id: DeliveryState.SENT,
        room.student.member_id: DeliveryState.SENT,
        chats[0].member_id: DeliveryState.OWED,
        chats[1].member_id: DeliveryState.OWED,
    }
    assert await deliveries(services) == expected
    assert elsewhere.owner.member_id not in expected
    await join_as_guest(services, code=code, name="Late", channel=Channel.WEB, locale="en")
    with pytest.raises(LeaseLost):
        await finish(services, held, await made(services))
    assert await deliveries(services) == expected


async def test_a_ready_board_shows_its_pictures_and_what_they_took(
    services: Services, board_id: UUID
) -> None:
    await finish(services, await take(services, board_id), await made(services))
    board = await seen(services, board_id)
    assert (board.state, board.progress, board.stage) == (BoardState.READY, 1.0, None)
    assert board.ready_at is not None
    assert (board.engine, board.stages_ms) == ("bicubic", {"decode": 12.3})
    assert set(board.renditions) == {
        RenditionKind.UPRIGHT,
        RenditionKind.UPSCALED,
        RenditionKind.PREVIEW,
    }


async def test_a_lossless_picture_is_added_to_a_ready_board_and_nothing_else_changes(
    services: Services, room: Room, board_id: UUID
) -> None:
    with pytest.raises(RenditionNotReady):
        await want_lossless(services, room.student, board_id)
    await finish(services, await take(services, board_id), await made(services))
    before = await seen(services, board_id)
    assert await claim(services, board_id, "worker-a", LOSSLESS) is None
    assert (await want_lossless(services, room.student, board_id)).lossless_wanted
    held = await take(services, board_id, purpose=LOSSLESS)
    await heartbeat(services, held, Stage.UPSCALE, 0.3)
    between = await seen(services, board_id)
    assert (between.state, between.progress, between.stage) == (BoardState.READY, 1.0, None)
    await finish(services, held, await made(services, RenditionKind.LOSSLESS))
    after = await seen(services, board_id)
    assert set(after.renditions) - set(before.renditions) == {RenditionKind.LOSSLESS}
    assert not after.lossless_wanted
    assert (after.state, after.ready_at) == (before.state, before.ready_at)
    assert (after.stages_ms, after.thumbhash) == (before.stages_ms, before.thumbhash)
    assert len(await deliveries(services)) == 2
    assert not (await want_lossless(services, room.student, board_id)).lossless_wanted


async def test_a_lossless_picture_that_loses_three_workers_is_given_up(
    services: Services, room: Room, board_id: UUID
) -> None:
    await finish(services, await take(services, board_id), await made(services))
    await want_lossless(services, room.student, board_id)
    for _ in range(services.settings.render_attempts):
        await take(services, board_id, purpose=LOSSLESS)
        await let_lease_expire(services, board_id)
        await sweep(services)
    board = await seen(services, board_id)
    assert (board.state, board.lossless_wanted) == (BoardState.READY, False)
    assert await outcomes(services, LOSSLESS) == [AttemptOutcome.LOST] * 3


async def test_a_rendition_made_again_takes_the_place_of_the_first(
    services: Services, board_id: UUID
) -> None:
    await finish(services, await take(services, board_id), await made(services))
    for content in (b"first", b"second"):
        async with services.sessions.begin() as session:
            await session.execute(update(Board).values(lossless_wanted_at=col(Board.ready_at)))
        held = await take(services, board_id, purpose=LOSSLESS)
        await finish(services, held, await made(services, RenditionKind.LOSSLESS, content=content))
    async with services.sessions() as session:
        rows = await session.execute(
            select(Rendition).where(col(Rendition.kind) == RenditionKind.LOSSLESS)
        )
        key = rows.scalar_one().object_key
    assert await services.store.get(key, 100) == b"second"


async def test_waking_twice_is_one_job(services: Services, board_id: UUID) -> None:
    await services.redis.flushdb()
    for _ in range(2):
        assert await wake(services.redis, board_id, 1, RENDER)
    assert await services.redis.zcard(services.redis.default_queue_name) == 1


async def test_the_sweep_wakes_a_board_whose_wake_up_was_lost(
    services: Services, room: Room, servers: Servers
) -> None:
    servers.stop("valkey")
    receipt = await send_photo(services, room.student, 5)
    await let_wait(services, receipt.board_id)
    assert await sweep(services) == 0
    servers.start("valkey")
    assert await sweep(services) == 1
    assert await services.redis.zcard(services.redis.default_queue_name) == 1


async def test_the_sweep_wakes_for_a_lossless_picture_too(
    services: Services, room: Room, board_id: UUID
) -> None:
    await finish(services, await take(services, board_id), await made(services))
    await want_lossless(services, room.student, board_id)
    await services.redis.flushdb()
    await let_wait(services, board_id)
    async with services.sessions.begin() as session:
        await session.execute(update(Board).values(lossless_wanted_at=col(Board.queued_at)))
    assert await sweep(services) == 1
    assert await services.redis.zcard(services.redis.default_queue_name) == 1
