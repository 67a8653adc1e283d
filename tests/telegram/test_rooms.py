"""Joining an auditorium in Telegram, in both languages."""

from sqlalchemy import select
from sqlmodel import col

from bot.handlers.rooms import code_in
from core.services import Services
from core.tables import Member
from core.values import Channel, InactiveReason, MemberState
from tests.conftest import Room, make_room
from tests.telegram.botapi import BotApi
from tests.telegram.people import make_group, person


async def memberships(services: Services, chat_id: int) -> list[Member]:
    async with services.sessions() as session:
        rows = await session.execute(select(Member).where(col(Member.telegram_chat_id) == chat_id))
        return list(rows.scalars())


async def test_a_deep_link_joins_and_says_what_to_do_next(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    await emmy.writes(f"/start {room.created.code}")
    (answer,) = await emmy.got(1)
    assert 'You\'re in "Algebra, 14:00"' in answer["text"]
    assert "as a file" in answer["text"]
    (member,) = await memberships(services, emmy.chat_id)
    assert member.auditorium_id == room.created.auditorium_id
    assert (member.channel, member.name, member.locale) == (Channel.TELEGRAM, "Emmy", "en")


async def test_the_code_as_text_joins_however_it_is_typed(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    code = room.created.code.lower()
    await emmy.writes(f" {code[:3]}-{code[3:]} ")
    (answer,) = await emmy.got(1)
    assert "Algebra, 14:00" in answer["text"]
    assert len(await memberships(services, emmy.chat_id)) == 1


async def test_joining_twice_is_one_member(services: Services, room: Room, bot: BotApi) -> None:
    emmy = person(bot)
    await emmy.writes(f"/start {room.created.code}")
    await emmy.got(1)
    await emmy.writes(room.created.code)
    await emmy.got(2)
    assert len(await memberships(services, emmy.chat_id)) == 1


async def test_a_russian_person_is_answered_in_russian(
    services: Services, room: Room, bot: BotApi
) -> None:
    sofya = person(bot, "Софья", "ru-RU")
    await sofya.writes(f"/start {room.created.code}")
    await sofya.got(1)
    await sofya.writes("/help")
    joined, told = await sofya.got(2)
    assert "Вы в аудитории «Algebra, 14:00»" in joined["text"]
    assert "Пришлите код аудитории" in told["text"]
    (member,) = await memberships(services, sofya.chat_id)
    assert member.locale == "ru"


async def test_an_unknown_code_is_told_and_joins_nothing(services: Services, bot: BotApi) -> None:
    emmy, sofya = person(bot), person(bot, "Софья", "ru")
    await emmy.writes("/start ZZZZZZ")
    await sofya.writes("ZZZZZZ")
    (answer,) = await emmy.got(1)
    (russian,) = await sofya.got(1)
    assert answer["text"].startswith("No auditorium has this code.")
    assert russian["text"] != answer["text"]
    assert "код" in russian["text"]
    assert await memberships(services, emmy.chat_id) == []


async def test_start_without_a_code_explains_in_one_message(bot: BotApi) -> None:
    emmy = person(bot)
    await emmy.writes("/start")
    (answer,) = await emmy.got(1)
    assert "code of your auditorium" in answer["text"]
    assert "QR" in answer["text"]


async def test_start_brings_back_who_had_blocked_the_bot(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    await emmy.writes(room.created.code)
    await emmy.got(1)
    async with services.sessions.begin() as session:
        member = (
            await session.execute(
                select(Member).where(col(Member.telegram_chat_id) == emmy.chat_id)
            )
        ).scalar_one()
        member.state = MemberState.INACTIVE
        member.inactive_reason = InactiveReason.BLOCKED
    await emmy.writes("/start")
    _, answer = await emmy.got(2)
    assert "Algebra, 14:00" in answer["text"]
    assert (await memberships(services, emmy.chat_id))[0].state == MemberState.ACTIVE


async def test_a_title_with_markup_is_shown_as_it_is(services: Services, bot: BotApi) -> None:
    room = await make_room(services, title="<b>*Sets* & _logic_ %(title)s</b>")
    emmy = person(bot)
    await emmy.writes(room.created.code)
    (answer,) = await emmy.got(1)
    assert "<b>*Sets* & _logic_ %(title)s</b>" in answer["text"]
    assert "parse_mode" not in bot.called("sendMessage")[0].fields


async def test_what_is_neither_code_nor_photo_gets_directions(bot: BotApi) -> None:
    emmy = person(bot)
    await emmy.writes("Good morning, is this the lecture on algebra?")
    await emmy.sends_contact()
    first, second = await emmy.got(2)
    assert "photos of boards" in first["text"]
    assert first["text"] == second["text"]


async def test_what_is_said_in_an_unbound_group_is_not_answered(room: Room, bot: BotApi) -> None:
    emmy = person(bot)
    lecture = make_group(bot, "Year 2", owner=emmy)
    await lecture.adds_bot(by=emmy)
    (greeting,) = await lecture.got(1)
    await lecture.promotes_bot(by=emmy)
    for text in ("hello", room.created.code):
        assert (await emmy.writes(text, in_=lecture)).update_id > 0
    # Hers are handled in her order.
    await emmy.writes("/help")
    await emmy.got(1)
    assert lecture.inbox == [greeting]


def test_codes_are_found_in_pasted_addresses() -> None:
    assert code_in("http://127.0.0.1:8000/join/ABC234") == "ABC234"
    assert code_in("https://t.me/boards_bot?start=ABC234") == "ABC234"
    assert code_in(" abc 234 ") == "abc 234"
    assert code_in("/unknown") is None
    assert code_in("a question that is far too long") is None
