"""reply_markup: the four kinds, and what Telegram refuses in them."""

import re
from typing import Any

from tests.telegram.botapi.errors import bad_request

CALLBACK_BYTES = 64
# What a button of an inline keyboard may do; the others of the Bot API are not played here.
_ACTIONS = {"callback_data", "url", "web_app", "switch_inline_query", "copy_text"}
_SCREEN = {
    "keyboard": {
        "keyboard",
        "is_persistent",
        "resize_keyboard",
        "one_time_keyboard",
        "input_field_placeholder",
        "selective",
    },
    "remove_keyboard": {"remove_keyboard", "selective"},
    "force_reply": {"force_reply", "input_field_placeholder", "selective"},
}
_URL = re.compile(r"^(?:https?://[^\s/.]+(?:\.[^\s/.]+|:\d+)+\S*|https?://localhost\S*|tg://\S+)$")
_MOST_BUTTONS = 100  # beyond it Telegram answers "reply markup is too long"
_MOST_IN_ROW = 8


def checked_markup(markup: dict[str, Any] | None) -> dict[str, Any] | None:
    """The markup as it was understood. Raises Refused."""
    if markup is None:
        return None
    if "inline_keyboard" in markup:
        if markup.keys() - {"inline_keyboard"}:
            raise bad_request(f"unknown fields {sorted(markup.keys() - {'inline_keyboard'})}")
        return {"inline_keyboard": _inline(markup["inline_keyboard"])}
    for kind, fields in _SCREEN.items():
        if kind in markup:
            if markup.keys() - fields:
                raise bad_request(f"unknown fields {sorted(markup.keys() - fields)}")
            return markup
    raise bad_request("object expected as reply markup")


def inline_only(markup: dict[str, Any] | None) -> dict[str, Any] | None:
    """What stays with the message: an inline keyboard with buttons, or nothing."""
    if markup and markup.get("inline_keyboard"):
        return markup
    return None


def checked_inline(markup: dict[str, Any] | None) -> dict[str, Any] | None:
    """The same for edits, which take inline keyboards only. Raises Refused."""
    if markup is not None and "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    return inline_only(checked_markup(markup))


def _inline(rows: Any) -> list[list[dict[str, Any]]]:  # whatever the bot sent
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" must be an Array of Arrays')
    kept = [[_button(button) for button in row] for row in rows if row]
    if sum(map(len, kept)) > _MOST_BUTTONS or any(len(row) > _MOST_IN_ROW for row in kept):
        raise bad_request("reply markup is too long")
    return kept


def _button(button: Any) -> dict[str, Any]:  # whatever the bot sent
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    if not str(button.get("text", "")).strip():
        raise bad_request("can't parse inline keyboard button: text is empty")
    unknown = button.keys() - _ACTIONS - {"text", "style", "icon_custom_emoji_id"}
    if unknown:
        raise bad_request(f"unknown fields {sorted(unknown)}")
    actions = button.keys() & _ACTIONS
    if not actions:
        raise bad_request("text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request(f"a button has one action, not {sorted(actions)}")
    if (
        "callback_data" in button
        and not 1 <= len(button["callback_data"].encode()) <= CALLBACK_BYTES
    ):
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button and not _URL.match(button["url"]):
        raise bad_request(
            f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL"
        )
    return dict(button)
