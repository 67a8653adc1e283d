"""People in Telegram: what they write, send and press, and what they see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.telegram.botapi import acts
from tests.telegram.botapi.api import BotApi
from tests.telegram.botapi.files import document
from tests.telegram.botapi.history import delete
from tests.telegram.botapi.screens import Sight, SightKind
from tests.telegram.botapi.sending import forwarded
from tests.telegram.botapi.world import Account, Chat, Message


class Place(Protocol):
    """Where something is said: a group, or a topic of one."""

    @property
    def chat(self) -> Chat:
        """The chat."""

    @property
    def thread(self) -> int | None:
        """The topic in it."""


@dataclass(eq=False)
class Person:
    """A person with Telegram. Whatever he does without `in_` he does in his chat with the bot.

    What he sends is returned as a Message; its update_id is 0 when the bot did not hear of it.
    """

    api: BotApi
    account: Account

    @property
    def name(self) -> str:
        """His first name."""
        return self.account.first_name

    @property
    def language(self) -> str:
        """The language of his app; "": not told."""
        return self.account.language_code or ""

    @property
    def chat_id(self) -> int:
        """His chat with the bot; also his own id."""
        return self.account.user_id

    @property
    def chat(self) -> Chat:
        """His chat with the bot."""
        return self.api.world.chats[self.chat_id]

    # --- what he sends
    async def writes(
        self, text: str, *, in_: Place | None = None, reply_to: Message | None = None
    ) -> Message:
        """A text."""
        return self._says(acts.marked(text), in_, reply_to)

    async def starts(self, payload: str = "") -> Message:
        """Start, as behind a link or a QR code with this payload."""
        return await self.writes(f"/start {payload}".strip())

    async def sends_photo(
        self,
        content: bytes,
        caption: str | None = None,
        *,
        in_: Place | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        """A picture as a photo: Telegram recompresses it."""
        sizes = await self.api.files.take_photo(content, "photo.jpg")
        return self._says({"photo": sizes} | self._caption(caption), in_, reply_to)

    async def sends_file(
        self,
        content: bytes,
        name: str,
        mime_type: str | None,
        caption: str | None = None,
        *,
        claims_size: int | None = None,
        in_: Place | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        """A file as it is. claims_size: bytes, when Telegram is to tell another size."""
        sent = document(self.api.files.keep("document", content, name, mime_type or ""))
        if mime_type is None:
            del sent["mime_type"]
        if claims_size is not None:
            sent["file_size"] = claims_size
        return self._says({"document": sent} | self._caption(caption), in_, reply_to)

    async def sends_album(
        self,
        pictures: Sequence[bytes],
        caption: str | None = None,
        *,
        as_files: bool = False,
        in_: Place | None = None,
    ) -> list[Message]:
        """Several pictures at once: one message and one update each, one media_group_id."""
        contents: list[dict[str, Any]] = []
        for number, content in enumerate(pictures, 1):
            if as_files:
                name = f"board-{number}.jpg"
                file = self.api.files.keep("document", content, name, "image/jpeg")
                contents.append({"document": document(file)})
            else:
                sizes = await self.api.files.take_photo(content, "photo.jpg")
                contents.append({"photo": sizes})
        contents[0] |= self._caption(caption)
        group = {"media_group_id": str(self.api.world.next_album_id())}
        return [self._says(content | group, in_, None) for content in contents]

    async def forwards(self, message: Message, *, in_: Place | None = None) -> Message:
        """Somebody's message, also one of another chat."""
        return self._says(forwarded(message), in_, None)

    async def sends_sticker(self, emoji: str = "👍", *, in_: Place | None = None) -> Message:
        """A sticker."""
        return self._says({"sticker": self.api.files.take_sticker(b"RIFF", emoji)}, in_, None)

    async def sends_voice(self, seconds: int = 3, *, in_: Place | None = None) -> Message:
        """A voice message."""
        return self._says({"voice": self.api.files.take_voice(b"OggS", seconds)}, in_, None)

    async def sends_contact(self, *, in_: Place | None = None) -> Message:
        """Somebody's telephone number."""
        return self._says({"contact": {"phone_number": "1", "first_name": "C"}}, in_, None)

    async def edits(self, message: Message, text: str) -> Message:
        """His own text or caption becomes another."""
        return acts.edit(self.api, self.account, self._chat_of(message), message, text)

    async def deletes(self, message: Message) -> None:
        """A message, for everybody; bots do not hear of it."""
        delete(self.api, self._chat_of(message), message["message_id"])

    async def reacts(self, message: Message, emoji: str) -> None:
        """An emoji on a message; "": takes it back."""
        acts.react_as(self.api, self.account, message, emoji)

    async def presses(
        self,
        message: Message,
        row: int = 0,
        *,
        label: str | None = None,
        is_late: bool = False,
    ) -> str:
        """The button with this label, or the first one in this row; the id of the query.

        is_late: on a phone that has not heard of edits since this version of the message.
        """
        there = message if is_late else self.api.now(message) or message
        rows = there.get("reply_markup", {}).get("inline_keyboard", [])
        if label is None:
            return acts.press(self.api, self.account, there, rows[row][0])
        found = [button for line in rows for button in line if button["text"] == label]
        assert found, f"no button {label!r}, only {there.buttons}"
        return acts.press(self.api, self.account, there, found[0])

    async def forges(self, message: Message, data: str) -> str:
        """A press that says this, whatever the message has; any client of Telegram's can."""
        return acts.press(self.api, self.account, message, {"text": "?", "callback_data": data})

    async def hears(self, query_id: str, within_s: float = 20.0) -> str:
        """What a press was answered; "": it just ended."""
        await self.api.until(lambda: query_id in self.api.answered, within_s)
        said: str = self.api.answered[query_id].get("text", "")
        return said

    # --- how he is with the bot
    async def blocks(self) -> None:
        """Blocks the bot; it hears so."""
        self.account.has_blocked = True
        acts.change_bot(self.api, self.account, self.chat, "kicked")

    async def comes_back(self, payload: str = "") -> Message:
        """Presses Restart: unblocks the bot and starts it."""
        self.account.has_blocked = False
        acts.change_bot(self.api, self.account, self.chat, "member")
        return await self.starts(payload)

    async def deletes_account(self) -> None:
        """Leaves Telegram; nobody is told."""
        self.account.is_deleted = True

    # --- what he sees
    @property
    def inbox(self) -> list[Message]:
        """What the bot wrote in their chat, oldest first, as it stands now."""
        return self.api.written_in(self.chat_id)

    async def got(self, count: int, within_s: float = 20.0) -> list[Message]:
        """Wait for so many messages in all."""
        await self.api.until(lambda: len(self.inbox) >= count, within_s)
        return self.inbox

    def sees(self, kind: SightKind | None = None) -> list[Sight]:
        """Everything that happened on his screen, in all his chats, oldest first."""
        return self.api.screens.of(self.chat_id, kind)

    @property
    def alerts(self) -> list[str]:
        """What his presses were answered, oldest first; "": they just ended."""
        return [sight.content["text"] for sight in self.sees("answer")]

    def menu(self, in_: Place | None = None) -> list[str]:
        """The commands that he is offered, as "/start Join"."""
        chat = in_.chat if in_ else self.chat
        shown = self.api.profile.menu(
            chat_id=chat.chat_id,
            user_id=self.chat_id,
            language=self.language,
            is_group=chat.is_group,
            is_admin=chat.standing(self.chat_id) in {"creator", "administrator"},
        )
        return [f"/{each['command']} {each['description']}" for each in shown]

    def _says(
        self, content: dict[str, Any], in_: Place | None, reply_to: Message | None
    ) -> Message:
        chat, thread = (in_.chat, in_.thread) if in_ else (self.chat, None)
        return acts.say(self.api, self.account, chat, content, thread=thread, reply=reply_to)

    def _chat_of(self, message: Message) -> Chat:
        return self.api.world.chats[message["chat"]["id"]]

    @staticmethod
    def _caption(caption: str | None) -> dict[str, Any]:
        return {} if caption is None else acts.marked(caption, as_caption=True)


def person(
    api: BotApi, name: str = "Emmy", language: str = "en", *, has_started: bool = True
) -> Person:
    """Somebody new. has_started: he pressed the bot's Start at some earlier time."""
    account = Account(
        api.world.next_user_id(), name, language_code=language or None, has_started=has_started
    )
    api.world.add_account(account)
    return Person(api, account)
