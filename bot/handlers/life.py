"""The life of chats: blocked and back, put out of a group, a group that becomes a supergroup."""

from aiogram import Bot, F, Router
from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.types import ChatMemberUpdated, Message

from bot.handlers.groups import sees_all
from bot.texts import groups as texts_of
from core.chat_life import chat_back, chat_gone, chat_migrated
from core.logs import get_logger
from core.services import Services
from core.texts import Texts

log = get_logger(__name__)

_OUT = frozenset({ChatMemberStatus.KICKED, ChatMemberStatus.LEFT})


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever."""
    router = Router(name="life")
    router.my_chat_member.register(changed)
    router.message.register(migrated, F.migrate_to_chat_id)
    # The new supergroup says so as well; one of the two is enough, and the second changes nothing.
    router.message.register(migrated_here, F.migrate_from_chat_id)
    return router


async def changed(event: ChatMemberUpdated, bot: Bot, services: Services, texts: Texts) -> None:
    """What the bot itself is in a chat."""
    if event.new_chat_member.status in _OUT:
        members = await chat_gone(services, event.chat.id)
        log.info("chat.gone", members=members)
        return
    await chat_back(services, event.chat.id)
    was_out = event.old_chat_member.status in _OUT
    if was_out and event.chat.type in {ChatType.GROUP, ChatType.SUPERGROUP}:
        told = texts_of.added(texts, sees_all=await sees_all(bot, event.chat.id))
        await bot.send_message(event.chat.id, told)


async def migrated(message: Message, services: Services) -> None:
    """The old group's last message."""
    if message.migrate_to_chat_id is not None:
        await chat_migrated(services, message.chat.id, message.migrate_to_chat_id)


async def migrated_here(message: Message, services: Services) -> None:
    """The supergroup's first message."""
    if message.migrate_from_chat_id is not None:
        await chat_migrated(services, message.migrate_from_chat_id, message.chat.id)
