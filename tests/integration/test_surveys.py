"""The survey: who is asked, and what becomes of the answers."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from core.errors import NotAllowed, SurveyNotFound
from core.rooms import join_from_telegram, set_open
from core.sends import claim_due, mark_sent
from core.services import Services
from core.surveys import (
    TEXT_LIMIT,
    Answers,
    asked_by_message,
    clean_text,
    finish,
    next_question,
    record_choice,
    record_text,
    survey_figures,
    survey_of,
)
from core.tables import Board, Delivery, Member, Notice, Survey
from core.values import (
    DeliveryState,
    Hears,
    MemberState,
    NoticeKind,
    SurveyAnswer,
    SurveyQuestion,
)
from tests.conftest import Room, make_room

YES, PARTLY, NO = SurveyAnswer
READABLE, FAST, MISSING = SurveyQuestion
EMMY, GROUP, MESSAGE = 5_000_000_123, -1_005_000_000_123, 77


async def join(services: Services, room: Room, chat_id: int = EMMY) -> UUID:
    joined = await join_from_telegram(
        services, code=room.created.code, chat_id=chat_id, name="Emmy", locale="en"
    )
    return joined.member_id


async def hears(services: Services, member_id: UUID, what: Hears) -> None:
    async with services.sessions.begin() as session:
        await session.execute(update(Member).where(col(Member.id) == member_id).values(hears=what))


async def send_boards(services: Services, room: Room, member_id: UUID, count: int) -> None:
    """So many boards are owed to the member and sent to him, as the sender does it."""
    async with services.sessions.begin() as session:
        made = await session.scalar(select(func.count()).select_from(Board)) or 0
        for number in range(made + 1, made + count + 1):
            board = Board(
                auditorium_id=room.created.auditorium_id, number=number, width=1, height=1
            )
            session.add(board)
            await session.flush()
            session.add(Delivery(board_id=board.id, member_id=member_id))
    for due in await claim_due(services, "test", count):
        await mark_sent(services, due, 1)


async def asked(services: Services) -> list[UUID]:
    async with services.sessions() as session:
        notices = await session.execute(select(Notice).order_by(col(Notice.created_at)))
        found = list(notices.scalars())
    assert all((each.kind, each.key) == (NoticeKind.SURVEY, "survey") for each in found)
    return [each.member_id for each in found]


async def ask(services: Services, room: Room, chat_id: int = EMMY) -> UUID:
    """A member who was asked by the message MESSAGE."""
    member_id = await join(services, room, chat_id)
    async with services.sessions.begin() as session:
        session.add(
            Notice(
                member_id=member_id,
                kind=NoticeKind.SURVEY,
                key="survey",
                state=DeliveryState.SENT,
                sent_at=services.clock(),
                telegram_message_id=MESSAGE,
            )
        )
    return member_id


async def stored(services: Services, member_id: UUID) -> Survey:
    async with services.sessions() as session:
        return await session.get_one(Survey, member_id)


async def choose(
    services: Services, member_id: UUID, question: SurveyQuestion, answer: SurveyAnswer
) -> Answers:
    return await record_choice(
        services, chat_id=EMMY, member_id=member_id, question=question, answer=answer
    )


async def test_the_fifth_board_brings_the_question_and_no_later_one_another(
    services: Services, room: Room
) -> None:
    member_id = await join(services, room)
    await send_boards(services, room, member_id, 4)
    assert await asked(services) == []
    await send_boards(services, room, member_id, 1)
    assert await asked(services) == [member_id]
    await send_boards(services, room, member_id, 2)
    await set_open(services, room.owner, is_open=False)
    assert await asked(services) == [member_id]
    async with services.sessions() as session:
        notice = (await session.execute(select(Notice))).scalar_one()
    assert notice.data == {"member_id": str(member_id), "title": "Algebra, 14:00"}
    assert notice.state == DeliveryState.OWED


async def test_closing_asks_once_all_who_got_a_board(services: Services, room: Room) -> None:
    with_board = await join(services, room)
    await join(services, room, EMMY + 1)
    await send_boards(services, room, with_board, 1)
    other = await make_room(services, "Physics")
    elsewhere = await join(services, other)
    await send_boards(services, other, elsewhere, 1)
    for is_open in (False, True, False):
        await set_open(services, room.owner, is_open=is_open)
    assert await asked(services) == [with_board]


async def test_a_board_that_arrives_after_closing_brings_the_question(
    services: Services, room: Room
) -> None:
    member_id = await join(services, room)
    await set_open(services, room.owner, is_open=False)
    assert await asked(services) == []
    await send_boards(services, room, member_id, 1)
    assert await asked(services) == [member_id]


async def test_zero_boards_means_that_only_closing_asks(services: Services, room: Room) -> None:
    settings = services.settings.model_copy(update={"survey_after_boards": 0})
    member_id = await join(services, room)
    quiet = replace(services, settings=settings)
    await send_boards(quiet, room, member_id, 6)
    assert await asked(services) == []
    await set_open(quiet, room.owner, is_open=False)
    assert await asked(services) == [member_id]


@pytest.mark.parametrize("what", [Hears.OWN, Hears.NOTHING])
async def test_who_muted_or_reads_in_a_group_is_not_asked(
    services: Services, room: Room, what: Hears
) -> None:
    member_id = await join(services, room)
    await hears(services, member_id, what)
    await send_boards(services, room, member_id, 5)
    await set_open(services, room.owner, is_open=False)
    assert await asked(services) == []


async def test_groups_and_members_who_left_are_not_asked(services: Services, room: Room) -> None:
    group, gone = await join(services, room, GROUP), await join(services, room)
    for member_id in (group, gone):
        await send_boards(services, room, member_id, 4)
    async with services.sessions.begin() as session:
        await session.execute(
            update(Member)
            .where(col(Member.id) == gone)
            .values(state=MemberState.INACTIVE, inactive_reason="left")
        )
    await send_boards(services, room, group, 1)
    await set_open(services, room.owner, is_open=False)
    assert await asked(services) == []


async def test_each_answer_is_stored_at_once_and_can_be_changed_until_the_end(
    services: Services, room: Room
) -> None:
    member_id = await ask(services, room)
    answers = await choose(services, member_id, READABLE, NO)
    assert next_question(answers, READABLE) is FAST
    assert (await stored(services, member_id)).readable == NO
    await choose(services, member_id, READABLE, YES)
    answers = await choose(services, member_id, FAST, PARTLY)
    assert next_question(answers, FAST) is MISSING
    answers = await finish(services, chat_id=EMMY, member_id=member_id)
    assert (answers.readable, answers.fast, answers.missing, answers.ended) == (
        YES,
        PARTLY,
        None,
        True,
    )
    again = await choose(services, member_id, FAST, NO)
    late, _ = await record_text(services, chat_id=EMMY, member_id=member_id, text="one more")
    assert again == late == answers


async def test_the_same_answer_twice_changes_nothing(services: Services, room: Room) -> None:
    member_id = await ask(services, room)
    assert await choose(services, member_id, READABLE, YES) == await choose(
        services, member_id, READABLE, YES
    )
    await choose(services, member_id, FAST, YES)
    first = await record_text(services, chat_id=EMMY, member_id=member_id, text="colour")
    ended_at = (await stored(services, member_id)).ended_at
    assert first == await record_text(services, chat_id=EMMY, member_id=member_id, text="colour")
    assert first[0].ended
    assert (await stored(services, member_id)).ended_at == ended_at


async def test_a_text_that_comes_early_is_kept_and_not_asked_for_again(
    services: Services, room: Room
) -> None:
    member_id = await ask(services, room)
    answers, was_cut = await record_text(
        services, chat_id=EMMY, member_id=member_id, text="\x00\x07colour\x1b"
    )
    assert (answers.missing, answers.ended, was_cut) == ("colour", False, False)
    assert next_question(answers, MISSING) is READABLE
    answers = await choose(services, member_id, READABLE, YES)
    assert next_question(answers, READABLE) is FAST
    assert (await choose(services, member_id, FAST, YES)).ended


async def test_a_long_text_is_cut(services: Services, room: Room) -> None:
    member_id = await ask(services, room)
    answers, was_cut = await record_text(
        services, chat_id=EMMY, member_id=member_id, text="ю" * 3000
    )
    assert was_cut
    assert answers.missing == "ю" * TEXT_LIMIT


async def test_nobody_answers_for_another_or_unasked(services: Services, room: Room) -> None:
    member_id = await ask(services, room)
    unasked = await join(services, room, EMMY + 1)
    for chat_id, whom in ((EMMY + 1, member_id), (EMMY + 1, unasked), (EMMY, uuid4())):
        with pytest.raises(SurveyNotFound):
            await survey_of(services, chat_id, whom)
        with pytest.raises(SurveyNotFound):
            await finish(services, chat_id=chat_id, member_id=whom)
        with pytest.raises(SurveyNotFound):
            await record_text(services, chat_id=chat_id, member_id=whom, text="x")


async def test_a_message_names_who_was_asked_by_it(services: Services, room: Room) -> None:
    member_id = await ask(services, room)
    assert await asked_by_message(services, EMMY, MESSAGE) == member_id
    assert await asked_by_message(services, EMMY, MESSAGE + 1) is None
    assert await asked_by_message(services, EMMY + 1, MESSAGE) is None


async def test_figures_are_the_managers_and_have_no_names(services: Services, room: Room) -> None:
    first, second = await ask(services, room), await ask(services, room, EMMY + 1)
    await ask(services, await make_room(services, "Physics"), EMMY + 2)
    await choose(services, first, READABLE, YES)
    await choose(services, first, FAST, NO)
    await record_text(services, chat_id=EMMY, member_id=first, text="more light")
    await record_choice(services, chat_id=EMMY + 1, member_id=second, question=READABLE, answer=YES)
    figures = await survey_figures(services, room.owner)
    assert (figures.asked, figures.answered, figures.finished) == (2, 2, 1)
    assert figures.readable == {YES: 2, PARTLY: 0, NO: 0}
    assert figures.fast == {YES: 0, PARTLY: 0, NO: 1}
    assert figures.missing == ("more light",)
    with pytest.raises(NotAllowed):
        await survey_figures(services, room.student)


def test_control_characters_go_and_line_breaks_stay() -> None:
    assert clean_text(" a\x00b\r\nc\u202e\ud800 ") == ("ab\nc", False)
    assert clean_text("\x00\t\n") == ("", False)
    assert clean_text("x" * (TEXT_LIMIT + 1)) == ("x" * TEXT_LIMIT, True)
