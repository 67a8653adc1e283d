"""Text as Telegram counts and marks it: UTF-16 code units, and what it finds by itself."""

import re
from typing import Any

Entity = dict[str, Any]

# Where a bot's name may stand: after the command, before white space or the end.
_COMMAND = re.compile(r"(?<![\w/])/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{3,32}))?(?![\w/])")
_MENTION = re.compile(r"(?<![\w@])@[A-Za-z][A-Za-z0-9_]{2,31}(?!\w)")
_HASHTAG = re.compile(r"(?<!\w)#\w*[^\W\d]\w*")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*\w")
_URL = re.compile(
    r"(?<![\w@./])(?:https?://[^\s<>]+|(?:[\w-]+\.)+(?:com|org|net|me|ru)(?:/[^\s<>]*)?)"
)
_FOUND = (
    ("url", _URL),
    ("email", _EMAIL),
    ("bot_command", _COMMAND),
    ("mention", _MENTION),
    ("hashtag", _HASHTAG),
)
# Nothing is looked for inside of these.
_VERBATIM = {"pre", "code", "text_link", "text_mention"}


def units(text: str) -> int:
    """The length of a text in UTF-16 code units, as every offset and limit of the Bot API."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, entity: Entity) -> str:
    """What an entity covers."""
    start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
    return text.encode("utf-16-le")[start:end].decode("utf-16-le")


def with_found(text: str, entities: list[Entity]) -> list[Entity]:
    """The entities and what Telegram finds besides them, in Telegram's order."""
    taken = [(each["offset"], each["offset"] + each["length"]) for each in entities]
    taken = [span for span, each in zip(taken, entities, strict=True) if each["type"] in _VERBATIM]
    found: list[Entity] = []
    for kind, pattern in _FOUND:
        for match in pattern.finditer(text):
            said = match.group().rstrip(".,!?:;)") if kind == "url" else match.group()
            start = units(text[: match.start()])
            end = start + units(said)
            if all(end <= left or right <= start for left, right in taken):
                found.append({"type": kind, "offset": start, "length": end - start})
                taken.append((start, end))
    return ordered([*entities, *found])


def ordered(entities: list[Entity]) -> list[Entity]:
    """By place, and the outer before the inner."""
    return sorted(entities, key=lambda each: (each["offset"], -each["length"]))


def trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without white space at both ends, and the entities moved with it."""
    left = units(text) - units(text.lstrip())
    kept = text.strip()
    room = units(kept)
    moved = []
    for each in entities:
        start = max(0, each["offset"] - left)
        end = min(room, each["offset"] + each["length"] - left)
        if end > start:
            moved.append(each | {"offset": start, "length": end - start})
    return kept, moved


def commands_in(message: dict[str, Any]) -> list[str]:
    """The commands of a message with their @names, as /start@some_bot."""
    text = message.get("text") or message.get("caption") or ""
    entities = message.get("entities") or message.get("caption_entities") or []
    return [cut(text, each) for each in entities if each["type"] == "bot_command"]
