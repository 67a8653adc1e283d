"""Buttons of the lists of members, and what they say when pressed."""

from enum import StrEnum
from uuid import UUID

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.texts import managing as answers
from core.membership import Listing, MemberEntry, MembersPage
from core.texts import Texts
from core.values import Role


class Act(StrEnum):
    """What a press does with a member; few letters, for they share 64 bytes with his id."""

    ASK = "ask"
    KICK = "kick"
    LET_IN = "in"
    MODERATE = "mod"
    UNMODERATE = "unmod"


class ShowMembers(CallbackData, prefix="ms"):
    """A page of a list. query: as much of what was searched for as there is room for."""

    listing: Listing
    code: str
    page: int = 0
    query: str = ""


class OneMember(CallbackData, prefix="m"):
    """An act on a member, from this page of the list."""

    act: Act
    member_id: UUID
    page: int = 0


def show_members(listing: Listing, code: str, page: int = 0, query: str = "") -> str:
    """The data of a button that shows a page.

    A query that is too long, or that has a colon, which ends a field, is cut: it finds more then.
    """
    kept = query
    while True:
        data = ShowMembers(listing=listing, code=code, page=page, query=kept)
        try:
            return data.pack()
        except ValueError:
            if not kept:
                raise
            kept = kept[:-1]


def members_keyboard(
    texts: Texts, *, code: str, listing: Listing, query: str, shown: MembersPage
) -> InlineKeyboardMarkup:
    """A button a member, and between pages."""
    rows = [
        [_button(answers.member_button(texts, member), _of(listing, member, shown.page))]
        for member in shown.members
    ]
    turns = [
        _button(sign, show_members(listing, code, page, query))
        for sign, page in (("←", shown.page - 1), ("→", shown.page + 1))
        if 0 <= page < shown.pages
    ]
    if turns:
        rows.append(turns)
    if listing is Listing.REMOVABLE:
        rows.append([_button(answers.removed_button(texts), show_members(Listing.REMOVED, code))])
    if listing is Listing.REMOVED:
        rows.append([_back(texts, Listing.REMOVABLE, code)])
    return InlineKeyboardMarkup(inline_keyboard=rows)


def _of(listing: Listing, member: MemberEntry, page: int) -> str:
    match listing:
        case Listing.REMOVABLE:
            act = Act.ASK
        case Listing.REMOVED:
            act = Act.LET_IN
        case Listing.PEOPLE:
            act = Act.UNMODERATE if member.role is Role.MODERATOR else Act.MODERATE
    return OneMember(act=act, member_id=member.member_id, page=page).pack()


def sure_keyboard(texts: Texts, *, code: str, member_id: UUID, page: int) -> InlineKeyboardMarkup:
    """Yes, or back."""
    yes = OneMember(act=Act.KICK, member_id=member_id, page=page).pack()
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [_button(answers.remove_button(texts), yes)],
            [_back(texts, Listing.REMOVABLE, code, page)],
        ]
    )


def removed_keyboard(
    texts: Texts, *, code: str, member_id: UUID, page: int
) -> InlineKeyboardMarkup:
    """Undo it, or go on."""
    undo = OneMember(act=Act.LET_IN, member_id=member_id, page=page).pack()
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [_button(answers.let_in_button(texts), undo)],
            [_back(texts, Listing.REMOVABLE, code, page)],
        ]
    )


def back_keyboard(texts: Texts, code: str) -> InlineKeyboardMarkup:
    """Back to the list."""
    return InlineKeyboardMarkup(inline_keyboard=[[_back(texts, Listing.REMOVABLE, code)]])


def _back(texts: Texts, listing: Listing, code: str, page: int = 0) -> InlineKeyboardButton:
    return _button(answers.back_button(texts), show_members(listing, code, page))


def _button(text: str, data: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=data)
