"""The paths of our own pages; absolute addresses for people and clients are in `core.links`."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from core.values import RenditionKind, ResultView

API: Final = "/api/v1"
# Hex digits of a picture's SHA-256 in its address: a browser may keep it for good, and a picture
# that is made anew has a new address.
VERSION_LENGTH: Final = 12
# What of a query chooses the page: a board's view, older boards, the key to a door.
_CHOOSING: Final = ("view", "before", "key")


def here(path: str, query: Mapping[str, str]) -> str:
    """The address of a page that is read, to come back to; what else its query holds is dropped."""
    chosen = {name: query[name] for name in _CHOOSING if name in query}
    return path + (f"?{urlencode(chosen)}" if chosen else "")


def gallery(code: str) -> str:
    """The gallery of an auditorium; also the path of its members' cookie."""
    return f"/a/{code}"


def join(code: str) -> str:
    """Where a guest gives his name."""
    return f"/join/{code}"


def enter(code: str) -> str:
    """The door for members who come from the bot."""
    return f"/a/{code}/enter"


def admin(code: str) -> str:
    """The page of those who manage the auditorium."""
    return f"/a/{code}/admin"


def qr(code: str) -> str:
    """The QR code of the join address."""
    return f"/a/{code}/qr.svg"


def board(code: str, board_id: UUID, view: ResultView | None = None) -> str:
    """The page of one board. view: what it shows first, else the member's own default."""
    return f"/a/{code}/boards/{board_id}" + (f"?view={view.value}" if view else "")


def board_views(code: str, board_id: UUID) -> str:
    """POST: the member looks at another view of a board."""
    return f"/a/{code}/boards/{board_id}/views"


def first_view(code: str) -> str:
    """POST: which view this member sees first."""
    return f"/a/{code}/me/first-view"


def media(
    code: str, board_id: UUID, kind: RenditionKind, *, sha256: str = "", download: bool = False
) -> str:
    """A picture of a board, to be shown or to be saved. sha256: makes the address its own."""
    query = [f"v={sha256[:VERSION_LENGTH]}"] if sha256 else []
    if download:
        query.append("download=1")
    return f"/a/{code}/media/{board_id}/{kind.value}" + ("?" + "&".join(query) if query else "")


def retry(code: str, board_id: UUID) -> str:
    """POST: queue a failed board again."""
    return f"/a/{code}/admin/boards/{board_id}/retry"


def api_board(board_id: UUID) -> str:
    """A board in the REST API."""
    return f"{API}/boards/{board_id}"


def api_upload(upload_id: UUID) -> str:
    """An upload in the REST API."""
    return f"{API}/uploads/{upload_id}"


def api_rendition(board_id: UUID, kind: RenditionKind, sha256: str) -> str:
    """A picture of a board in the REST API."""
    return f"{API}/boards/{board_id}/renditions/{kind.value}?v={sha256[:VERSION_LENGTH]}"
