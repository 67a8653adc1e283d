"""The views of a result in a chat: which comes first, how they are exchanged, what is recorded."""

from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.services import Services
from core.tables import Rating, ViewChoice
from core.values import Quality, RenditionKind, ResultView, ViewUse, Vote
from core.view_choices import choose_first_view_of_chat, note_view_use
from tests.acts import send_photo
from tests.conftest import Room
from tests.pictures import photo
from tests.telegram.botapi import BotApi, Message
from tests.telegram.conftest import SIZES, RunningBot, make_ready
from tests.telegram.crowds import crowd, ready_board, told
from tests.telegram.lecture import boards, both_languages, join, joined, waiting_board
from tests.telegram.people import Person, make_group, person, size_of
from tests.telegram.talking import said, shows, warned
from tests.waiting import eventually

ALL = (RenditionKind.CLEAN, RenditionKind.SHARP, RenditionKind.STRAIGHT)
CLEAN_SIZE = SIZES[RenditionKind.CLEAN]
SHARP_SIZE = SIZES[RenditionKind.SHARP]
COMPOSED_SIZE = (1600, 1200)
SHOWN_SIZE = (1280, 960)  # what Telegram makes of it as a photo
PHOTO_SIZE = (800, 600)
# At 28 a second so many take two seconds.
MEMBERS = 60
WITHIN_S = 60.0

WORDS: dict[str, Any] = {
    "en": {
        "rest": ["Clean", "Sharp", "Straight", "Photo"],
        "best": "Best",
        "captions": {
            "Clean": "Board 1: clean, nothing invented",
            "Sharp": "Board 1: sharp, drawn by a network that may invent strokes",
            "Straight": "Board 1: straight, cropped to the board",
            "Photo": "Board 1: the photo as it was sent",
            "Best": "Board 1",
        },
        "left": "Board 1: already sharp, left as it is",
        "chosen": "From the next board on this comes first: Clean. /view changes it.",
        "menu": "/view Which view of a board comes first",
    },
    "ru": {
        "rest": ["Чистое", "Резкое", "Ровное", "Фото"],
        "best": "Лучшее",
        "captions": {
            "Чистое": "Доска 1: чистое фото, ничего не придумано",
            "Резкое": "Доска 1: резкое фото от нейросети, штрихи могут быть выдуманы",
            "Ровное": "Доска 1: ровное фото, обрезано по краям доски",
            "Фото": "Доска 1: исходное фото",
            "Лучшее": "Доска 1",
        },
        "left": "Доска 1: и так чёткая, оставлена как есть",
        "chosen": "Теперь первым идёт: Чистое. Изменить: /view",
        "menu": "/view Какой вид доски показывать первым",
    },
}


async def board_of(
    services: Services, sender: Person, *kinds: RenditionKind, left_as_it_is: bool = False
) -> tuple[UUID, Message]:
    """A board with pictures of these views that its sender has got, and the message."""
    board_id = await waiting_board(services, sender)
    record = {"left_as_it_is": left_as_it_is}
    await make_ready(services, board_id, kinds=kinds, record=record)
    count = len(sender.inbox) + 1
    return board_id, (await sender.got(count))[-1]


async def choices(services: Services) -> set[tuple[str, str]]:
    """What was opened and kept so far."""
    async with services.sessions() as session:
        rows = await session.execute(select(col(ViewChoice.view), col(ViewChoice.use)))
        return {(view, use) for view, use in rows}


async def votes(services: Services) -> list[tuple[int, str | None]]:
    async with services.sessions() as session:
        rows = await session.execute(select(col(Rating.value), col(Rating.view)))
        return [(value, view) for value, view in rows]


@both_languages
async def test_every_view_is_one_tap_away_and_says_what_it_is(
    services: Services, room: Room, bot: BotApi, language: str
) -> None:
    emmy, words = person(bot, language=language), WORDS[language]
    await join(services, room, emmy)
    _, board = await board_of(services, emmy, *ALL)
    assert board["caption"] == words["captions"][words["best"]]
    assert board.buttons[0] == words["rest"]
    seen = {size_of(bot, board)}
    assert seen == {SHOWN_SIZE}
    for name in (*words["rest"], words["best"]):
        shown = await shows(emmy, board, name)
        assert shown["caption"] == words["captions"][name]
        assert Counter([name, *shown.buttons[0]]) == Counter([words["best"], *words["rest"]])
        seen.add(size_of(bot, shown))
    assert seen == {SHOWN_SIZE, PHOTO_SIZE, *SIZES.values()}
    assert len(emmy.inbox) == 2
    assert await choices(services) == {(view.value, "opened") for view in ResultView}


async def test_the_full_size_and_the_vote_are_of_the_view_that_is_shown(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    await join(services, room, emmy)
    _, board = await board_of(services, emmy, *ALL)
    await emmy.hears(await emmy.presses(board, label="Full size"))
    await shows(emmy, board, "Sharp")
    liked = await shows(emmy, board, "👍")
    assert liked.buttons == [
        ["Best", "Clean", "Straight", "Photo"],
        ["👍 ✓", "👎"],
        ["Full size", "Gallery"],
    ]
    await emmy.hears(await emmy.presses(board, label="Full size"))
    best, sharp = emmy.inbox[2:]
    assert (best["document"]["file_name"], size_of(bot, best)) == ("board-1.jpg", COMPOSED_SIZE)
    assert sharp["document"]["file_name"] == "board-1-sharp.jpg"
    assert sharp["caption"].startswith("Board 1: sharp, drawn by a network")
    assert size_of(bot, sharp) == SHARP_SIZE
    assert await votes(services) == [(Vote.LIKE, "sharp")]
    assert await choices(services) == {
        ("composed", "kept"),
        ("sharp", "opened"),
        ("sharp", "kept"),
    }


async def test_each_gets_his_own_first_view_and_each_picture_is_uploaded_once(
    services: Services, room: Room, running: RunningBot, bot: BotApi
) -> None:
    people = await crowd(services, room, bot, MEMBERS)
    first = dict(enumerate((ResultView.CLEAN, ResultView.SHARP, ResultView.ORIGINAL)))
    for place, somebody in enumerate(people):
        if place % 4 in first:
            await choose_first_view_of_chat(services, somebody.chat_id, first[place % 4])
    board_id = await ready_board(services, people[0], seed=1, kinds=ALL)
    await eventually(
        lambda: told(services, board_id), lambda states: states["sent"] == MEMBERS, WITHIN_S
    )
    await running.stop()
    got = Counter(each.inbox[-1]["caption"] for each in people)
    assert got == {
        "Board 1": MEMBERS // 4,
        "Board 1: clean, nothing invented": MEMBERS // 4,
        "Board 1: sharp, drawn by a network that may invent strokes": MEMBERS // 4,
        "Board 1: the photo as it was sent": MEMBERS // 4,
    }
    assert size_of(bot, people[0].inbox[-1]) == CLEAN_SIZE
    assert size_of(bot, people[1].inbox[-1]) == SHARP_SIZE
    taken = [call for call in bot.called("sendPhoto") if call.uploaded]
    assert len(taken) == 4
    assert {len(each.inbox) for each in people} == {1}


async def test_a_first_view_that_the_board_lacks_is_the_composed_one_uploaded_once(
    services: Services, room: Room, running: RunningBot, bot: BotApi
) -> None:
    emmy, alan, sofya = person(bot), person(bot, "Alan"), person(bot, "Sofya")
    for somebody in (emmy, alan, sofya):
        await join(services, room, somebody)
    await choose_first_view_of_chat(services, alan.chat_id, ResultView.CLEAN)
    await choose_first_view_of_chat(services, sofya.chat_id, ResultView.SHARP)
    # As a board was before there were more views than two.
    _, board = await board_of(services, emmy)
    assert board.buttons[0] == ["Photo"]
    for somebody in (alan, sofya):
        (message,) = await somebody.got(1)
        assert (message["caption"], message.buttons[0]) == ("Board 1", ["Photo"])
    await running.stop()
    assert [bool(call.uploaded) for call in bot.called("sendPhoto")] == [True, False, False]


async def test_a_fast_board_has_no_sharp_view_and_offers_none(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    await join(services, room, emmy)
    await choose_first_view_of_chat(services, emmy.chat_id, ResultView.SHARP)
    board_id, board = await board_of(services, emmy, RenditionKind.CLEAN)
    assert (board["caption"], board.buttons[0]) == ("Board 1", ["Clean", "Photo"])
    # A button of the time when there was one, before the board was made anew.
    clean = await shows(emmy, board, "Clean")
    await emmy.hears(await emmy.forges(clean, f"cmp:{board_id.hex}:sharp"))
    assert emmy.inbox[-1]["caption"] == "Board 1"
    assert await choices(services) == {("clean", "opened"), ("composed", "opened")}


@both_languages
async def test_a_board_that_was_sharp_already_says_so(
    services: Services, room: Room, bot: BotApi, language: str
) -> None:
    emmy, words = person(bot, language=language), WORDS[language]
    await join(services, room, emmy)
    _, board = await board_of(services, emmy, left_as_it_is=True)
    assert board["caption"] == words["left"]
    assert board.buttons[0] == words["rest"][-1:]
    photo_of_it = await shows(emmy, board, words["rest"][-1])
    assert photo_of_it["caption"] == words["captions"][words["rest"][-1]]
    back = await shows(emmy, board, words["best"])
    assert back["caption"] == words["left"]


async def test_buttons_of_older_messages_still_work(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    await join(services, room, emmy)
    board_id, board = await board_of(services, emmy, *ALL)
    await emmy.hears(await emmy.forges(board, f"cmp:{board_id.hex}:before"))
    assert size_of(bot, emmy.inbox[-1]) == PHOTO_SIZE
    await emmy.hears(await emmy.forges(board, f"vote:{board_id.hex}:-1:before"))
    assert emmy.inbox[-1].buttons[:2] == [["Best", "Clean", "Sharp", "Straight"], ["👍", "👎 ✓"]]
    await emmy.hears(await emmy.forges(board, f"cmp:{board_id.hex}:after"))
    assert emmy.inbox[-1]["caption"] == "Board 1"
    await emmy.hears(await emmy.forges(board, f"full:{board_id.hex}"))
    assert size_of(bot, emmy.inbox[-1]) == COMPOSED_SIZE
    assert "document" in emmy.inbox[-1]
    assert await votes(services) == [(Vote.DISLIKE, "original")]
    for nonsense in (f"cmp:{board_id.hex}:behind", f"full:{board_id.hex}:composed", "file:1"):
        answer = await warned(emmy, await emmy.forges(board, nonsense))
        assert answer.startswith("This button is of an older message")


@both_languages
async def test_view_chooses_what_comes_first(
    services: Services, room: Room, bot: BotApi, language: str
) -> None:
    words = WORDS[language]
    emmy = await joined(bot, room, language=language)
    assert words["menu"] in emmy.menu()
    menu = await said(emmy, "/view")
    assert f": {words['best']}. " in menu["text"]
    names = [words["best"], *words["rest"][:2], words["rest"][3]]
    assert menu.buttons == [[name] for name in names]
    # Each of them is explained.
    assert [line.partition(":")[0] for line in menu["text"].split("\n")[1:]] == names
    assert (await shows(emmy, menu, words["rest"][0]))["text"] == words["chosen"]
    assert f": {words['rest'][0]}. " in (await said(emmy, "/view"))["text"]
    _, board = await board_of(services, emmy, *ALL)
    assert board["caption"] == words["captions"][words["rest"][0]]
    for command in ("/help", "/privacy"):
        told_of_it = (await said(emmy, command))["text"]
        assert ("/view" if command == "/help" else words_of_privacy(language)) in told_of_it


def words_of_privacy(language: str) -> str:
    return {
        "en": "which view of a board you opened or kept",
        "ru": "какой вид доски вы открыли или сохранили",
    }[language]


async def test_what_few_boards_have_cannot_come_first(room: Room, bot: BotApi) -> None:
    emmy = await joined(bot, room)
    menu = await said(emmy, "/view")
    refused = await warned(emmy, await emmy.forges(menu, "view:straight"))
    assert refused
    assert "Now: Best." in (await said(emmy, "/view"))["text"]


async def test_in_a_group_an_administrator_chooses_and_everybody_exchanges(
    services: Services, room: Room, bot: BotApi
) -> None:
    ada, alan = person(bot, "Ada"), person(bot, "Alan", has_started=False)
    group = make_group(bot, "Year 2", ada, [alan], kind="group")
    await group.adds_bot(by=ada)
    await group.promotes_bot(by=ada)
    await ada.writes(f"/bind {room.created.code}", in_=group)
    await group.got(2)
    await alan.writes("/view", in_=group)
    assert "Only an administrator" in (await group.got(3))[2]["text"]
    await ada.writes("/view", in_=group)
    menu = (await group.got(4))[3]
    assert "Only an administrator" in await warned(alan, await alan.presses(menu, label="Clean"))
    await ada.hears(await ada.presses(menu, label="Clean"))
    assert "comes first: Clean" in (await group.got(4))[3]["text"]
    # Whatever the group becomes, it is remembered.
    await group.migrates(by=ada)
    await ada.sends_photo(photo(1, size=PHOTO_SIZE), in_=group)
    (board_id,) = await eventually(lambda: boards(services), lambda found: len(found) == 1)
    await make_ready(services, board_id, kinds=ALL)
    await bot.until(lambda: any("photo" in message for message in group.inbox))
    (board,) = [message for message in group.inbox if "photo" in message]
    assert board["caption"] == "Board 1: clean, nothing invented"
    await alan.hears(await alan.presses(board, label="Sharp"))
    shown = bot.now(board)
    assert shown is not None
    assert size_of(bot, shown) == SHARP_SIZE
    assert await choices(services) == {("sharp", "opened")}


async def test_two_who_open_the_same_view_at_once_upload_it_once(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, alan, sofya = person(bot), person(bot, "Alan"), person(bot, "Sofya")
    for somebody in (emmy, alan, sofya):
        await join(services, room, somebody)
    _, board = await board_of(services, emmy, *ALL)
    (alans,), (sofyas,) = await alan.got(1), await sofya.got(1)
    released = bot.hang("editMessageMedia", chat_id=emmy.chat_id)
    hers = await emmy.presses(board, label="Clean")
    await bot.until(lambda: bool(bot.called("editMessageMedia")))
    his = await alan.presses(alans, label="Clean")
    # Meanwhile another view of the same board waits for nobody.
    await shows(sofya, sofyas, "Sharp")
    assert his not in bot.answered
    released.set()
    await emmy.hears(hers)
    await alan.hears(his)
    brought = Counter(bool(call.uploaded) for call in bot.called("editMessageMedia"))
    assert brought == {True: 2, False: 1}


@pytest.mark.parametrize("use", ViewUse)
async def test_what_cannot_be_recorded_spoils_no_press(
    services: Services, room: Room, use: ViewUse
) -> None:
    board_id = (await send_photo(services, room.student, quality=Quality.FAST)).board_id
    gone = replace(room.student, member_id=uuid4())
    await note_view_use(services, gone, board_id, ResultView.CLEAN, use)
    await note_view_use(services, room.student, uuid4(), ResultView.CLEAN, use)
    assert await choices(services) == set()
    await note_view_use(services, room.student, board_id, ResultView.CLEAN, use)
    assert await choices(services) == {("clean", use.value)}
