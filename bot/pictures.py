"""Boards on their way to Telegram: a picture's bytes go once, and then its file id."""

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
    InputMediaDocument,
    InputMediaPhoto,
    Message,
    ReplyParameters,
)
from PIL import Image

from bot.board_messages import BoardMessage
from bot.looks import Look, file_of, look_at
from bot.texts.boards import file_name
from core.errors import RenditionNotReady
from core.services import Services
from core.telegram_files import (
    SendablePicture,
    remember_document_id,
    remember_photo_id,
    sendable_pictures,
)
from core.values import ResultView

# core.telegram.org/bots/api#senddocument
DOCUMENT_BYTES: Final = 50_000_000
_NOT_MODIFIED: Final = "message is not modified"
# Telegram recompresses photos anyway; 92 leaves its encoder nothing of ours to see.
_JPEG_QUALITY: Final = 92


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


class BoardPictures:
    """Sends boards; each picture's bytes go to Telegram once and then by their file id."""

    def __init__(self, services: Services) -> None:
        self._services = services
        # Two people who press at once upload once. A lock lives as long as somebody has it.
        self._uploading: WeakValueDictionary[tuple[UUID, str], asyncio.Lock] = WeakValueDictionary()

    async def look_at(self, board_id: UUID, wished: ResultView) -> Look:
        """What a message shows of a board. Raises RenditionNotReady, DatabaseUnavailable."""
        return look_at(await sendable_pictures(self._services, board_id), wished)

    async def is_uploaded(self, board_id: UUID, wished: ResultView) -> bool:
        """Whether send_board() of this view costs no transfer now. Raises like look_at()."""
        look = await self.look_at(board_id, wished)
        return _form_of(look).known(look.picture) is not None

    async def send_board(
        self,
        bot: Bot,
        board: BoardMessage,
        wished: ResultView,
        *,
        chat_id: int,
        topic_id: int | None = None,
    ) -> Message:
        """The board with its buttons, as a photo, or where Telegram takes no such photo as a file.

        topic_id: of a forum. Raises RenditionNotReady, Unavailable and its kinds,
        TelegramAPIError and its kinds.
        """
        look = await self.look_at(board.board_id, wished)
        return await self._send_new(
            bot,
            board,
            look,
            keyboard=board.keyboard(look),
            chat_id=chat_id,
            topic_id=topic_id,
        )

    async def send_file(
        self,
        bot: Bot,
        board: BoardMessage,
        wished: ResultView,
        *,
        chat_id: int,
        topic_id: int | None = None,
        reply_to: int | None = None,
    ) -> ResultView:
        """A view's picture untouched, as a document; the view that it is of.

        topic_id: of a forum; reply_to: the message below which it is to stand.
        Raises like send_board().
        """
        look = file_of(await sendable_pictures(self._services, board.board_id), wished)
        await self._send_new(
            bot, board, look, keyboard=None, chat_id=chat_id, topic_id=topic_id, reply_to=reply_to
        )
        return look.view

    async def show(
        self, bot: Bot, board: BoardMessage, wished: ResultView, *, chat_id: int, message_id: int
    ) -> ResultView:
        """Exchange what a message shows for this view; the view that it shows now.

        A message that cannot be edited so, as one without a picture, gets an answer with it.
        Raises like send_board().
        """
        look = await self.look_at(board.board_id, wished)

        async def send(file: str | BufferedInputFile) -> Message:
            edited = await bot.edit_message_media(
                _media(look, file, board.caption(look.view)),
                chat_id=chat_id,
                message_id=message_id,
                reply_markup=board.keyboard(look),
            )
            if not isinstance(edited, Message):
                raise TypeError("only messages sent on behalf of others are answered with True")
            return edited

        try:
            await self._send(board, look, send)
        except TelegramBadRequest as error:
            if _NOT_MODIFIED not in error.message.lower():  # else it was pressed twice
                await self._send_new(
                    bot,
                    board,
                    look,
                    keyboard=board.keyboard(look),
                    chat_id=chat_id,
                    reply_to=message_id,
                )
        return look.view

    async def _send_new(
        self,
        bot: Bot,
        board: BoardMessage,
        look: Look,
        *,
        keyboard: InlineKeyboardMarkup | None,
        chat_id: int,
        topic_id: int | None = None,
        reply_to: int | None = None,
    ) -> Message:
        caption = board.caption(look.view)
        below = (
            None
            if reply_to is None
            else ReplyParameters(message_id=reply_to, allow_sending_without_reply=True)
        )

        async def send(file: str | BufferedInputFile) -> Message:
            if look.as_file:
                return await bot.send_document(
                    chat_id,
                    file,
                    caption=caption,
                    # Without this Telegram may turn a file that is a picture back into a photo.
                    disable_content_type_detection=True,
                    reply_markup=keyboard,
                    message_thread_id=topic_id,
                    reply_parameters=below,
                )
            return await bot.send_photo(
                chat_id,
                file,
                caption=caption,
                reply_markup=keyboard,
                message_thread_id=topic_id,
                reply_parameters=below,
            )

        return await self._send(board, look, send)

    async def _send(self, board: BoardMessage, look: Look, send: Send) -> Message:
        """By its file id if there is one that Telegram still knows, else by its bytes."""
        form, picture = _form_of(look), look.picture
        name = file_name(board.number, look.view)
        known = form.known(picture)
        if known is None:
            line = self._uploading.setdefault((picture.rendition_id, form.name), asyncio.Lock())
            async with line:
                # Somebody before us in the line may have brought it.
                now = await sendable_pictures(self._services, board.board_id)
                if picture.kind not in now:
                    raise RenditionNotReady(picture.kind.value)
                picture = now[picture.kind]
                known = form.known(picture)
                if known is None:
                    return await self._upload(picture, name, form, send)
        try:
            return await send(known)
        except TelegramBadRequest as error:
            if not _names_no_file(error):
                raise
        # As after a change of BOT_TOKEN: file ids are the property of one bot.
        return await self._upload(picture, name, form, send)

    async def _upload(
        self, picture: SendablePicture, name: str, form: _Form, send: Send
    ) -> Message:
        content = await self._services.store.get(picture.object_key, DOCUMENT_BYTES)
        if picture.media_type != "image/jpeg":
            content = await self._services.in_pixel_thread(lambda: as_jpeg(content))
        message = await send(BufferedInputFile(content, name))
        await form.remember(self._services, picture, form.answered(message))
        return message


def _form_of(look: Look) -> _Form:
    return _DOCUMENT if look.as_file else _PHOTO


def _media(
    look: Look, file: str | BufferedInputFile, caption: str
) -> InputMediaPhoto | InputMediaDocument:
    if look.as_file:
        return InputMediaDocument(media=file, caption=caption, disable_content_type_detection=True)
    return InputMediaPhoto(media=file, caption=caption)


def as_jpeg(content: bytes) -> bytes:
    """One of our own pictures as JPEG. Blocks."""
    buffer = BytesIO()
    with Image.open(BytesIO(content)) as picture:
        picture.convert("RGB").save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()


def _names_no_file(error: TelegramBadRequest) -> bool:
    said = error.message.lower()
    return any(words in said for words in ("file identifier", "file_id", "file_reference"))
