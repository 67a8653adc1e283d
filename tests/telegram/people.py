"""Who takes part in a test: people, groups, and what they received."""

from io import BytesIO

from PIL import Image

from tests.telegram.botapi import BotApi, Message
from tests.telegram.botapi.groups import ForumTopic, Group, make_group
from tests.telegram.botapi.people import Person, person

__all__ = ["ForumTopic", "Group", "Person", "make_group", "person", "size_of"]


def size_of(api: BotApi, message: Message) -> tuple[int, int]:
    """(width, height) of the file in a message, decoded."""
    sent = message.get("document") or message["photo"][-1]
    with Image.open(BytesIO(api.files.kept[sent["file_id"]].content)) as picture:
        return picture.size
