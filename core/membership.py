"""Who takes part in an auditorium, as its managers see it: the list, removing, moderators."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from core.access import Viewer, require_manager, takes_part, viewer_of
from core.chat_life import drop_owed
from core.db import transaction
from core.errors import MemberNotFound, NotAllowed, NotAMember
from core.notices import owe_notice
from core.rooms import clean_code
from core.services import Services
from core.tables import AccessToken, Auditorium, Member
from core.values import (
    Channel,
    InactiveReason,
    MemberState,
    NoticeKind,
    Role,
)

# As many buttons below each other as a phone shows without scrolling.
PAGE: Final = 8
_MANAGERS: Final = (Role.OWNER, Role.MODERATOR)


class Listing(StrEnum):
    """Which members are listed, for what may be done with them."""

    REMOVABLE = "removable"
    REMOVED = "removed"
    PEOPLE = "people"  # who may be, or is, a moderator


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEntry:
    """A member in a list. chat_id: his chat in Telegram, None for who reads on the web."""

    member_id: UUID
    name: str
    role: Role
    channel: Channel
    locale: str
    chat_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersPage:
    """One page of a list, counted from 0. total: members on all pages."""

    members: tuple[MemberEntry, ...]
    page: int
    pages: int
    total: int


async def list_members(
    services: Services, viewer: Viewer, listing: Listing, *, query: str = "", page: int = 0
) -> MembersPage:
    """PAGE members whose name has `query` in it; a page behind the last one is the last one.

    Raises NotAllowed.
    """
    require_manager(viewer)
    wanted = _listed(viewer, listing)
    if query.strip():
        wanted = and_(wanted, col(Member.name).icontains(query.strip(), autoescape=True))
    async with transaction(services.sessions) as session:
        count = select(func.count()).select_from(Member).where(wanted)
        total = await session.scalar(count) or 0
        pages = max(1, -(-total // PAGE))
        page = min(max(page, 0), pages - 1)
        rows = await session.scalars(
            select(Member)
            .where(wanted)
            .order_by(
                (col(Member.role) == Role.STUDENT),  # moderators first
                func.lower(col(Member.name)),
                col(Member.id),
            )
            .offset(page * PAGE)
            .limit(PAGE)
        )
        members = tuple(_entry(row) for row in rows)
    return MembersPage(members=members, page=page, pages=pages, total=total)


def _listed(viewer: Viewer, listing: Listing) -> ColumnElement[bool]:
    here = col(Member.auditorium_id) == viewer.auditorium_id
    match listing:
        case Listing.REMOVABLE:
            roles = _removable_roles(viewer)
            return and_(
                here, takes_part(), col(Member.role).in_(roles), col(Member.id) != viewer.member_id
            )
        case Listing.REMOVED:
            return and_(here, col(Member.inactive_reason) == InactiveReason.KICKED)
        case Listing.PEOPLE:
            return and_(here, takes_part(), col(Member.role) != Role.OWNER, _is_person())


def _removable_roles(viewer: Viewer) -> tuple[Role, ...]:
    return (Role.STUDENT, Role.MODERATOR) if viewer.role is Role.OWNER else (Role.STUDENT,)


def _is_person() -> ColumnElement[bool]:
    # Chats with negative ids are groups.
    return or_(col(Member.telegram_chat_id).is_(None), col(Member.telegram_chat_id) > 0)


async def get_member(services: Services, viewer: Viewer, member_id: UUID) -> MemberEntry:
    """A member of the viewer's auditorium in any state. Raises NotAllowed, MemberNotFound."""
    require_manager(viewer)
    async with transaction(services.sessions) as session:
        return _entry(await _member(session, viewer, member_id))


async def kick(services: Services, viewer: Viewer, member_id: UUID) -> MemberEntry:
    """Remove a member: nothing more is sent to him, his sessions end, and he cannot join again.

    A moderator that is removed is none any more. He as he was before; removing again changes
    nothing. Raises MemberNotFound, NotAllowed for the owner and, but for the owner, for moderators.
    """
    require_manager(viewer)
    async with transaction(services.sessions) as session:
        member = await _member(session, viewer, member_id, lock=True)
        if Role(member.role) not in _removable_roles(viewer):
            raise NotAllowed
        before, was_told = _entry(member), member.state == MemberState.ACTIVE
        if member.inactive_reason == InactiveReason.KICKED:
            return before
        member.state, member.inactive_reason = MemberState.INACTIVE, InactiveReason.KICKED
        member.role = Role.STUDENT
        await drop_owed(session, [member_id])
        await session.execute(delete(AccessToken).where(col(AccessToken.member_id) == member_id))
        if was_told and before.chat_id is not None:
            await owe_notice(
                session,
                [member_id],
                NoticeKind.KICKED,
                # One each time: who was let in may be removed again.
                key=f"kicked:{uuid4()}",
                data={"title": viewer.title},
            )
    return before


async def let_in(services: Services, viewer: Viewer, member_id: UUID) -> MemberEntry:
    """A removed member is a student again, as if he had never been away.

    Letting in one who was not removed changes nothing. Raises NotAllowed, MemberNotFound.
    """
    require_manager(viewer)
    async with transaction(services.sessions) as session:
        member = await _member(session, viewer, member_id, lock=True)
        if member.inactive_reason == InactiveReason.KICKED:
            member.state, member.inactive_reason = MemberState.ACTIVE, None
        return _entry(member)


async def set_moderator(
    services: Services, viewer: Viewer, member_id: UUID, *, is_moderator: bool
) -> MemberEntry:
    """Let a member manage, or let him no longer; the owner alone decides that.

    Raises NotAllowed, MemberNotFound also for groups and for those who left or were removed.
    """
    if viewer.role is not Role.OWNER:
        raise NotAllowed
    async with transaction(services.sessions) as session:
        wanted = _listed(viewer, Listing.PEOPLE)
        member = await _member(session, viewer, member_id, lock=True, also=wanted)
        member.role = Role.MODERATOR if is_moderator else Role.STUDENT
        return _entry(member)


async def manages_any(services: Services, chat_id: int) -> bool:
    """Whether a chat owns or moderates an auditorium, its own one-person auditorium included."""
    async with transaction(services.sessions) as session:
        found = select(
            exists().where(
                col(Member.telegram_chat_id) == chat_id,
                col(Member.state) == MemberState.ACTIVE,
                col(Member.role).in_(_MANAGERS),
            )
        )
        return bool(await session.scalar(found))


async def viewer_by_code(services: Services, chat_id: int, code: str) -> Viewer:
    """The chat as an active member of the auditorium with this code. Raises NotAMember."""
    return await _viewer(services, chat_id, col(Auditorium.code) == clean_code(code))


async def viewer_beside(services: Services, chat_id: int, member_id: UUID) -> Viewer:
    """The chat as an active member of the auditorium that a member is of. Raises NotAMember."""
    of_member = select(col(Member.auditorium_id)).where(col(Member.id) == member_id)
    return await _viewer(services, chat_id, col(Auditorium.id) == of_member.scalar_subquery())


async def _viewer(services: Services, chat_id: int, where: ColumnElement[bool]) -> Viewer:
    async with transaction(services.sessions) as session:
        row = (
            await session.execute(
                select(Member, Auditorium)
                .join(Auditorium, col(Auditorium.id) == col(Member.auditorium_id))
                .where(col(Member.telegram_chat_id) == chat_id)
                .where(col(Member.state) == MemberState.ACTIVE)
                .where(where)
            )
        ).one_or_none()
    if row is None:
        raise NotAMember
    return viewer_of(*row)


async def _member(
    session: AsyncSession,
    viewer: Viewer,
    member_id: UUID,
    *,
    lock: bool = False,
    also: ColumnElement[bool] | None = None,
) -> Member:
    query = (
        select(Member)
        .where(col(Member.id) == member_id)
        .where(col(Member.auditorium_id) == viewer.auditorium_id)
        .where(true() if also is None else also)
    )
    if lock:
        # Not against uploads and deliveries that only refer to the member.
        query = query.with_for_update(key_share=True)
    member = (await session.execute(query)).scalar_one_or_none()
    if member is None:
        raise MemberNotFound
    return member


def _entry(member: Member) -> MemberEntry:
    return MemberEntry(
        member_id=member.id,
        name=member.name,
        role=Role(member.role),
        channel=Channel(member.channel),
        locale=member.locale,
        chat_id=member.telegram_chat_id,
    )
