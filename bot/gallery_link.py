"""The message with a login link: one button that opens the gallery once."""

from typing import Final

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

from bot.texts import teaching as answers
from core.access import Viewer
from core.links import enter_url
from core.logins import new_link
from core.services import Services
from core.texts import Texts

# How Telegram says that it takes no such address below a message.
_REFUSED: Final = "button url"


async def send_gallery_link(
    bot: Bot, services: Services, texts: Texts, viewer: Viewer, *, chat_id: int, says: str = ""
) -> None:
    """Send the member his link. chat_id: his own private chat, never a group.

    says: a sentence before it. Raises NotAMember, Unavailable, TelegramAPIError and its kinds.
    """
    key = await new_link(services, viewer.member_id)
    url = enter_url(services.settings, viewer.code, key)
    told = answers.gallery_link(texts, viewer.title, services.settings.login_link_minutes)
    told = f"{says} {told}" if says else told
    try:
        await _send(bot, chat_id, told, answers.open_gallery(texts), url)
    except TelegramBadRequest as error:
        if _REFUSED not in error.message.lower():
            raise
        # Telegram takes no button with an address that only this machine knows, as `make run`
        # has it; as text it can at least be copied.
        await _send(bot, chat_id, f"{told}\n{url}")


async def _send(bot: Bot, chat_id: int, text: str, label: str = "", url: str = "") -> None:
    """label, url: of a button, if there is to be one."""
    rows = [[InlineKeyboardButton(text=label, url=url)]] if label else []
    await bot.send_message(
        chat_id,
        text,
        reply_markup=InlineKeyboardMarkup(inline_keyboard=rows) if rows else None,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        # Whoever opens it is this member: a message to be forwarded would give that away.
        protect_content=True,
    )
