"""parse_mode=MarkdownV2, after "MarkdownV2 style" in core.telegram.org/bots/api."""

import re

from tests.telegram.botapi.errors import Refused, bad_request
from tests.telegram.botapi.text import Entity, units

_RESERVED = "_*[]()~`>#+-=|{}.!"
# The longer first: __ is not two _, and || is not two |.
_MARKS = {"__": "underline", "||": "spoiler", "*": "bold", "_": "italic", "~": "strikethrough"}
_NAMES = {
    "underline": "Underline",
    "spoiler": "Spoiler",
    "bold": "Bold",
    "italic": "Italic",
    "strikethrough": "Strikethrough",
    "text_link": "TextUrl",
}
_LANGUAGE = re.compile(r"[A-Za-z0-9_+-]*\n")


class _Reader:
    """A walk through the markup, once, from left to right."""

    def __init__(self, markup: str) -> None:
        self.markup = markup
        self.at = 0
        self.text = ""
        self.entities: list[Entity] = []
        self.waiting: list[tuple[str, int, int]] = []  # kind, start in the text, in the markup

    def read(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.markup):
            self._step()
        if self.waiting:
            kind, _, at = self.waiting[-1]
            raise _broken(
                f"Can't find end of {_NAMES[kind]} entity at byte offset {self._byte(at)}"
            )
        return self.text, self.entities

    def _step(self) -> None:
        rest = self.markup[self.at :]
        if rest[0] == "\\" and len(rest) > 1 and ord(rest[1]) <= 126:  # ASCII
            self._write(rest[1], 2)
        elif rest.startswith("```"):
            self._verbatim("```", "pre")
        elif rest[0] == "`":
            self._verbatim("`", "code")
        elif rest[0] == "[":
            self.waiting.append(("text_link", units(self.text), self.at))
            self.at += 1
        elif rest[0] == "]" and self.waiting and self.waiting[-1][0] == "text_link":
            self._link()
        elif mark := next((mark for mark in _MARKS if rest.startswith(mark)), ""):
            self._mark(mark)
        elif rest[0] in _RESERVED:
            raise _broken(
                f"Character '{rest[0]}' is reserved and must be escaped with the preceding '\\'"
            )
        else:
            self._write(rest[0], 1)

    def _mark(self, mark: str) -> None:
        kind = _MARKS[mark]
        if self.waiting and self.waiting[-1][0] == kind:
            _, start, _ = self.waiting.pop()
            self._add(kind, start)
        else:
            self.waiting.append((kind, units(self.text), self.at))
        self.at += len(mark)

    def _verbatim(self, fence: str, kind: str) -> None:
        end = self.markup.find(fence, self.at + len(fence))
        if end < 0:
            name = "PreCode" if kind == "pre" else "Code"
            raise _broken(f"Can't find end of {name} entity at byte offset {self._byte(self.at)}")
        start = units(self.text)
        inner = self.markup[self.at + len(fence) : end]
        language = _LANGUAGE.match(inner) if kind == "pre" else None
        if language:
            inner = inner[language.end() :]
        self.text += re.sub(r"\\([`\\])", r"\1", inner)
        name = language.group().strip() if language else ""
        self._add(kind, start, **({"language": name} if name else {}))
        self.at = end + len(fence)

    def _link(self) -> None:
        _, start, at = self.waiting.pop()
        match = re.compile(r"\]\(((?:\\.|[^)\\])*)\)").match(self.markup, self.at)
        if match is None:
            raise _broken(f"Can't find end of a URL at byte offset {self._byte(at)}")
        self._add("text_link", start, url=re.sub(r"\\(.)", r"\1", match.group(1)))
        self.at = match.end()

    def _write(self, text: str, width: int) -> None:
        self.text += text
        self.at += width

    def _add(self, kind: str, start: int, **more: str) -> None:
        length = units(self.text) - start
        if length:
            self.entities.append({"type": kind, "offset": start, "length": length, **more})

    def _byte(self, at: int) -> int:
        return len(self.markup[:at].encode())


def parse_markdown(markup: str) -> tuple[str, list[Entity]]:
    """(text, entities). Raises Refused, as Telegram does, for what is broken."""
    return _Reader(markup).read()


def _broken(why: str) -> Refused:
    return bad_request(f"can't parse entities: {why}")
