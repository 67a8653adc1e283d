"""parse_mode=HTML: the tags that Telegram knows, and its complaints about the others.

After "HTML style" in core.telegram.org/bots/api; tags of the newest versions (dates, custom
emoji) are refused as unsupported.
"""

import re

from tests.telegram.botapi.errors import Refused, bad_request
from tests.telegram.botapi.text import Entity, units

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_TOKEN = re.compile(r"<[^>]*>?|&(?:#\d+|#x[0-9a-fA-F]+|[a-z]+);")
_OPENING = re.compile(r"<([a-zA-Z][a-zA-Z0-9-]*)((?:\s[^>]*)?)>$")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")


class _Open:
    """A tag that waits for its end."""

    def __init__(self, tag: str, at: int, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.at = at
        self.attributes = attributes


def parse_html(markup: str) -> tuple[str, list[Entity]]:
    """(text, entities). Raises Refused, as Telegram does, for what is broken."""
    written: list[str] = []
    length = 0
    waiting: list[_Open] = []
    entities: list[Entity] = []
    end = 0
    for match in _TOKEN.finditer(markup):
        plain = markup[end : match.start()]
        end = match.end()
        token = match.group()
        offset = len(markup[: match.start()].encode())
        written.append(plain)
        length += units(plain)
        if token.startswith("&"):
            character = _character(token)
            written.append(character)
            length += units(character)
        elif token.startswith("</"):
            entities += _closed(token, waiting, offset, length, "".join(written))
        else:
            waiting.append(_opened(token, offset, length))
    if waiting:
        raise _broken(f'Can\'t find end tag corresponding to start tag "{waiting[-1].tag}"')
    written.append(markup[end:])
    return "".join(written), _merged(entities)


def _opened(token: str, offset: int, length: int) -> _Open:
    if not token.endswith(">"):
        raise _broken(f"Unclosed start tag at byte offset {offset}")
    match = _OPENING.match(token)
    name = match.group(1).lower() if match else token.strip("<>/ ").lower()
    attributes = {
        found.group(1).lower(): next((part for part in found.groups()[1:] if part), "")
        for found in _ATTRIBUTE.finditer(match.group(2) if match else "")
    }
    is_spoiler = name != "span" or attributes.get("class") == "tg-spoiler"
    if match is None or name not in _TAGS or not is_spoiler:
        raise _broken(f'Unsupported start tag "{name}" at byte offset {offset}')
    return _Open(name, length, attributes)


def _closed(token: str, waiting: list[_Open], offset: int, length: int, text: str) -> list[Entity]:
    name = token.strip("</> ").lower()
    if not waiting:
        raise _broken(f"Unexpected end tag at byte offset {offset}")
    opened = waiting.pop()
    if name and name != opened.tag:
        raise _broken(
            f'Unmatched end tag at byte offset {offset}, expected "</{opened.tag}>", '
            f'found "</{name}>"'
        )
    if length == opened.at:
        return []
    entity: Entity = {
        "type": _TAGS[opened.tag],
        "offset": opened.at,
        "length": length - opened.at,
    }
    match opened.tag:
        case "a":
            covered = text.encode("utf-16-le")[2 * opened.at :].decode("utf-16-le")
            url = opened.attributes.get("href") or covered
            if not re.match(r"(https?|tg|mailto)://?\S+", url):
                return []  # Telegram shows the text without the link
            entity["url"] = url
        case "code" if opened.attributes.get("class", "").startswith("language-"):
            entity["language"] = opened.attributes["class"].removeprefix("language-")
        case "blockquote" if "expandable" in opened.attributes:
            entity["type"] = "expandable_blockquote"
    return [entity]


def _merged(entities: list[Entity]) -> list[Entity]:
    """A <code class="language-…"> that fills a <pre> names its language."""
    named = {
        (each["offset"], each["length"]): each["language"]
        for each in entities
        if each["type"] == "code" and "language" in each
    }
    merged = []
    for each in entities:
        place = (each["offset"], each["length"])
        if each["type"] == "pre" and place in named:
            merged.append(each | {"language": named[place]})
        elif each["type"] == "code" and place in named:
            alone = {key: value for key, value in each.items() if key != "language"}
            if not any(
                o["type"] == "pre" and (o["offset"], o["length"]) == place for o in entities
            ):
                merged.append(alone)
        else:
            merged.append(each)
    return merged


def _character(token: str) -> str:
    name = token[1:-1]
    if name.startswith("#"):
        # &#x1F600; as int() reads it: 0x1F600.
        return chr(int("0" + name[1:] if name.startswith("#x") else name[1:], 0))
    return _NAMED.get(name, token)


def _broken(why: str) -> Refused:
    return bad_request(f"can't parse entities: {why}")
