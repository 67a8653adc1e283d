"""Photos and data that people take back, and what they are told of privacy."""

from sqlalchemy import func, select
from sqlmodel import col

from core.services import Services
from core.tables import Board, Member, Upload
from tests.conftest import Room, make_room
from tests.pictures import photo
from tests.telegram.botapi import BotApi, Message
from tests.telegram.conftest import make_ready
from tests.telegram.lecture import boards, both_languages, join
from tests.telegram.people import Person, make_group, person
from tests.telegram.talking import said, shows, warned
from tests.waiting import eventually

WORDS = {
    "en": {
        "ask": "Delete your photo of board 1?",
        "alone": "Nobody else has sent it, so the board goes for",
        "others": "Others have sent it too, so the board stays.",
        "delete": "Delete",
        "keep": "Keep it",
        "gone": "Deleted: your photo and board 1.",
        "stays": "Your photo is deleted, board 1 stays.",
        "kept": "Nothing is deleted.",
        "status": "The photo is deleted.",
        "which": "Which of your photos",
        "board": "Board 1",
        "all": "Delete all my data",
        "really": "Delete all your photos",
        "erased": "Everything of yours is deleted: 2 photos.",
    },
    "ru": {
        "ask": "Удалить ваше фото доски 1?",
        "alone": "Больше её никто не присылал, поэтому доска исчезнет",
        "others": "Её присылали и другие, поэтому доска останется.",
        "delete": "Удалить",
        "keep": "Оставить",
        "gone": "Удалены ваше фото и доска 1.",
        "stays": "Ваше фото удалено, доска 1 осталась.",
        "kept": "Ничего не удалено.",
        "status": "Фото удалено.",
        "which": "Какое из ваших фото",
        "board": "Доска 1",
        "all": "Удалить все мои данные",
        "really": "Удалить все ваши фото",
        "erased": "Всё ваше удалено: 2 фото.",
    },
}


async def sends(somebody: Person, seed: int) -> Message:
    """A photo, answered by the bot; the person's own message."""
    told = len(somebody.inbox)
    sent = await somebody.sends_photo(photo(seed, size=(800, 600)))
    await somebody.got(told + 1)
    return sent


async def count(services: Services, table: type[Board | Upload]) -> int:
    async with services.sessions() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


@both_languages
async def test_a_photo_is_deleted_by_a_reply_to_it_after_a_question(
    services: Services, room: Room, bot: BotApi, language: str
) -> None:
    emmy, words = person(bot, language=language), WORDS[language]
    await join(services, room, emmy)
    question = await said(emmy, "/delete", reply_to=await sends(emmy, 1))
    assert question["text"].startswith(f"{words['ask']} {words['alone']}")
    assert question.buttons == [[words["delete"], words["keep"]]]
    assert await count(services, Upload) == 1
    gone = await shows(emmy, question, words["delete"])
    assert gone["text"] == words["gone"]
    assert gone.buttons == []
    assert (await count(services, Upload), await count(services, Board)) == (0, 0)
    # What told how far it was tells now that nothing is to come.
    await bot.until(lambda: emmy.inbox[0]["text"] == words["status"])
    assert len(emmy.inbox) == 2


@both_languages
async def test_a_board_that_a_classmate_has_sent_too_stays(
    services: Services, room: Room, bot: BotApi, language: str
) -> None:
    emmy, alan, words = person(bot, language=language), person(bot, "Alan"), WORDS[language]
    for somebody in (emmy, alan):
        await join(services, room, somebody)
    mine = await sends(emmy, 1)
    await sends(alan, 1)
    question = await said(emmy, "/delete", reply_to=mine)
    assert question["text"] == f"{words['ask']} {words['others']}"
    assert (await shows(emmy, question, words["delete"]))["text"] == words["stays"]
    assert (await count(services, Upload), await count(services, Board)) == (1, 1)


@both_languages
async def test_without_a_reply_the_last_photos_are_offered(
    services: Services, room: Room, bot: BotApi, language: str
) -> None:
    emmy, words = person(bot, language=language), WORDS[language]
    await join(services, room, emmy)
    await sends(emmy, 1)
    await sends(emmy, 2)
    choice = await said(emmy, "/delete")
    assert choice["text"].startswith(words["which"])
    lines = [row[0] for row in choice.buttons]
    assert [line.partition(" · ")[0][-1] for line in lines] == ["2", "1"]
    assert "Algebra" not in lines[0]
    assert lines[1].startswith(words["board"])
    question = await shows(emmy, choice, lines[1])
    assert question["text"].startswith(words["ask"])
    assert (await shows(emmy, question, words["keep"]))["text"] == words["kept"]
    assert await count(services, Upload) == 2


async def test_photos_of_several_auditoriums_are_told_apart_by_title(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    await join(services, room, emmy)
    await sends(emmy, 1)
    await join(services, await make_room(services, "An introduction to the theory of sets"), emmy)
    await sends(emmy, 2)
    assert (await said(emmy, "/delete")).buttons == [
        ["Board 1 · An introduction to the … · just now"],
        ["Board 1 · Algebra, 14:00 · just now"],
    ]


async def test_a_reply_to_something_else_says_so_and_offers_a_choice(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, alan = person(bot), person(bot, "Alan")
    await join(services, room, emmy)
    nothing = await said(emmy, "/delete")
    assert nothing["text"] == "There is no photo of yours here."
    mine = await sends(emmy, 1)
    choice = await said(emmy, "/delete", reply_to=nothing)
    assert choice["text"].startswith("That message is not a photo of yours that I have. Which")
    for foreign in (choice, mine):
        told = await said(alan, "/delete", reply_to=foreign)
        assert told["text"] == "There is no photo of yours here."


async def test_a_deleted_board_is_taken_out_of_the_chats_as_far_as_telegram_lets(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, alan, ada = person(bot), person(bot, "Alan"), person(bot, "Ada")
    for somebody in (emmy, alan, ada):
        await join(services, room, somebody)
    mine = await sends(emmy, 1)
    (board_id,) = await boards(services)
    await make_ready(services, board_id)
    await emmy.got(2)
    await alan.got(1)
    await ada.got(1)
    bot.fail("deleteMessage", 400, "Bad Request: message can't be deleted", chat_id=alan.chat_id)
    await shows(emmy, await said(emmy, "/delete", reply_to=mine), "Delete")
    await bot.until(lambda: len(bot.called("deleteMessage")) == 3)
    assert (ada.inbox, len(alan.inbox)) == ([], 1)
    assert ["photo" in message for message in emmy.inbox] == [False, False]


async def test_a_photo_is_deleted_only_by_who_sent_it_and_only_once(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, mallory = person(bot), person(bot, "Mallory")
    for somebody in (emmy, mallory):
        await join(services, room, somebody)
    question = await said(emmy, "/delete", reply_to=await sends(emmy, 1))
    data = question["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    helped = await said(mallory, "/help")
    foreign = await warned(mallory, await mallory.forges(helped, data))
    assert foreign.startswith("There is no such photo")
    assert await count(services, Upload) == 1
    await shows(emmy, question, "Delete")
    for label in ("Delete", "Keep it"):
        late = await warned(emmy, await emmy.presses(question, label=label, is_late=True))
        assert late.startswith("There is no such photo")


async def test_in_a_group_only_the_sender_takes_his_photo_back_and_the_board_goes_there_too(
    services: Services, room: Room, bot: BotApi
) -> None:
    ada, emmy, mallory = person(bot, "Ada"), person(bot), person(bot, "Mallory")
    group = make_group(bot, "Year 2", ada, [emmy, mallory])
    await group.adds_bot(by=ada)
    await group.promotes_bot(by=ada)
    await ada.writes(f"/bind {room.created.code}", in_=group)
    await group.got(2)
    mine = await emmy.sends_photo(photo(1, size=(800, 600)), in_=group)
    (board_id,) = await eventually(lambda: boards(services), lambda found: len(found) == 1)
    await make_ready(services, board_id)
    board = (await group.got(3))[2]
    await mallory.writes("/delete", in_=group, reply_to=mine)
    assert (await group.got(4))[3]["text"] == "There is no photo of yours here."
    await emmy.writes("/delete", in_=group, reply_to=mine)
    question = (await group.got(5))[4]
    assert question["text"].startswith("Delete your photo of board 1?")
    for label in ("Delete", "Keep it"):
        foreign = await warned(mallory, await mallory.presses(question, label=label))
        assert foreign.startswith("There is no such photo")
    gone = await shows(emmy, question, "Delete")
    assert gone["text"] == "Deleted: your photo and board 1."
    await bot.until(lambda: bot.now(board) is None)
    assert await count(services, Upload) == 0


@both_languages
async def test_privacy_tells_what_is_stored_and_deletes_all_of_it_after_a_question(
    services: Services, room: Room, bot: BotApi, language: str
) -> None:
    emmy, alan, words = person(bot, language=language), person(bot, "Alan"), WORDS[language]
    # One photo in an auditorium of his own, one in the lecture, which a classmate has sent too.
    await sends(emmy, 1)
    for somebody in (emmy, alan):
        await join(services, room, somebody)
    await sends(emmy, 2)
    await sends(alan, 2)
    told = await said(emmy, "/privacy")
    assert "/delete" in told["text"]
    assert len(told["text"]) < 1000
    assert told.buttons == [[words["all"]]]
    question = await shows(emmy, told, words["all"])
    assert question["text"].startswith(words["really"])
    assert (await shows(emmy, question, words["keep"]))["text"] == words["kept"]
    assert await count(services, Upload) == 3
    question = await shows(emmy, await said(emmy, "/privacy"), words["all"])
    erased = await shows(emmy, question, words["delete"])
    assert erased["text"].startswith(words["erased"])
    assert erased.buttons == []
    assert (await count(services, Upload), await count(services, Board)) == (1, 1)
    async with services.sessions() as session:
        gone = select(Member).where(col(Member.telegram_chat_id) == emmy.chat_id)
        assert (await session.execute(gone)).first() is None


async def test_in_a_group_nobody_deletes_all_his_data_by_anothers_button(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    await join(services, room, emmy)
    await sends(emmy, 1)
    group = make_group(bot, "Year 2", emmy)
    await group.adds_bot(by=emmy)
    await group.got(1)
    await emmy.writes("/privacy", in_=group)
    told = (await group.got(2))[1]
    assert "/delete" in told["text"]
    assert told.buttons == []
    answer = await warned(emmy, await emmy.forges(told, "erase:yes"))
    assert answer == "Write to me in a private chat for this."
    assert await count(services, Upload) == 1
