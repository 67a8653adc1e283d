"""Groups and forums: bound by an administrator, quiet, in the right topic, whatever they become."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.services import Services
from core.tables import Member, Upload
from tests.conftest import Room
from tests.pictures import photo
from tests.telegram.botapi import BotApi
from tests.telegram.conftest import make_ready
from tests.telegram.lecture import boards
from tests.telegram.people import Group, Person, make_group, person
from tests.waiting import eventually


async def bound(bot: BotApi, room: Room) -> tuple[Group, Person, Person]:
    """A group with an administrator and a student, in which the bot sees everything."""
    ada, emmy = person(bot, "Ada"), person(bot)
    group = make_group(bot, "Year 2", ada, [emmy])
    await group.adds_bot(by=ada)
    await group.got(1)
    await group.promotes_bot(by=ada)
    await ada.writes(f"/bind {room.created.code}", in_=group)
    await group.got(2)
    return group, ada, emmy


async def test_a_group_that_adds_the_bot_is_told_how_to_bind_it(room: Room, bot: BotApi) -> None:
    ada = person(bot, "Ада", "ru")
    group = make_group(bot, "Группа 2", ada)
    await group.adds_bot(by=ada)
    (hello,) = await group.got(1)
    assert "/bind" in hello["text"]
    assert "режим приватности" in hello["text"]
    await ada.writes(f"/bind {room.created.code}", in_=group)
    told = (await group.got(2))[1]["text"]
    assert told.startswith("Группа привязана к аудитории «Algebra, 14:00»")


async def test_a_photo_in_a_bound_group_is_seen_and_its_board_comes_to_the_group(
    services: Services, room: Room, bot: BotApi
) -> None:
    group, _, emmy = await bound(bot, room)
    sent = await emmy.sends_photo(photo(1), in_=group)
    await bot.until(lambda: bool(bot.called("setMessageReaction", group.chat_id)))
    (board_id,) = await _boards(services, 1)
    await make_ready(services, board_id)
    message = (await group.got(3))[2]
    assert (message["caption"], "photo" in message) == ("Board 1", True)
    assert emmy.inbox == []
    async with services.sessions() as session:
        sender = await session.scalar(
            select(col(Member.name)).join(Upload, col(Upload.member_id) == col(Member.id))
        )
    assert sender == "Emmy"
    # The same photo again: pointed to, not sent again.
    await emmy.sends_photo(photo(1), in_=group)
    pointer = (await group.got(4))[3]
    assert pointer["text"] == "This board is here already: board 1."
    assert pointer["reply_to_message"]["message_id"] == message["message_id"]
    assert sent["message_id"] != message["message_id"]


async def test_only_an_administrator_binds_and_unbinds(room: Room, bot: BotApi) -> None:
    group, ada, emmy = await bound(bot, room)
    await emmy.writes(f"/bind {room.created.code}", in_=group)
    assert "Only an administrator" in (await group.got(3))[2]["text"]
    await ada.writes("/unbind", in_=group)
    assert "no longer bound" in (await group.got(4))[3]["text"]
    await ada.writes("/bind", in_=group)
    assert "bound to no auditorium" in (await group.got(5))[4]["text"]
    await ada.writes("/bind ZZZZZZ", in_=group)
    assert "No auditorium has this code" in (await group.got(6))[5]["text"]


async def test_a_photo_in_an_unbound_group_is_left_alone(services: Services, bot: BotApi) -> None:
    ada = person(bot, "Ada")
    group = make_group(bot, "Year 2", ada)
    await group.adds_bot(by=ada)
    await group.promotes_bot(by=ada)
    await ada.sends_photo(photo(1), in_=group)
    await ada.writes("/board", in_=group, reply_to=await ada.sends_photo(photo(2), in_=group))
    told = (await group.got(2))[1]["text"]
    assert "bound to no auditorium" in told
    assert await boards(services) == []


async def test_in_privacy_mode_a_photo_is_taken_by_answering_it(
    services: Services, room: Room, bot: BotApi
) -> None:
    group, ada, emmy = await bound(bot, room)
    await group.demotes_bot(by=ada)
    shown = await emmy.sends_photo(photo(1), in_=group)
    assert shown.update_id == 0
    await emmy.writes("/board", in_=group)
    assert "Answer a photo" in (await group.got(3))[2]["text"]
    await emmy.writes("/board", in_=group, reply_to=shown)
    assert len(await _boards(services, 1)) == 1


async def test_a_forum_gets_its_boards_in_the_topic_that_was_bound(
    services: Services, room: Room, bot: BotApi
) -> None:
    ada = person(bot, "Ada")
    forum = make_group(bot, "Faculty", ada, is_forum=True)
    await forum.adds_bot(by=ada)
    await forum.promotes_bot(by=ada)
    algebra = await forum.new_topic("Algebra", by=ada)
    chatter = await forum.new_topic("Chatter", by=ada)
    await ada.writes(f"/bind {room.created.code}", in_=algebra)
    assert "This topic is bound" in (await algebra.got(1))[0]["text"]
    await ada.sends_photo(photo(1), in_=chatter)
    await ada.sends_photo(photo(2), in_=algebra)
    (board_id,) = await _boards(services, 1)
    await make_ready(services, board_id)
    assert "photo" in (await algebra.got(2))[1]
    assert chatter.inbox == []


async def test_a_group_that_becomes_a_supergroup_keeps_its_auditorium(
    services: Services, room: Room, bot: BotApi
) -> None:
    ada = person(bot, "Ada")
    group = make_group(bot, "Year 2", ada, kind="group")
    await group.adds_bot(by=ada)
    await group.promotes_bot(by=ada)
    await ada.writes(f"/bind {room.created.code}", in_=group)
    await group.got(2)
    await group.migrates(by=ada)
    await ada.sends_photo(photo(1), in_=group)
    (board_id,) = await _boards(services, 1)
    await make_ready(services, board_id)
    await bot.until(lambda: any("photo" in message for message in group.inbox))


async def test_a_group_that_puts_the_bot_out_is_owed_nothing(
    services: Services, room: Room, bot: BotApi
) -> None:
    group, ada, emmy = await bound(bot, room)
    await emmy.starts(room.created.code)
    await emmy.got(1)
    await group.removes_bot(by=ada)
    await emmy.sends_photo(photo(1))
    await emmy.got(2)
    (board_id,) = await _boards(services, 1)
    await make_ready(services, board_id)
    await emmy.got(3)
    assert bot.called("sendPhoto", group.chat_id) == []


@pytest.mark.parametrize("what", ["text", "sticker"])
async def test_what_is_said_in_a_group_is_none_of_the_bots_business(
    room: Room, bot: BotApi, what: str
) -> None:
    group, ada, emmy = await bound(bot, room)
    if what == "text":
        await emmy.writes(room.created.code, in_=group)
    else:
        await emmy.sends_sticker(in_=group)
    await ada.writes("/help", in_=group)
    assert "/bind CODE" in (await group.got(3))[2]["text"]


async def _boards(services: Services, count: int) -> list[UUID]:
    """Wait for boards: in a group nothing is said when one was taken."""
    return await eventually(lambda: boards(services), lambda found: len(found) == count)
