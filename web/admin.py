"""The page of those who manage an auditorium."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from core.access import require_manager, viewer_by_token
from core.boards import list_boards, retry
from core.errors import NotAMember
from core.rooms import clean_code, set_open
from core.summary import RecentUpload, figures, recent_uploads
from core.texts import Texts, ago_text
from core.values import BoardState, Evidence
from web import urls
from web.auth import member_of, remember
from web.deps import CodeDep, MemberDep, PartsDep, ServicesDep
from web.rendering import page
from web.views import card, room_facts

router = APIRouter(prefix="/a/{code}/admin", include_in_schema=False)

# No token is longer; a key that is, is none.
Key = Annotated[str | None, Query(max_length=128)]


@router.get("")
async def admin(request: Request, code: CodeDep, parts: PartsDep, key: Key = None) -> Response:
    """The admin page. A key in the address becomes a cookie and leaves the address at once."""
    services, texts = parts.services, parts.texts(request)
    if key is not None:
        keyed = await viewer_by_token(services, key)
        if keyed.code != clean_code(code):
            raise NotAMember("the key is of another auditorium")
        answer = RedirectResponse(urls.admin(keyed.code), HTTPStatus.SEE_OTHER)
        remember(answer, parts.settings, keyed.code, key)
        return answer
    viewer = await member_of(request, code)
    require_manager(viewer)
    counted = await figures(services, viewer)
    failed = await list_boards(services, viewer, state=BoardState.FAILED)
    recent = await recent_uploads(services, viewer)
    now = services.clock()
    context = {
        "title": texts.gettext("Manage: %(title)s", title=viewer.title),
        "room": room_facts(parts.settings, viewer),
        "viewer": viewer,
        "qr_url": urls.qr(viewer.code),
        "state_url": f"{urls.admin(viewer.code)}/state",
        "figures": counted,
        "seconds_median": counted.seconds_median,
        "failed": tuple(card(texts, viewer, board, now) for board in failed.boards),
        "recent": tuple(
            {
                "number": upload.number,
                "sender": upload.sender,
                "created_text": ago_text(texts, upload.created_at, now),
                "verdict": upload.verdict.value,
                "evidence_text": evidence_text(texts, upload),
            }
            for upload in recent
        ),
    }
    return page(request, "admin.html", context)


@router.post("/state")
async def set_state(
    services: ServicesDep,
    viewer: MemberDep,
    is_open: Annotated[bool, Form(alias="open")],
) -> Response:
    """Open or close the auditorium."""
    await set_open(services, viewer, is_open=is_open)
    return RedirectResponse(urls.admin(viewer.code), HTTPStatus.SEE_OTHER)


@router.post("/boards/{board_id}/retry")
async def try_again(board_id: UUID, services: ServicesDep, viewer: MemberDep) -> Response:
    """Queue a failed board again."""
    await retry(services, viewer, board_id)
    return RedirectResponse(urls.admin(viewer.code), HTTPStatus.SEE_OTHER)


def evidence_text(texts: Texts, upload: RecentUpload) -> str:
    """Why dedup decided so, in words."""
    match upload.evidence:
        case Evidence(rule="bytes"):
            return texts.gettext("the same file")
        case Evidence(rule="pixels"):
            return texts.gettext("the same pixels")
        case Evidence(rule="picture", phash64=near, phash256=far, largest_change=change):
            return texts.gettext(
                "the same picture: %(near)s of 64 and %(far)s of 256 bits apart,"
                " largest change %(change)s of 255",
                near=near,
                far=far,
                change=change if change is None else round(change, 1),
            )
        case Evidence(compared=0):
            return texts.gettext("the first of its kind")
        case Evidence(compared=compared):
            return texts.ngettext(
                "unlike the %(n)s that looks similar",
                "unlike the %(n)s that look similar",
                compared,
                n=compared,
            )
