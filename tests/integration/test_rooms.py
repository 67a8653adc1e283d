"""Auditoriums and their members: codes, names, tokens."""

import asyncio
import string

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from core.access import new_token, viewer_by_token
from core.errors import AuditoriumNotFound, BadRequest, NotAllowed, NotAMember
from core.events import last_id, read
from core.rooms import (
    NAME_LIMIT,
    TITLE_LIMIT,
    clean_code,
    clean_line,
    create_auditorium,
    find_room,
    join_as_guest,
    join_from_telegram,
    set_open,
)
from core.services import Services
from core.tables import Auditorium, Member
from core.values import AuditoriumState, Channel, InactiveReason, MemberState, Role
from tests.acts import send_photo
from tests.conftest import Room, make_room

# What can be told apart on a projector.
READABLE = set(string.ascii_uppercase + string.digits) - set("IO01")


async def members(services: Services) -> int:
    async with services.sessions() as session:
        return await session.scalar(select(func.count()).select_from(Member)) or 0


async def test_codes_are_six_letters_that_can_be_told_apart(services: Services) -> None:
    made = [await create_auditorium(services, title="Algebra") for _ in range(20)]
    codes = {one.code for one in made}
    assert len(codes) == 20
    assert {len(code) for code in codes} == {6}
    assert set("".join(codes)) <= READABLE


async def test_a_code_is_found_as_people_type_it(services: Services, room: Room) -> None:
    code = room.created.code
    for typed in (code, code.lower(), f" {code[:3]}-{code[3:]} ", f"{code[:2]} {code[2:]}\n"):
        assert (await find_room(services, typed)).auditorium_id == room.created.auditorium_id


@pytest.mark.parametrize(
    "typed", ["", "AAAAAA", "ABC", "'; DROP TABLE auditorium; --", "\x00", "😀"]
)
async def test_an_unknown_code_opens_nothing(services: Services, room: Room, typed: str) -> None:
    assert clean_code(typed) != room.created.code
    with pytest.raises(AuditoriumNotFound):
        await find_room(services, typed)


async def test_a_title_is_one_clean_line(services: Services) -> None:
    made = await create_auditorium(services, title="  Linear\n\talgebra\x00\x1b[31m\u202e, II  ")
    assert (await find_room(services, made.code)).title == "Linear algebra [31m , II"


@pytest.mark.parametrize("title", ["", " \n ", "\x00\u200b", "x" * (TITLE_LIMIT + 1)])
async def test_an_empty_or_endless_title_is_refused(services: Services, title: str) -> None:
    with pytest.raises(BadRequest) as caught:
        await create_auditorium(services, title=title)
    assert caught.value.context == {"field": "title", "limit": TITLE_LIMIT}
    async with services.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Auditorium)) == 0


def test_a_line_keeps_letters_of_all_languages() -> None:
    assert clean_line("  Матан, 2-й поток — ∫ f(x) dx 😀 ", 64, "title") == (
        "Матан, 2-й поток — ∫ f(x) dx 😀"
    )


async def test_a_guest_without_a_name_is_refused(services: Services, room: Room) -> None:
    before = await members(services)
    for name in ("", " ", "x" * (NAME_LIMIT + 1)):
        with pytest.raises(BadRequest):
            await join_as_guest(
                services, code=room.created.code, name=name, channel=Channel.WEB, locale="en"
            )
    assert await members(services) == before


async def test_the_owner_manages_and_a_student_does_not(services: Services, room: Room) -> None:
    assert (room.owner.role, room.owner.manages) == (Role.OWNER, True)
    assert (room.student.role, room.student.manages) == (Role.STUDENT, False)
    with pytest.raises(NotAllowed):
        await set_open(services, room.student, is_open=False)
    assert (await find_room(services, room.created.code)).state is AuditoriumState.OPEN


async def test_closing_is_told_to_the_pages(services: Services, room: Room) -> None:
    auditorium_id = room.created.auditorium_id
    after = await last_id(services.redis, auditorium_id)
    assert await set_open(services, room.owner, is_open=False) is AuditoriumState.CLOSED
    heard = await read(services.redis, {auditorium_id: after}, 1000)
    assert [one.event.data for one in heard[auditorium_id]] == [{"state": "closed"}]


async def test_a_closed_auditorium_can_still_be_joined(services: Services, room: Room) -> None:
    await set_open(services, room.owner, is_open=False)
    joined = await join_as_guest(
        services, code=room.created.code, name="Late", channel=Channel.WEB, locale="ru"
    )
    assert joined.token is not None
    assert (await viewer_by_token(services, joined.token)).state is AuditoriumState.CLOSED


async def test_joining_twice_from_telegram_is_one_member(services: Services, room: Room) -> None:
    code, before = room.created.code, await members(services)
    joined = await asyncio.gather(
        *(
            join_from_telegram(services, code=code, chat_id=77, name=f"Ann {n}", locale="en")
            for n in range(5)
        )
    )
    assert len({one.member_id for one in joined}) == 1
    assert {one.token for one in joined} == {None}
    assert await members(services) == before + 1


async def test_who_comes_back_from_telegram_is_active_again(services: Services, room: Room) -> None:
    code = room.created.code
    joined = await join_from_telegram(services, code=code, chat_id=77, name="Ann", locale="en")
    async with services.sessions.begin() as session:
        member = await session.get_one(Member, joined.member_id)
        member.state = MemberState.INACTIVE
        member.inactive_reason = InactiveReason.BLOCKED
    await join_from_telegram(services, code=code, chat_id=77, name="Anna", locale="en")
    async with services.sessions() as session:
        member = await session.get_one(Member, joined.member_id)
    assert (member.state, member.name) == (MemberState.ACTIVE, "Anna")


async def test_one_chat_may_be_in_two_auditoriums(services: Services, room: Room) -> None:
    other = await make_room(services, "Physics")
    joined = [
        await join_from_telegram(services, code=code, chat_id=77, name="", locale="ru")
        for code in (room.created.code, other.created.code)
    ]
    assert joined[0].member_id != joined[1].member_id
    assert (joined[0].title, joined[1].title) == ("Algebra, 14:00", "Physics")


async def test_a_token_opens_exactly_one_auditorium(services: Services, room: Room) -> None:
    other = await make_room(services, "Physics")
    for mine in (room, other):
        for token in (mine.created.owner_token, mine.student_token):
            viewer = await viewer_by_token(services, token)
            assert viewer.auditorium_id == mine.created.auditorium_id


@pytest.mark.parametrize("token", ["", "nonsense", "\x00", "é"])
async def test_a_made_up_token_opens_nothing(services: Services, token: str) -> None:
    with pytest.raises(NotAMember):
        await viewer_by_token(services, token)


@pytest.mark.parametrize("reason", [InactiveReason.LEFT, InactiveReason.KICKED])
async def test_the_token_of_who_left_or_was_removed_opens_nothing(
    services: Services, room: Room, reason: InactiveReason
) -> None:
    async with services.sessions.begin() as session:
        member = await session.get_one(Member, room.student.member_id)
        member.state = MemberState.INACTIVE
        member.inactive_reason = reason
    with pytest.raises(NotAMember):
        await viewer_by_token(services, room.student_token)


async def test_no_token_is_stored_anywhere(services: Services, room: Room) -> None:
    await send_photo(services, room.student)
    tokens = (room.created.owner_token, room.student_token)
    pieces = [piece for token in tokens for piece in (token[:16], token[-16:])]
    async with services.sessions() as session:
        rows = (
            await session.execute(
                text(
                    "SELECT table_name, column_name FROM information_schema.columns "
                    "WHERE table_schema = 'public'"
                )
            )
        ).all()
        assert len(rows) > 50
        for table, column in rows:
            # As text, and for bytes also as the hexadecimal that their text form shows.
            held = await session.scalars(text(f'SELECT "{column}"::text FROM "{table}"'))  # noqa: S608 -- names out of the catalogue
            everything = " ".join(value for value in held if value is not None)
            for piece in pieces:
                assert piece not in everything, (table, column)
                assert piece.encode().hex() not in everything, (table, column)
        hashes = await session.scalars(select(col(Member.token_sha256)))
        assert {len(one) for one in hashes if one is not None} == {32}


def test_tokens_are_long_and_never_repeat() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert {len(token) for token in tokens} == {43}
