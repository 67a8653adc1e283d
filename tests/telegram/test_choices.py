"""Auditoriums, language and quality: what a person chooses in his chat, in both languages."""

from sqlalchemy import select
from sqlmodel import col

from core.rooms import set_open
from core.services import Services
from core.tables import Board
from core.values import Quality
from tests.conftest import Room, make_room
from tests.pictures import photo
from tests.telegram.botapi import BotApi
from tests.telegram.conftest import make_ready
from tests.telegram.lecture import joined, waiting_board
from tests.telegram.people import person


async def test_join_asks_for_the_code_and_takes_it(room: Room, bot: BotApi) -> None:
    emmy = person(bot)
    await emmy.writes("/join")
    assert "six letters and digits" in (await emmy.got(1))[0]["text"]
    await emmy.writes(f"/join {room.created.code.lower()}")
    assert 'You\'re in "Algebra, 14:00"' in (await emmy.got(2))[1]["text"]


async def test_who_joins_late_is_told_of_the_boards_that_there_are(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    await make_ready(services, await waiting_board(services, emmy))
    sofya = await joined(bot, room, "Софья", "ru")
    told = sofya.inbox[0]["text"]
    assert told.startswith("Вы в аудитории «Algebra, 14:00».")
    assert "Здесь уже есть 1 доска: /gallery" in told


async def test_a_closed_auditorium_can_be_joined_and_says_that_it_is_closed(
    services: Services, room: Room, bot: BotApi
) -> None:
    await set_open(services, room.owner, is_open=False)
    emmy = await joined(bot, room)
    assert "It is closed" in emmy.inbox[0]["text"]


async def test_the_room_that_is_pressed_gets_the_next_photo(
    services: Services, room: Room, bot: BotApi
) -> None:
    other = await make_room(services, "Logic, 16:00")
    emmy = await joined(bot, room)
    await emmy.starts(other.created.code)
    await emmy.got(2)
    await emmy.writes("/room")
    (_, _, menu) = await emmy.got(3)
    assert menu.buttons == [["Logic, 16:00 (✓)"], ["Algebra, 14:00"]]
    query = await emmy.presses(menu, label="Algebra, 14:00")
    assert "Algebra, 14:00" in await emmy.hears(query)
    assert emmy.inbox[2].buttons == [["Algebra, 14:00 (✓)"], ["Logic, 16:00"]]
    await emmy.sends_photo(photo(1))
    await emmy.got(4)
    async with services.sessions() as session:
        board = (await session.execute(select(Board))).scalar_one()
    assert board.auditorium_id == room.created.auditorium_id


async def test_room_invites_who_is_in_none(room: Room, bot: BotApi) -> None:
    del room
    emmy = person(bot)
    await emmy.writes("/room")
    (told,) = await emmy.got(1)
    assert "Send me the code" in told["text"]
    assert told.buttons == []


async def test_who_muted_gets_his_own_boards_and_no_others(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, alan = await joined(bot, room), await joined(bot, room, "Alan")
    await emmy.writes("/mute")
    assert "is muted" in (await emmy.got(2))[1]["text"]
    await make_ready(services, await waiting_board(services, alan, seed=1))
    await alan.got(3)
    await make_ready(services, await waiting_board(services, emmy, seed=2))
    await bot.until(lambda: len([m for m in emmy.inbox if "photo" in m]) == 1)
    assert [m["caption"] for m in emmy.inbox if "photo" in m] == ["Board 2"]
    await emmy.writes("/mute")
    await bot.until(lambda: "no longer muted" in emmy.inbox[-1].get("text", ""))


async def test_who_left_gets_nothing_more_and_his_next_photo_is_his_own(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, alan = await joined(bot, room), await joined(bot, room, "Alan")
    await emmy.writes("/leave")
    assert 'You have left "Algebra, 14:00"' in (await emmy.got(2))[1]["text"]
    await make_ready(services, await waiting_board(services, alan))
    await alan.got(3)
    await emmy.writes("/leave")
    assert "You are in no auditorium yet" in (await emmy.got(3))[2]["text"]
    await emmy.sends_photo(photo(5))
    assert "Got it: board 1" in (await emmy.got(4))[3]["text"]


async def test_a_language_that_was_chosen_holds_for_answers_and_for_boards(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    await emmy.writes("/lang")
    (_, menu) = await emmy.got(2)
    assert menu.buttons == [["Русский"], ["English"]]
    await emmy.hears(await emmy.presses(menu, label="Русский"))
    assert emmy.inbox[1]["text"] == "Теперь я пишу по-русски."
    await emmy.writes("/help")
    assert "Я делаю фото" in (await emmy.got(3))[2]["text"]
    await make_ready(services, await waiting_board(services, emmy))
    await bot.until(lambda: any("photo" in m for m in emmy.inbox))
    assert [m["caption"] for m in emmy.inbox if "photo" in m] == ["Доска 1"]


async def test_a_quality_that_was_chosen_is_the_next_boards(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    await emmy.writes("/quality")
    (_, menu) = await emmy.got(2)
    assert "Now: best" in menu["text"]
    await emmy.hears(await emmy.presses(menu, label="Fast"))
    assert "made fast" in emmy.inbox[1]["text"]
    await waiting_board(services, emmy)
    async with services.sessions() as session:
        qualities = (await session.execute(select(col(Board.quality)))).scalars().all()
    assert qualities == [Quality.FAST]


async def test_an_unknown_command_and_a_chat_about_the_weather_are_answered(
    room: Room, bot: BotApi
) -> None:
    del room
    emmy = person(bot)
    await emmy.writes("/dance")
    assert "/help lists" in (await emmy.got(1))[0]["text"]
    await emmy.writes("What a beautiful day it is today, is it not?")
    assert "I understand photos of boards" in (await emmy.got(2))[1]["text"]
    await emmy.sends_sticker()
    await emmy.sends_voice()
    await emmy.sends_contact()
    assert all("I understand photos" in m["text"] for m in (await emmy.got(5))[2:])


async def test_an_edited_message_and_a_stale_button_do_no_harm(room: Room, bot: BotApi) -> None:
    emmy = await joined(bot, room)
    said = await emmy.writes("good morning to everybody")
    await emmy.got(2)
    await emmy.edits(said, room.created.code)
    await emmy.writes("/lang")
    (_, _, menu) = await emmy.got(3)
    bot.query_lives_s = 0.0
    await emmy.presses(menu, label="English")
    await bot.until(lambda: "I write in English now." in emmy.inbox[2]["text"])
    bot.query_lives_s = 30.0
    await emmy.writes("/help")
    await emmy.got(4)
