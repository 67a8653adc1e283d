"""Likes and dislikes of boards."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core.errors import BoardNotFound, NotAllowed
from core.ratings import all_ratings, rate, room_ratings, vote_of
from core.removal import remove_upload
from core.services import Services
from core.tables import Rating
from core.values import Vote
from tests.acts import send_photo
from tests.conftest import Room, make_room


async def votes(services: Services) -> int:
    async with services.sessions() as session:
        return await session.scalar(select(func.count()).select_from(Rating)) or 0


async def test_a_member_has_one_vote_on_a_board_and_may_change_it(
    services: Services, room: Room
) -> None:
    board_id = (await send_photo(services, room.student)).board_id
    assert await vote_of(services, room.student, board_id) is None
    assert await rate(services, room.student, board_id, Vote.LIKE) is Vote.LIKE
    assert await rate(services, room.student, board_id, Vote.DISLIKE) is Vote.DISLIKE
    assert await vote_of(services, room.student, board_id) is Vote.DISLIKE
    assert await votes(services) == 1


async def test_the_same_vote_again_takes_it_back(services: Services, room: Room) -> None:
    board_id = (await send_photo(services, room.student)).board_id
    await rate(services, room.student, board_id, Vote.LIKE)
    assert await rate(services, room.student, board_id, Vote.LIKE) is None
    assert await vote_of(services, room.student, board_id) is None
    assert await votes(services) == 0


async def test_presses_at_the_same_time_are_taken_one_after_the_other(
    services: Services, room: Room
) -> None:
    board_id = (await send_photo(services, room.student)).board_id
    outcomes = await asyncio.gather(
        *(rate(services, room.student, board_id, Vote.LIKE) for _ in range(7))
    )
    assert outcomes.count(Vote.LIKE) == 4
    assert await vote_of(services, room.student, board_id) is Vote.LIKE


async def test_boards_of_other_auditoriums_and_deleted_ones_cannot_be_rated(
    services: Services, room: Room
) -> None:
    other = await make_room(services, "Physics")
    theirs = await send_photo(services, other.student, 1)
    ours = await send_photo(services, room.student, 2)
    await remove_upload(services, room.student, ours.upload_id)
    for board_id in (theirs.board_id, ours.board_id, uuid4()):
        with pytest.raises(BoardNotFound):
            await rate(services, room.student, board_id, Vote.LIKE)
    assert await votes(services) == 0


async def test_figures_count_the_auditorium_and_the_whole_service(
    services: Services, room: Room
) -> None:
    assert (await room_ratings(services, room.owner)).share_positive is None
    other = await make_room(services, "Physics")
    mine = [(await send_photo(services, room.student, seed)).board_id for seed in (1, 2)]
    theirs = (await send_photo(services, other.student, 3)).board_id
    await rate(services, room.student, mine[0], Vote.LIKE)
    await rate(services, room.owner, mine[0], Vote.LIKE)
    await rate(services, room.student, mine[1], Vote.DISLIKE)
    await rate(services, other.student, theirs, Vote.LIKE)
    here, everywhere = await room_ratings(services, room.owner), await all_ratings(services)
    assert (here.likes, here.dislikes, here.boards) == (2, 1, 2)
    assert here.share_positive == pytest.approx(2 / 3)
    assert (everywhere.likes, everywhere.dislikes, everywhere.boards) == (3, 1, 3)
    with pytest.raises(NotAllowed):
        await room_ratings(services, room.student)
