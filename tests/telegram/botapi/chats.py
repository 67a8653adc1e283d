"""Methods about chats, their members and their topics."""

from typing import Any, Final

from tests.telegram.botapi.api import BotApi
from tests.telegram.botapi.calls import Call
from tests.telegram.botapi.errors import bad_request
from tests.telegram.botapi.history import compose, post, quoted
from tests.telegram.botapi.members import chat_member, member_updated
from tests.telegram.botapi.world import MEMBERS, Account, Chat, Topic

# core.telegram.org/bots/api#createforumtopic
TOPIC_COLORS: Final = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
TOPIC_NAME_LENGTH: Final = 128
_PERMISSIONS: Final = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
)


async def get_chat(api: BotApi, call: Call) -> dict[str, Any]:
    """getChat: a ChatFullInfo."""
    chat = api.world.readable(call.integer("chat_id"))
    full = chat.as_chat() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(
            (
                "unlimited_gifts",
                "limited_gifts",
                "unique_gifts",
                "premium_subscription",
                "gifts_from_channels",
            ),
            False,
        ),
    }
    if chat.is_group:
        full["permissions"] = dict.fromkeys(_PERMISSIONS, True)
    if chat.pinned:
        full["pinned_message"] = quoted(chat.messages[chat.pinned[-1]])
    return full


async def get_member(api: BotApi, call: Call) -> dict[str, Any]:
    """GetChatMember."""
    chat = api.world.readable(call.integer("chat_id"), of_members=True)
    account = _account(api, call.integer("user_id"))
    if chat.is_group:
        standing = chat.standing(account.user_id)
    else:
        standing = "member" if account.user_id in {chat.chat_id, api.world.bot.user_id} else "left"
    return chat_member(account, standing, is_forum=chat.is_forum)


async def get_administrators(api: BotApi, call: Call) -> list[dict[str, Any]]:
    """getChatAdministrators: without other bots."""
    chat = _group(api, call, "there are no administrators in the private chat")
    return [
        chat_member(_account(api, user_id), standing, is_forum=chat.is_forum)
        for user_id, standing in chat.standings.items()
        if standing in {"creator", "administrator"}
    ]


async def get_member_count(api: BotApi, call: Call) -> int:
    """GetChatMemberCount."""
    chat = api.world.readable(call.integer("chat_id"), of_members=True)
    return sum(each in MEMBERS for each in chat.standings.values()) if chat.is_group else 2


async def leave(api: BotApi, call: Call) -> bool:
    """LeaveChat."""
    chat = _group(api, call, "chat member status can't be changed in private chats")
    bot = api.world.bot
    before = chat.standing(bot.user_id)
    chat.standings[bot.user_id] = "left"
    api.updates.put({"my_chat_member": member_updated(chat, bot, bot, before, "left")})
    post(api, chat, compose(api, chat, bot, {"left_chat_member": bot.user()}))
    return True


async def pin(api: BotApi, call: Call) -> bool:
    """PinChatMessage."""
    chat = _pinnable(api, call)
    message = chat.messages.get(call.integer("message_id"))
    if message is None:
        raise bad_request("message to pin not found")
    if message["message_id"] in chat.pinned:
        raise bad_request("CHAT_NOT_MODIFIED")
    chat.pinned.append(message["message_id"])
    post(api, chat, compose(api, chat, api.world.bot, {"pinned_message": quoted(message)}))
    return True


async def unpin(api: BotApi, call: Call) -> bool:
    """unpinChatMessage: the named message, or the newest pin."""
    chat = _pinnable(api, call)
    wanted = call.integer("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if wanted not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(wanted)
    return True


async def create_topic(api: BotApi, call: Call) -> dict[str, Any]:
    """CreateForumTopic."""
    chat = _forum(api, call)
    name = call.text("name").strip()
    if not 1 <= len(name) <= TOPIC_NAME_LENGTH:
        raise bad_request("TOPIC_TITLE_EMPTY" if not name else "TOPIC_TITLE_TOO_LONG")
    color = call.integer("icon_color", TOPIC_COLORS[0])
    if color not in TOPIC_COLORS:
        raise bad_request("invalid icon color specified")
    topic = open_topic(api, chat, api.world.bot, name, color)
    return {"message_thread_id": topic.topic_id, "name": name, "icon_color": color}


async def close_topic(api: BotApi, call: Call) -> bool:
    """CloseForumTopic."""
    return _set_closed(api, call, is_closed=True)


async def reopen_topic(api: BotApi, call: Call) -> bool:
    """ReopenForumTopic."""
    return _set_closed(api, call, is_closed=False)


def open_topic(api: BotApi, chat: Chat, by: Account, name: str, color: int) -> Topic:
    """A new topic and the service message with which it begins."""
    created = {"forum_topic_created": {"name": name, "icon_color": color}}
    message = compose(api, chat, by, created)
    topic = Topic(message["message_id"], name, color)
    message |= {"message_thread_id": topic.topic_id, "is_topic_message": True}
    chat.topics[topic.topic_id] = topic
    post(api, chat, message)
    return topic


def _set_closed(api: BotApi, call: Call, *, is_closed: bool) -> bool:
    chat = _forum(api, call)
    topic = chat.topics.get(call.integer("message_thread_id"))
    if topic is None:
        raise bad_request("message thread not found")
    if topic.is_closed == is_closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.is_closed = is_closed
    kind = "forum_topic_closed" if is_closed else "forum_topic_reopened"
    post(api, chat, compose(api, chat, api.world.bot, {kind: {}}, thread=topic.topic_id))
    return True


def _account(api: BotApi, user_id: int) -> Account:
    account = api.world.bot if user_id == api.world.bot.user_id else None
    account = account or api.world.accounts.get(user_id)
    if account is None:
        raise bad_request("user not found")
    return account


def _group(api: BotApi, call: Call, otherwise: str) -> Chat:
    chat = api.world.readable(call.integer("chat_id"), of_members=True)
    if not chat.is_group:
        raise bad_request(otherwise)
    return chat


def _forum(api: BotApi, call: Call) -> Chat:
    chat = api.world.writable(call.integer("chat_id"))
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    if not api.world.is_admin(chat):
        raise bad_request("not enough rights to create a topic")
    return chat


def _pinnable(api: BotApi, call: Call) -> Chat:
    chat = api.world.writable(call.integer("chat_id"))
    if chat.is_group and not api.world.is_admin(chat):
        raise bad_request("not enough rights to manage pinned messages in the chat")
    return chat
