"""Who asks: a bearer token or the member's cookie, and whether this auditorium is his."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from core.access import Viewer, viewer_by_token
from core.errors import NotAMember
from core.rooms import clean_code, find_room
from core.settings import Settings
from web import urls
from web.parts import parts_of

COOKIE: Final = "member"
# A semester: who comes back next week is still the same member.
_COOKIE_AGE_S: Final = 180 * 24 * 3600
_SCHEME: Final = "bearer"


def token_of(request: Request) -> str | None:
    """The token that a request carries; the header goes before the cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == _SCHEME and token.strip():
        return token.strip()
    return request.cookies.get(COOKIE)


async def viewer_of(request: Request) -> Viewer:
    """The member who asks. Raises NotAMember."""
    token = token_of(request)
    if token is None:
        raise NotAMember("no token")
    return await viewer_by_token(parts_of(request).services, token)


async def member_of(request: Request, code: str) -> Viewer:
    """The member who asks, if the auditorium with this code is his.

    Raises AuditoriumNotFound where there is none with this code, else NotAMember.
    """
    try:
        viewer = await viewer_of(request)
    except NotAMember:
        viewer = None
    if viewer is None or viewer.code != clean_code(code):
        await find_room(parts_of(request).services, code)
        raise NotAMember("the token is of no member of this auditorium")
    return viewer


def remember(
    response: Response, settings: Settings, code: str, token: str, *, age_s: int = _COOKIE_AGE_S
) -> None:
    """Give the member's cookie to the pages of his auditorium, and of no other.

    The join page has it as well, so that a member who scans the QR code again is let through.
    """
    for path in (urls.gallery(code), urls.join(code)):
        response.set_cookie(
            COOKIE,
            token,
            max_age=age_s,
            path=path,
            secure=settings.public_url.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
