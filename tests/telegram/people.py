"""People in Telegram: what they write, send and press, and what they got."""

import itertools
import time
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image

from tests.telegram.server import BotApi

_CHAT_IDS = itertools.count(5_000_000_001)  # above 32 bits, as Telegram's are by now


@dataclass
class Person:
    """A person in a private chat with the bot."""

    api: BotApi
    name: str
    language: str
    chat_id: int

    async def writes(self, text: str) -> dict[str, Any]:
        entities = (
            [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
            if text.startswith("/")
            else []
        )
        return await self._sends({"text": text, "entities": entities})

    async def sends_photo(self, content: bytes, caption: str | None = None) -> dict[str, Any]:
        sizes = self.api.files.take_photo(content, "photo.jpg")
        return await self._sends(
            {"photo": sizes} | ({"caption": caption} if caption is not None else {})
        )

    async def sends_file(
        self, content: bytes, name: str, mime_type: str, *, claims_size: int | None = None
    ) -> dict[str, Any]:
        sent = self.api.files.take_document(content, name, mime_type)
        if claims_size is not None:
            sent["file_size"] = claims_size
        return await self._sends({"document": sent})

    async def writes_in_group(self, text: str) -> dict[str, Any]:
        group = {"id": -1_000_000_000_000 - self.chat_id, "type": "supergroup", "title": "Year 2"}
        return await self._sends({"text": text, "chat": group})

    async def sends_contact(self) -> dict[str, Any]:
        return await self._sends({"contact": {"phone_number": "1", "first_name": "C"}})

    async def presses(self, message: dict[str, Any], row: int = 0) -> str:
        """Press a message's first button in this row; the id of the query."""
        button = message["reply_markup"]["inline_keyboard"][row][0]
        query_id = str(time.monotonic_ns())
        self.api.open_queries.add(query_id)
        await self.api.put_update(
            {
                "callback_query": {
                    "id": query_id,
                    "from": self._user(),
                    "chat_instance": "1",
                    "data": button["callback_data"],
                    "message": message,
                }
            }
        )
        return query_id

    @property
    def inbox(self) -> list[dict[str, Any]]:
        """What the bot sent to this chat, oldest first."""
        return [
            message
            for (chat_id, _), message in self.api.messages.items()
            if chat_id == self.chat_id
        ]

    async def got(self, count: int, within_s: float = 20.0) -> list[dict[str, Any]]:
        """Wait for so many messages in all."""
        await self.api.until(lambda: len(self.inbox) >= count, within_s)
        return self.inbox

    async def _sends(self, content: dict[str, Any]) -> dict[str, Any]:
        return await self.api.put_update(
            {
                "message": {
                    "message_id": self.api.next_message_id(),
                    "date": int(time.time()),
                    "chat": {"id": self.chat_id, "type": "private", "first_name": self.name},
                    "from": self._user(),
                    **content,
                }
            }
        )

    def _user(self) -> dict[str, Any]:
        return {
            "id": self.chat_id,
            "is_bot": False,
            "first_name": self.name,
            "language_code": self.language,
        }


def person(api: BotApi, name: str = "Emmy", language: str = "en") -> Person:
    """Somebody new."""
    return Person(api, name, language, next(_CHAT_IDS))


def size_of(api: BotApi, message: dict[str, Any]) -> tuple[int, int]:
    """(width, height) of the file in a message, decoded."""
    sent = message.get("document") or message["photo"][-1]
    with Image.open(BytesIO(api.files.kept[sent["file_id"]].content)) as picture:
        return picture.size
