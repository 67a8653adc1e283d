"""The addresses that people follow; one place, so that QR codes, pages and the bot agree."""

from urllib.parse import quote

from core.settings import Settings


def join_url(settings: Settings, code: str) -> str:
    """Where a student joins: what the QR code holds."""
    return f"{settings.public_url}/join/{quote(code)}"


def gallery_url(settings: Settings, code: str) -> str:
    """The auditorium's live gallery."""
    return f"{settings.public_url}/a/{quote(code)}"


def admin_url(settings: Settings, code: str, owner_token: str) -> str:
    """The owner's page. The key opens it once in a browser and then leaves the address bar."""
    return f"{settings.public_url}/a/{quote(code)}/admin?key={quote(owner_token)}"
