"""The survey as a person answers it: one message, edited from question to question."""

from sqlalchemy import select, update
from sqlmodel import col

from core.rooms import set_open
from core.services import Services
from core.surveys import KEY, TEXT_LIMIT
from core.tables import Member, Notice, Survey
from core.values import DeliveryState, NoticeKind
from tests.conftest import Room
from tests.telegram.botapi import BotApi, Message
from tests.telegram.conftest import make_ready
from tests.telegram.lecture import both_languages, delivery_of, join, waiting_board
from tests.telegram.people import Person, person
from tests.telegram.talking import said, shows, warned
from tests.waiting import eventually

WORDS = {
    "en": {
        "yes": "Yes",
        "partly": "Partly",
        "no": "No",
        "nothing": "Nothing, thanks",
        "back": "« Back",
        "readable": "1. Could you read the boards?",
        "fast": "2. Was it fast enough?",
        "missing": "3. What was missing?",
        "thanks": "Thank you!",
    },
    "ru": {
        "yes": "Да",
        "partly": "Отчасти",
        "no": "Нет",
        "nothing": "Ничего, спасибо",
        "back": "« Назад",
        "readable": "1. Удалось ли прочитать доски?",
        "fast": "2. Достаточно ли быстро",
        "missing": "3. Чего не хватило?",
        "thanks": "Спасибо!",
    },
}


async def asked(services: Services, room: Room, somebody: Person) -> Message:
    """The first question, as it comes to a member who is owed it."""
    member_id = await join(services, room, somebody)
    told = len(somebody.inbox)
    async with services.sessions.begin() as session:
        session.add(
            Notice(
                member_id=member_id,
                kind=NoticeKind.SURVEY,
                key=KEY,
                data={"member_id": str(member_id), "title": room.student.title},
                state=DeliveryState.OWED,
            )
        )
    return (await somebody.got(told + 1))[told]


async def stored(services: Services) -> Survey:
    async with services.sessions() as session:
        return (await session.execute(select(Survey))).scalar_one()


@both_languages
async def test_the_survey_is_one_message_from_the_first_question_to_the_thanks(
    services: Services, room: Room, bot: BotApi, language: str
) -> None:
    emmy, words = person(bot, language=language), WORDS[language]
    await join(services, room, emmy)
    await make_ready(services, await waiting_board(services, emmy))
    await eventually(
        lambda: delivery_of(services, emmy), lambda found: found[0].state == DeliveryState.SENT
    )
    # The lecture is over.
    await set_open(services, room.owner, is_open=False)
    question = (await emmy.got(3))[2]
    assert "Algebra, 14:00" in question["text"]
    assert words["readable"] in question["text"]
    assert question.buttons == [[words["yes"], words["partly"], words["no"]]]
    second = await shows(emmy, question, words["no"])
    assert words["fast"] in second["text"]
    assert (await stored(services)).readable == "no"
    # Back, to change one's mind.
    back = await shows(emmy, question, words["back"])
    assert words["readable"] in back["text"]
    assert back.buttons == [[words["yes"], words["partly"], f"{words['no']} ✓"]]
    await shows(emmy, question, words["partly"])
    third = await shows(emmy, question, words["yes"])
    assert words["missing"] in third["text"]
    await emmy.writes("A darker pen,\nplease", reply_to=third)
    await bot.until(lambda: emmy.inbox[2]["text"].startswith(words["thanks"]))
    assert emmy.inbox[2].buttons == []
    survey = await stored(services)
    assert (survey.readable, survey.fast, survey.missing) == (
        "partly",
        "yes",
        "A darker pen,\nplease",
    )
    assert survey.ended_at is not None
    assert len(emmy.inbox) == 3
    assert emmy.inbox[2]["message_id"] == question["message_id"]


@both_languages
async def test_the_last_question_can_be_left_out(
    services: Services, room: Room, bot: BotApi, language: str
) -> None:
    emmy, words = person(bot, language=language), WORDS[language]
    question = await asked(services, room, emmy)
    for answer in ("yes", "yes", "nothing"):
        thanks = await shows(emmy, question, words[answer])
    assert thanks["text"].startswith(words["thanks"])
    survey = await stored(services)
    assert (survey.missing, survey.ended_at is not None) == (None, True)


async def test_what_is_finished_stays_as_it_is(services: Services, room: Room, bot: BotApi) -> None:
    emmy = person(bot)
    question = await asked(services, room, emmy)
    for answer in ("Yes", "Yes", "Nothing, thanks"):
        thanks = await shows(emmy, question, answer)
    late = await emmy.presses(question, label="No", is_late=True)
    assert (await emmy.hears(late)).startswith("You have already finished")
    told = await said(emmy, "One more thing", reply_to=thanks)
    assert told["text"].startswith("You have already finished")
    assert emmy.inbox[0] == thanks
    survey = await stored(services)
    assert (survey.readable, survey.missing) == ("yes", None)


async def test_a_long_text_is_cut_and_said_to_be_cut(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    question = await asked(services, room, emmy)
    for _ in range(2):
        third = await shows(emmy, question, "Yes")
    await emmy.writes("x" * 3000, reply_to=third)
    await bot.until(lambda: "its first 1000 characters are kept" in emmy.inbox[0]["text"])
    assert (await stored(services)).missing == "x" * TEXT_LIMIT


async def test_a_text_before_its_turn_is_kept_and_the_choices_are_still_asked(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    question = await asked(services, room, emmy)
    second = await shows(emmy, question, "Yes")
    await emmy.writes("colour", reply_to=second)
    # Nothing to edit: the question that is shown is still the next one.
    await bot.until(lambda: len(bot.called("editMessageText")) == 2)
    assert bot.now(question) == second
    assert "2. Was it fast enough?" in second["text"]
    thanks = await shows(emmy, question, "No")
    assert thanks["text"].startswith("Thank you!")
    survey = await stored(services)
    assert (survey.fast, survey.missing) == ("no", "colour")
    assert emmy.inbox == [thanks]


async def test_thanks_come_by_a_message_where_the_question_was_deleted(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    question = await asked(services, room, emmy)
    for _ in range(2):
        third = await shows(emmy, question, "Yes")
    # He answers on a phone that has not heard that another one of his deleted it.
    await emmy.deletes(third)
    assert (await said(emmy, "colour", reply_to=third))["text"].startswith("Thank you!")
    assert (await stored(services)).missing == "colour"


async def test_commands_and_other_replies_are_no_answers(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    question = await asked(services, room, emmy)
    helped = await said(emmy, "/help", reply_to=question)
    joined = await said(emmy, room.created.code, reply_to=helped)
    assert "Algebra, 14:00" in joined["text"]
    async with services.sessions() as session:
        assert (await session.execute(select(Survey))).first() is None


async def test_nobody_answers_for_another(services: Services, room: Room, bot: BotApi) -> None:
    emmy, mallory = person(bot), person(bot, "Mallory")
    question = await asked(services, room, emmy)
    own = await asked(services, room, mallory)
    data = question["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    answer = await warned(mallory, await mallory.forges(own, data))
    assert answer.startswith("These questions are not for you")
    async with services.sessions.begin() as session:
        assert (await session.execute(select(Survey))).first() is None
        # Nor does who has gone.
        await session.execute(
            update(Member)
            .where(col(Member.telegram_chat_id) == emmy.chat_id)
            .values(telegram_chat_id=emmy.chat_id + 10**9)
        )
    answer = await warned(emmy, await emmy.presses(question, label="Yes"))
    assert answer.startswith("These questions are not for you")
    assert [bot.now(each) for each in (question, own)] == [question, own]
