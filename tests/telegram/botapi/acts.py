"""What a person does, as the bot hears of it: messages, edits, presses, reactions, blocking."""

import secrets
from typing import Any

from tests.telegram.botapi.api import BotApi, Query
from tests.telegram.botapi.history import compose, post, react, replace
from tests.telegram.botapi.members import member_updated
from tests.telegram.botapi.privacy import bot_hears
from tests.telegram.botapi.reactions import reaction
from tests.telegram.botapi.text import trimmed, with_found
from tests.telegram.botapi.world import Account, Chat, Message, Standing, unix_time


def say(
    api: BotApi,
    who: Account,
    chat: Chat,
    content: dict[str, Any],
    *,
    thread: int | None = None,
    reply: Message | None = None,
) -> Message:
    """A person's message; the bot hears of it, unless privacy mode hides it."""
    if chat.kind == "private":
        assert not who.has_blocked, f"{who.first_name} has blocked the bot: comes_back() first"
        who.has_started = True
    else:
        assert chat.standing(who.user_id) not in {"left", "kicked"}, "not in this group"
        assert chat.migrated_to is None, "this group became a supergroup"
    message = post(api, chat, compose(api, chat, who, content, thread=thread, reply=reply))
    return tell(api, chat, "message", message)


def tell(api: BotApi, chat: Chat, kind: str, message: Message) -> Message:
    """An update of this message, if the bot hears of it."""
    bot = api.world.bot
    hears = bot_hears(
        message,
        bot_id=bot.user_id,
        username=bot.username or "",
        is_group=chat.is_group,
        is_admin=api.world.is_admin(chat),
        has_privacy=api.world.has_privacy,
    )
    if hears and (not chat.is_group or chat.standing(bot.user_id) not in {"left", "kicked"}):
        message.news = api.updates.put({kind: message})
    return message


def marked(text: str, *, as_caption: bool = False) -> dict[str, Any]:
    """A person's text with what Telegram finds in it."""
    text, _ = trimmed(text, [])
    entities = with_found(text, [])
    names = ("caption", "caption_entities") if as_caption else ("text", "entities")
    return {names[0]: text} | ({names[1]: entities} if entities else {})


def edit(api: BotApi, who: Account, chat: Chat, message: Message, text: str) -> Message:
    """A person changes what he wrote, or the words under his picture."""
    assert message["from"]["id"] == who.user_id, "one edits one's own messages"
    is_caption = "text" not in message
    words = {"caption", "caption_entities"} if is_caption else {"text", "entities"}
    there = chat.messages[message["message_id"]]
    kept = {name: value for name, value in there.items() if name not in words}
    edited = Message(kept | {"edit_date": unix_time()} | marked(text, as_caption=is_caption))
    return tell(api, chat, "edited_message", replace(api, chat, edited))


def press(api: BotApi, who: Account, message: Message, button: dict[str, Any]) -> str:
    """A person presses a button that calls back; the id of the query."""
    assert "callback_data" in button, f"{button['text']!r} is a link: {button}"
    chat = api.world.chats[message["chat"]["id"]]
    query = Query(str(secrets.randbelow(10**18)), who.user_id, chat.chat_id, api.clock())
    api.wait_for_answer(query)
    there = chat.messages.get(message["message_id"])
    gone = {"chat": chat.as_chat(), "message_id": message["message_id"], "date": 0}
    api.updates.put(
        {
            "callback_query": {
                "id": query.query_id,
                "from": who.user(),
                "chat_instance": str(abs(chat.chat_id)),
                "data": button["callback_data"],
                "message": gone if there is None else there,
            }
        }
    )
    return query.query_id


def react_as(api: BotApi, who: Account, message: Message, emoji: str) -> None:
    """A person reacts; a bot in a group hears of it as an administrator only."""
    chat = api.world.chats[message["chat"]["id"]]
    now = reaction(emoji)
    before = react(api, chat, message["message_id"], who, now)
    if chat.is_group and not api.world.is_admin(chat):
        return
    api.updates.put(
        {
            "message_reaction": {
                "chat": chat.as_chat(),
                "message_id": message["message_id"],
                "user": who.user(),
                "date": unix_time(),
                "old_reaction": before,
                "new_reaction": now,
            }
        }
    )


def change_bot(api: BotApi, by: Account, chat: Chat, new: Standing) -> None:
    """The bot becomes something else in a chat; it hears so."""
    bot = api.world.bot
    if chat.is_group:
        before = chat.standing(bot.user_id)
        chat.standings[bot.user_id] = new
    else:
        before = "member" if new == "kicked" else "kicked"
    api.updates.put({"my_chat_member": member_updated(chat, by, bot, before, new)})
    api.screens.show(
        [person.user_id for person in api.world.people_in(chat)],
        chat.chat_id,
        "chat",
        {"chat": chat.as_chat(), "bot": new},
    )
    api.changes.touch()
