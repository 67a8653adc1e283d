"""Login links: they work once and for minutes, and open a session that ends."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, func, select, text, update
from sqlmodel import col

from core.access import new_token, token_sha256, viewer_by_token
from core.errors import LoginLinkSpent, NotAMember
from core.intake import accept
from core.logins import new_link, open_link
from core.rooms import join_from_telegram
from core.services import Services
from core.tables import AccessToken, Member
from core.values import Arrival, Channel, InactiveReason, MemberState, TokenKind
from tests.conftest import Room
from tests.pictures import chunks, photo


@pytest.fixture
async def emmy(services: Services, room: Room) -> UUID:
    """A member who came by Telegram."""
    joined = await join_from_telegram(
        services, code=room.created.code, chat_id=77, name="Emmy", locale="en"
    )
    return joined.member_id


async def tokens(services: Services, kind: TokenKind) -> int:
    async with services.sessions() as session:
        query = select(func.count()).select_from(AccessToken).where(col(AccessToken.kind) == kind)
        return await session.scalar(query) or 0


async def grow_old(services: Services) -> None:
    """Every token there is has expired by now."""
    async with services.sessions.begin() as session:
        await session.execute(
            update(AccessToken).values(expires_at=func.now() - timedelta(seconds=1))
        )


async def make_inactive(services: Services, member_id: UUID, reason: InactiveReason) -> None:
    async with services.sessions.begin() as session:
        member = await session.get_one(Member, member_id)
        member.state, member.inactive_reason = MemberState.INACTIVE, reason


async def test_a_link_opens_a_session_of_its_member_once(services: Services, emmy: UUID) -> None:
    link = await new_link(services, emmy)
    opened = await open_link(services, link)
    assert opened.viewer.member_id == emmy
    assert opened.token != link
    assert (await viewer_by_token(services, opened.token)).member_id == emmy
    with pytest.raises(LoginLinkSpent):
        await open_link(services, link)
    assert (await viewer_by_token(services, opened.token)).member_id == emmy


async def test_of_ten_who_open_a_link_at_once_one_gets_in(services: Services, emmy: UUID) -> None:
    link = await new_link(services, emmy)
    results = await asyncio.gather(
        *(open_link(services, link) for _ in range(10)), return_exceptions=True
    )
    assert sum(not isinstance(one, BaseException) for one in results) == 1
    assert await tokens(services, TokenKind.SESSION) == 1


async def test_a_link_is_no_session_and_a_session_no_link(services: Services, emmy: UUID) -> None:
    link = await new_link(services, emmy)
    with pytest.raises(NotAMember):
        await viewer_by_token(services, link)
    opened = await open_link(services, link)
    with pytest.raises(LoginLinkSpent):
        await open_link(services, opened.token)


async def test_a_new_link_ends_the_older_ones_and_no_session(
    services: Services, emmy: UUID
) -> None:
    opened = await open_link(services, await new_link(services, emmy))
    older, newer = await new_link(services, emmy), await new_link(services, emmy)
    with pytest.raises(LoginLinkSpent):
        await open_link(services, older)
    assert (await viewer_by_token(services, opened.token)).member_id == emmy
    assert (await open_link(services, newer)).viewer.member_id == emmy


async def test_of_links_asked_for_at_once_one_is_left(services: Services, emmy: UUID) -> None:
    await asyncio.gather(*(new_link(services, emmy) for _ in range(5)))
    assert await tokens(services, TokenKind.LINK) == 1


async def test_links_and_sessions_end_by_time(services: Services, emmy: UUID) -> None:
    opened = await open_link(services, await new_link(services, emmy))
    link = await new_link(services, emmy)
    await grow_old(services)
    with pytest.raises(LoginLinkSpent):
        await open_link(services, link)
    with pytest.raises(NotAMember):
        await viewer_by_token(services, opened.token)


async def test_how_long_they_last_is_a_setting(services: Services, emmy: UUID) -> None:
    await open_link(services, await new_link(services, emmy))
    await new_link(services, emmy)
    async with services.sessions() as session:
        rows = (await session.scalars(select(AccessToken))).all()
    left = {row.kind: row.expires_at - services.clock() for row in rows}
    a_minute = timedelta(minutes=1)
    assert abs(left[TokenKind.LINK] - timedelta(minutes=10)) < a_minute
    assert abs(left[TokenKind.SESSION] - timedelta(days=30)) < a_minute


async def test_what_has_expired_is_swept_when_links_are_made(
    services: Services, room: Room, emmy: UUID
) -> None:
    async with services.sessions.begin() as session:
        session.add_all(
            AccessToken(
                sha256=token_sha256(new_token()),
                member_id=room.student.member_id,
                kind=TokenKind.SESSION,
                expires_at=services.clock() - timedelta(days=1),
            )
            for _ in range(130)
        )
    await new_link(services, emmy)
    # Bounded: nobody waits for the sweeping of a whole semester.
    assert await tokens(services, TokenKind.SESSION) == 30
    await new_link(services, emmy)
    assert await tokens(services, TokenKind.SESSION) == 0


@pytest.mark.parametrize("reason", [InactiveReason.LEFT, InactiveReason.KICKED])
async def test_who_left_or_was_removed_gets_no_link_and_opens_none(
    services: Services, emmy: UUID, reason: InactiveReason
) -> None:
    opened = await open_link(services, await new_link(services, emmy))
    link = await new_link(services, emmy)
    await make_inactive(services, emmy, reason)
    with pytest.raises(NotAMember):
        await viewer_by_token(services, opened.token)
    with pytest.raises(LoginLinkSpent):
        await open_link(services, link)
    with pytest.raises(NotAMember):
        await new_link(services, emmy)


async def test_who_only_blocked_the_bot_reads_and_sends_on_the_pages(
    services: Services, emmy: UUID
) -> None:
    opened = await open_link(services, await new_link(services, emmy))
    await make_inactive(services, emmy, InactiveReason.BLOCKED)
    assert (await viewer_by_token(services, opened.token)).member_id == emmy
    receipt = await accept(
        services, Arrival(member_id=emmy, channel=Channel.WEB, content=chunks(photo(1)))
    )
    assert receipt.board_number == 1


async def test_an_unknown_member_gets_no_link(services: Services) -> None:
    with pytest.raises(NotAMember):
        await new_link(services, uuid4())


async def test_no_link_and_no_session_is_stored_as_it_is(services: Services, emmy: UUID) -> None:
    opened = await open_link(services, await new_link(services, emmy))
    link = await new_link(services, emmy)
    async with services.sessions() as session:
        rows = await session.scalars(text("SELECT access_token::text FROM access_token"))
        stored = " ".join(rows)
    assert stored
    for token in (link, opened.token):
        assert token not in stored
        assert token.encode().hex() not in stored


async def test_a_token_is_looked_up_by_index(services: Services, room: Room) -> None:
    asked: list[tuple[str, Any]] = []  # Any: parameters as the driver takes them

    def note(*call: Any) -> None:
        asked.append((call[2], call[3]))

    engine = services.sessions.kw["bind"].sync_engine
    event.listen(engine, "before_cursor_execute", note)
    await viewer_by_token(services, room.student_token)
    event.remove(engine, "before_cursor_execute", note)
    ((statement, parameters),) = asked
    async with services.sessions.begin() as session:
        # The tables of a test are so small that a scan would be quicker.
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        connection = await session.connection()
        explained = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        plan = "\n".join(explained.scalars())
    assert "pk_access_token" in plan, plan
    assert "uq_member_token_sha256" in plan, plan
    assert "Seq Scan" not in plan, plan
