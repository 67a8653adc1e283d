"""Teachers in Telegram: a new auditorium, its QR code, closing and opening, figures, menus."""

import math
from io import BytesIO

import pytest
import segno
from PIL import Image
from sqlalchemy import select, update
from sqlmodel import col

from bot.qr import QUIET, qr_png
from core.leases import finish
from core.rooms import find_room
from core.services import Services
from core.tables import Auditorium, Member, Rating, Survey
from core.values import AuditoriumState, Channel, Role, SurveyAnswer
from tests.acts import made, send_photo, take
from tests.conftest import Room
from tests.pictures import photo
from tests.telegram.botapi import BotApi
from tests.telegram.people import Person, make_group, person
from tests.telegram.talking import said

BOT_LINK = "https://t.me/boards_test_bot?start="


async def auditoriums(services: Services) -> list[Auditorium]:
    async with services.sessions() as session:
        rows = await session.scalars(select(Auditorium).order_by(col(Auditorium.created_at)))
        return list(rows)


async def teacher_of(services: Services, api: BotApi, title: str = "Topology") -> Person:
    """Somebody who has just opened an auditorium."""
    ada = person(api, "Ada")
    await ada.writes(f"/newroom {title}")
    await ada.got(1)
    assert (await auditoriums(services))[-1].title == title
    return ada


def holds(picture: bytes, content: str) -> bool:
    """Whether a picture shows the QR code of this text, a quiet zone around it, and only that."""
    wanted = [[bool(module) for module in row] for row in segno.make(content, error="q").matrix]
    with Image.open(BytesIO(picture)) as opened:
        grey = opened.convert("L")
    scale = grey.width / (len(wanted) + 2 * QUIET)
    middle = [math.floor((place + 0.5) * scale) for place in range(len(wanted) + 2 * QUIET)]
    seen = [[grey.getpixel((x, y)) < 128 for x in middle] for y in middle]  # type: ignore[operator]  # grey: one number
    quiet = [row[QUIET:-QUIET] for row in seen[QUIET:-QUIET]]
    return quiet == wanted and sum(map(sum, seen)) == sum(map(sum, wanted))


async def test_a_title_is_all_that_a_new_auditorium_takes(services: Services, bot: BotApi) -> None:
    ada = person(bot, "Ada")
    card = await said(ada, "/newroom Algebra & <b>logic</b>, 14:00")
    (room,) = await auditoriums(services)
    assert (room.title, room.state) == ("Algebra & <b>logic</b>, 14:00", AuditoriumState.OPEN)
    assert "photo" in card
    for part in (room.title, room.code, f"{BOT_LINK}{room.code}", f"/join/{room.code}", "/close"):
        assert part in card.says
    async with services.sessions() as session:
        (owner,) = await session.scalars(select(Member))
    assert (owner.role, owner.telegram_chat_id, owner.channel, owner.locale) == (
        Role.OWNER,
        ada.chat_id,
        Channel.TELEGRAM,
        "en",
    )


async def test_without_a_title_the_bot_asks_and_takes_the_answer(
    services: Services, bot: BotApi
) -> None:
    sofya = person(bot, "Софья", "ru")
    asked = await said(sofya, "/newroom")
    assert asked.says == "Как называется лекция? Ответьте на это сообщение её названием."
    assert asked.screen == {"force_reply": True, "input_field_placeholder": "Алгебра, 14:00"}
    assert await auditoriums(services) == []
    card = await said(sofya, "Топология", reply_to=asked)
    (room,) = await auditoriums(services)
    assert room.title == "Топология"
    assert "Покажите этот QR-код" in card.says


async def test_a_title_that_is_none_is_asked_for_again(services: Services, bot: BotApi) -> None:
    ada = person(bot, "Ada")
    asked = await said(ada, "/newroom")
    await ada.writes("x" * 121, reply_to=asked)
    told, again = (await ada.got(3))[1:]
    assert told.says == "The name has 1 to 120 characters."
    assert again.says == asked.says
    assert await auditoriums(services) == []
    await said(ada, "Topology", reply_to=again)
    assert len(await auditoriums(services)) == 1


async def test_an_answer_to_anything_else_makes_no_auditorium(
    services: Services, bot: BotApi
) -> None:
    ada = person(bot, "Ada")
    told = await said(ada, "/start")
    await said(ada, "Topology of surfaces, a question", reply_to=told)
    own = await ada.writes("What is the lecture called? Answer this message with its name.")
    await ada.got(3)
    await said(ada, "Topology of surfaces, a question", reply_to=own)
    assert await auditoriums(services) == []


async def test_the_qr_code_is_the_deep_link_large_and_with_a_quiet_zone(
    services: Services, bot: BotApi
) -> None:
    ada = await teacher_of(services, bot)
    (room,) = await auditoriums(services)
    sent = ada.inbox[0]["photo"][-1]
    # As phones show it: recompressed by the server as Telegram does.
    assert holds(bot.files.kept[sent["file_id"]].content, f"{BOT_LINK}{room.code}")
    assert min(sent["width"], sent["height"]) > 900
    assert not holds(bot.files.kept[sent["file_id"]].content, f"{BOT_LINK}ZZZZZZ")


@pytest.mark.parametrize("length", [10, 60, 150])
def test_a_qr_code_never_needs_to_be_made_smaller(length: int) -> None:
    content = "x" * length
    with Image.open(BytesIO(qr_png(content))) as picture:
        assert 900 < picture.width == picture.height <= 1280
    assert holds(qr_png(content), content)


async def test_students_show_the_qr_code_too(services: Services, bot: BotApi) -> None:
    await teacher_of(services, bot)
    (room,) = await auditoriums(services)
    sofya = person(bot, "Софья", "ru")
    assert "Пришлите код" in (await said(sofya, "/qr")).says
    await said(sofya, room.code)
    card = await said(sofya, "/qr")
    assert f"Код: {room.code}" in card.says
    assert "/close" not in card.says
    assert "photo" in card


async def test_closing_and_opening_say_what_they_mean(services: Services, bot: BotApi) -> None:
    ada = await teacher_of(services, bot)
    (room,) = await auditoriums(services)
    told = await said(ada, "/close")
    assert told.says.startswith('"Topology" is closed: no more photos are taken.')
    assert (await find_room(services, room.code)).state is AuditoriumState.CLOSED
    assert "It is closed" in (await said(ada, "/qr")).says
    emmy = person(bot)
    await said(emmy, f"/start {room.code}")
    count = len(emmy.inbox)
    await emmy.sends_photo(photo(1))
    assert "closed" in (await emmy.got(count + 1))[-1].says
    told = await said(ada, "/open")
    assert told.says == '"Topology" is open: photos are taken. /close ends that again.'
    assert (await find_room(services, room.code)).state is AuditoriumState.OPEN


@pytest.mark.parametrize(
    "command", ["/close", "/open", "/stats", "/export", "/kick", "/moderators"]
)
async def test_who_manages_nothing_is_told_so(
    services: Services, room: Room, bot: BotApi, command: str
) -> None:
    emmy = person(bot)
    assert "/newroom" in (await said(emmy, command)).says
    await said(emmy, room.created.code)
    told = await said(emmy, command)
    assert told.says.startswith('Only those who manage "Algebra, 14:00" may do this.')
    assert "/room" in told.says
    assert (await find_room(services, room.created.code)).state is AuditoriumState.OPEN


async def test_the_lecture_in_figures(services: Services, room: Room, bot: BotApi) -> None:
    ada = person(bot, "Ада", "ru")
    await said(ada, room.created.code)
    async with services.sessions.begin() as session:
        await session.execute(
            update(Member)
            .where(col(Member.telegram_chat_id) == ada.chat_id)
            .values(role=Role.MODERATOR)
        )
    empty = await said(ada, "/stats")
    assert "Участники: 3" in empty.says
    assert "Прислано фото: 0, из них повторы: 0 (0 %)" in empty.says
    assert "Оценок пока нет" in empty.says
    assert "медиана" not in empty.says
    board = await send_photo(services, room.student)
    await send_photo(services, room.owner)
    held = await take(services, board.board_id)
    await finish(services, held, await made(services))
    async with services.sessions.begin() as session:
        for member, value in ((room.student, 1), (room.owner, -1)):
            session.add(Rating(board_id=board.board_id, member_id=member.member_id, value=value))
        session.add(
            Survey(
                member_id=room.student.member_id,
                readable=SurveyAnswer.YES,
                fast=SurveyAnswer.PARTLY,
            )
        )
        session.add(Survey(member_id=room.owner.member_id, missing="more chalk"))
    told = (await said(ada, "/stats")).says
    for line in (
        f"«Algebra, 14:00» · {room.created.code} · открыта",
        "Доски: 1 (готово 1, в работе 0, не получилось 0)",
        "Прислано фото: 2, из них повторы: 1 (50 %)",
        "(медиана)",
        "Нравится: 1 (50 %), не нравится: 1 (50 %)",
        "Опрос, ответов: 2",
        "Читается: да — 1, отчасти — 0, нет — 0",
        "Достаточно быстро: да — 0, отчасти — 1, нет — 0",
    ):
        assert line in told


async def test_the_menus_are_those_of_students_groups_and_teachers(bot: BotApi) -> None:
    sofya = person(bot, "Софья", "ru")
    before = sofya.menu()
    assert "/mute Только мои доски или снова все" in before
    assert "/newroom Открыть новую аудиторию" in before
    assert not any(line.startswith("/kick") for line in before)
    await said(sofya, "/newroom Топология")
    await bot.until(lambda: any(line.startswith("/kick") for line in sofya.menu()))
    assert "/kick Исключить участника или вернуть" in sofya.menu()
    assert set(before) < set(sofya.menu())
    emmy = person(bot)
    assert "/gallery All boards on the web" in emmy.menu()
    assert not any(line.startswith("/kick") for line in emmy.menu())
    group = make_group(bot, "Year 2", owner=emmy)
    await group.adds_bot(by=emmy)
    assert [line.split()[0] for line in emmy.menu(group)] == ["/bind", "/unbind", "/board", "/help"]


async def test_a_menu_that_telegram_refuses_holds_nobody_up(
    services: Services, bot: BotApi
) -> None:
    bot.fail("setMyCommands", 500, "Internal Server Error", times=9)
    ada = person(bot, "Ada")
    await said(ada, "/newroom Topology")
    assert "closed" in (await said(ada, "/close")).says
    assert len(await auditoriums(services)) == 1
