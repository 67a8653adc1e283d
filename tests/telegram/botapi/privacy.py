"""Privacy mode: what a bot hears in a group (core.telegram.org/bots/features#privacy-mode)."""

from typing import Any

from tests.telegram.botapi.text import commands_in, cut

# What tells of the chat itself is heard in any mode.
SERVICE = frozenset(
    {
        "new_chat_members",
        "left_chat_member",
        "new_chat_title",
        "group_chat_created",
        "supergroup_chat_created",
        "migrate_to_chat_id",
        "migrate_from_chat_id",
        "pinned_message",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_closed",
        "forum_topic_reopened",
    }
)


def bot_hears(
    message: dict[str, Any],
    *,
    bot_id: int,
    username: str,
    is_group: bool,
    is_admin: bool,
    has_privacy: bool,
) -> bool:
    """Whether the bot gets an update of this message."""
    if not is_group or is_admin or not has_privacy or SERVICE & message.keys():
        return True
    if message.get("reply_to_message", {}).get("from", {}).get("id") == bot_id:
        return True
    commands = commands_in(message)
    if any(_is_for(command, username) for command in commands):
        return True
    return username.lower() in _mentioned(message)


def _is_for(command: str, username: str) -> bool:
    """A command without a name is for every bot in the group."""
    name = command.partition("@")[2]
    return not name or name.lower() == username.lower()


def _mentioned(message: dict[str, Any]) -> set[str]:
    text = message.get("text") or message.get("caption") or ""
    entities = message.get("entities") or message.get("caption_entities") or []
    return {cut(text, each)[1:].lower() for each in entities if each["type"] == "mention"}
