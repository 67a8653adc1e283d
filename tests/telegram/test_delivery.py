"""Ready boards on their way to the members' chats, and what Telegram may answer."""

import pytest
from sqlalchemy import delete, text
from sqlmodel import col

from core.deliveries import owe_to
from core.errors import LeaseLost
from core.sends import Due, claim_due, hand_back, mark_sent, postpone, take_back_expired
from core.services import Services
from core.tables import Board, Delivery, Member
from core.values import AttemptOutcome, AttemptPurpose, DeliveryState, MemberState
from tests.conftest import Room, Servers
from tests.telegram.botapi import BotApi
from tests.telegram.conftest import RunningBot, make_ready
from tests.telegram.lecture import delivery_of, join, waiting_board
from tests.telegram.people import Person, person, size_of
from tests.telegram.talking import shows


async def test_a_ready_board_reaches_every_member_once_and_is_uploaded_once(
    services: Services, room: Room, running: RunningBot, bot: BotApi
) -> None:
    people = [person(bot), person(bot, "Alan"), person(bot, "Софья", "ru")]
    for somebody in people:
        await join(services, room, somebody)
    board_id = await waiting_board(services, people[1])
    await make_ready(services, board_id)
    await people[0].got(1)
    await people[1].got(2)
    await people[2].got(1)
    await running.stop()
    for somebody in people:
        delivery, attempts = await delivery_of(services, somebody)
        assert delivery.state == DeliveryState.SENT
        assert delivery.telegram_message_id == somebody.inbox[-1]["message_id"]
        assert [(a.purpose, a.outcome, a.number) for a in attempts] == [
            (AttemptPurpose.SEND, AttemptOutcome.SUCCEEDED, 1)
        ]
    sends = bot.called("sendPhoto")
    assert len(sends) == 3
    # Who sent the photo gets the board first; the others get it by its file id.
    assert sends[0].chat_id == people[1].chat_id
    assert [bool(send.uploaded) for send in sends] == [True, False, False]
    assert people[0].inbox[-1]["caption"] == "Board 1"
    assert people[2].inbox[-1]["caption"] == "Доска 1"
    assert people[2].inbox[-1].buttons == [["Фото"], ["👍", "👎"], ["Полный размер", "Галерея"]]


async def test_full_size_sends_the_untouched_picture_and_uploads_it_once(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, alan = person(bot), person(bot, "Alan")
    await join(services, room, emmy)
    await join(services, room, alan)
    await make_ready(services, await waiting_board(services, emmy), (2600, 1900))
    await emmy.got(2)
    await alan.got(1)
    await emmy.presses(emmy.inbox[-1], label="Full size")
    await emmy.got(3)
    query = await alan.presses(alan.inbox[-1], label="Full size")
    await alan.got(2)
    assert size_of(bot, emmy.inbox[-1]) == (2600, 1900)
    assert emmy.inbox[-1]["document"]["file_name"] == "board-1.jpg"
    assert [bool(call.uploaded) for call in bot.called("sendDocument")] == [True, False]
    await bot.until(lambda: query in bot.answered)


async def test_the_button_of_another_auditoriums_board_opens_nothing(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, stranger = person(bot), person(bot, "Mallory")
    await join(services, room, emmy)
    await make_ready(services, await waiting_board(services, emmy))
    await emmy.got(2)
    query = await stranger.presses(emmy.inbox[-1], label="Full size")
    await bot.until(lambda: query in bot.answered)
    assert bot.answered[query]["text"].startswith("There is no such board")
    assert bot.called("sendDocument") == []


async def test_a_square_board_that_is_too_large_for_a_photo_goes_as_its_preview(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    await join(services, room, emmy)
    await make_ready(services, await waiting_board(services, emmy), (5040, 5040))
    message = (await emmy.got(2))[-1]
    assert max(size_of(bot, message)) == 1280
    assert "photo" in message


async def test_a_strip_that_is_no_photo_at_all_goes_as_a_file(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    await join(services, room, emmy)
    await make_ready(services, await waiting_board(services, emmy), (4000, 100))
    message = (await emmy.got(2))[-1]
    assert size_of(bot, message) == (4000, 100)
    assert message["caption"] == "Board 1"
    # It is the full size already; it can be rated and exchanged all the same.
    assert message.buttons == [["Photo"], ["👍", "👎"], ["Gallery"]]
    liked = await shows(emmy, message, "👍")
    assert liked.buttons == [["Photo"], ["👍 ✓", "👎"], ["Gallery"]]
    photo_of_it = await shows(emmy, message, "Photo")
    assert "photo" in photo_of_it
    assert photo_of_it.buttons == [["Best"], ["👍 ✓", "👎"], ["Full size", "Gallery"]]
    again = await shows(emmy, message, "Best")
    assert again["document"]["file_id"] == message["document"]["file_id"]
    assert len([call for call in bot.calls if call.chat_id == emmy.chat_id and call.uploaded]) == 2


async def test_file_ids_of_another_bot_are_replaced_by_an_upload(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, late = person(bot), person(bot, "Alan")
    await join(services, room, emmy)
    board_id = await waiting_board(services, emmy)
    await make_ready(services, board_id)
    await emmy.got(2)
    bot.files.kept.clear()
    await owe_to(services, board_id, await join(services, room, late))
    await late.got(1)
    tries = bot.called("sendPhoto", late.chat_id)
    assert [bool(send.uploaded) for send in tries] == [False, True]


async def test_who_blocked_the_bot_becomes_inactive_and_the_others_still_get_the_board(
    services: Services, room: Room, running: RunningBot, bot: BotApi
) -> None:
    emmy, gone = person(bot), person(bot, "Alan")
    await join(services, room, emmy)
    member_id = await join(services, room, gone)
    bot.fail(
        "sendPhoto", 403, "Forbidden: bot was blocked by the user", chat_id=gone.chat_id, times=9
    )
    await make_ready(services, await waiting_board(services, emmy))
    await emmy.got(2)
    await bot.until(lambda: bool(bot.called("sendPhoto", gone.chat_id)))
    await running.stop()
    delivery, attempts = await delivery_of(services, gone)
    assert (delivery.error_code, len(attempts)) == ("member_inactive", 1)
    async with services.sessions() as session:
        assert (await session.get_one(Member, member_id)).state == MemberState.INACTIVE
    assert len(bot.called("sendPhoto", gone.chat_id)) == 1


async def test_too_fast_waits_as_long_as_telegram_says_and_burns_no_try(
    services: Services, room: Room, running: RunningBot, bot: BotApi
) -> None:
    emmy = person(bot)
    await join(services, room, emmy)
    bot.fail("sendPhoto", 429, "Too Many Requests: retry after 2", retry_after=2)
    await make_ready(services, await waiting_board(services, emmy))
    await emmy.got(2)
    await running.stop()
    delivery, attempts = await delivery_of(services, emmy)
    assert delivery.state == DeliveryState.SENT
    assert delivery.attempts == 1
    assert [(a.outcome, a.error_code) for a in attempts] == [
        (AttemptOutcome.FAILED, "telegram_too_fast"),
        (AttemptOutcome.SUCCEEDED, None),
    ]
    refused, taken = bot.called("sendPhoto")
    assert taken.at - refused.at >= 2.0


async def test_telegrams_own_fault_is_tried_again_and_counted(
    services: Services, room: Room, running: RunningBot, bot: BotApi
) -> None:
    emmy = person(bot)
    await join(services, room, emmy)
    bot.fail("sendPhoto", 500, "Internal Server Error")
    await make_ready(services, await waiting_board(services, emmy))
    await emmy.got(2)
    await running.stop()
    delivery, attempts = await delivery_of(services, emmy)
    assert delivery.state == DeliveryState.SENT
    assert delivery.attempts == 2
    assert [a.error_code for a in attempts] == ["telegram_away", None]


async def test_the_object_store_being_away_only_delays_a_board(
    services: Services, servers: Servers, room: Room, bot: BotApi
) -> None:
    emmy, late = person(bot), person(bot, "Alan")
    await join(services, room, emmy)
    board_id = await waiting_board(services, emmy)
    member_id = await join(services, room, late)
    await make_ready(services, board_id)
    await emmy.got(2)
    await late.got(1)
    # Telegram forgets the picture, so its bytes are needed again, and they cannot be had.
    bot.files.kept.clear()
    async with services.sessions.begin() as session:
        await session.execute(delete(Delivery).where(col(Delivery.member_id) == member_id))
    servers.stop("s3")
    await owe_to(services, board_id, member_id)
    await bot.until(lambda: len(bot.called("sendPhoto", late.chat_id)) == 2)
    servers.start("s3")
    assert "photo" in (await late.got(2, within_s=40.0))[-1]


async def owed(services: Services, room: Room, api: BotApi) -> tuple[Person, Due]:
    """A claimed delivery, with no bot running."""
    emmy = person(api)
    member_id = await join(services, room, emmy)
    async with services.sessions.begin() as session:
        board = Board(auditorium_id=room.created.auditorium_id, number=1, width=1, height=1)
        session.add(board)
    await owe_to(services, board.id, member_id)
    (due,) = await claim_due(services, "first", 10)
    return emmy, due


async def let_the_lease_run_out(services: Services) -> None:
    async with services.sessions.begin() as session:
        await session.execute(
            text(
                "UPDATE delivery SET lease_until = now() - interval '1 s'"
                " WHERE lease_until IS NOT NULL"
            )
        )


async def test_a_claimed_delivery_is_not_claimed_twice(
    services: Services, room: Room, api: BotApi
) -> None:
    await owed(services, room, api)
    assert await claim_due(services, "second", 10) == []
    assert await take_back_expired(services) == 0


async def test_a_late_sender_changes_nothing_after_its_lease_was_taken_back(
    services: Services, room: Room, api: BotApi
) -> None:
    emmy, due = await owed(services, room, api)
    await let_the_lease_run_out(services)
    assert await take_back_expired(services) == 1
    (again,) = await claim_due(services, "second", 10)
    with pytest.raises(LeaseLost):
        await mark_sent(services, due, 77)
    with pytest.raises(LeaseLost):
        await hand_back(services, due)
    await mark_sent(services, again, 78)
    delivery, attempts = await delivery_of(services, emmy)
    assert (delivery.telegram_message_id, delivery.attempts) == (78, 2)
    assert [(a.owner, a.outcome, a.error_code) for a in attempts] == [
        ("first", AttemptOutcome.LOST, "sender_lost"),
        ("second", AttemptOutcome.SUCCEEDED, None),
    ]


async def test_a_delivery_handed_back_leaves_no_trace_and_a_postponed_one_waits(
    services: Services, room: Room, api: BotApi
) -> None:
    emmy, due = await owed(services, room, api)
    await hand_back(services, due)
    delivery, attempts = await delivery_of(services, emmy)
    assert (delivery.state, delivery.attempts, attempts) == (DeliveryState.OWED, 0, [])
    (due,) = await claim_due(services, "first", 10)
    await postpone(services, due, seconds=60, error_code="telegram_away")
    assert await claim_due(services, "first", 10) == []
