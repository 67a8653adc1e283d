"""One call of a method: its fields, whatever the encoding in which they came."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.telegram.botapi.errors import bad_request

ATTACHED = "attach://"


@dataclass(frozen=True)
class Upload:
    """A file that came with a call."""

    name: str
    content: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True)
class Call:
    """One request of the bot. at: seconds on a steady clock. uploaded: fields that came as bytes.

    files: the bytes by the name of their part; let go when the call was answered.
    """

    method: str
    fields: dict[str, Any]
    at: float
    uploaded: frozenset[str] = frozenset()
    files: dict[str, Upload] = field(default_factory=dict, repr=False)

    @property
    def loose(self) -> frozenset[str]:
        """Names of the files to which no attach:// points, so that they are fields themselves."""
        return self.uploaded - self.fields.keys()

    @property
    def chat_id(self) -> int | None:
        """The chat that it names, if it names one."""
        return self.integer("chat_id") if "chat_id" in self.fields else None

    def has(self, name: str) -> bool:
        """Telegram takes an empty field for a missing one."""
        return self.fields.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        """A String."""
        value = self.fields.get(name, default)
        if not isinstance(value, str):
            raise bad_request(f'field "{name}" must be of type String')
        return value

    def integer(self, name: str, default: int = 0) -> int:
        """An Integer, also written as a string. Telegram takes a wrong one for 0."""
        value = self.fields.get(name, default)
        if isinstance(value, str):
            try:
                return int(value or default)
            except ValueError:
                pass
        if isinstance(value, bool) or not isinstance(value, int):
            raise bad_request(f'field "{name}" must be of type Integer')
        return value

    def flag(self, name: str) -> bool:
        """A Boolean, also written as a string."""
        value = self.fields.get(name, False)
        if isinstance(value, bool):
            return value
        said = str(value).lower()
        if said not in {"true", "yes", "1", "false", "no", "0", ""}:
            raise bad_request(f'field "{name}" must be of type Boolean')
        return said in {"true", "yes", "1"}

    def json(self, name: str) -> Any:  # a JSON value is anything
        """An object or an array, also written as a string; None: it is not there."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None

    def listed(self, name: str) -> list[Any] | None:
        """An array; None: it is not there."""
        value = self.json(name)
        if value is None or isinstance(value, list):
            return value
        raise bad_request(f'field "{name}" must be of type Array')

    def mapped(self, name: str) -> dict[str, Any] | None:
        """An object; None: it is not there."""
        value = self.json(name)
        if value is None or isinstance(value, dict):
            return value
        raise bad_request(f'field "{name}" must be of type Object')

    def file(self, name: str) -> Upload | str | None:
        """The bytes of a file field, or the id or address in it."""
        if name in self.files:
            return self.files[name]
        return self.attached(self.fields.get(name))

    def attached(self, value: object) -> Upload | str | None:
        """What attach:// stands for; else the text itself."""
        if value in (None, ""):
            return None
        if not isinstance(value, str):
            raise bad_request("a file must be of type String")
        if not value.startswith(ATTACHED):
            return value
        part = self.files.get(value.removeprefix(ATTACHED))
        if part is None:
            raise bad_request(f"wrong file identifier/HTTP URL specified: no part {value!r}")
        return part


def uploaded_fields(fields: dict[str, Any], files: dict[str, Upload]) -> frozenset[str]:
    """Names of the fields whose content came as bytes, directly or through attach://."""
    written = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in fields.items()
    }
    named: set[str] = set()
    for part in files:
        through = {name for name, value in written.items() if ATTACHED + part in value}
        named |= through or {part}
    return frozenset(named)
