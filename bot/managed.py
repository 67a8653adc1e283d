"""Who may use teachers' commands: a chat that manages its current auditorium."""

from aiogram.types import Message

from bot.texts import teaching as answers
from core.access import Viewer
from core.chats import come_back
from core.services import Services
from core.texts import Texts


async def managed(message: Message, services: Services, texts: Texts) -> Viewer | None:
    """The writer as manager of his current auditorium; None: he is none, and was told so."""
    viewer = await come_back(services, message.chat.id)
    if viewer is not None and viewer.manages:
        return viewer
    title = None if viewer is None else viewer.title
    await message.answer(answers.not_a_manager(texts, title))
    return None
