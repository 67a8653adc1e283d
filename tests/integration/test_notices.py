"""Notices are sent once: claimed by one sender, taken over when it dies, dropped for the absent."""

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from core.chat_life import chat_gone
from core.errors import LeaseLost
from core.notices import (
    MOST_TRIES,
    DueNotice,
    claim_notices,
    notice_later,
    notice_sent,
    owe_notice,
)
from core.rooms import join_from_telegram
from core.services import Services
from core.statuses import Place, claim_statuses, follow, status_shown
from core.tables import Notice
from core.values import DeliveryState, NoticeKind
from tests.acts import send_photo
from tests.conftest import Room

CHAT = 5_000_000_001


async def owed(services: Services, room: Room, kind: NoticeKind = NoticeKind.OVERLOAD) -> None:
    joined = await join_from_telegram(
        services, code=room.created.code, chat_id=CHAT, name="Ann", locale="ru"
    )
    async with services.sessions.begin() as session:
        # The web guest has no chat: he is owed nothing.
        await owe_notice(
            session,
            [joined.member_id, room.student.member_id],
            kind,
            key="overload:1",
            data={"wait_s": 70},
        )


async def sent_a_photo(services: Services, room: Room) -> None:
    """He has a status whose first words are still to be sent."""
    receipt = await send_photo(services, room.student, 1)
    place = Place(chat_id=CHAT, topic_id=None, key="message:7", reply_to=7, locale="ru")
    await follow(services, receipt.upload_id, place, settle_s=0.0)


async def claimed(services: Services) -> DueNotice:
    (due,) = await claim_notices(services, 10)
    return due


async def state_of(services: Services) -> tuple[str, str | None]:
    async with services.sessions() as session:
        notice = (await session.execute(select(Notice))).scalar_one()
        return notice.state, notice.error_code


async def test_a_notice_is_owed_once_and_only_to_those_who_are_in_telegram(
    services: Services, room: Room
) -> None:
    await owed(services, room)
    await owed(services, room)
    due = await claimed(services)
    assert (due.chat_id, due.locale, due.kind, due.data) == (
        CHAT,
        "ru",
        NoticeKind.OVERLOAD,
        {"wait_s": 70},
    )
    assert await claim_notices(services, 10) == []
    await notice_sent(services, due, 77)
    assert await state_of(services) == (DeliveryState.SENT, None)
    assert await claim_notices(services, 10) == []


async def test_a_late_sender_changes_nothing_after_its_lease_ran_out(
    services: Services, room: Room
) -> None:
    await owed(services, room)
    late = await claimed(services)
    async with services.sessions.begin() as session:
        await session.execute(text("UPDATE notice SET lease_until = now() - interval '1 s'"))
    again = await claimed(services)
    with pytest.raises(LeaseLost):
        await notice_sent(services, late, 77)
    await notice_sent(services, again, 78)
    assert await state_of(services) == (DeliveryState.SENT, None)


async def test_tries_that_count_come_to_an_end_and_those_that_do_not_do_not(
    services: Services, room: Room
) -> None:
    await owed(services, room)
    for _ in range(MOST_TRIES + 2):
        due = await claimed(services)
        await notice_later(services, due, seconds=0.0, error_code="too_fast", counts=False)
    for _ in range(MOST_TRIES):
        await notice_later(services, await claimed(services), seconds=0.0, error_code="away")
    assert await state_of(services) == (DeliveryState.FAILED, "away")


async def test_who_is_gone_is_told_nothing(services: Services, room: Room) -> None:
    await owed(services, room)
    await chat_gone(services, CHAT)
    assert await claim_notices(services, 10) == []
    assert await state_of(services) == (DeliveryState.FAILED, "member_inactive")
    async with services.sessions() as session:
        owed_count = select(func.count()).where(col(Notice.state) == DeliveryState.OWED)
        assert await session.scalar(owed_count) == 0


async def test_who_has_sent_a_photo_hears_how_it_stands_before_any_notice(
    services: Services, room: Room
) -> None:
    await sent_a_photo(services, room)
    await owed(services, room)
    assert await claim_notices(services, 10) == []
    (status,) = await claim_statuses(services, 10)
    await status_shown(services, status, message_id=8, text="In queue: 1st", next_s=3.0)
    assert (await claimed(services)).kind is NoticeKind.OVERLOAD


async def test_who_was_removed_hears_of_it_whatever_else_he_is_to_hear(
    services: Services, room: Room
) -> None:
    await sent_a_photo(services, room)
    await owed(services, room, NoticeKind.KICKED)
    assert (await claimed(services)).kind is NoticeKind.KICKED
