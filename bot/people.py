"""Who sent an update, as core knows people and chats."""

from aiogram.types import Chat as TelegramChat
from aiogram.types import Message, User

from core.chats import Chat


def person_of(user: User | None, locale: str) -> Chat:
    """A person, by his private chat with the bot, whose id is his own."""
    if user is None:  # only posts of channels have no sender, and no channel is served
        return Chat(chat_id=0, name="", locale=locale)
    return Chat(chat_id=user.id, name=user.full_name, locale=locale)


def group_of(chat: TelegramChat, locale: str) -> Chat:
    """A group, by its title."""
    return Chat(chat_id=chat.id, name=chat.title or "", locale=locale)


def topic_of(message: Message) -> int | None:
    """The forum's topic that a message is in. A reply's thread in a plain group is no topic."""
    return message.message_thread_id if message.is_topic_message else None
