"""Methods that change or take away what stands in a chat, and answers to buttons."""

import re
from typing import Any, Final

from tests.telegram.botapi.api import BotApi
from tests.telegram.botapi.calls import Call
from tests.telegram.botapi.errors import bad_request
from tests.telegram.botapi.formatting import caption_of_call, text_of
from tests.telegram.botapi.history import delete, react, replace
from tests.telegram.botapi.keyboards import checked_inline
from tests.telegram.botapi.privacy import SERVICE
from tests.telegram.botapi.reactions import checked_reactions
from tests.telegram.botapi.sending import CAPTION, input_media
from tests.telegram.botapi.text import units
from tests.telegram.botapi.world import Account, Chat, Message, unix_time

ANSWER_UNITS: Final = 200  # core.telegram.org/bots/api#answercallbackquery
MOST_DELETED: Final = 100  # core.telegram.org/bots/api#deletemessages
_TEXT: Final = ("text", "entities", "link_preview_options")
_MEDIA: Final = ("photo", "document", "has_media_spoiler")
_SAME: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


async def edit_text(api: BotApi, call: Call) -> Message:
    """EditMessageText."""
    content = text_of(call)
    chat, message = _own(api, call)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    return _edited(api, chat, message, call, changing=_TEXT, content=content)


async def edit_caption(api: BotApi, call: Call) -> Message:
    """EditMessageCaption."""
    content = caption_of_call(call)
    chat, message = _own(api, call)
    if not message.keys() & set(_MEDIA):
        raise bad_request("there is no caption in the message to edit")
    return _edited(api, chat, message, call, changing=CAPTION, content=content)


async def edit_media(api: BotApi, call: Call) -> Message:
    """EditMessageMedia."""
    chat, message = _own(api, call)
    if not message.keys() & {"photo", "document"}:
        raise bad_request("there is no media in the message to edit")
    content = await input_media(api, call, call.mapped("media"))
    if "media_group_id" in message and not message.keys() & content.keys() & {"photo", "document"}:
        raise bad_request("can't use the media of the specified type in the album")
    return _edited(api, chat, message, call, changing=(*_MEDIA, *CAPTION), content=content)


async def edit_markup(api: BotApi, call: Call) -> Message:
    """EditMessageReplyMarkup."""
    chat, message = _own(api, call)
    return _edited(api, chat, message, call, changing=(), content={})


async def delete_message(api: BotApi, call: Call) -> bool:
    """DeleteMessage. The limit of 48 hours is not played."""
    chat = api.world.writable(call.integer("chat_id"))
    message = chat.messages.get(call.integer("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    is_own = message["from"]["id"] == api.world.bot.user_id
    if chat.is_group and not is_own and not api.world.is_admin(chat):
        raise bad_request("message can't be deleted")
    delete(api, chat, message["message_id"])
    return True


async def delete_messages(api: BotApi, call: Call) -> bool:
    """deleteMessages: those that are not there are passed over."""
    chat = api.world.writable(call.integer("chat_id"))
    wanted = call.listed("message_ids") or []
    if not 1 <= len(wanted) <= MOST_DELETED:
        raise bad_request("message identifiers are not specified")
    for message_id in wanted:
        if int(message_id) in chat.messages:
            delete(api, chat, int(message_id))
    return True


async def set_reaction(api: BotApi, call: Call) -> bool:
    """SetMessageReaction."""
    reactions = checked_reactions(call.listed("reaction") or [])
    chat = api.world.writable(call.integer("chat_id"))
    message = chat.messages.get(call.integer("message_id"))
    if message is None:
        raise bad_request("message to react not found")
    if SERVICE & message.keys():
        raise bad_request("message can't be reacted")
    call.flag("is_big")
    react(api, chat, message["message_id"], api.world.bot, reactions)
    return True


async def answer_query(api: BotApi, call: Call) -> bool:
    """AnswerCallbackQuery."""
    query_id = call.text("callback_query_id")
    query = api.open_queries.get(query_id)
    if query is None or api.clock() > query.at + api.query_lives_s:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if units(call.text("text")) > ANSWER_UNITS:
        raise bad_request("MESSAGE_TOO_LONG")
    # Games have other addresses too; there are none here.
    if call.has("url") and not _opens(api.world.bot, call.text("url")):
        raise bad_request("URL_INVALID")
    api.open_queries.pop(query_id)
    api.answered[query_id] = call.fields
    content = {
        "query_id": query_id,
        "text": call.text("text"),
        "is_alert": call.flag("show_alert"),
        "url": call.text("url"),
    }
    api.screens.show([query.user_id], query.chat_id, "answer", content)
    return True


def _opens(bot: Account, url: str) -> bool:
    """Whether an address opens the bot with a parameter, of at most 64 characters."""
    name = re.escape(bot.username or "")
    return re.fullmatch(rf"https://t\.me/{name}\?start=[A-Za-z0-9_-]{{1,64}}", url) is not None


def _own(api: BotApi, call: Call) -> tuple[Chat, Message]:
    if not call.has("message_id"):
        raise bad_request("message identifier is not specified")
    chat = api.world.writable(call.integer("chat_id"))
    message = chat.messages.get(call.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if message["from"]["id"] != api.world.bot.user_id or SERVICE & message.keys():
        raise bad_request("message can't be edited")
    return chat, message


def _edited(
    api: BotApi,
    chat: Chat,
    message: Message,
    call: Call,
    *,
    changing: tuple[str, ...],
    content: dict[str, Any],
) -> Message:
    """An edit without a keyboard takes the keyboard away, as in Telegram."""
    markup = checked_inline(call.mapped("reply_markup"))
    api.admit(chat.chat_id)
    changing = (*changing, "reply_markup")
    wanted = content | ({"reply_markup": markup} if markup else {})
    before = {name: message[name] for name in changing if name in message}
    if _shape(before) == _shape(wanted):
        raise bad_request(_SAME)
    kept = {name: value for name, value in message.items() if name not in changing}
    return replace(api, chat, Message(kept | {"edit_date": unix_time()} | wanted))


def _shape(content: dict[str, Any]) -> dict[str, Any]:
    """What decides whether something changed: the same picture by another id is the same."""
    shape = dict(content)
    if "photo" in shape:
        shape["photo"] = [size["file_unique_id"] for size in shape["photo"]]
    if "document" in shape:
        shape["document"] = shape["document"]["file_unique_id"]
    return shape
