"""What a page asks people and groups to do: names of acts, and how their arguments are read."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.telegram.botapi.api import BotApi
from tests.telegram.botapi.calls import Upload
from tests.telegram.botapi.groups import ForumTopic, Group
from tests.telegram.botapi.people import Person, Place
from tests.telegram.botapi.world import Message


class NotUnderstood(Exception):
    """An order that names nobody, nothing, or no such act."""


@dataclass(frozen=True)
class Order:
    """The arguments of an act: fields as JSON or a form has them, and files in their order."""

    api: BotApi
    fields: dict[str, Any]
    files: tuple[Upload, ...] = ()

    def text(self, name: str, default: str | None = None) -> str:
        """A text. Raises NotUnderstood where it is needed and missing."""
        value = self.fields.get(name, default)
        if value is None:
            raise NotUnderstood(f"{name} is missing")
        return str(value)

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number. Raises NotUnderstood."""
        try:
            return int(self.text(name, None if default is None else str(default)))
        except ValueError:
            raise NotUnderstood(f"{name} is no number") from None

    def flag(self, name: str) -> bool:
        """A yes or no; no, when it is missing."""
        return str(self.fields.get(name, "")).lower() in {"true", "1", "yes", "on"}

    def file(self) -> Upload:
        """The first file. Raises NotUnderstood."""
        if not self.files:
            raise NotUnderstood("a file is missing")
        return self.files[0]

    def person(self, name: str = "by") -> Person:
        """Somebody by his id. Raises NotUnderstood."""
        return find_person(self.api, self.number(name))

    def message(self, prefix: str = "") -> Message:
        """A message by its chat and number. Raises NotUnderstood."""
        chat = self.api.world.chats.get(self.number(f"{prefix}chat_id"))
        message = chat and chat.messages.get(self.number(f"{prefix}message_id"))
        if not message:
            raise NotUnderstood("there is no such message")
        return message

    def reply(self) -> Message | None:
        """The message that is answered."""
        if "reply_message_id" not in self.fields:
            return None
        return Order(
            self.api,
            {"chat_id": self._chat_id(), "message_id": self.fields["reply_message_id"]},
        ).message()

    def place(self) -> Place | None:
        """The group or topic; None: the chat with the bot. Raises NotUnderstood."""
        if "in_chat_id" not in self.fields:
            return None
        group = find_group(self.api, self.number("in_chat_id"))
        if "in_thread_id" not in self.fields:
            return group
        topic = group.chat.topics.get(self.number("in_thread_id"))
        if topic is None:
            raise NotUnderstood("there is no such topic")
        return ForumTopic(group, topic.topic_id, topic.name)

    def _chat_id(self) -> int:
        return self.number("in_chat_id" if "in_chat_id" in self.fields else "user_id")


def find_person(api: BotApi, user_id: int) -> Person:
    """Somebody by his id. Raises NotUnderstood."""
    account = api.world.accounts.get(user_id)
    if account is None:
        raise NotUnderstood(f"there is no person {user_id}")
    return Person(api, account)


def find_group(api: BotApi, chat_id: int) -> Group:
    """A group by its id. Raises NotUnderstood."""
    chat = api.world.chats.get(chat_id)
    if chat is None or not chat.is_group:
        raise NotUnderstood(f"there is no group {chat_id}")
    return Group(api, chat)


async def _writes(who: Person, order: Order) -> Any:
    return await who.writes(order.text("text"), in_=order.place(), reply_to=order.reply())


async def _photo(who: Person, order: Order) -> Any:
    return await who.sends_photo(
        order.file().content, order.fields.get("caption"), in_=order.place(), reply_to=order.reply()
    )


async def _file(who: Person, order: Order) -> Any:
    file = order.file()
    return await who.sends_file(
        file.content,
        file.name,
        file.media_type,
        order.fields.get("caption"),
        in_=order.place(),
        reply_to=order.reply(),
    )


async def _album(who: Person, order: Order) -> Any:
    return await who.sends_album(
        [file.content for file in order.files],
        order.fields.get("caption"),
        as_files=order.flag("as_files"),
        in_=order.place(),
    )


async def _presses(who: Person, order: Order) -> Any:
    query_id = await who.presses(order.message(), label=order.text("label"))
    return {"query_id": query_id}


async def _joins(group: Group, order: Order) -> Any:
    await group.joins(order.person("user_id"), order.person() if "by" in order.fields else None)


async def _new_topic(group: Group, order: Order) -> Any:
    topic = await group.new_topic(order.text("name"), by=order.person())
    return {"thread_id": topic.thread}


async def _migrates(group: Group, order: Order) -> Any:
    return {"chat_id": await group.migrates(order.person(), is_forum=order.flag("is_forum"))}


PERSON_ACTS: dict[str, Callable[[Person, Order], Awaitable[Any]]] = {
    "writes": _writes,
    "starts": lambda who, order: who.starts(order.text("payload", "")),
    "sends_photo": _photo,
    "sends_file": _file,
    "sends_album": _album,
    "sends_sticker": lambda who, order: who.sends_sticker(
        order.text("emoji", "👍"), in_=order.place()
    ),
    "sends_voice": lambda who, order: who.sends_voice(
        order.number("seconds", 3), in_=order.place()
    ),
    "sends_contact": lambda who, order: who.sends_contact(in_=order.place()),
    "forwards": lambda who, order: who.forwards(order.message(), in_=order.place()),
    "edits": lambda who, order: who.edits(order.message(), order.text("text")),
    "deletes": lambda who, order: who.deletes(order.message()),
    "reacts": lambda who, order: who.reacts(order.message(), order.text("emoji", "")),
    "presses": _presses,
    "blocks": lambda who, _: who.blocks(),
    "comes_back": lambda who, order: who.comes_back(order.text("payload", "")),
    "deletes_account": lambda who, _: who.deletes_account(),
}
GROUP_ACTS: dict[str, Callable[[Group, Order], Awaitable[Any]]] = {
    "joins": _joins,
    "leaves": lambda group, order: group.leaves(order.person("user_id")),
    "promotes": lambda group, order: group.promotes(order.person("user_id")),
    "adds_bot": lambda group, order: group.adds_bot(order.person()),
    "promotes_bot": lambda group, order: group.promotes_bot(order.person()),
    "demotes_bot": lambda group, order: group.demotes_bot(order.person()),
    "removes_bot": lambda group, order: group.removes_bot(order.person()),
    "new_topic": _new_topic,
    "migrates": _migrates,
}
