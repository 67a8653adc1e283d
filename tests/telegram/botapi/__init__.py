"""A Bot API server with a world of people behind it: docs/telegram-server.md."""

from tests.telegram.botapi.api import BOT_ID, BOT_NAME, TOKEN, BotApi
from tests.telegram.botapi.calls import Call
from tests.telegram.botapi.errors import Refused
from tests.telegram.botapi.http import bot_api
from tests.telegram.botapi.world import Message

__all__ = ["BOT_ID", "BOT_NAME", "TOKEN", "BotApi", "Call", "Message", "Refused", "bot_api"]
