"""The lecture as a file: what comes, how much of it, and what happens when it cannot come."""

import asyncio
import csv
import re
from collections.abc import AsyncIterator, Callable
from io import BytesIO, StringIO
from uuid import uuid4
from zipfile import ZipFile

import pytest

from bot.exports import Begun, Exports
from bot.link import make_bot
from core.access import Viewer
from core.intake import accept
from core.leases import finish
from core.rooms import create_from_telegram, join_from_telegram
from core.services import Services
from core.settings import Settings
from core.texts import load_texts
from core.values import Arrival, Channel, RenditionKind
from tests.acts import made, send_photo, take
from tests.conftest import Servers
from tests.pictures import chunks, photo
from tests.telegram.botapi import TOKEN, BotApi, Message
from tests.telegram.conftest import RunningBot
from tests.telegram.people import Person, person

Begin = Callable[[Person, Viewer], None]


async def teacher(services: Services, api: BotApi, language: str = "en") -> tuple[Person, Viewer]:
    ada = person(api, "=Ada", language)
    owner = await create_from_telegram(
        services, title="Topology", chat_id=ada.chat_id, name=ada.name, locale=language
    )
    return ada, owner


async def make_board(services: Services, sender: Viewer, seed: int, size: int = 1000) -> bytes:
    receipt = await send_photo(services, sender, seed)
    held = await take(services, receipt.board_id)
    content = uuid4().bytes * (size // 16)
    await finish(services, held, await made(services, RenditionKind.UPSCALED, content=content))
    return content


def archive_of(api: BotApi, message: Message) -> ZipFile:
    return ZipFile(BytesIO(api.files.kept[message["document"]["file_id"]].content))


async def test_all_boards_come_as_one_file_with_a_table(services: Services, bot: BotApi) -> None:
    ada, owner = await teacher(services, bot)
    contents = [await make_board(services, owner, seed) for seed in range(2)]
    await accept(
        services,
        Arrival(
            member_id=owner.member_id,
            channel=Channel.WEB,
            content=chunks(photo(0)),
            caption="=1+1",
        ),
    )
    await ada.writes("/export")
    told, file = await ada.got(2)
    assert told.says == "I am putting the boards together. The file comes by itself."
    assert file.says == 'Boards of "Topology"'
    assert file["document"]["file_name"] == f"{owner.code}.zip"
    with archive_of(bot, file) as archive:
        assert archive.testzip() is None
        table, *boards = archive.namelist()
        assert [archive.read(name) for name in boards] == contents
        rows = list(csv.reader(StringIO(archive.read(table).decode("utf-8-sig"))))
    assert table == "uploads.csv"
    assert all(re.fullmatch(r"0[12] Board \d\d-\d\d\.jpg", name) for name in boards)
    assert rows[0] == ["Board", "Time", "Sender", "Channel", "Verdict", "Caption"]
    assert [(row[0], row[2], row[4], row[5]) for row in rows[1:]] == [
        ("1", "'=Ada", "new", ""),
        ("2", "'=Ada", "new", ""),
        ("1", "'=Ada", "duplicate", "'=1+1"),
    ]
    assert [sight.content["action"] for sight in ada.sees("action")][:1] == ["upload_document"]


async def test_a_russian_teachers_file_is_in_russian(services: Services, bot: BotApi) -> None:
    ada, owner = await teacher(services, bot, "ru")
    await make_board(services, owner, 1)
    await ada.writes("/export")
    _, file = await ada.got(2)
    assert file.says == "Доски «Topology»"
    with archive_of(bot, file) as archive:
        table, board = archive.namelist()
        assert board.startswith("01 Доска ")
        assert archive.read(table).decode("utf-8-sig").startswith("Доска;Время;Отправитель;")


async def test_without_ready_boards_there_is_no_file(services: Services, bot: BotApi) -> None:
    ada, owner = await teacher(services, bot)
    await send_photo(services, owner)
    await ada.writes("/export")
    assert (await ada.got(2))[1].says == '"Topology" has no ready boards yet.'


@pytest.fixture
async def small(services: Services, bot_settings: Settings) -> AsyncIterator[Begin]:
    """Exports with Telegram's limits at a hundredth: the same way, without 500 MB of boards."""
    client = make_bot(bot_settings, TOKEN)
    exports = Exports(services, part_bytes=490_000, most_parts=3)
    texts = load_texts()["en"]
    stop = asyncio.Event()
    running = asyncio.create_task(exports.run(stop))

    def begin(somebody: Person, viewer: Viewer) -> None:
        begun = exports.begin(client, texts, viewer, chat_id=somebody.chat_id)
        assert begun is Begun.NOW

    yield begin
    stop.set()
    await running
    await client.session.close()


async def test_many_boards_come_as_several_files(
    services: Services, api: BotApi, small: Begin
) -> None:
    ada, owner = await teacher(services, api)
    contents = [await make_board(services, owner, seed, 200_000) for seed in range(5)]
    small(ada, owner)
    files = await ada.got(3)
    assert [file.says for file in files] == [
        f'Boards of "Topology", part {part} of 3' for part in (1, 2, 3)
    ]
    held = []
    for place, file in enumerate(files):
        with archive_of(api, file) as archive:
            assert ("uploads.csv" in archive.namelist()) == (place == 0)
            held += [archive.read(n) for n in archive.namelist() if n.endswith(".jpg")]
    assert held == contents


async def test_too_many_boards_are_left_to_the_gallery(
    services: Services, api: BotApi, small: Begin
) -> None:
    ada, owner = await teacher(services, api)
    for seed in range(4):
        await make_board(services, owner, seed, 400_000)
    small(ada, owner)
    (link,) = await ada.got(1)
    assert link.says.startswith("There are too many boards for files in Telegram.")
    assert link.buttons == [["Open the gallery"]]


async def test_a_board_that_no_file_takes_is_named(
    services: Services, api: BotApi, small: Begin
) -> None:
    ada, owner = await teacher(services, api)
    await make_board(services, owner, 1)
    await make_board(services, owner, 2, 500_000)
    small(ada, owner)
    told = (await ada.got(2))[1]
    assert told.says == "Board 2 is too large for Telegram; it is in the /gallery."


async def test_others_are_served_while_a_file_is_made_and_it_is_made_once(
    services: Services, bot: BotApi
) -> None:
    ada, owner = await teacher(services, bot)
    await make_board(services, owner, 1)
    release = bot.hang("sendDocument")
    await ada.writes("/export")
    await bot.until(lambda: bool(bot.called("sendDocument")))
    await ada.writes("/export")
    assert (await ada.got(2))[1].says.startswith("Your export is being made already.")
    emmy = person(bot)
    await emmy.writes("/help")
    await emmy.got(1)
    release.set()
    await ada.got(3)
    assert len(bot.called("sendDocument")) == 1
    await ada.writes("/export")
    await ada.got(5)


async def test_more_than_two_at_once_wait_for_their_turn(services: Services, bot: BotApi) -> None:
    teachers = [await teacher(services, bot) for _ in range(3)]
    for _, owner in teachers:
        await make_board(services, owner, 1)
    releases = [bot.hang("sendDocument", chat_id=ada.chat_id) for ada, _ in teachers]
    for ada, _ in teachers:
        await ada.writes("/export")
        await ada.got(1)
    assert teachers[2][0].inbox[0].says.startswith("Other exports are being made")
    await bot.until(lambda: len(bot.called("sendDocument")) == 2)
    assert bot.called("sendDocument", teachers[2][0].chat_id) == []
    for release in releases:
        release.set()
    for ada, _ in teachers:
        await ada.got(2)


async def test_a_store_that_is_away_is_told(
    services: Services, bot: BotApi, servers: Servers
) -> None:
    ada, owner = await teacher(services, bot)
    await make_board(services, owner, 1)
    servers.stop("s3")
    await ada.writes("/export")
    assert (await ada.got(2, within_s=60))[1].says.startswith("The store of pictures does not")


async def test_who_waits_for_a_file_when_the_bot_stops_is_told(
    services: Services, running: RunningBot, bot: BotApi
) -> None:
    ada, owner = await teacher(services, bot)
    await make_board(services, owner, 1)
    bot.hang("sendDocument")
    await ada.writes("/export")
    await bot.until(lambda: bool(bot.called("sendDocument")))
    await running.stop()
    assert ada.inbox[-1].says == "The export was interrupted. Send /export again in a minute."


async def test_a_student_gets_no_file(services: Services, bot: BotApi) -> None:
    _, owner = await teacher(services, bot)
    await make_board(services, owner, 1)
    emmy = person(bot)
    await join_from_telegram(
        services, code=owner.code, chat_id=emmy.chat_id, name="Emmy", locale="en"
    )
    await emmy.writes("/export")
    (told,) = await emmy.got(1)
    assert told.says.startswith("Only those who manage")
    assert bot.called("sendDocument") == []
