"""Methods that put a message into a chat."""

from dataclasses import dataclass
from typing import Any, Final

from tests.telegram.botapi.api import BotApi
from tests.telegram.botapi.calls import Call, Upload
from tests.telegram.botapi.errors import bad_request
from tests.telegram.botapi.files import document
from tests.telegram.botapi.formatting import caption_of, caption_of_call, text_of
from tests.telegram.botapi.history import compose, post
from tests.telegram.botapi.keyboards import checked_markup, inline_only
from tests.telegram.botapi.world import Chat, Message

ALBUM: Final = (2, 10)  # core.telegram.org/bots/api#sendmediagroup: "must include 2-10 items"
ACTIONS: Final = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
_REPLY: Final = {"message_id", "chat_id", "allow_sending_without_reply"}
_MEDIA: Final = {
    "type",
    "media",
    "thumbnail",
    "caption",
    "parse_mode",
    "caption_entities",
    "show_caption_above_media",
    "has_spoiler",
    "disable_content_type_detection",
}
# What is copied with a message, whatever its kind.
CONTENT: Final = ("text", "entities", "photo", "document", "sticker", "voice", "contact")
CAPTION: Final = ("caption", "caption_entities", "show_caption_above_media")


@dataclass(frozen=True)
class Target:
    """Where a message goes, and how."""

    chat: Chat
    thread: int | None
    reply: Message | None
    flags: dict[str, Any]
    screen: dict[str, Any] | None


def target_of(api: BotApi, call: Call) -> Target:
    """Raises Refused for a chat, thread, reply or keyboard that is none."""
    chat = api.world.writable(_chat_id(call))
    markup = checked_markup(call.mapped("reply_markup"))
    thread = call.integer("message_thread_id") if call.has("message_thread_id") else None
    thread = api.world.thread(chat, thread)
    flags: dict[str, Any] = {}
    if call.flag("protect_content"):
        flags["has_protected_content"] = True
    if inline_only(markup):
        flags["reply_markup"] = markup
    call.flag("disable_notification")
    return Target(
        chat=chat,
        thread=thread,
        reply=_reply(chat, call),
        flags=flags,
        screen=markup if markup and "inline_keyboard" not in markup else None,
    )


def send(api: BotApi, target: Target, content: dict[str, Any]) -> Message:
    """The message, in the chat. Raises Refused with 429."""
    api.admit(target.chat.chat_id)
    return _put(api, target, content)


def _put(api: BotApi, target: Target, content: dict[str, Any]) -> Message:
    message = compose(
        api,
        target.chat,
        api.world.bot,
        content | target.flags,
        thread=target.thread,
        reply=target.reply,
    )
    message.screen = target.screen
    return post(api, target.chat, message)


async def send_message(api: BotApi, call: Call) -> Message:
    """SendMessage."""
    content = text_of(call)
    return send(api, target_of(api, call), content)


async def send_photo(api: BotApi, call: Call) -> Message:
    """SendPhoto."""
    target, caption = target_of(api, call), caption_of_call(call)
    media = await media_content(api, "photo", call.file("photo"))
    spoiler = {"has_media_spoiler": True} if call.flag("has_spoiler") else {}
    return send(api, target, media | caption | spoiler)


async def send_document(api: BotApi, call: Call) -> Message:
    """SendDocument. The thumbnail is taken and not shown."""
    target, caption = target_of(api, call), caption_of_call(call)
    call.flag("disable_content_type_detection")
    return send(api, target, await media_content(api, "document", call.file("document")) | caption)


async def send_media_group(api: BotApi, call: Call) -> list[Message]:
    """sendMediaGroup: all of it, or nothing."""
    target, items = target_of(api, call), call.listed("media") or []
    fewest, most = ALBUM
    if not items:
        raise bad_request("there are no messages to send")
    if len(items) > most:
        raise bad_request("too many messages to send as an album")
    if len(items) < fewest:
        raise bad_request("an album must include 2-10 items")
    if len({item.get("type") for item in items if isinstance(item, dict)}) != 1:
        raise bad_request("documents can't be mixed with other media types")
    contents = [await input_media(api, call, item) for item in items]
    api.admit(target.chat.chat_id, len(contents))
    group = {"media_group_id": str(api.world.next_album_id())}
    return [_put(api, target, content | group) for content in contents]


async def input_media(api: BotApi, call: Call, item: Any) -> dict[str, Any]:
    """The content that an InputMedia names. Raises Refused."""
    if not isinstance(item, dict) or item.get("type") not in {"photo", "document"}:
        raise bad_request("can't parse InputMedia: type must be photo or document")
    unknown = item.keys() - _MEDIA
    if unknown:
        raise bad_request(f"can't parse InputMedia: unknown fields {sorted(unknown)}")
    media = await media_content(api, item["type"], call.attached(item.get("media")))
    spoiler = {"has_media_spoiler": True} if item.get("has_spoiler") else {}
    return media | caption_of(item) | spoiler


async def media_content(api: BotApi, kind: str, given: Upload | str | None) -> dict[str, Any]:
    """{"photo": sizes} or {"document": ...}, of bytes or of an id. Raises Refused."""
    if given is None:
        raise bad_request(f"there is no {kind} in the request")
    if isinstance(given, str):
        if given.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content: this server fetches none")
        if kind == "photo":
            return {"photo": api.files.sizes_of(given)}
        return {"document": document(api.files.known("document", given))}
    if kind == "photo":
        return {"photo": await api.files.take_photo(given.content, given.name)}
    return {"document": api.files.take_document(given.content, given.name)}


async def send_chat_action(api: BotApi, call: Call) -> bool:
    """SendChatAction."""
    chat = api.world.writable(_chat_id(call))
    thread = call.integer("message_thread_id") if call.has("message_thread_id") else None
    api.world.thread(chat, thread)
    action = call.text("action")
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    users = [person.user_id for person in api.world.people_in(chat)]
    api.screens.show(users, chat.chat_id, "action", {"action": action})
    return True


async def forward_message(api: BotApi, call: Call) -> Message:
    """ForwardMessage."""
    target = target_of(api, call)
    original = _source(api, call, "forward")
    if original.get("has_protected_content"):
        raise bad_request("message can't be forwarded")
    return send(api, target, forwarded(original))


async def copy_message(api: BotApi, call: Call) -> dict[str, int]:
    """CopyMessage."""
    target = target_of(api, call)
    original = _source(api, call, "copy")
    if original.get("has_protected_content") or not original.keys() & set(CONTENT):
        raise bad_request("message can't be copied")
    content = {name: original[name] for name in (*CONTENT, *CAPTION) if name in original}
    if "caption" in call.fields:
        content = {name: content[name] for name in content.keys() - set(CAPTION)}
        content |= caption_of_call(call)
    return {"message_id": send(api, target, content)["message_id"]}


def forwarded(original: Message) -> dict[str, Any]:
    """The content of a message that forwards this one."""
    origin = original.get("forward_origin") or {
        "type": "user",
        "date": original["date"],
        "sender_user": original["from"],
    }
    content = {name: original[name] for name in (*CONTENT, *CAPTION) if name in original}
    return {"forward_origin": origin, **content}


def _chat_id(call: Call) -> int:
    if not call.has("chat_id"):
        raise bad_request("chat_id is empty")
    given = call.fields["chat_id"]
    if isinstance(given, str) and given.startswith("@"):
        raise bad_request("chat not found")  # no chat here has a public name
    return call.integer("chat_id")


def _source(api: BotApi, call: Call, what: str) -> Message:
    chat = api.world.readable(call.integer("from_chat_id"))
    message = chat.messages.get(call.integer("message_id"))
    if message is None:
        raise bad_request(f"message to {what} not found")
    return message


def _reply(chat: Chat, call: Call) -> Message | None:
    given = call.mapped("reply_parameters")
    if given is None and call.has("reply_to_message_id"):
        given = {
            "message_id": call.integer("reply_to_message_id"),
            "allow_sending_without_reply": call.flag("allow_sending_without_reply"),
        }
    if given is None:
        return None
    unknown = given.keys() - _REPLY
    if unknown:
        raise bad_request(f"can't parse ReplyParameters: unknown fields {sorted(unknown)}")
    if given.get("chat_id", chat.chat_id) != chat.chat_id:
        raise bad_request("this server does not play replies to another chat")
    message = chat.messages.get(int(given.get("message_id", 0)))
    if message is None and not given.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return message
