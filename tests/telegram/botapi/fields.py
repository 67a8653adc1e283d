"""Which methods this server knows, and which fields each may have.

After the Bot API's own tables (core.telegram.org/bots/api, version 10), without what nobody here
uses: business accounts, paid messages, effects. Telegram ignores a field that it does not know;
here it is refused, so that a typing error is seen.
"""

_TO = {"chat_id", "message_thread_id"}
_SEND = {
    *_TO,
    "disable_notification",
    "protect_content",
    "reply_parameters",
    "reply_to_message_id",
    "allow_sending_without_reply",
}
_CAPTION = {"caption", "parse_mode", "caption_entities", "show_caption_above_media"}
_EDIT = {"chat_id", "message_id", "reply_markup"}
_LANGUAGE = {"language_code"}
_MEMBER = {"chat_id", "user_id"}

FIELDS: dict[str, frozenset[str]] = {
    method: frozenset(fields)
    for method, fields in {
        "getMe": set[str](),
        "logOut": set(),
        "close": set(),
        "getUpdates": {"offset", "limit", "timeout", "allowed_updates"},
        "setWebhook": {
            "url",
            "certificate",
            "ip_address",
            "max_connections",
            "allowed_updates",
            "drop_pending_updates",
            "secret_token",
        },
        "deleteWebhook": {"drop_pending_updates"},
        "getWebhookInfo": set(),
        "getFile": {"file_id"},
        "sendMessage": {
            *_SEND,
            "text",
            "parse_mode",
            "entities",
            "link_preview_options",
            "disable_web_page_preview",
            "reply_markup",
        },
        "sendPhoto": {*_SEND, *_CAPTION, "photo", "has_spoiler", "reply_markup"},
        "sendDocument": {
            *_SEND,
            *_CAPTION,
            "document",
            "thumbnail",
            "disable_content_type_detection",
            "reply_markup",
        }
        - {"show_caption_above_media"},
        "sendMediaGroup": {*_SEND, "media"},
        "sendChatAction": {*_TO, "action"},
        "forwardMessage": {
            *_TO,
            "from_chat_id",
            "message_id",
            "disable_notification",
            "protect_content",
        },
        "copyMessage": {*_SEND, *_CAPTION, "from_chat_id", "message_id", "reply_markup"},
        "editMessageText": {
            *_EDIT,
            "text",
            "parse_mode",
            "entities",
            "link_preview_options",
            "disable_web_page_preview",
        },
        "editMessageCaption": {*_EDIT, *_CAPTION},
        "editMessageMedia": {*_EDIT, "media"},
        "editMessageReplyMarkup": set(_EDIT),
        "deleteMessage": {"chat_id", "message_id"},
        "deleteMessages": {"chat_id", "message_ids"},
        "answerCallbackQuery": {"callback_query_id", "text", "show_alert", "url", "cache_time"},
        "setMessageReaction": {"chat_id", "message_id", "reaction", "is_big"},
        "setMyCommands": {"commands", "scope", *_LANGUAGE},
        "getMyCommands": {"scope", *_LANGUAGE},
        "deleteMyCommands": {"scope", *_LANGUAGE},
        "setMyDescription": {"description", *_LANGUAGE},
        "getMyDescription": set(_LANGUAGE),
        "setMyShortDescription": {"short_description", *_LANGUAGE},
        "getMyShortDescription": set(_LANGUAGE),
        "setChatMenuButton": {"chat_id", "menu_button"},
        "getChatMenuButton": {"chat_id"},
        "getChat": {"chat_id"},
        "getChatMember": set(_MEMBER),
        "getChatAdministrators": {"chat_id"},
        "getChatMemberCount": {"chat_id"},
        "leaveChat": {"chat_id"},
        "pinChatMessage": {"chat_id", "message_id", "disable_notification"},
        "unpinChatMessage": {"chat_id", "message_id"},
        "createForumTopic": {"chat_id", "name", "icon_color"},
        "closeForumTopic": set(_TO),
        "reopenForumTopic": set(_TO),
    }.items()
}

# The parts of a multipart body that are files by their own name; others need attach://.
FILE_FIELDS = frozenset({"photo", "document", "thumbnail", "certificate"})
