"""A text of the bot with its marks: from parse_mode, from entities, or found in it."""

from typing import Any

from tests.telegram.botapi.calls import Call
from tests.telegram.botapi.errors import bad_request
from tests.telegram.botapi.html import parse_html
from tests.telegram.botapi.markdown import parse_markdown
from tests.telegram.botapi.text import Entity, ordered, trimmed, units, with_found

# core.telegram.org/bots/api: sendMessage and sendPhoto, "after entities parsing"
TEXT_UNITS = 4096
CAPTION_UNITS = 1024


def formatted(
    text: str, parse_mode: str | None = None, entities: list[Entity] | None = None
) -> tuple[str, list[Entity]]:
    """(text, entities) as they stand in the message. Raises Refused."""
    match (parse_mode or "").lower():
        case "html":
            text, marked = parse_html(text)
        case "markdownv2":
            text, marked = parse_markdown(text)
        case "markdown":
            raise bad_request("this server does not parse legacy Markdown; use HTML or MarkdownV2")
        case "":
            marked = _checked(text, entities or [])
        case _:
            raise bad_request("unsupported parse_mode")
    text, marked = trimmed(text, marked)
    return text, with_found(text, marked)


def text_of(call: Call) -> dict[str, Any]:
    """The text fields of a message. Raises Refused."""
    text, entities = formatted(call.text("text"), call.text("parse_mode"), call.listed("entities"))
    if not text:
        raise bad_request("message text is empty")
    if units(text) > TEXT_UNITS:
        raise bad_request("message is too long")
    fields: dict[str, Any] = {"text": text}
    if entities:
        fields["entities"] = entities
    preview = call.mapped("link_preview_options")
    if preview is None and call.flag("disable_web_page_preview"):
        preview = {"is_disabled": True}
    if preview:
        fields["link_preview_options"] = preview
    return fields


def caption_of(given: dict[str, Any]) -> dict[str, Any]:
    """The caption fields of a message. given: the fields of a method or an InputMedia."""
    text, entities = formatted(
        given.get("caption") or "", given.get("parse_mode"), given.get("caption_entities")
    )
    if units(text) > CAPTION_UNITS:
        raise bad_request("message caption is too long")
    fields: dict[str, Any] = {}
    if text:
        fields["caption"] = text
        if entities:
            fields["caption_entities"] = entities
        if given.get("show_caption_above_media"):
            fields["show_caption_above_media"] = True
    return fields


def caption_of_call(call: Call) -> dict[str, Any]:
    """The caption fields of a call."""
    return caption_of(
        {
            "caption": call.text("caption"),
            "parse_mode": call.text("parse_mode"),
            "caption_entities": call.listed("caption_entities"),
            "show_caption_above_media": call.flag("show_caption_above_media"),
        }
    )


def _checked(text: str, entities: list[Entity]) -> list[Entity]:
    room = units(text)
    for each in entities:
        if not {"type", "offset", "length"} <= each.keys():
            raise bad_request("can't parse MessageEntity")
        if each["offset"] < 0 or each["offset"] + each["length"] > room:
            raise bad_request("can't parse MessageEntity: entity is out of the text")
    return ordered(list(entities))
