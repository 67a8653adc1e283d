"""The door for members who come from the bot: a link that works once becomes a session.

Looking spends nothing: messengers and mail filters fetch links before people do. Only the button,
which is pressed by the page's script where there is one, trades the link in.
"""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from core.errors import DomainError, LoginLinkSpent
from core.logins import open_link
from core.rooms import find_room
from web import urls
from web.auth import member_of, remember
from web.deps import CodeDep, PartsDep
from web.rendering import page
from web.views import room_at_the_door

router = APIRouter(prefix="/a/{code}/enter", include_in_schema=False)

_DAY_S: Final = 24 * 3600
# No token is longer; a key that is, is none.
_KEY_LENGTH: Final = 128
# The page holds a key that still works.
_NOT_KEPT: Final = {"Cache-Control": "no-store"}


@router.get("")
async def door(
    request: Request,
    code: CodeDep,
    parts: PartsDep,
    key: Annotated[str, Query(max_length=_KEY_LENGTH)],
) -> Response:
    """One button."""
    room = await find_room(parts.services, code)
    context = {
        "title": parts.texts(request).gettext("Enter: %(title)s", title=room.title),
        "room": room_at_the_door(parts.settings, room),
        "enter_url": urls.enter(room.code),
        "key": key,
    }
    return page(request, "enter.html", context, headers=_NOT_KEPT)


@router.post("")
async def enter(
    request: Request,
    code: CodeDep,
    parts: PartsDep,
    key: Annotated[str, Form(max_length=_KEY_LENGTH)],
) -> Response:
    """To the boards, as the member to whom the bot gave the link."""
    try:
        opened = await open_link(parts.services, key)
    except LoginLinkSpent:
        # The same button in the chat, pressed again: this browser is in already.
        if not await _is_in(request, code):
            raise
        return RedirectResponse(urls.gallery(code), HTTPStatus.SEE_OTHER)
    viewer = opened.viewer
    answer = RedirectResponse(urls.gallery(viewer.code), HTTPStatus.SEE_OTHER)
    remember(
        answer,
        parts.settings,
        viewer.code,
        opened.token,
        age_s=parts.settings.login_session_days * _DAY_S,
    )
    return answer


async def _is_in(request: Request, code: str) -> bool:
    try:
        await member_of(request, code)
    except DomainError:
        return False
    return True
