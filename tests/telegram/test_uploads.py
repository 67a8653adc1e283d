"""Photos of boards sent in Telegram: what is stored, and what the sender is told."""

from io import BytesIO
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlmodel import col

from core.rooms import set_open
from core.services import Services
from core.tables import Auditorium, Board, Member, Upload
from core.values import Channel, Role
from tests.conftest import Room, Servers, make_room
from tests.pictures import board, encoded, photo
from tests.telegram.botapi import BotApi
from tests.telegram.conftest import make_ready
from tests.telegram.lecture import joined
from tests.telegram.people import person


async def uploads(services: Services) -> list[Upload]:
    async with services.sessions() as session:
        rows = await session.execute(select(Upload).order_by(col(Upload.created_at)))
        return list(rows.scalars())


async def count(services: Services, table: type[Auditorium] | type[Board]) -> int:
    async with services.sessions() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def only_board(services: Services) -> UUID:
    async with services.sessions() as session:
        return (await session.execute(select(col(Board.id)))).scalar_one()


async def test_a_photo_becomes_an_upload_and_is_answered(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    await emmy.sends_photo(photo(1, size=(1600, 1200)), caption="limits")
    answer = (await emmy.got(2))[1]
    assert answer["text"] == "Got it: board 1. Next in the queue, about 5 s."
    (upload,) = await uploads(services)
    assert upload.auditorium_id == room.created.auditorium_id
    assert (upload.channel, upload.caption) == (Channel.TELEGRAM, "limits")
    # The largest of the sizes that Telegram made.
    assert (upload.width, upload.height) == (1280, 960)


@pytest.mark.parametrize(
    ("name", "mime_type"), [("board.png", "image/png"), ("IMG_1.PNG", "application/octet-stream")]
)
async def test_a_file_is_taken_untouched(
    services: Services, room: Room, bot: BotApi, name: str, mime_type: str
) -> None:
    emmy = await joined(bot, room)
    content = encoded(board(2, size=(1700, 900)), "PNG")
    await emmy.sends_file(content, name, mime_type)
    await emmy.got(2)
    (upload,) = await uploads(services)
    assert (upload.media_type, upload.byte_size) == ("image/png", len(content))


async def test_a_classmate_is_told_that_the_board_was_sent(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, alan = await joined(bot, room), await joined(bot, room, "Alan")
    content = encoded(board(3, size=(800, 600)))
    await emmy.sends_file(content, "a.jpg", "image/jpeg")
    await emmy.got(2)
    await alan.sends_file(content, "b.jpg", "image/jpeg")
    told = (await alan.got(2))[1]["text"]
    assert told == (
        "A classmate has already sent this board: board 1. Next in the queue, about 5 s."
    )
    await emmy.sends_file(content, "c.jpg", "image/jpeg")
    again = (await emmy.got(3))[2]["text"]
    assert again.startswith("You have already sent this board: board 1.")
    assert len(await uploads(services)) == 3
    assert await count(services, Board) == 1


async def test_a_duplicate_of_a_ready_board_brings_the_result_at_once(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    content = encoded(board(4, size=(800, 600)))
    await emmy.sends_file(content, "a.jpg", "image/jpeg")
    await emmy.got(2)
    await make_ready(services, await only_board(services))
    await emmy.got(3)
    late = await joined(bot, room, "Alan")
    await late.sends_file(content, "b.jpg", "image/jpeg")
    received = (await late.got(3))[1:]
    (text,) = [message["text"] for message in received if "text" in message]
    assert text == "A classmate has already sent this board: board 1. Here it is."
    assert [message["caption"] for message in received if "photo" in message] == ["Board 1"]
    # Who has it already is shown where, and gets no second copy.
    await late.sends_file(content, "b.jpg", "image/jpeg")
    pointer = (await late.got(4))[3]
    (shown,) = [message for message in received if "photo" in message]
    assert pointer["reply_to_message"]["message_id"] == shown["message_id"]
    assert len(bot.called("sendPhoto", late.chat_id)) == 1


async def test_a_redelivered_update_is_stored_once_and_answered_once(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    sent = await emmy.sends_photo(photo(5))
    await emmy.got(2)
    await bot.until(lambda: bot.confirmed >= sent.update_id)
    await bot.put_again(sent)
    await bot.until(lambda: bot.confirmed >= sent.update_id)
    await emmy.writes("/help")
    assert "I make photos" in (await emmy.got(3))[2]["text"]
    assert len(await uploads(services)) == 1


async def test_who_never_joined_gets_an_auditorium_of_his_own_and_only_one(
    services: Services, bot: BotApi
) -> None:
    emmy = person(bot)
    await emmy.sends_album([photo(seed) for seed in (6, 7, 8)])
    await emmy.got(1)
    assert await count(services, Auditorium) == 1
    assert len(await uploads(services)) == 3
    async with services.sessions() as session:
        member = (await session.execute(select(Member))).scalar_one()
    assert (member.role, member.telegram_chat_id) == (Role.OWNER, emmy.chat_id)


async def test_the_last_joined_auditorium_gets_the_photo(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    await emmy.sends_photo(photo(9))
    await emmy.got(1)
    await emmy.writes(room.created.code)
    await emmy.got(2)
    await emmy.sends_photo(photo(10))
    await emmy.got(3)
    first, second = await uploads(services)
    assert first.auditorium_id != room.created.auditorium_id
    assert second.auditorium_id == room.created.auditorium_id


async def test_a_closed_auditorium_says_so_in_the_persons_language(
    services: Services, room: Room, bot: BotApi
) -> None:
    sofya = await joined(bot, room, "Софья", "ru")
    await set_open(services, room.owner, is_open=False)
    await sofya.sends_photo(photo(11))
    assert "закрыта" in (await sofya.got(2))[1]["text"]
    assert await uploads(services) == []


async def test_bad_files_are_answered_with_what_to_do(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    huge = BytesIO()
    Image.new("1", (12_000, 12_000)).save(huge, "PNG")
    await emmy.sends_file(b"%PDF-1.7 minutes", "minutes.pdf", "application/pdf")
    await emmy.got(2)
    await emmy.sends_file(b"not a picture at all", "board.jpg", "image/jpeg")
    await emmy.got(3)
    await emmy.sends_file(photo(12)[:2000], "board.jpg", "image/jpeg")
    await emmy.got(4)
    await emmy.sends_file(huge.getvalue(), "board.png", "image/png")
    await emmy.got(5)
    await emmy.sends_file(b"x", "board.png", "image/png", claims_size=21_000_000)
    await emmy.got(6)
    # Telegram refuses to give it although the size was not told.
    await emmy.sends_file(b"\xff" * 20_000_001, "board.jpg", "image/jpeg", claims_size=0)
    answers = [message["text"] for message in await emmy.got(7)][1:]
    wanted = ["format", "format", "damaged", "50 megapixels", "20 MB", "20 MB"]
    for answer, word in zip(answers, wanted, strict=True):
        assert word in answer, (answer, word)
    assert await uploads(services) == []


async def test_a_server_that_is_down_is_told_and_sending_again_works(
    services: Services, servers: Servers, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    servers.stop("s3")
    await emmy.sends_photo(photo(13))
    assert "Nothing was stored" in (await emmy.got(2))[1]["text"]
    servers.start("s3")
    await emmy.sends_photo(photo(13))
    assert "Got it: board 1" in (await emmy.got(3))[2]["text"]
    assert len(await uploads(services)) == 1


async def test_telegrams_files_being_away_is_told(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    bot.fail("download", 502, "Bad Gateway")
    await emmy.sends_photo(photo(14))
    assert "Nothing was stored" in (await emmy.got(2))[1]["text"]
    assert await uploads(services) == []


async def test_a_reply_that_was_too_fast_comes_after_the_wait(room: Room, bot: BotApi) -> None:
    emmy = person(bot)
    bot.fail("sendMessage", 429, "Too Many Requests: retry after 1", retry_after=1)
    await emmy.writes(room.created.code)
    await emmy.got(1)
    refused, answered = bot.called("sendMessage")
    assert answered.at - refused.at >= 1.0


async def test_joining_an_earlier_auditorium_again_makes_it_the_current_one(
    services: Services, room: Room, bot: BotApi
) -> None:
    other = await make_room(services, title="Logic, 16:00")
    emmy = await joined(bot, room)
    await emmy.writes(other.created.code)
    await emmy.got(2)
    await emmy.writes(room.created.code)
    await emmy.got(3)
    await emmy.sends_photo(photo(15))
    await emmy.got(4)
    (upload,) = await uploads(services)
    assert upload.auditorium_id == room.created.auditorium_id
