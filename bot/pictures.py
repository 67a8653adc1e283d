"""Boards as Telegram takes them: which picture goes as what, and its file id instead of bytes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Message,
    ReplyParameters,
)
from PIL import Image

from bot.texts.boards import file_name
from core.errors import RenditionNotReady
from core.services import Services
from core.telegram_files import (
    SendablePicture,
    remember_document_id,
    remember_photo_id,
    sendable_pictures,
)
from core.values import RenditionKind

# core.telegram.org/bots/api#sendphoto and #senddocument
PHOTO_BYTES: Final = 10_000_000
PHOTO_SIDES: Final = 10_000  # width + height
PHOTO_RATIO: Final = 20
DOCUMENT_BYTES: Final = 50_000_000
_NOT_MODIFIED: Final = "message is not modified"
# Telegram recompresses photos anyway; 92 leaves its encoder nothing of ours to see.
_JPEG_QUALITY: Final = 92


def fits_as_photo(picture: SendablePicture) -> bool:
    """Whether sendPhoto takes it as it is: JPEG, and within Telegram's limits."""
    return (
        picture.media_type == "image/jpeg"
        and picture.byte_size <= PHOTO_BYTES
        and _has_photo_sides(picture)
    )


def _has_photo_sides(picture: SendablePicture) -> bool:
    longer, shorter = max(picture.width, picture.height), min(picture.width, picture.height)
    return longer + shorter <= PHOTO_SIDES and longer <= PHOTO_RATIO * shorter


def photo_of(pictures: dict[RenditionKind, SendablePicture]) -> SendablePicture | None:
    """What is shown in the chat; None: this board can only be sent as a file.

    The upscaled picture where Telegram takes it, because phones now show 2560 pixels of it; else
    the preview, which is WebP and goes as JPEG: sendPhoto promises nothing for WebP.
    """
    upscaled = pictures.get(RenditionKind.UPSCALED)
    if upscaled is not None and fits_as_photo(upscaled):
        return upscaled
    preview = pictures.get(RenditionKind.PREVIEW)
    return preview if preview is not None and _has_photo_sides(preview) else None


def original_of(pictures: dict[RenditionKind, SendablePicture]) -> SendablePicture | None:
    """What was sent, upright; None: Telegram takes no photo of this shape."""
    upright = pictures.get(RenditionKind.UPRIGHT)
    return upright if upright is not None and fits_as_photo(upright) else None


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to send a picture: where its file id is kept, and where an answer has it."""

    name: str
    known: Callable[[SendablePicture], str | None]
    remember: Callable[[Services, SendablePicture, str | None], Awaitable[None]]
    answered: Callable[[Message], str | None]


def _largest(message: Message) -> str | None:
    if not message.photo:
        return None
    return max(message.photo, key=lambda size: size.width * size.height).file_id


def _document(message: Message) -> str | None:
    return message.document.file_id if message.document else None


_PHOTO = _Form("photo", lambda picture: picture.photo_id, remember_photo_id, _largest)
_DOCUMENT = _Form("document", lambda picture: picture.document_id, remember_document_id, _document)
Send = Callable[[str | BufferedInputFile], Awaitable[Message]]
Choose = Callable[[dict[RenditionKind, SendablePicture]], SendablePicture | None]


class BoardPictures:
    """Sends boards; each picture's bytes go to Telegram once and then by their file id."""

    def __init__(self, services: Services) -> None:
        self._services = services
        # Two people who press at once upload once. A lock lives as long as somebody has it.
        self._uploading: WeakValueDictionary[tuple[UUID, str], asyncio.Lock] = WeakValueDictionary()

    async def is_uploaded(self, board_id: UUID) -> bool:
        """Whether the next send_board() costs no transfer."""
        pictures = await sendable_pictures(self._services, board_id)
        photo, upscaled = photo_of(pictures), pictures.get(RenditionKind.UPSCALED)
        if photo is not None:
            return photo.photo_id is not None
        return upscaled is not None and upscaled.document_id is not None

    async def send_board(
        self,
        bot: Bot,
        *,
        chat_id: int,
        topic_id: int | None = None,
        board_id: UUID,
        number: int,
        caption: str,
        keyboard: InlineKeyboardMarkup,
        file_keyboard: InlineKeyboardMarkup,
    ) -> Message:
        """The board as a photo, or where Telegram takes no such photo as a file.

        Raises RenditionNotReady, Unavailable and its kinds, TelegramAPIError and its kinds.
        """
        if photo_of(await sendable_pictures(self._services, board_id)) is None:
            return await self.send_file(
                bot,
                chat_id=chat_id,
                topic_id=topic_id,
                board_id=board_id,
                number=number,
                caption=caption,
                keyboard=file_keyboard,
            )

        async def send(file: str | BufferedInputFile) -> Message:
            return await bot.send_photo(
                chat_id,
                file,
                caption=caption,
                reply_markup=keyboard,
                message_thread_id=topic_id,
            )

        return await self._send(board_id, number, photo_of, _PHOTO, send)

    async def send_file(
        self,
        bot: Bot,
        *,
        chat_id: int,
        board_id: UUID,
        number: int,
        caption: str,
        topic_id: int | None = None,
        reply_to: int | None = None,
        keyboard: InlineKeyboardMarkup | None = None,
    ) -> Message:
        """The upscaled picture untouched, as a document. Raises like send_board().

        topic_id: of a forum; reply_to: the message below which it is to stand.
        """

        async def send(file: str | BufferedInputFile) -> Message:
            # Without this Telegram may turn a file that is a picture back into a photo.
            return await bot.send_document(
                chat_id,
                file,
                caption=caption,
                disable_content_type_detection=True,
                reply_markup=keyboard,
                message_thread_id=topic_id,
                reply_parameters=None
                if reply_to is None
                else ReplyParameters(message_id=reply_to, allow_sending_without_reply=True),
            )

        return await self._send(
            board_id, number, lambda all_of: all_of.get(RenditionKind.UPSCALED), _DOCUMENT, send
        )

    async def show(
        self,
        bot: Bot,
        *,
        chat_id: int,
        message_id: int,
        board_id: UUID,
        number: int,
        before: bool,
        caption: str,
        keyboard: InlineKeyboardMarkup,
    ) -> None:
        """Exchange the picture in a message: before, what was sent, or what is shown else.

        A message that cannot be edited so, as one without a picture, gets an answer with it.
        Raises like send_board().
        """

        async def send(file: str | BufferedInputFile) -> Message:
            edited = await bot.edit_message_media(
                InputMediaPhoto(media=file, caption=caption),
                chat_id=chat_id,
                message_id=message_id,
                reply_markup=keyboard,
            )
            if not isinstance(edited, Message):
                raise TypeError("only messages sent on behalf of others are answered with True")
            return edited

        async def send_below(file: str | BufferedInputFile) -> Message:
            return await bot.send_photo(
                chat_id,
                file,
                caption=caption,
                reply_markup=keyboard,
                reply_parameters=ReplyParameters(
                    message_id=message_id, allow_sending_without_reply=True
                ),
            )

        choose = original_of if before else photo_of
        try:
            await self._send(board_id, number, choose, _PHOTO, send)
        except TelegramBadRequest as error:
            if _NOT_MODIFIED in error.message.lower():
                return  # pressed twice
            await self._send(board_id, number, choose, _PHOTO, send_below)

    async def _send(
        self, board_id: UUID, number: int, choose: Choose, form: _Form, send: Send
    ) -> Message:
        """By its file id if there is one that Telegram still knows, else by its bytes."""
        lock = self._uploading.setdefault((board_id, form.name), asyncio.Lock())
        async with lock:
            picture = choose(await sendable_pictures(self._services, board_id))
            if picture is None:
                raise RenditionNotReady(RenditionKind.UPSCALED.value)
            known = form.known(picture)
            if known is None:
                return await self._upload(picture, number, form, send)
        try:
            return await send(known)
        except TelegramBadRequest as error:
            if not _names_no_file(error):
                raise
        # As after a change of BOT_TOKEN: file ids are the property of one bot.
        return await self._upload(picture, number, form, send)

    async def _upload(
        self, picture: SendablePicture, number: int, form: _Form, send: Send
    ) -> Message:
        content = await self._services.store.get(picture.object_key, DOCUMENT_BYTES)
        if picture.media_type != "image/jpeg":
            content = await self._services.in_pixel_thread(lambda: as_jpeg(content))
        message = await send(BufferedInputFile(content, file_name(number)))
        await form.remember(self._services, picture, form.answered(message))
        return message


def as_jpeg(content: bytes) -> bytes:
    """One of our own pictures as JPEG. Blocks."""
    buffer = BytesIO()
    with Image.open(BytesIO(content)) as picture:
        picture.convert("RGB").save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()


def _names_no_file(error: TelegramBadRequest) -> bool:
    said = error.message.lower()
    return any(words in said for words in ("file identifier", "file_id", "file_reference"))
