"""What stands in a chat: composing, posting, editing and deleting messages."""

from typing import Any

from tests.telegram.botapi.api import BotApi
from tests.telegram.botapi.world import Account, Chat, Message, unix_time

# What a message quotes of another is quoted without its own quotes.
_NESTED = ("reply_to_message", "pinned_message")


def compose(
    api: BotApi,
    chat: Chat,
    sender: Account,
    content: dict[str, Any],
    *,
    thread: int | None = None,
    reply: Message | None = None,
) -> Message:
    """A new message of this chat that is not posted yet."""
    if thread is None and reply is not None:
        thread = _thread_of(chat, reply)
    message = Message(
        message_id=api.world.next_message_id(chat),
        **{"from": sender.user()},
        chat=chat.as_chat(),
        date=unix_time(),
    )
    if thread is not None:
        message["message_thread_id"] = thread
        if chat.is_forum:
            message["is_topic_message"] = True
            # Telegram's own way: what is said in a topic replies to the topic's beginning.
            reply = reply or chat.messages.get(thread)
    if reply is not None:
        message["reply_to_message"] = quoted(reply)
    message.update(content)
    return message


def _thread_of(chat: Chat, reply: Message) -> int | None:
    """The thread in which a reply lands: its topic, or in other supergroups its first message."""
    if chat.kind != "supergroup":
        return None
    return reply.get("message_thread_id") or (None if chat.is_forum else reply["message_id"])


def quoted(message: Message) -> dict[str, Any]:
    """A message inside of another one."""
    return {name: value for name, value in message.items() if name not in _NESTED}


def post(api: BotApi, chat: Chat, message: Message) -> Message:
    """Put it into the chat, before everybody's eyes."""
    chat.keep(message)
    chat.versions[message["message_id"]] = [message]
    _show(api, chat, "message", message)
    return message


def replace(api: BotApi, chat: Chat, message: Message) -> Message:
    """An edit: this stands there now."""
    chat.messages[message["message_id"]] = message
    chat.versions.setdefault(message["message_id"], []).append(message)
    _show(api, chat, "edit", message)
    return message


def delete(api: BotApi, chat: Chat, message_id: int) -> None:
    """Take it away for everybody."""
    chat.forget(message_id)
    users = [person.user_id for person in api.world.people_in(chat)]
    api.screens.show(users, chat.chat_id, "deletion", {"message_id": message_id})
    api.changes.touch()


def react(
    api: BotApi, chat: Chat, message_id: int, who: Account, reactions: list[dict[str, str]]
) -> list[dict[str, str]]:
    """Set somebody's reactions; what they were before."""
    there = chat.reactions.setdefault(message_id, {})
    before = there.pop(who.user_id, [])
    if reactions:
        there[who.user_id] = reactions
    users = [person.user_id for person in api.world.people_in(chat)]
    content = {
        "message_id": message_id,
        "user": who.user(),
        "emoji": [each["emoji"] for each in reactions],
    }
    api.screens.show(users, chat.chat_id, "reaction", content)
    api.changes.touch()
    return before


def _show(api: BotApi, chat: Chat, kind: Any, message: Message) -> None:
    users = [person.user_id for person in api.world.people_in(chat)]
    screen = {"screen": message.screen} if message.screen else {}
    api.screens.show(users, chat.chat_id, kind, {"message": message, **screen})
    api.changes.touch()
