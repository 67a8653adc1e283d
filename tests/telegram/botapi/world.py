"""Accounts, chats and topics: who is where, and whether the bot may write there."""

import itertools
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tests.telegram.botapi.errors import Refused, bad_request, forbidden

ChatKind = Literal["private", "group", "supergroup"]
Standing = Literal["creator", "administrator", "member", "left", "kicked"]
MEMBERS: Final = frozenset({"creator", "administrator", "member"})
# A lecture of 300 people with a board a minute for three hours; the oldest go first, because tests
# and people look at the end of a chat.
MESSAGES_KEPT: Final = 5_000
GENERAL_TOPIC: Final = 1


class Message(dict[str, Any]):
    """A Message of the Bot API, and the update that told the bot of it, if one did."""

    news: dict[str, Any] | None = None
    # The keyboard below the input field, or what takes it away: not a part of Message.
    screen: dict[str, Any] | None = None

    @property
    def update_id(self) -> int:
        """The id of the update that told the bot of it; 0: none did."""
        return int(self.news["update_id"]) if self.news else 0

    @property
    def buttons(self) -> list[list[str]]:
        """The labels of its inline keyboard, row by row."""
        rows = self.get("reply_markup", {}).get("inline_keyboard", [])
        return [[button["text"] for button in row] for row in rows]

    @property
    def says(self) -> str:
        """Its text or caption."""
        said: str = self.get("text") or self.get("caption") or ""
        return said


@dataclass
class Account:
    """A person, or the bot."""

    user_id: int
    first_name: str
    language_code: str | None = None
    username: str | None = None
    is_bot: bool = False
    has_started: bool = False
    has_blocked: bool = False
    is_deleted: bool = False

    def user(self) -> dict[str, Any]:
        """The account as a User."""
        optional = {"username": self.username, "language_code": self.language_code}
        return {
            "id": self.user_id,
            "is_bot": self.is_bot,
            "first_name": self.first_name,
            **{name: value for name, value in optional.items() if value},
        }


@dataclass
class Topic:
    """A topic of a forum; its id is that of the service message that opened it."""

    topic_id: int
    name: str
    icon_color: int
    is_closed: bool = False


@dataclass
class Chat:
    """A chat with what was said in it. messages: by id, oldest first, as they stand now."""

    chat_id: int
    kind: ChatKind
    title: str
    is_forum: bool = False
    standings: dict[int, Standing] = field(default_factory=dict)
    migrated_to: int | None = None
    most_messages: int = MESSAGES_KEPT
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: OrderedDict[int, Message] = field(default_factory=OrderedDict)
    versions: dict[int, list[Message]] = field(default_factory=dict)
    reactions: dict[int, dict[int, list[dict[str, str]]]] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    own_ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def is_group(self) -> bool:
        """A group of either kind."""
        return self.kind != "private"

    def standing(self, user_id: int) -> Standing:
        """What somebody is in this chat."""
        return self.standings.get(user_id, "left")

    def as_chat(self) -> dict[str, Any]:
        """The chat as a Chat."""
        name = {"title": self.title} if self.is_group else {"first_name": self.title}
        return {
            "id": self.chat_id,
            "type": self.kind,
            **name,
            **({"is_forum": True} if self.is_forum else {}),
        }

    def keep(self, message: Message) -> None:
        """Take a message into the history; beyond the limit the oldest goes."""
        self.messages[message["message_id"]] = message
        while len(self.messages) > self.most_messages:
            message_id, _ = self.messages.popitem(last=False)
            self.forget(message_id)

    def forget(self, message_id: int) -> None:
        """Let go of a message and of all that hangs on it."""
        self.messages.pop(message_id, None)
        self.versions.pop(message_id, None)
        self.reactions.pop(message_id, None)
        if message_id in self.pinned:
            self.pinned.remove(message_id)


@dataclass
class World:
    """Everybody and every chat that this Telegram knows."""

    bot: Account
    accounts: dict[int, Account] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    has_privacy: bool = True
    # One sequence for all private chats and basic groups of an account, as in Telegram.
    _shared_ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(11))
    _group_ids: "itertools.count[int]" = field(
        default_factory=lambda: itertools.count(4_000_000_001)
    )
    # Above 32 bits, as Telegram's are by now.
    _user_ids: "itertools.count[int]" = field(
        default_factory=lambda: itertools.count(5_000_000_001)
    )
    _album_ids: "itertools.count[int]" = field(
        default_factory=lambda: itertools.count(13_000_000_000_000_001)
    )

    def number_from(self, moment: int) -> None:
        """People and groups get ids that no server got which began at another moment.

        moment: seconds since 1970, while at most ten of each appear in a second.
        """
        self._user_ids = itertools.count(5_000_000_001 + 10 * moment)
        self._group_ids = itertools.count(4_000_000_001 + 10 * moment)

    def add_account(self, account: Account) -> Chat:
        """A person; his private chat with the bot."""
        self.accounts[account.user_id] = account
        chat = Chat(account.user_id, "private", account.first_name)
        self.chats[chat.chat_id] = chat
        return chat

    def add_group(self, title: str, kind: ChatKind, *, is_forum: bool = False) -> Chat:
        """An empty group. Ids below -10^12 are supergroups', as in Telegram."""
        number = next(self._group_ids)
        chat_id = -number if kind == "group" else -1_000_000_000_000 - number
        chat = Chat(chat_id, kind, title, is_forum=is_forum)
        self.chats[chat_id] = chat
        return chat

    def next_message_id(self, chat: Chat) -> int:
        """Supergroups count their own messages."""
        return next(chat.own_ids if chat.kind == "supergroup" else self._shared_ids)

    def next_user_id(self) -> int:
        """The id of somebody new."""
        return next(self._user_ids)

    def next_album_id(self) -> int:
        """A media_group_id."""
        return next(self._album_ids)

    def people_in(self, chat: Chat) -> list[Account]:
        """Who sees what is said there, without the bot."""
        if not chat.is_group:
            return [self.accounts[chat.chat_id]]
        return [
            self.accounts[user_id]
            for user_id, standing in chat.standings.items()
            if standing in MEMBERS and user_id in self.accounts
        ]

    def known(self, chat_id: int) -> Chat:
        """A chat that the bot has heard of. Raises Refused."""
        chat = self.chats.get(chat_id)
        if chat is None or (chat.is_group and self.bot.user_id not in chat.standings):
            raise bad_request("chat not found")
        return chat

    def readable(self, chat_id: int, *, of_members: bool = False) -> Chat:
        """A chat of which, or of whose members, the bot may ask. Raises Refused.

        A basic group that the bot has left can still be read, but not its members.
        """
        chat = self.known(chat_id)
        refusal = self._group_refusal(chat) if chat.is_group else None
        if refusal is not None and (of_members or chat.kind == "supergroup"):
            raise refusal
        return chat

    def writable(self, chat_id: int) -> Chat:
        """A chat to which the bot may write. Raises Refused, in Telegram's words."""
        chat = self.readable(chat_id, of_members=True)
        if chat.is_group:
            return chat
        person = self.accounts[chat.chat_id]
        if person.is_deleted:
            raise forbidden("user is deactivated")
        if person.has_blocked:
            raise forbidden("bot was blocked by the user")
        if not person.has_started:
            raise forbidden("bot can't initiate conversation with a user")
        return chat

    def thread(self, chat: Chat, topic_id: int | None) -> int | None:
        """The thread in which a message may go. Raises Refused."""
        if topic_id is None or topic_id <= 0:
            return None
        # The general topic is named by leaving the field out: with 1 it is not found.
        there = chat.topics if chat.is_forum else chat.messages if chat.kind == "supergroup" else {}
        if topic_id not in there:
            raise bad_request("message thread not found")
        if chat.is_forum and chat.topics[topic_id].is_closed and not self.is_admin(chat):
            raise bad_request("TOPIC_CLOSED")
        return topic_id

    def is_admin(self, chat: Chat) -> bool:
        """Whether the bot is an administrator there."""
        return chat.standing(self.bot.user_id) in {"administrator", "creator"}

    def _group_refusal(self, chat: Chat) -> Refused | None:
        name = "supergroup chat" if chat.kind == "supergroup" else "group chat"
        if chat.migrated_to is not None:
            return Refused(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.migrated_to,
            )
        match chat.standing(self.bot.user_id):
            case "kicked":
                return forbidden(f"bot was kicked from the {name}")
            case "left":
                return forbidden(f"bot is not a member of the {name}")
        return None


def unix_time() -> int:
    """Now, in whole seconds, as all dates of the Bot API."""
    return int(time.time())
