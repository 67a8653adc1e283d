"""The addresses that people follow; one place, so that QR codes, pages and the bot agree."""

from urllib.parse import quote

from core.settings import Settings


def join_url(settings: Settings, code: str) -> str:
    """Where a student joins: what the QR code holds."""
    return f"{settings.public_url}/join/{quote(code)}"


def gallery_url(settings: Settings, code: str) -> str:
    """The auditorium's live gallery."""
    return f"{settings.public_url}/a/{quote(code)}"


def enter_url(settings: Settings, code: str, link_token: str) -> str:
    """The door for a member who comes from the bot: its key opens it once (core.logins)."""
    return f"{settings.public_url}/a/{quote(code)}/enter?key={quote(link_token)}"


def telegram_url(bot_username: str, payload: str) -> str:
    """Opens the bot's private chat, whose Start button then sends /start with the payload.

    payload: at most 64 characters of A-Z a-z 0-9 _ - (core.telegram.org/bots/features).
    """
    return f"https://t.me/{quote(bot_username)}?start={quote(payload)}"


def admin_url(settings: Settings, code: str, owner_token: str) -> str:
    """The owner's page. The key opens it once in a browser and then leaves the address bar."""
    return f"{settings.public_url}/a/{quote(code)}/admin?key={quote(owner_token)}"
