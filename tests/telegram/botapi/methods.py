"""Every method by its name, and what happens around each call."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.telegram.botapi import chats, editing, profile, sending
from tests.telegram.botapi.api import BotApi
from tests.telegram.botapi.calls import Call
from tests.telegram.botapi.errors import bad_request, refused
from tests.telegram.botapi.fields import FIELDS
from tests.telegram.botapi.files import GET_FILE_BYTES, as_file

Method = Callable[[BotApi, Call], Awaitable[Any]]
_HOOKED = (
    "can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


async def _get_me(api: BotApi, _: Call) -> dict[str, Any]:
    return api.world.bot.user() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not api.world.has_privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def _true(_: BotApi, __: Call) -> bool:
    return True


async def _get_updates(api: BotApi, call: Call) -> list[dict[str, Any]]:
    if api.webhook.url:
        raise refused(409, _HOOKED)
    api.updates.allow(call.listed("allowed_updates"))
    return await api.updates.poll(
        offset=call.integer("offset"),
        limit=call.integer("limit", 100),
        timeout_s=call.integer("timeout"),
    )


async def _set_webhook(api: BotApi, call: Call) -> bool:
    if not call.has("url"):
        return await _delete_webhook(api, call)
    if "certificate" in call.uploaded or call.has("certificate"):
        raise bad_request("this server takes no certificates")
    api.webhook.set(
        call.text("url"), call.text("secret_token"), call.integer("max_connections", 40)
    )
    api.updates.allow(call.listed("allowed_updates"))
    if call.flag("drop_pending_updates"):
        api.updates.clear()
    api.changes.touch()
    return True


async def _delete_webhook(api: BotApi, call: Call) -> bool:
    api.webhook.remove()
    if call.flag("drop_pending_updates"):
        api.updates.clear()
    api.changes.touch()
    return True


async def _webhook_info(api: BotApi, _: Call) -> dict[str, Any]:
    return api.webhook.info(api.updates)


async def _get_file(api: BotApi, call: Call) -> dict[str, Any]:
    file = api.files.kept.get(call.text("file_id"))
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(file.content) > GET_FILE_BYTES:
        raise bad_request("file is too big")
    return as_file(file)


def _of_profile(work: Callable[..., Any], *more: Any) -> Method:
    async def method(api: BotApi, call: Call) -> Any:  # as the work it wraps
        return work(api.profile, call, *more)

    return method


METHODS: dict[str, Method] = {
    "getMe": _get_me,
    "logOut": _true,
    "close": _true,
    "getUpdates": _get_updates,
    "setWebhook": _set_webhook,
    "deleteWebhook": _delete_webhook,
    "getWebhookInfo": _webhook_info,
    "getFile": _get_file,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendDocument": sending.send_document,
    "sendMediaGroup": sending.send_media_group,
    "sendChatAction": sending.send_chat_action,
    "forwardMessage": sending.forward_message,
    "copyMessage": sending.copy_message,
    "editMessageText": editing.edit_text,
    "editMessageCaption": editing.edit_caption,
    "editMessageMedia": editing.edit_media,
    "editMessageReplyMarkup": editing.edit_markup,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "answerCallbackQuery": editing.answer_query,
    "setMessageReaction": editing.set_reaction,
    "setMyCommands": _of_profile(profile.set_commands),
    "getMyCommands": _of_profile(profile.get_commands),
    "deleteMyCommands": _of_profile(profile.delete_commands),
    "setMyDescription": _of_profile(profile.set_about, "description", profile.ABOUT_LENGTH),
    "getMyDescription": _of_profile(profile.get_about, "description"),
    "setMyShortDescription": _of_profile(
        profile.set_about, "short_description", profile.SHORT_LENGTH
    ),
    "getMyShortDescription": _of_profile(profile.get_about, "short_description"),
    "setChatMenuButton": _of_profile(profile.set_button),
    "getChatMenuButton": _of_profile(profile.get_button),
    "getChat": chats.get_chat,
    "getChatMember": chats.get_member,
    "getChatAdministrators": chats.get_administrators,
    "getChatMemberCount": chats.get_member_count,
    "leaveChat": chats.leave,
    "pinChatMessage": chats.pin,
    "unpinChatMessage": chats.unpin,
    "createForumTopic": chats.create_topic,
    "closeForumTopic": chats.close_topic,
    "reopenForumTopic": chats.reopen_topic,
}


async def carry_out(api: BotApi, call: Call) -> Any:
    """The result of a call. Raises Refused, ConnectionCut."""
    if call.method not in METHODS:
        raise refused(404, "method not found")
    api.calls.append(call)
    api.changes.touch()
    script = await api.faults.before(call)
    unknown = (call.fields.keys() | call.loose) - FIELDS[call.method]
    if unknown:
        raise bad_request(f"{call.method} has no fields {sorted(unknown)}")
    result = await METHODS[call.method](api, call)
    api.inspect(call.method, result)
    api.changes.touch()
    api.faults.after(script)
    return result
