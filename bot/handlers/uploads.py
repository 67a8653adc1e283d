"""Photos of boards, as photos and as files, to the intake that all channels share."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import PurePath
from typing import Final, assert_never

from aiogram import Bot, F, Router
from aiogram.exceptions import ClientDecodeError, TelegramAPIError, TelegramBadRequest
from aiogram.types import Document, Message, PhotoSize, ReplyParameters
from aiohttp import ClientError

from bot.keyboards import board_keyboard
from bot.middlewares import locale_of
from bot.texts import boards as answers
from core.access import Viewer
from core.boards import get_board
from core.chats import Chat, current_or_own
from core.deliveries import owe_to
from core.errors import TooManyBytes, Unavailable, UnknownFormat
from core.intake import CAPTION_LIMIT, accept
from core.services import Services
from core.texts import Texts
from core.values import Arrival, BoardState, Channel, Receipt, VerdictName

# Clients name a type for most pictures; HEIC from some comes as application/octet-stream.
_EXTENSIONS: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".bmp", ".gif"}
)
_DOWNLOAD_S: Final = 30  # 20 MB at 6 Mbit/s


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever."""
    router = Router(name="uploads")
    router.message.register(photo, F.photo)
    router.message.register(document, F.document)
    router.message.register(anything_else)
    return router


async def photo(message: Message, bot: Bot, services: Services, texts: Texts) -> None:
    """A photo, which Telegram has recompressed: its largest size."""
    sizes = message.photo or []
    await _take(
        message, max(sizes, key=lambda size: size.width * size.height), bot, services, texts
    )


async def document(message: Message, bot: Bot, services: Services, texts: Texts) -> None:
    """A file, which is as it was sent."""
    file = message.document
    if file is None or not is_picture(file):
        raise UnknownFormat
    await _take(message, file, bot, services, texts)


async def anything_else(message: Message, texts: Texts) -> None:
    """A sticker, a voice, a contact."""
    await message.answer(answers.send_a_photo(texts))


def is_picture(file: Document) -> bool:
    """Whether it says that it is a picture; the intake looks at the bytes."""
    if (file.mime_type or "").lower().startswith("image/"):
        return True
    return PurePath(file.file_name or "").suffix.lower() in _EXTENSIONS


async def _take(
    message: Message, file: PhotoSize | Document, bot: Bot, services: Services, texts: Texts
) -> None:
    limit = services.settings.upload_limit_bytes
    if (file.file_size or 0) > limit:
        raise TooManyBytes(limit_mb=services.settings.upload_limit_mb)
    user = message.from_user
    chat = Chat(
        chat_id=message.chat.id, name=user.full_name if user else "", locale=locale_of(user)
    )
    viewer = await current_or_own(services, chat, own_title=texts.gettext("My boards"))
    download = _download(bot, file.file_id, services.settings.upload_limit_mb)
    async with aclosing(download) as content:
        receipt = await accept(
            services,
            Arrival(
                member_id=viewer.member_id,
                channel=Channel.TELEGRAM,
                content=content,
                caption=(message.caption or "")[:CAPTION_LIMIT] or None,
                # An update that Telegram sends again is the same message.
                idempotency_key=f"telegram:{message.chat.id}:{message.message_id}",
            ),
        )
    await _answer(message, services, texts, viewer, receipt)


async def _download(bot: Bot, file_id: str, limit_mb: int) -> AsyncGenerator[bytes, None]:
    """The file in chunks. Raises TooManyBytes, Unavailable; never anything that holds the URL."""
    try:
        file = await bot.get_file(file_id)
        url = bot.session.api.file_url(bot.token, file.file_path or "")
        async with aclosing(bot.session.stream_content(url, timeout=_DOWNLOAD_S)) as chunks:
            async for chunk in chunks:
                yield chunk
    except TelegramBadRequest as error:
        if "too big" in error.message.lower():
            raise TooManyBytes(limit_mb=limit_mb) from None
        raise Unavailable("Telegram does not give the file") from None
    except (TelegramAPIError, ClientDecodeError, ClientError, OSError):
        # `from None`: aiohttp's errors name the URL, and the URL holds the token.
        raise Unavailable("Telegram's files cannot be reached") from None


async def _answer(
    message: Message, services: Services, texts: Texts, viewer: Viewer, receipt: Receipt
) -> None:
    board = await get_board(services, viewer, receipt.board_id)
    status = answers.status_line(texts, board.state, ahead=board.ahead)
    if board.state is BoardState.FAILED:
        await message.reply(answers.board_failed(texts, board.number, board.error_code or ""))
        return
    match receipt.verdict:
        case VerdictName.NEW:
            await message.reply(answers.got_it(texts, board.number, status))
        case VerdictName.DUPLICATE:
            says = answers.already_sent(
                texts,
                number=board.number,
                state=board.state,
                status=status,
                by_sender=board.uploads[0].member_id == viewer.member_id,
            )
            ready = board.state is BoardState.READY
            sent = await owe_to(services, board.board_id, viewer.member_id) if ready else None
            if sent is None:
                await message.reply(says)
                return
            # He has it: a pointer to it in the chat, and its button again.
            await message.answer(
                says,
                reply_parameters=ReplyParameters(message_id=sent, allow_sending_without_reply=True),
                reply_markup=board_keyboard(texts, board.board_id),
            )
        case _:
            assert_never(receipt.verdict)
