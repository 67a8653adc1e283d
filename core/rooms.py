"""Auditoriums and their members: create, find, join, open and close."""

import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, case, func, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from core.access import Viewer, new_token, require_manager, token_sha256, viewer_of
from core.db import transaction
from core.errors import AuditoriumNotFound, BadRequest, MemberKicked
from core.events import Event, EventName, publish
from core.services import Services
from core.settings import Settings
from core.surveys import owe_at_closing
from core.tables import Auditorium, Member
from core.values import AuditoriumState, Channel, Hears, InactiveReason, MemberState, Role

# No 0/O, 1/I: codes are read off a projector and typed. 32^6 is a thousand million codes.
_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # pragma: allowlist secret
_CODE_LENGTH: Final = 6
_CODE_TRIES: Final = 8  # a collision is one in 10^9 per existing room; eight in a row is a fault
TITLE_LIMIT: Final = 120
NAME_LIMIT: Final = 64
LOCALES: Final = ("ru", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A new auditorium and its owner's token, which is not shown again."""

    auditorium_id: UUID
    code: str
    owner_member_id: UUID
    owner_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A member; token is None for those who are known by their Telegram chat.

    boards: how many there are by now.
    """

    member_id: UUID
    auditorium_id: UUID
    title: str
    token: str | None
    boards: int
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What anybody who has the code may know of an auditorium."""

    auditorium_id: UUID
    code: str
    title: str
    state: AuditoriumState
    boards: int


def clean_line(text: str, limit: int, field: str) -> str:
    """One line of text without control characters, 1 to `limit` long. Raises BadRequest."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not 1 <= len(line) <= limit:
        raise BadRequest(f"{field}: 1 to {limit} characters", field=field, limit=limit)
    return line


def chat_name(name: str, chat_id: int) -> str:
    """A person's name in Telegram as a member's; the chat's number where nothing can be shown."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    return shown[:NAME_LIMIT].strip() or str(chat_id)


def clean_code(text: str) -> str:
    """A code as people type it, in the form that is stored: no spaces or dashes, upper case."""
    return "".join(c for c in text.upper() if c.isalnum())


async def create_auditorium(
    services: Services, *, title: str, owner_name: str = "Teacher", locale: str = "ru"
) -> Created:
    """A new open auditorium with its owner. Raises BadRequest."""
    title = clean_line(title, TITLE_LIMIT, "title")
    owner_name = clean_line(owner_name, NAME_LIMIT, "name")
    token = new_token()
    async with transaction(services.sessions) as session:
        auditorium_id, code = await insert_auditorium(session, services.settings, title)
        owner = Member(
            auditorium_id=auditorium_id,
            name=owner_name,
            role=Role.OWNER,
            channel=Channel.WEB,
            locale=locale,
            token_sha256=token_sha256(token),
        )
        session.add(owner)
    return Created(
        auditorium_id=auditorium_id, code=code, owner_member_id=owner.id, owner_token=token
    )


async def create_from_telegram(
    services: Services, *, title: str, chat_id: int, name: str, locale: str
) -> Viewer:
    """A new open auditorium that a Telegram chat owns and that is its current one: its owner.

    Raises BadRequest for a title that is none.
    """
    title = clean_line(title, TITLE_LIMIT, "title")
    async with transaction(services.sessions) as session:
        auditorium_id, _ = await insert_auditorium(session, services.settings, title)
        owner = Member(
            auditorium_id=auditorium_id,
            name=chat_name(name, chat_id),
            role=Role.OWNER,
            channel=Channel.TELEGRAM,
            locale=locale,
            telegram_chat_id=chat_id,
        )
        session.add(owner)
        return viewer_of(owner, await session.get_one(Auditorium, auditorium_id))


async def insert_auditorium(
    session: AsyncSession, settings: Settings, title: str
) -> tuple[UUID, str]:
    """The id and the code of a new open auditorium; its owner is for the caller to add."""
    for _ in range(_CODE_TRIES):
        auditorium_id = uuid4()
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
        made = await session.execute(
            insert(Auditorium)
            .values(
                id=auditorium_id,
                code=code,
                title=title,
                state=AuditoriumState.OPEN,
                quota_uploads=settings.quota_uploads,
                boards_made=0,
            )
            .on_conflict_do_nothing(index_elements=["code"])
            .returning(col(Auditorium.id))
        )
        if made.scalar_one_or_none() is not None:
            return auditorium_id, code
    raise RuntimeError("no free code in eight tries")


async def find_room(services: Services, code: str) -> Room:
    """The auditorium with this code. Raises AuditoriumNotFound."""
    async with transaction(services.sessions) as session:
        row = (
            await session.execute(select(Auditorium).where(Auditorium.code == clean_code(code)))
        ).scalar_one_or_none()
    if row is None:
        raise AuditoriumNotFound
    return Room(
        auditorium_id=row.id,
        code=row.code,
        title=row.title,
        state=AuditoriumState(row.state),
        boards=row.boards_made,
    )


async def join_as_guest(
    services: Services, *, code: str, name: str, channel: Channel, locale: str
) -> Joined:
    """A guest gives a name and gets a token. Raises AuditoriumNotFound, BadRequest.

    A closed auditorium can be joined: what it holds stays readable.
    """
    name = clean_line(name, NAME_LIMIT, "name")
    room = await find_room(services, code)
    token = new_token()
    member = Member(
        auditorium_id=room.auditorium_id,
        name=name,
        channel=channel,
        locale=locale,
        token_sha256=token_sha256(token),
    )
    async with transaction(services.sessions) as session:
        session.add(member)
    return _joined(room, member.id, token)


async def join_from_telegram(
    services: Services, *, code: str, chat_id: int, name: str, locale: str
) -> Joined:
    """A Telegram chat joins or comes back; one chat is one member.

    Joining again makes this auditorium the chat's current one (core.chats). Who had left, or was
    known through a group only, is sent every board from now on. Raises AuditoriumNotFound,
    MemberKicked.
    """
    name = chat_name(name, chat_id)
    room = await find_room(services, code)
    async with transaction(services.sessions) as session:
        joined = await session.execute(
            insert(Member)
            .values(
                id=uuid4(),
                auditorium_id=room.auditorium_id,
                name=name,
                role=Role.STUDENT,
                channel=Channel.TELEGRAM,
                state=MemberState.ACTIVE,
                locale=locale,
                telegram_chat_id=chat_id,
            )
            .on_conflict_do_update(
                index_elements=["auditorium_id", "telegram_chat_id"],
                set_={
                    "state": MemberState.ACTIVE,
                    "inactive_reason": None,
                    "name": name,
                    "locale": locale,
                    "chosen_at": func.now(),
                    "hears": case((_starts_anew(), Hears.ALL.value), else_=col(Member.hears)),
                },
                where=col(Member.inactive_reason).is_distinct_from(InactiveReason.KICKED),
            )
            .returning(col(Member.id))
        )
        member_id = joined.scalar_one_or_none()
    if member_id is None:
        raise MemberKicked
    return _joined(room, member_id, None)


def _joined(room: Room, member_id: UUID, token: str | None) -> Joined:
    return Joined(
        member_id=member_id,
        auditorium_id=room.auditorium_id,
        title=room.title,
        token=token,
        boards=room.boards,
        is_open=room.state is AuditoriumState.OPEN,
    )


def _starts_anew() -> ColumnElement[bool]:
    return or_(
        col(Member.inactive_reason) == InactiveReason.LEFT, col(Member.hears) == Hears.NOTHING
    )


async def set_open(services: Services, viewer: Viewer, *, is_open: bool) -> AuditoriumState:
    """Open or close the auditorium; members' pages hear of it. Raises NotAllowed."""
    require_manager(viewer)
    state = AuditoriumState.OPEN if is_open else AuditoriumState.CLOSED
    async with transaction(services.sessions) as session:
        auditorium = await session.get_one(Auditorium, viewer.auditorium_id, with_for_update=True)
        auditorium.state = state
        auditorium.closed_at = None if is_open else services.clock()
        if not is_open:
            await owe_at_closing(session, viewer.auditorium_id)
    await publish(
        services.redis, viewer.auditorium_id, Event(EventName.AUDITORIUM, {"state": state.value})
    )
    return state
