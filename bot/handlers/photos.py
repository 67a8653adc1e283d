"""Photos of boards in a private chat, as photos and as files; and what is neither."""

from aiogram import F, Router
from aiogram.types import Message

from bot.texts import boards as answers
from bot.uploads import Uploads
from core.texts import Texts


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever."""
    router = Router(name="uploads")
    router.message.register(photo, F.photo | F.document)
    return router


def make_last_router() -> Router:
    """What nobody else takes: a sticker, a voice, a contact."""
    router = Router(name="anything else")
    router.message.register(anything_else)
    return router


async def photo(message: Message, uploads: Uploads, texts: Texts) -> None:
    """A photo, which Telegram has recompressed, or a file, which is as it was sent."""
    await uploads.from_private(message, texts)


async def anything_else(message: Message, texts: Texts) -> None:
    """A word on what is understood."""
    await message.answer(answers.send_a_photo(texts))
