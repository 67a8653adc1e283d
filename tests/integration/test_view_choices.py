"""Which view members see first, open and keep."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from core.erasure import delete_member_data
from core.errors import BoardNotFound, NotAllowed, NotAMember
from core.leases import finish
from core.ratings import rate
from core.removal import remove_upload
from core.services import Services
from core.tables import Board, Member, ViewChoice
from core.values import ResultView, ViewUse, Vote
from core.view_choices import (
    ViewFigures,
    choose_first_view,
    choose_first_view_of_chat,
    first_view,
    own_first_view,
    record_view_use,
    view_figures,
)
from tests.acts import made, send_photo, take
from tests.conftest import Room, make_room

CHAT = 5_000_000_001


async def choices(services: Services) -> int:
    async with services.sessions() as session:
        return await session.scalar(select(func.count()).select_from(ViewChoice)) or 0


async def photographed(services: Services, board_id: UUID, kind: str, x_height: object) -> None:
    """What the worker estimated of the board."""
    record = {"appearance": {"kind": kind, "x_height": x_height}}
    async with services.sessions.begin() as session:
        await session.execute(update(Board).where(col(Board.id) == board_id).values(record=record))


async def test_a_view_that_is_opened_again_counts_once(services: Services, room: Room) -> None:
    board_id = (await send_photo(services, room.student)).board_id
    for _ in range(3):
        await record_view_use(services, room.student, board_id, ResultView.CLEAN, ViewUse.OPENED)
    await record_view_use(services, room.student, board_id, ResultView.CLEAN, ViewUse.KEPT)
    await record_view_use(services, room.student, board_id, ResultView.SHARP, ViewUse.OPENED)
    assert await choices(services) == 3


async def test_choices_are_told_by_kind_of_board_and_size_of_writing(
    services: Services, room: Room
) -> None:
    small = (await send_photo(services, room.student, 1)).board_id
    blank = (await send_photo(services, room.student, 2)).board_id
    await photographed(services, small, "green", 5.4)
    await photographed(services, blank, "white", None)
    for viewer in (room.student, room.owner):
        await record_view_use(services, viewer, small, ResultView.CLEAN, ViewUse.OPENED)
    await record_view_use(services, room.student, small, ResultView.CLEAN, ViewUse.KEPT)
    await rate(services, room.student, small, Vote.LIKE, ResultView.CLEAN)
    await rate(services, room.owner, blank, Vote.DISLIKE, ResultView.COMPOSED)
    assert await view_figures(services) == [
        ViewFigures(
            kind="green",
            size="4-5 px",
            view=ResultView.CLEAN,
            opened=2,
            kept=1,
            likes=1,
            dislikes=0,
        ),
        ViewFigures(
            kind="white",
            size="no writing found",
            view=ResultView.COMPOSED,
            opened=0,
            kept=0,
            likes=0,
            dislikes=1,
        ),
    ]


async def test_choices_go_with_the_board(services: Services, room: Room) -> None:
    receipt = await send_photo(services, room.student)
    await record_view_use(
        services, room.student, receipt.board_id, ResultView.SHARP, ViewUse.OPENED
    )
    await remove_upload(services, room.student, receipt.upload_id)
    assert await choices(services) == 0


async def test_boards_of_other_auditoriums_record_nothing(services: Services, room: Room) -> None:
    other = await make_room(services, "Physics")
    theirs = (await send_photo(services, other.student, 1)).board_id
    for board_id in (theirs, uuid4()):
        with pytest.raises(BoardNotFound):
            await record_view_use(
                services, room.student, board_id, ResultView.CLEAN, ViewUse.OPENED
            )
    gone = replace(room.student, member_id=uuid4())
    ours = (await send_photo(services, room.student, 2)).board_id
    with pytest.raises(NotAMember):
        await record_view_use(services, gone, ours, ResultView.CLEAN, ViewUse.OPENED)
    assert await choices(services) == 0


async def test_a_guest_fixes_what_he_sees_first_and_takes_it_back(
    services: Services, room: Room
) -> None:
    assert await first_view(services, room.student) is services.settings.default_view
    await choose_first_view(services, room.student, ResultView.ORIGINAL)
    assert await first_view(services, room.student) is ResultView.ORIGINAL
    assert await own_first_view(services, room.owner) is None
    await choose_first_view(services, room.student, None)
    assert await own_first_view(services, room.student) is None


async def test_a_view_that_few_boards_have_cannot_come_first(
    services: Services, room: Room
) -> None:
    with pytest.raises(NotAllowed):
        await choose_first_view(services, room.student, ResultView.STRAIGHT)
    with pytest.raises(NotAllowed):
        await choose_first_view_of_chat(services, CHAT, ResultView.STRAIGHT)


async def test_a_chats_choice_holds_in_all_its_auditoriums_and_goes_with_its_data(
    services: Services, room: Room
) -> None:
    async with services.sessions.begin() as session:
        await session.execute(
            update(Member)
            .where(col(Member.id) == room.student.member_id)
            .values(channel="telegram", telegram_chat_id=CHAT)
        )
    await choose_first_view_of_chat(services, CHAT, ResultView.SHARP)
    assert await first_view(services, room.student) is ResultView.SHARP
    await choose_first_view(services, room.student, ResultView.CLEAN)
    assert await first_view(services, room.student) is ResultView.CLEAN
    board_id = (await send_photo(services, room.owner)).board_id
    await record_view_use(services, room.student, board_id, ResultView.SHARP, ViewUse.OPENED)
    await delete_member_data(services, CHAT)
    assert await choices(services) == 0


async def test_what_the_worker_chose_is_kept_with_the_board(services: Services, room: Room) -> None:
    board_id = (await send_photo(services, room.student)).board_id
    handed_in = replace(await made(services), record={"appearance": {"kind": "black"}})
    await finish(services, await take(services, board_id), handed_in)
    async with services.sessions() as session:
        board = await session.get_one(Board, board_id)
    assert board.record == {"appearance": {"kind": "black"}}
