"""Waves of overload: begun once, told once, ended once, whoever looks."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlmodel import col

from core.access import Viewer
from core.notices import claim_notices, notice_sent
from core.overload import Turn, tell_sender, turn_of, watch
from core.own_rooms import current_room
from core.rooms import join_from_telegram
from core.services import Services
from core.tables import Board, Notice, OverloadWave, Upload
from core.values import BoardState, NoticeKind
from tests.acts import send_photo
from tests.conftest import Room

BEGINS, ENDS = 60.0, 30.0


@given(wait_s=st.floats(0, 1000), was=st.booleans())
def test_a_wave_begins_above_one_bound_and_ends_below_another(*, wait_s: float, was: bool) -> None:
    turn = turn_of(wait_s, is_open=was, begins_at_s=BEGINS, ends_below_s=ENDS)
    if was:
        assert turn is (Turn.ENDS if wait_s < ENDS else Turn.GOES_ON)
    else:
        assert turn is (Turn.BEGINS if wait_s > BEGINS else Turn.NONE)


async def sender(services: Services, room: Room, chat_id: int) -> Viewer:
    """Somebody in Telegram."""
    await join_from_telegram(
        services, code=room.created.code, chat_id=chat_id, name=f"T{chat_id}", locale="ru"
    )
    return await current_room(services, chat_id)


async def many_wait(services: Services, room: Room, count: int = 20) -> None:
    """So many boards wait that a new one takes longer than a minute at 5 s each."""
    async with services.sessions.begin() as session:
        session.add_all(
            Board(auditorium_id=room.created.auditorium_id, number=100 + n, width=8, height=6)
            for n in range(count)
        )


async def nobody_waits(services: Services) -> None:
    async with services.sessions.begin() as session:
        await session.execute(update(Board).values(state=BoardState.READY, ready_at=func.now()))


async def told(services: Services) -> list[tuple[int, NoticeKind]]:
    """Whom was told what, by a sender that has no trouble."""
    due = await claim_notices(services, 100)
    for each in due:
        await notice_sent(services, each, 1)
    return sorted((each.chat_id, each.kind) for each in due)


async def waves(services: Services) -> tuple[int, int]:
    """How many waves there were, and how many are open."""
    async with services.sessions() as session:
        every = await session.scalar(select(func.count()).select_from(OverloadWave))
        still = await session.scalar(
            select(func.count()).where(col(OverloadWave.ended_at).is_(None))
        )
    return every or 0, still or 0


async def test_a_wave_is_told_to_recent_senders_once_and_its_end_to_those_who_were_told(
    services: Services, room: Room
) -> None:
    recent, long_ago = await sender(services, room, 1), await sender(services, room, 2)
    late, silent = await sender(services, room, 3), await sender(services, room, 4)
    await send_photo(services, recent, 1)
    await send_photo(services, long_ago, 2)
    async with services.sessions.begin() as session:
        await session.execute(
            update(Upload)
            .where(col(Upload.member_id) == long_ago.member_id)
            .values(created_at=func.now() - timedelta(hours=1))
        )
    assert await watch(services) is Turn.NONE
    await tell_sender(services, recent.member_id)
    assert await told(services) == []
    await many_wait(services, room)
    assert await watch(services) is Turn.BEGINS
    assert await watch(services) is Turn.GOES_ON
    for _ in range(2):
        await tell_sender(services, late.member_id)
    assert await told(services) == [(1, NoticeKind.OVERLOAD), (3, NoticeKind.OVERLOAD)]
    await nobody_waits(services)
    assert await watch(services) is Turn.ENDS
    assert await watch(services) is Turn.NONE
    assert await told(services) == [(1, NoticeKind.OVERLOAD_OVER), (3, NoticeKind.OVERLOAD_OVER)]
    assert await waves(services) == (1, 0)
    assert silent.member_id


async def test_who_was_not_told_in_time_is_told_neither_of_it_nor_of_its_end(
    services: Services, room: Room
) -> None:
    recent = await sender(services, room, 1)
    await send_photo(services, recent, 1)
    await many_wait(services, room)
    await watch(services)
    await nobody_waits(services)
    await watch(services)
    assert await told(services) == []


async def test_many_processes_see_one_wave(services: Services, room: Room) -> None:
    await many_wait(services, room)
    turns = await asyncio.gather(*(watch(services) for _ in range(5)))
    assert set(turns) <= {Turn.BEGINS, Turn.GOES_ON}
    assert await waves(services) == (1, 1)


async def test_a_wave_says_what_a_board_takes_by_then(services: Services, room: Room) -> None:
    late = await sender(services, room, 1)
    await many_wait(services, room, 20)
    await watch(services)
    await many_wait_more(services, room)
    await tell_sender(services, late.member_id)
    async with services.sessions() as session:
        data = (await session.execute(select(col(Notice.data)))).scalar_one()
    assert data["wait_s"] > 150


async def many_wait_more(services: Services, room: Room) -> None:
    async with services.sessions.begin() as session:
        session.add_all(
            Board(auditorium_id=room.created.auditorium_id, number=500 + n, width=8, height=6)
            for n in range(20)
        )


@pytest.mark.parametrize("wait_s", [BEGINS, ENDS])
def test_the_bounds_themselves_change_nothing(wait_s: float) -> None:
    for was, turn in ((True, Turn.GOES_ON), (False, Turn.NONE)):
        assert turn_of(wait_s, is_open=was, begins_at_s=BEGINS, ends_below_s=ENDS) is turn
