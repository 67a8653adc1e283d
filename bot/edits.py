"""Changing messages that were sent: what Telegram refuses is mostly no error."""

from collections.abc import Awaitable
from typing import Final

from aiogram.exceptions import TelegramBadRequest

from core.logs import get_logger

log = get_logger(__name__)

_SAME: Final = "message is not modified"


async def is_shown(edit: Awaitable[object]) -> bool:
    """Carry out an edit; whether the message is now as it was to be.

    "Not modified" means that it already was. False (logged): it is gone, or cannot be edited.
    Raises TelegramAPIError for what is no refusal of this edit.
    """
    try:
        await edit
    except TelegramBadRequest as error:
        if _SAME in error.message.lower():
            return True
        log.info("edit.refused", reason=error.message)
        return False
    return True
