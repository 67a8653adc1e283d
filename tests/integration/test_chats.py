"""Telegram chats and the auditoriums that they are in: current, muted, left, bound, moved."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.chat_life import chat_back, chat_gone, chat_migrated
from core.chats import Chat, current_or_own, person_for_board
from core.deliveries import owe_to
from core.errors import AuditoriumNotFound, BoardNotFound, NotInAuditorium, OwnerStays
from core.groups import bind_group, binding_of, sender_in_group, unbind_group
from core.leases import finish
from core.own_rooms import choose_room, current_room, leave, rooms_of_chat, toggle_mute
from core.preferences import Preferences, choose_locale, choose_quality, preferences
from core.rooms import join_from_telegram
from core.services import Services
from core.tables import Delivery, Member
from core.values import DeliveryState, Hears, InactiveReason, MemberState, Quality
from tests.acts import made, send_photo, take
from tests.conftest import Room, make_room

ANN = Chat(chat_id=5_000_000_001, name="Ann", locale="ru")
BOB = Chat(chat_id=5_000_000_002, name="Bob", locale="en")
GROUP = Chat(chat_id=-100_500, name="Year 2", locale="ru")


async def join(services: Services, room: Room, chat: Chat = ANN) -> None:
    await join_from_telegram(
        services,
        code=room.created.code,
        chat_id=chat.chat_id,
        name=chat.name,
        locale=chat.locale,
    )


async def members_of(services: Services, chat_id: int) -> list[Member]:
    async with services.sessions() as session:
        rows = await session.execute(
            select(Member)
            .where(col(Member.telegram_chat_id) == chat_id)
            .order_by(col(Member.joined_at))
        )
        return list(rows.scalars())


async def ready_board(services: Services, room: Room, seed: int = 0) -> None:
    receipt = await send_photo(services, room.student, seed)
    await finish(services, await take(services, receipt.board_id), await made(services))


async def deliveries_to(services: Services, chat: Chat) -> list[str]:
    async with services.sessions() as session:
        rows = await session.execute(
            select(col(Delivery.state))
            .join(Member, col(Member.id) == col(Delivery.member_id))
            .where(col(Member.telegram_chat_id) == chat.chat_id)
            .order_by(col(Delivery.created_at))
        )
        return list(rows.scalars())


async def test_the_chosen_auditorium_is_the_current_one(services: Services, room: Room) -> None:
    other = await make_room(services, "Logic, 16:00")
    await join(services, room)
    await join(services, other)
    assert [(r.title, r.is_current) for r in await rooms_of_chat(services, ANN.chat_id)] == [
        ("Logic, 16:00", True),
        ("Algebra, 14:00", False),
    ]
    await choose_room(services, ANN.chat_id, room.created.auditorium_id)
    assert (await current_room(services, ANN.chat_id)).title == "Algebra, 14:00"
    assert (await current_or_own(services, ANN, "My boards")).title == "Algebra, 14:00"


async def test_an_auditorium_that_the_chat_is_not_in_cannot_be_chosen(
    services: Services, room: Room
) -> None:
    with pytest.raises(AuditoriumNotFound):
        await choose_room(services, ANN.chat_id, room.created.auditorium_id)


async def test_who_muted_gets_only_the_boards_that_he_sends(services: Services, room: Room) -> None:
    await join(services, room)
    _, muted = await toggle_mute(services, ANN.chat_id)
    assert muted
    await ready_board(services, room, seed=1)
    assert await deliveries_to(services, ANN) == [DeliveryState.SENT]  # the gallery has it
    ann = await current_room(services, ANN.chat_id)
    receipt = await send_photo(services, ann, seed=2)
    await finish(services, await take(services, receipt.board_id), await made(services))
    assert await deliveries_to(services, ANN) == [DeliveryState.SENT, DeliveryState.OWED]
    _, muted = await toggle_mute(services, ANN.chat_id)
    assert not muted


async def test_who_leaves_is_owed_nothing_more_and_his_code_brings_him_back(
    services: Services, room: Room
) -> None:
    await join(services, room)
    await ready_board(services, room)
    assert await deliveries_to(services, ANN) == [DeliveryState.OWED]
    assert (await leave(services, ANN.chat_id)).title == "Algebra, 14:00"
    assert await deliveries_to(services, ANN) == [DeliveryState.FAILED]
    with pytest.raises(NotInAuditorium):
        await current_room(services, ANN.chat_id)
    # Coming back from a block does not bring back what was left.
    await chat_gone(services, ANN.chat_id)
    await chat_back(services, ANN.chat_id)
    assert await rooms_of_chat(services, ANN.chat_id) == ()
    await join(services, room)
    assert (await current_room(services, ANN.chat_id)).title == "Algebra, 14:00"


async def test_an_owner_cannot_leave_his_own_auditorium(services: Services) -> None:
    await current_or_own(services, ANN, "My boards")
    with pytest.raises(OwnerStays):
        await leave(services, ANN.chat_id)


async def test_who_blocked_the_bot_comes_back_to_where_he_was(
    services: Services, room: Room
) -> None:
    await join(services, room)
    await ready_board(services, room)
    assert await chat_gone(services, ANN.chat_id) == 1
    assert await deliveries_to(services, ANN) == [DeliveryState.FAILED]
    (member,) = await members_of(services, ANN.chat_id)
    assert (member.state, member.inactive_reason) == (
        MemberState.INACTIVE,
        InactiveReason.BLOCKED,
    )
    await chat_back(services, ANN.chat_id)
    assert (await current_room(services, ANN.chat_id)).title == "Algebra, 14:00"


async def test_a_choice_of_language_holds_everywhere_and_for_what_is_joined_later(
    services: Services, room: Room
) -> None:
    assert await preferences(services, ANN.chat_id) == Preferences()
    await join(services, room)
    await choose_locale(services, ANN.chat_id, "en")
    await choose_quality(services, ANN.chat_id, Quality.FAST)
    assert await preferences(services, ANN.chat_id) == Preferences("en", Quality.FAST)
    assert (await current_room(services, ANN.chat_id)).locale == "en"


async def test_a_group_is_bound_to_one_auditorium_at_a_time(services: Services, room: Room) -> None:
    other = await make_room(services, "Logic, 16:00")
    await bind_group(services, GROUP, code=room.created.code, topic_id=None)
    bound = await bind_group(services, GROUP, code=other.created.code, topic_id=17)
    assert (bound.title, bound.topic_id) == ("Logic, 16:00", 17)
    assert await binding_of(services, GROUP.chat_id) == bound
    first, second = await members_of(services, GROUP.chat_id)
    assert (first.state, second.state) == (MemberState.INACTIVE, MemberState.ACTIVE)
    assert await unbind_group(services, GROUP.chat_id) == bound
    assert await binding_of(services, GROUP.chat_id) is None


async def test_who_sends_in_a_group_takes_part_as_himself_and_the_group_gets_the_boards(
    services: Services, room: Room
) -> None:
    await bind_group(services, GROUP, code=room.created.code, topic_id=None)
    ann = await sender_in_group(services, GROUP.chat_id, None, ANN)
    assert ann is not None
    assert ann.name == "Ann"
    (member,) = await members_of(services, ANN.chat_id)
    assert member.hears == Hears.NOTHING
    await ready_board(services, room)
    assert await deliveries_to(services, ANN) == [DeliveryState.SENT]
    assert await deliveries_to(services, GROUP) == [DeliveryState.OWED]
    # In his own chat he is in no auditorium until he joins by its code.
    assert await rooms_of_chat(services, ANN.chat_id) == ()
    await join(services, room)
    (member,) = await members_of(services, ANN.chat_id)
    assert member.hears == Hears.ALL


async def test_other_topics_and_unbound_groups_are_none_of_our_business(
    services: Services, room: Room
) -> None:
    assert await sender_in_group(services, GROUP.chat_id, None, ANN) is None
    await bind_group(services, GROUP, code=room.created.code, topic_id=17)
    assert await sender_in_group(services, GROUP.chat_id, 18, ANN) is None
    assert await sender_in_group(services, GROUP.chat_id, 17, ANN) is not None


async def test_a_button_below_a_board_works_in_the_chats_that_show_it_and_nowhere_else(
    services: Services, room: Room
) -> None:
    await bind_group(services, GROUP, code=room.created.code, topic_id=None)
    receipt = await send_photo(services, room.student)
    viewer = await person_for_board(services, ANN, receipt.board_id, GROUP.chat_id)
    assert viewer.name == "Ann"
    with pytest.raises(BoardNotFound):
        await person_for_board(services, BOB, receipt.board_id, BOB.chat_id)


async def test_a_removed_person_is_not_let_in_through_a_group(
    services: Services, room: Room
) -> None:
    await bind_group(services, GROUP, code=room.created.code, topic_id=None)
    await sender_in_group(services, GROUP.chat_id, None, ANN)
    async with services.sessions.begin() as session:
        member = (
            await session.execute(select(Member).where(col(Member.telegram_chat_id) == ANN.chat_id))
        ).scalar_one()
        member.state, member.inactive_reason = MemberState.INACTIVE, InactiveReason.KICKED
    with pytest.raises(BoardNotFound):
        await sender_in_group(services, GROUP.chat_id, None, ANN)


async def test_a_group_that_becomes_a_supergroup_keeps_its_binding_and_its_choices(
    services: Services, room: Room
) -> None:
    bound = await bind_group(services, GROUP, code=room.created.code, topic_id=None)
    await choose_locale(services, GROUP.chat_id, "en")
    for _ in range(2):  # both chats tell it
        await chat_migrated(services, GROUP.chat_id, -100_777)
    assert await binding_of(services, -100_777) == bound
    assert await binding_of(services, GROUP.chat_id) is None
    assert (await preferences(services, -100_777)).locale == "en"
    receipt = await send_photo(services, room.student)
    await finish(services, await take(services, receipt.board_id), await made(services))
    assert await owe_to(services, receipt.board_id, bound.member_id) is None
