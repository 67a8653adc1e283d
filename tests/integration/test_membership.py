"""Who takes part: the list, removing and letting in, moderators, and who may do which."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.access import Viewer, viewer_by_token
from core.chats import come_back
from core.deliveries import owe
from core.errors import MemberKicked, MemberNotFound, NotAllowed, NotAMember
from core.logins import new_link, open_link
from core.membership import (
    PAGE,
    Listing,
    get_member,
    kick,
    let_in,
    list_members,
    manages_any,
    set_moderator,
    viewer_beside,
    viewer_by_code,
)
from core.rooms import create_from_telegram, join_from_telegram
from core.services import Services
from core.tables import Delivery, Member, Notice
from core.values import Channel, DeliveryState, Hears, InactiveReason, MemberState, Role
from tests.acts import send_photo
from tests.conftest import Room, make_room

TEACHER, GROUP = 50, -1001


@pytest.fixture
async def owner(services: Services) -> Viewer:
    """A teacher in Telegram, with an auditorium."""
    return await create_from_telegram(
        services, title="Topology", chat_id=TEACHER, name="Ada", locale="en"
    )


async def joins(services: Services, owner: Viewer, name: str, chat_id: int) -> UUID:
    joined = await join_from_telegram(
        services, code=owner.code, chat_id=chat_id, name=name, locale="en"
    )
    return joined.member_id


async def row(services: Services, member_id: UUID) -> Member:
    async with services.sessions() as session:
        return await session.get_one(Member, member_id)


async def change(services: Services, member_id: UUID, **values: object) -> None:
    async with services.sessions.begin() as session:
        member = await session.get_one(Member, member_id)
        for name, value in values.items():
            setattr(member, name, value)


async def names(services: Services, viewer: Viewer, listing: Listing, query: str = "") -> list[str]:
    page = await list_members(services, viewer, listing, query=query)
    return [member.name for member in page.members]


async def test_an_auditorium_made_in_telegram_is_its_chats_current_one(
    services: Services, room: Room
) -> None:
    await join_from_telegram(
        services, code=room.created.code, chat_id=TEACHER, name="Ada", locale="en"
    )
    owner = await create_from_telegram(
        services, title=" Topology\n", chat_id=TEACHER, name="Ada", locale="ru"
    )
    assert (owner.title, owner.role, owner.manages) == ("Topology", Role.OWNER, True)
    assert (owner.channel, owner.locale) == (Channel.TELEGRAM, "ru")
    current = await come_back(services, TEACHER)
    assert current == owner


async def test_members_are_listed_by_name_a_page_at_a_time(
    services: Services, owner: Viewer
) -> None:
    for number in range(PAGE + 3):
        await joins(services, owner, f"{'Bb'[number % 2]}{number:02}", 100 + number)
    first = await list_members(services, owner, Listing.REMOVABLE)
    last = await list_members(services, owner, Listing.REMOVABLE, page=99)
    assert (first.page, first.pages, first.total, len(first.members)) == (0, 2, 11, PAGE)
    assert (last.page, len(last.members)) == (1, 3)
    shown = [member.name.lower() for member in (*first.members, *last.members)]
    assert shown == sorted(shown)


async def test_members_are_found_by_a_part_of_their_name(services: Services, owner: Viewer) -> None:
    for number, name in enumerate(("Ann Lee", "Joanna", "50% Bob_", "Жанна")):
        await joins(services, owner, name, 100 + number)
    assert await names(services, owner, Listing.REMOVABLE, "ann") == ["Ann Lee", "Joanna"]
    assert await names(services, owner, Listing.REMOVABLE, " ЖАНН ") == ["Жанна"]
    # What a person types is no pattern.
    assert await names(services, owner, Listing.REMOVABLE, "%") == ["50% Bob_"]
    assert await names(services, owner, Listing.REMOVABLE, "_") == ["50% Bob_"]
    assert await names(services, owner, Listing.REMOVABLE, "nobody") == []


async def test_who_left_is_not_listed_and_who_blocked_the_bot_is(
    services: Services, owner: Viewer
) -> None:
    left = await joins(services, owner, "Left", 101)
    blocked = await joins(services, owner, "Blocked", 102)
    state = MemberState.INACTIVE
    await change(services, left, state=state, inactive_reason=InactiveReason.LEFT)
    await change(services, blocked, state=state, inactive_reason=InactiveReason.BLOCKED)
    assert await names(services, owner, Listing.REMOVABLE) == ["Blocked"]


async def test_students_see_no_list_and_remove_nobody(services: Services, room: Room) -> None:
    with pytest.raises(NotAllowed):
        await list_members(services, room.student, Listing.REMOVABLE)
    with pytest.raises(NotAllowed):
        await get_member(services, room.student, room.owner.member_id)
    for act in (kick, let_in):
        with pytest.raises(NotAllowed):
            await act(services, room.student, room.owner.member_id)
    with pytest.raises(NotAllowed):
        await set_moderator(services, room.student, room.student.member_id, is_moderator=True)


async def test_a_removed_member_is_owed_nothing_and_told_once(
    services: Services, owner: Viewer
) -> None:
    emmy = await joins(services, owner, "Emmy", 101)
    sent = await send_photo(services, owner)
    async with services.sessions.begin() as session:
        await owe(session, sent.board_id, owner.auditorium_id)
    before = await kick(services, owner, emmy)
    await kick(services, owner, emmy)
    assert (before.name, before.chat_id) == ("Emmy", 101)
    member = await row(services, emmy)
    assert (member.state, member.inactive_reason) == (MemberState.INACTIVE, InactiveReason.KICKED)
    async with services.sessions() as session:
        owed = await session.scalars(select(Delivery).where(col(Delivery.member_id) == emmy))
        assert [(one.state, one.error_code) for one in owed] == [
            (DeliveryState.FAILED, "member_inactive")
        ]
        theirs = await session.scalars(
            select(Delivery).where(col(Delivery.member_id) == owner.member_id)
        )
        assert [one.state for one in theirs] == [DeliveryState.OWED]
        (notice,) = (await session.scalars(select(Notice))).all()
    assert (notice.member_id, notice.kind, notice.state) == (emmy, "kicked", DeliveryState.OWED)
    assert notice.key.startswith("kicked:")
    assert notice.data == {"title": "Topology"}


async def test_a_removed_member_cannot_come_back_by_himself(
    services: Services, owner: Viewer
) -> None:
    emmy = await joins(services, owner, "Emmy", 101)
    opened = await open_link(services, await new_link(services, emmy))
    link = await new_link(services, emmy)
    await kick(services, owner, emmy)
    with pytest.raises(MemberKicked):
        await joins(services, owner, "Emmy", 101)
    assert await come_back(services, 101) is None
    with pytest.raises(NotAMember):
        await viewer_by_token(services, opened.token)
    await let_in(services, owner, emmy)
    # Let in again he is a member; his old session and link are none.
    assert (await row(services, emmy)).state == MemberState.ACTIVE
    assert await joins(services, owner, "Emmy", 101) == emmy
    for gone in (opened.token, link):
        with pytest.raises(NotAMember):
            await viewer_by_token(services, gone)


async def test_a_removed_guest_of_the_web_is_refused_until_he_is_let_in(
    services: Services, room: Room
) -> None:
    await kick(services, room.owner, room.student.member_id)
    with pytest.raises(NotAMember):
        await viewer_by_token(services, room.student_token)
    async with services.sessions() as session:
        # There is no chat in which he could be told.
        assert (await session.scalars(select(Notice))).all() == []
    assert await names(services, room.owner, Listing.REMOVED) == ["Grace"]
    await let_in(services, room.owner, room.student.member_id)
    assert (await viewer_by_token(services, room.student_token)).name == "Grace"
    assert await names(services, room.owner, Listing.REMOVED) == []


async def test_removed_again_he_is_told_again(services: Services, owner: Viewer) -> None:
    emmy = await joins(services, owner, "Emmy", 101)
    for _ in range(2):
        await kick(services, owner, emmy)
        await let_in(services, owner, emmy)
    async with services.sessions() as session:
        assert len((await session.scalars(select(Notice))).all()) == 2


async def test_letting_in_who_left_by_himself_changes_nothing(
    services: Services, owner: Viewer
) -> None:
    emmy = await joins(services, owner, "Emmy", 101)
    await change(services, emmy, state=MemberState.INACTIVE, inactive_reason=InactiveReason.LEFT)
    await let_in(services, owner, emmy)
    assert (await row(services, emmy)).inactive_reason == InactiveReason.LEFT


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"state": MemberState.INACTIVE, "inactive_reason": InactiveReason.LEFT}, Hears.ALL),
        ({"hears": Hears.NOTHING}, Hears.ALL),
        ({"hears": Hears.OWN}, Hears.OWN),
    ],
)
async def test_joining_again_after_leaving_or_through_a_group_hears_all(
    services: Services, owner: Viewer, before: dict[str, object], after: Hears
) -> None:
    emmy = await joins(services, owner, "Emmy", 101)
    if "inactive_reason" in before:
        before = before | {"hears": Hears.OWN}
    await change(services, emmy, **before)
    await joins(services, owner, "Emmy", 101)
    member = await row(services, emmy)
    assert (member.state, member.hears) == (MemberState.ACTIVE, after)


async def test_the_owner_makes_moderators_and_unmakes_them(
    services: Services, owner: Viewer
) -> None:
    emmy = await joins(services, owner, "Emmy", 101)
    await joins(services, owner, "Alan", 102)
    assert not await manages_any(services, 101)
    made = await set_moderator(services, owner, emmy, is_moderator=True)
    assert (made.role, made.chat_id) == (Role.MODERATOR, 101)
    assert await manages_any(services, 101)
    assert await names(services, owner, Listing.PEOPLE) == ["Emmy", "Alan"]
    moderator = await viewer_by_code(services, 101, owner.code)
    assert moderator.manages
    with pytest.raises(NotAllowed):
        await set_moderator(services, moderator, emmy, is_moderator=False)
    await set_moderator(services, owner, emmy, is_moderator=False)
    assert not await manages_any(services, 101)


async def test_a_moderator_removes_students_and_no_manager(
    services: Services, owner: Viewer
) -> None:
    emmy, alan = [
        await joins(services, owner, name, chat) for name, chat in (("Emmy", 101), ("Alan", 102))
    ]
    second = await joins(services, owner, "Mod", 103)
    for member in (emmy, second):
        await set_moderator(services, owner, member, is_moderator=True)
    moderator = await viewer_by_code(services, 101, owner.code)
    assert await names(services, moderator, Listing.REMOVABLE) == ["Alan"]
    for protected in (owner.member_id, emmy, second):
        with pytest.raises(NotAllowed):
            await kick(services, moderator, protected)
    await kick(services, moderator, alan)
    with pytest.raises(NotAllowed):
        await kick(services, owner, owner.member_id)
    # The owner may; a moderator that comes back is a student.
    await kick(services, owner, emmy)
    await let_in(services, owner, emmy)
    assert (await row(services, emmy)).role == Role.STUDENT


async def test_a_group_can_be_removed_but_moderates_nothing(
    services: Services, owner: Viewer
) -> None:
    group = await joins(services, owner, "Year 2", GROUP)
    assert await names(services, owner, Listing.PEOPLE) == []
    with pytest.raises(MemberNotFound):
        await set_moderator(services, owner, group, is_moderator=True)
    assert (await kick(services, owner, group)).name == "Year 2"


async def test_members_of_other_auditoriums_are_not_there(
    services: Services, owner: Viewer
) -> None:
    other = await make_room(services, "Physics")
    for member_id in (other.student.member_id, uuid4()):
        with pytest.raises(MemberNotFound):
            await get_member(services, owner, member_id)
        for act in (kick, let_in):
            with pytest.raises(MemberNotFound):
                await act(services, owner, member_id)
        with pytest.raises(MemberNotFound):
            await set_moderator(services, owner, member_id, is_moderator=True)
        with pytest.raises(NotAMember):
            await viewer_beside(services, TEACHER, member_id)
    with pytest.raises(NotAMember):
        await viewer_by_code(services, TEACHER, other.created.code)
    emmy = await joins(services, owner, "Emmy", 101)
    assert await viewer_beside(services, TEACHER, emmy) == owner
