"""All data of a person deleted at his word."""

from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlmodel import col

from core.chats import Chat, current_or_own
from core.erasure import delete_member_data
from core.events import last_id, read
from core.ratings import rate
from core.rooms import join_from_telegram
from core.services import Services
from core.tables import (
    Auditorium,
    Board,
    Delivery,
    Member,
    Rating,
    StatusMessage,
    Survey,
    TelegramChat,
    Upload,
)
from core.values import AuditoriumState, DeliveryState, Role, Vote
from tests.acts import kept, keys, send_copy
from tests.conftest import Room

EMMY, ALAN = 5_000_000_123, 5_000_000_124


async def join(services: Services, room: Room, chat_id: int) -> UUID:
    joined = await join_from_telegram(
        services, code=room.created.code, chat_id=chat_id, name="Emmy", locale="en"
    )
    return joined.member_id


async def own_room(services: Services, chat_id: int) -> UUID:
    chat = Chat(chat_id=chat_id, name="Emmy Noether", locale="en")
    return (await current_or_own(services, chat, "My boards")).member_id


async def count(services: Services, table: type[Auditorium | Board | Rating | Survey]) -> int:
    async with services.sessions() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_nothing_of_the_person_is_left_anywhere(services: Services, room: Room) -> None:
    alone = await own_room(services, EMMY)
    emmy = await join(services, room, EMMY)
    private = await send_copy(services, alone, 61, 90)
    shared = await send_copy(services, emmy, 62, 90, f"telegram:{EMMY}:5")
    async with services.sessions.begin() as session:
        session.add(Survey(member_id=emmy, readable="yes", missing="written by Emmy"))
        session.add(TelegramChat(chat_id=EMMY, locale="ru"))
        session.add(StatusMessage(chat_id=EMMY, key="5", locale="en", reply_to=5))
        session.add(Rating(board_id=shared.board_id, member_id=emmy, value=1))
    of_the_person = await keys(services)
    after = await last_id(services.redis, room.created.auditorium_id)
    erased = await delete_member_data(services, EMMY)
    assert (erased.uploads, erased.boards) == (2, 2)
    async with services.sessions() as session:
        columns = await session.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns "
                "WHERE table_schema = 'public'"
            )
        )
        for table, column in columns.all():
            held = await session.scalars(text(f'SELECT "{column}"::text FROM "{table}"'))  # noqa: S608 -- names out of the catalogue
            everything = " ".join(value for value in held if value is not None)
            for trace in (str(EMMY), "Emmy", str(emmy), str(alone), str(private.board_id)):
                assert trace not in everything, (table, column)
    assert await kept(services, of_the_person) == set()
    heard = await read(services.redis, {room.created.auditorium_id: after}, 1000)
    assert [one.event.name for one in heard[room.created.auditorium_id]] == ["gone"]
    assert await count(services, Auditorium) == 1
    assert (await delete_member_data(services, EMMY)).uploads == 0


async def test_boards_of_others_stay_with_the_votes_of_others(
    services: Services, room: Room
) -> None:
    emmy, alan = await join(services, room, EMMY), await join(services, room, ALAN)
    both = await send_copy(services, emmy, 63, 90)
    await send_copy(services, alan, 63, 85)
    only = await send_copy(services, emmy, 64, 90)
    async with services.sessions.begin() as session:
        for board_id, message_id in ((both.board_id, 7), (only.board_id, 8)):
            session.add(
                Delivery(
                    board_id=board_id,
                    member_id=alan,
                    state=DeliveryState.SENT,
                    sent_at=services.clock(),
                    telegram_message_id=message_id,
                )
            )
    await rate(services, room.student, both.board_id, Vote.LIKE)
    erased = await delete_member_data(services, EMMY)
    assert (erased.uploads, erased.boards) == (2, 1)
    assert [(each.chat_id, each.message_id) for each in erased.messages] == [(ALAN, 8)]
    async with services.sessions() as session:
        (left,) = (await session.execute(select(Upload))).scalars()
        (board,) = (await session.execute(select(Board))).scalars()
    assert (left.member_id, left.verdict, board.id) == (alan, "new", both.board_id)
    assert await count(services, Rating) == 1


@pytest.mark.parametrize("has_moderator", [True, False])
async def test_an_auditorium_of_his_passes_to_a_moderator_or_is_closed(
    services: Services, room: Room, *, has_moderator: bool
) -> None:
    emmy, alan = await join(services, room, EMMY), await join(services, room, ALAN)
    await send_copy(services, alan, 65, 90)
    async with services.sessions.begin() as session:
        for member_id, role in (
            (room.owner.member_id, Role.STUDENT),
            (emmy, Role.OWNER),
            (alan, Role.MODERATOR if has_moderator else Role.STUDENT),
        ):
            await session.execute(
                update(Member).where(col(Member.id) == member_id).values(role=role)
            )
    await delete_member_data(services, EMMY)
    async with services.sessions() as session:
        auditorium = await session.get_one(Auditorium, room.created.auditorium_id)
        successor = await session.get_one(Member, alan)
    assert (successor.role == Role.OWNER) is has_moderator
    assert (auditorium.state == AuditoriumState.OPEN) is has_moderator
    assert await count(services, Board) == 1


async def test_an_auditorium_with_another_owner_keeps_its_roles(
    services: Services, room: Room
) -> None:
    emmy = await join(services, room, EMMY)
    roles = {
        room.owner.member_id: Role.MODERATOR,  # for longer than the other owner is in it
        room.student.member_id: Role.OWNER,
    }
    async with services.sessions.begin() as session:
        for member_id, role in {emmy: Role.OWNER, **roles}.items():
            await session.execute(
                update(Member).where(col(Member.id) == member_id).values(role=role)
            )
    await delete_member_data(services, EMMY)
    async with services.sessions() as session:
        auditorium = await session.get_one(Auditorium, room.created.auditorium_id)
        members = (await session.execute(select(Member))).scalars().all()
    assert {member.id: member.role for member in members} == roles
    assert auditorium.state == AuditoriumState.OPEN
