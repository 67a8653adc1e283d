"""What members say of boards by thumbs, and the photo and what was made of it."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.keyboards import Rate, Show
from core.removal import remove_upload
from core.services import Services
from core.tables import Board, Member, Rating, Rendition, Upload
from core.values import Hears, RenditionKind, ResultView, Vote
from tests.conftest import Room
from tests.pictures import photo
from tests.telegram.botapi import BotApi, Message
from tests.telegram.conftest import make_ready
from tests.telegram.lecture import boards, both_languages, join
from tests.telegram.people import ForumTopic, Person, make_group, person, size_of
from tests.telegram.talking import said, shows, warned
from tests.waiting import eventually

WORDS = {
    "en": {
        "before": "Photo",
        "after": "Best",
        "photo": "Board 1: the photo as it was sent",
        "board": "Board 1",
    },
    "ru": {
        "before": "Фото",
        "after": "Лучшее",
        "photo": "Доска 1: исходное фото",
        "board": "Доска 1",
    },
}


async def ready_board(services: Services, sender: Person) -> tuple[UUID, Message]:
    """A board that the sender has sent and got back, and the message in which he got it."""
    told = len(sender.inbox)
    await sender.sends_photo(photo(1, size=(800, 600)))
    await sender.got(told + 1)
    async with services.sessions() as session:
        board_id = (await session.execute(select(col(Board.id)))).scalar_one()
    await make_ready(services, board_id)
    message = (await sender.got(told + 2))[-1]
    assert "photo" in message
    return board_id, message


async def votes(services: Services) -> list[int]:
    async with services.sessions() as session:
        rows = await session.execute(select(col(Rating.value)).order_by(col(Rating.created_at)))
        return list(rows.scalars())


@both_languages
async def test_a_vote_is_marked_changed_and_taken_back_in_the_same_message(
    services: Services, room: Room, bot: BotApi, language: str
) -> None:
    emmy = person(bot, language=language)
    await join(services, room, emmy)
    _, board = await ready_board(services, emmy)
    assert board.buttons[1] == ["👍", "👎"]
    liked = await shows(emmy, board, "👍")
    assert liked.buttons[1] == ["👍 ✓", "👎"]
    (toast,) = emmy.sees("answer")
    assert toast.content["text"].startswith("👍")
    assert not toast.content["is_alert"]
    disliked = await shows(emmy, board, "👎")
    assert disliked.buttons[1] == ["👍", "👎 ✓"]
    assert await votes(services) == [Vote.DISLIKE]
    taken_back = await shows(emmy, board, "👎 ✓")
    assert taken_back.buttons[1] == ["👍", "👎"]
    assert emmy.alerts[-1] not in emmy.alerts[:-1]
    assert await votes(services) == []
    # Only the keyboard was touched, and no message was added.
    assert [each["message_id"] for each in emmy.inbox][1:] == [board["message_id"]]
    assert all(version["photo"] == board["photo"] for version in bot.edits_of(board))
    assert bot.called("editMessageMedia") == []


@pytest.mark.parametrize(
    "refusal",
    ["Bad Request: message is not modified: specified new message content", "message not found"],
)
async def test_a_vote_counts_also_where_the_message_cannot_show_it(
    services: Services, room: Room, bot: BotApi, refusal: str
) -> None:
    emmy = person(bot)
    await join(services, room, emmy)
    _, board = await ready_board(services, emmy)
    bot.fail("editMessageReplyMarkup", 400, refusal)
    assert await emmy.hears(await emmy.presses(board, label="👍")) == "👍 Counted, thank you!"
    assert await votes(services) == [Vote.LIKE]


@both_languages
async def test_photo_and_result_change_places_in_one_message_and_go_to_telegram_once(
    services: Services, room: Room, bot: BotApi, language: str
) -> None:
    emmy, alan = person(bot, language=language), person(bot, "Alan")
    words = WORDS[language]
    await join(services, room, emmy)
    await join(services, room, alan)
    board_id, board = await ready_board(services, emmy)
    await shows(emmy, board, "👍")
    before = await shows(emmy, board, words["before"])
    assert before["caption"] == words["photo"]
    assert size_of(bot, before) == (800, 600)
    assert before.buttons[0] == [words["after"]]
    assert before.buttons[1] == ["👍 ✓", "👎"]
    # A vote leaves the picture and its button as they are.
    disliked = await shows(emmy, board, "👎")
    assert disliked["photo"] == before["photo"]
    assert disliked.buttons[0] == [words["after"]]
    after = await shows(emmy, board, words["after"])
    assert after["caption"] == words["board"]
    assert after["photo"] == board["photo"]
    assert after.buttons[:2] == [[words["before"]], ["👍", "👎 ✓"]]
    (alans,) = await alan.got(1)
    shown = await shows(alan, alans, "Photo")
    uploads = [bool(call.uploaded) for call in bot.called("editMessageMedia")]
    assert uploads == [True, False, False]
    async with services.sessions() as session:
        upright = (
            await session.execute(
                select(Rendition)
                .where(col(Rendition.board_id) == board_id)
                .where(col(Rendition.kind) == RenditionKind.UPRIGHT)
            )
        ).scalar_one()
    assert upright.telegram_photo_id == shown["photo"][-1]["file_id"]


async def test_pressed_twice_it_is_exchanged_once(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    await join(services, room, emmy)
    _, board = await ready_board(services, emmy)
    for _ in range(2):
        assert await emmy.hears(await emmy.presses(board, label="Photo", is_late=True)) == ""
    assert len(emmy.inbox) == 2
    # The first time by its bytes; the second time Telegram says that nothing has changed.
    assert len(bot.called("editMessageMedia")) == 2
    assert len(bot.edits_of(board)) == 2


async def test_where_a_picture_cannot_be_exchanged_the_photo_comes_below(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    await join(services, room, emmy)
    board_id, board = await ready_board(services, emmy)
    # A message without a picture.
    helped = await said(emmy, "/help")
    data = Show(board_id=board_id, view=ResultView.ORIGINAL).pack()
    assert await emmy.hears(await emmy.forges(helped, data)) == ""
    below = emmy.inbox[-1]
    assert below["caption"] == "Board 1: the photo as it was sent"
    assert below["reply_to_message"]["message_id"] == helped["message_id"]
    assert size_of(bot, below) == (800, 600)
    # One that he has deleted before his thumb was up.
    await emmy.deletes(board)
    assert await emmy.hears(await emmy.presses(board, label="Photo")) == ""
    again = emmy.inbox[-1]
    assert again["message_id"] > below["message_id"]
    assert again["caption"] == below["caption"]
    assert again.buttons[0] == ["Best"]


async def bound_topic(
    services: Services, room: Room, bot: BotApi, *people: Person
) -> tuple[ForumTopic, Message]:
    """A topic of these people's forum, bound to the auditorium, and a board that came there."""
    ada = person(bot, "Ada")
    forum = make_group(bot, "Year 2", ada, people, is_forum=True)
    await forum.adds_bot(by=ada)
    await forum.promotes_bot(by=ada)
    topic = await forum.new_topic("Algebra", by=ada)
    await ada.writes(f"/bind {room.created.code}", in_=topic)
    await topic.got(1)
    await ada.sends_photo(photo(1, size=(800, 600)), in_=topic)
    (board_id,) = await eventually(lambda: boards(services), lambda found: len(found) == 1)
    await make_ready(services, board_id)
    message = (await topic.got(2))[-1]
    assert "photo" in message
    return topic, message


async def test_in_a_group_everybody_votes_for_himself_and_nobody_is_marked(
    services: Services, room: Room, bot: BotApi
) -> None:
    alan, sofya = person(bot, "Alan", has_started=False), person(bot, "Софья", "ru")
    _, board = await bound_topic(services, room, bot, alan, sofya)
    assert board.buttons[1] == ["👍", "👎"]
    toasts = [
        await somebody.hears(await somebody.presses(board, label="👍"))
        for somebody in (alan, sofya)
    ]
    assert toasts == ["👍 Counted, thank you!", "👍 Учтено, спасибо!"]
    assert bot.edits_of(board) == [board]
    assert bot.called("editMessageReplyMarkup") == []
    assert await votes(services) == [Vote.LIKE, Vote.LIKE]
    async with services.sessions() as session:
        member = (
            await session.execute(
                select(Member).where(col(Member.telegram_chat_id) == alan.chat_id)
            )
        ).scalar_one()
    assert member.hears == Hears.NOTHING


async def test_in_a_group_the_file_comes_into_the_topic_below_the_board(
    services: Services, room: Room, bot: BotApi
) -> None:
    alan = person(bot, "Alan", has_started=False)
    topic, board = await bound_topic(services, room, bot, alan)
    await alan.hears(await alan.presses(board, label="Full size"))
    (file,) = (await topic.got(3))[2:]
    assert file["document"]["file_name"] == "board-1.jpg"
    assert file["reply_to_message"]["message_id"] == board["message_id"]
    assert alan.inbox == []


async def test_old_and_foreign_buttons_are_answered_with_an_alert(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, stranger = person(bot), person(bot, "Mallory")
    await join(services, room, emmy)
    board_id, board = await ready_board(services, emmy)
    own = await said(stranger, "/start")
    data = Rate(board_id=board_id, vote=Vote.LIKE, view=ResultView.COMPOSED).pack()
    refused = [
        await warned(stranger, await stranger.forges(own, data)),
        await warned(stranger, await stranger.forges(board, data)),
        await warned(stranger, await stranger.presses(board, label="👍")),
    ]
    async with services.sessions() as session:
        upload_id = (await session.execute(select(col(Upload.id)))).scalar_one()
    await remove_upload(services, room.owner, upload_id)
    refused += [
        await warned(emmy, await emmy.presses(board, label=label))
        for label in ("👍", "Photo", "Full size")
    ]
    for answer in refused:
        assert answer.startswith("There is no such board")
    for nonsense in ("vote:1:2:3", f"vote:{board_id.hex}:7:after", "x", ":" * 40):
        answer = await warned(emmy, await emmy.forges(board, nonsense))
        assert answer.startswith("This button is of an older message")
    assert await votes(services) == []
