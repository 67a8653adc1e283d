"""A photo in Telegram on its way to the intake, and the first words back."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import aclosing, asynccontextmanager
from pathlib import PurePath
from typing import Final

from aiogram import Bot
from aiogram.exceptions import ClientDecodeError, TelegramAPIError, TelegramBadRequest
from aiogram.types import Document, Message, PhotoSize, ReactionTypeEmoji, ReplyParameters
from aiohttp import ClientError

from bot.people import person_of, topic_of
from bot.statuses import Statuses
from bot.texts.groups import already_here
from core.access import Viewer
from core.chats import current_or_own
from core.deliveries import owe_to
from core.errors import TooManyBytes, Unavailable, UnknownFormat
from core.groups import binding_of, sender_in_group
from core.intake import CAPTION_LIMIT, accept
from core.overload import tell_sender
from core.preferences import preferences
from core.services import Services
from core.statuses import Place, follow
from core.texts import Texts
from core.values import Arrival, BoardState, Channel, Receipt, VerdictName

# Clients name a type for most pictures; HEIC from some comes as application/octet-stream.
_EXTENSIONS: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".bmp", ".gif"}
)
_DOWNLOAD_S: Final = 30  # 20 MB at 6 Mbit/s
# The photos of an album come within this time of each other: one message answers all of them.
_ALBUM_SETTLES_S: Final = 1.0
# Telegram's reactions for bots are a fixed list; "seen" and "there already" of it.
_SEEN: Final = "👀"
_THERE: Final = "👌"


class Uploads:
    """Takes photos from private chats and from groups."""

    def __init__(self, services: Services, bot: Bot, statuses: Statuses) -> None:
        self._services = services
        self._bot = bot
        self._statuses = statuses
        # Photos of one auditorium are stored one after the other. All that wait for that with a
        # connection each would leave none to those who join or press a button meanwhile.
        self._few = asyncio.Semaphore(max(1, services.settings.database_pool // 2))

    async def from_private(self, message: Message, texts: Texts) -> None:
        """The photo or file of a private message, into the chat's current auditorium.

        Raises what core.intake.accept raises, UnknownFormat, TooManyBytes.
        """
        file = self._file(message)
        chat = person_of(message.from_user, texts.locale)
        async with self._beside(self._react(message, _SEEN)):
            viewer = await current_or_own(
                self._services, chat, own_title=texts.gettext("My boards")
            )
            receipt = await self._take(message, file, viewer, message.chat.id)
            await self._tell(message, receipt, viewer, texts)

    async def _tell(self, message: Message, receipt: Receipt, viewer: Viewer, texts: Texts) -> None:
        shown_at = await self._pointer(receipt, viewer)
        await follow(
            self._services,
            receipt.upload_id,
            Place(
                chat_id=message.chat.id,
                topic_id=topic_of(message),
                key=_key(message),
                reply_to=shown_at or message.message_id,
                locale=texts.locale,
            ),
            settle_s=_ALBUM_SETTLES_S if message.media_group_id else 0.0,
        )
        await tell_sender(self._services, viewer.member_id)
        self._statuses.wake()

    async def from_group(self, message: Message, texts: Texts, *, asked: bool = True) -> bool:
        """A photo in a group; False where the group, or this topic, is bound to no auditorium.

        The group gets the board when it is ready; until then a reaction says that it was seen.
        asked: somebody said that this is a board; else a file that is no picture is left alone.
        """
        group_id = message.chat.id
        person = person_of(message.from_user, texts.locale)
        viewer = await sender_in_group(self._services, group_id, topic_of(message), person)
        if viewer is None:
            return False
        try:
            file = self._file(message)
        except UnknownFormat:
            if asked:
                raise
            return True
        async with self._beside(self._react(message, _SEEN)):
            receipt = await self._take(message, file, viewer, group_id)
        if receipt.verdict is VerdictName.DUPLICATE:
            await self._react(message, _THERE)
            await self._point_in_group(message, receipt, texts)
        return True

    @staticmethod
    @asynccontextmanager
    async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
        """Do the work while the block runs, so that it costs no time; it raises nothing."""
        doing = asyncio.create_task(work, name="reaction")
        try:
            yield
        finally:
            await asyncio.wait({doing})

    async def _take(
        self, message: Message, file: PhotoSize | Document, viewer: Viewer, chat_id: int
    ) -> Receipt:
        download = self._download(file)
        async with self._few, aclosing(download) as content:
            chosen = await preferences(self._services, chat_id)
            return await accept(
                self._services,
                Arrival(
                    member_id=viewer.member_id,
                    channel=Channel.TELEGRAM,
                    content=content,
                    caption=(message.caption or "")[:CAPTION_LIMIT] or None,
                    # An update that Telegram sends again is the same message.
                    idempotency_key=f"telegram:{chat_id}:{message.message_id}",
                    quality=chosen.quality,
                ),
            )

    def _file(self, message: Message) -> PhotoSize | Document:
        """The largest size of a photo, or the file. Raises UnknownFormat, TooManyBytes."""
        sizes = message.photo or []
        file: PhotoSize | Document | None = (
            max(sizes, key=lambda size: size.width * size.height) if sizes else message.document
        )
        if file is None or (isinstance(file, Document) and not is_picture(file)):
            raise UnknownFormat
        if (file.file_size or 0) > self._services.settings.upload_limit_bytes:
            raise TooManyBytes(limit_mb=self._services.settings.upload_limit_mb)
        return file

    async def _download(self, file: PhotoSize | Document) -> AsyncGenerator[bytes, None]:
        """The file in chunks. Raises TooManyBytes, Unavailable; never anything with the URL."""
        bot = self._bot
        try:
            told = await bot.get_file(file.file_id)
            url = bot.session.api.file_url(bot.token, told.file_path or "")
            async with aclosing(bot.session.stream_content(url, timeout=_DOWNLOAD_S)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except TelegramBadRequest as error:
            if "too big" in error.message.lower():
                limit_mb = self._services.settings.upload_limit_mb
                raise TooManyBytes(limit_mb=limit_mb) from None
            raise Unavailable("Telegram does not give the file") from None
        except (TelegramAPIError, ClientDecodeError, ClientError, OSError):
            # `from None`: aiohttp's errors name the URL, and the URL holds the token.
            raise Unavailable("Telegram's files cannot be reached") from None

    async def _react(self, message: Message, emoji: str) -> None:
        try:
            await self._bot.set_message_reaction(
                message.chat.id, message.message_id, reaction=[ReactionTypeEmoji(emoji=emoji)]
            )
        except (TelegramAPIError, ClientDecodeError, OSError):
            return  # a group may have forbidden reactions; the answer itself says the same

    async def _pointer(self, receipt: Receipt, viewer: Viewer) -> int | None:
        """Where he has the board already; if he has not, it is on its way."""
        if receipt.verdict is not VerdictName.DUPLICATE or receipt.state is not BoardState.READY:
            return None
        return await owe_to(self._services, receipt.board_id, viewer.member_id)

    async def _point_in_group(self, message: Message, receipt: Receipt, texts: Texts) -> None:
        binding = await binding_of(self._services, message.chat.id)
        if binding is None or receipt.state is not BoardState.READY:
            return
        shown_at = await owe_to(self._services, receipt.board_id, binding.member_id)
        if shown_at is not None:
            await self._bot.send_message(
                message.chat.id,
                already_here(texts, receipt.board_number),
                message_thread_id=topic_of(message),
                reply_parameters=ReplyParameters(
                    message_id=shown_at, allow_sending_without_reply=True
                ),
            )


def is_picture(file: Document) -> bool:
    """Whether it says that it is a picture; the intake looks at the bytes."""
    if (file.mime_type or "").lower().startswith("image/"):
        return True
    return PurePath(file.file_name or "").suffix.lower() in _EXTENSIONS


def _key(message: Message) -> str:
    """What a status answers: an album as a whole, or one message."""
    if message.media_group_id is not None:
        return f"album:{message.media_group_id}"
    return f"message:{message.message_id}"
