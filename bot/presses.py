"""Who has pressed a button, and where."""

from dataclasses import dataclass
from uuid import UUID

from aiogram.types import CallbackQuery, Message

from core.access import Viewer
from core.chats import Chat, person_for_board
from core.errors import BoardNotFound
from core.services import Services
from core.texts import Texts


@dataclass(frozen=True, slots=True)
class Press:
    """chat_id, message_id, topic_id: of the message with the button. person: who pressed it."""

    person: Chat
    chat_id: int
    message_id: int
    topic_id: int | None

    @property
    def is_private(self) -> bool:
        """Whether only he reads the message: a private chat has the person's number."""
        return self.chat_id == self.person.chat_id


def press_of(query: CallbackQuery, texts: Texts) -> Press:
    """The press that this query tells of. Raises BoardNotFound for what no person can press.

    That is a button without a message, or in another person's private chat: groups have negative
    numbers.
    """
    message, user = query.message, query.from_user
    if message is None or (message.chat.id > 0 and message.chat.id != user.id):
        raise BoardNotFound("nobody can press this button there")
    # Of a message that is too old to be shown Telegram tells no more than its numbers.
    in_topic = isinstance(message, Message) and message.is_topic_message
    return Press(
        person=Chat(chat_id=user.id, name=user.full_name, locale=texts.locale),
        chat_id=message.chat.id,
        message_id=message.message_id,
        topic_id=message.message_thread_id if isinstance(message, Message) and in_topic else None,
    )


async def viewer_of_press(services: Services, press: Press, board_id: UUID) -> Viewer:
    """Who presses a button below a board. Raises BoardNotFound."""
    return await person_for_board(services, press.person, board_id, press.chat_id)
