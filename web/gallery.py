"""An auditorium's pages for its members: boards, uploads, pictures, live events."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from io import BytesIO
from typing import Annotated, Any, Final
from uuid import UUID

import segno
from fastapi import APIRouter, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from redis.exceptions import RedisError
from starlette.responses import JSONResponse, RedirectResponse, Response

from core import events, links
from core.access import Viewer
from core.boards import get_board, list_boards, neighbours, want_lossless
from core.services import Services
from core.values import Channel, RenditionKind, ResultView
from core.view_choices import own_first_view
from web import urls
from web.board_page import board_details, lossless_of
from web.deps import LiveFromDep, MemberDep, PartsDep, ServicesDep, SettingsDep, TextsDep
from web.media import media_response
from web.parts import Parts
from web.rendering import page
from web.shown_views import shown_views
from web.stream import server_sent_events
from web.uploads import take_upload
from web.views import card, room_facts

router = APIRouter(prefix="/a/{code}", include_in_schema=False)

Before = Annotated[int | None, Query(ge=1)]
_UNKNOWN_POSITION: Final = ""  # no event id: the stream begins with a reset
_POSITION_S: Final = 1.0  # a page doesn't wait for a Redis that hangs


async def _position(services: Services, viewer: Viewer) -> str:
    """Where the live stream is, read before the boards, so that nothing falls in between."""
    try:
        async with asyncio.timeout(_POSITION_S):
            return await events.last_id(services.redis, viewer.auditorium_id)
    except (RedisError, OSError):
        return _UNKNOWN_POSITION


async def _boards(
    request: Request, parts: Parts, viewer: Viewer, before: int | None
) -> dict[str, Any]:
    services, texts = parts.services, parts.texts(request)
    found = await list_boards(services, viewer, before=before)
    now = services.clock()
    return {
        "title": viewer.title,
        "room": room_facts(parts.settings, viewer),
        "viewer": viewer,
        "cards": tuple(card(texts, viewer, each, now) for each in found.boards),
        "next_before": found.next_before,
    }


@router.get("")
async def gallery(
    request: Request, code: str, parts: PartsDep, viewer: MemberDep, before: Before = None
) -> Response:
    """The gallery. The cookie belongs to the code as it is written, so other spellings move."""
    if code != viewer.code:
        return RedirectResponse(urls.gallery(viewer.code), HTTPStatus.SEE_OTHER)
    position = await _position(parts.services, viewer)
    context = await _boards(request, parts, viewer, before) | {
        "last_event_id": position,
        "upload_limit_mb": parts.settings.upload_limit_mb,
    }
    return page(request, "gallery.html", context)


@router.get("/boards")
async def cards(
    request: Request, parts: PartsDep, viewer: MemberDep, before: Before = None
) -> Response:
    """More cards, or the newest ones anew."""
    return page(request, "partials/cards.html", await _boards(request, parts, viewer, before))


@router.get("/boards/{board_id}/card")
async def one_card(
    request: Request, board_id: UUID, parts: PartsDep, viewer: MemberDep
) -> Response:
    """One card as it is now."""
    board = await get_board(parts.services, viewer, board_id)
    texts = parts.texts(request)
    context = {
        "title": viewer.title,
        "room": room_facts(parts.settings, viewer),
        "viewer": viewer,
        "card": card(texts, viewer, board, parts.services.clock()),
    }
    return page(request, "partials/card.html", context)


@router.get("/boards/{board_id}")
async def board_page(
    request: Request,
    board_id: UUID,
    parts: PartsDep,
    viewer: MemberDep,
    view: Annotated[str | None, Query()] = None,
) -> Response:
    """The page of one board. view: which is shown first; a name of none is passed over."""
    services, texts = parts.services, parts.texts(request)
    position = await _position(services, viewer)
    board = await get_board(services, viewer, board_id)
    views = shown_views(
        texts,
        viewer,
        board,
        asked=ResultView(view) if view in set(ResultView) else None,
        own=await own_first_view(services, viewer),
        default=parts.settings.default_view,
    )
    details = board_details(
        texts,
        viewer,
        board,
        views,
        neighbours=await neighbours(services, viewer, board.number),
        now=services.clock(),
    )
    context = details.context() | {
        "title": texts.gettext(
            "Board %(number)s · %(title)s", number=board.number, title=viewer.title
        ),
        "room": room_facts(parts.settings, viewer),
        "viewer": viewer,
        "last_event_id": position,
    }
    return page(request, "board.html", context)


@router.post("/uploads")
async def upload(request: Request, viewer: MemberDep) -> Response:
    """One photo from a page."""
    receipt = await take_upload(request, viewer, Channel.WEB)
    return JSONResponse(
        {
            "upload_id": str(receipt.upload_id),
            "board_id": str(receipt.board_id),
            "board_number": receipt.board_number,
            "verdict": receipt.verdict.value,
            "state": receipt.state.value,
            "board_url": urls.board(viewer.code, receipt.board_id),
        },
        HTTPStatus.ACCEPTED,
    )


@router.get("/events", response_class=EventSourceResponse)
async def live(
    parts: PartsDep, viewer: MemberDep, after: LiveFromDep
) -> AsyncIterator[ServerSentEvent]:
    """What happens in the auditorium, as it happens."""
    async for event in server_sent_events(parts.hub, viewer, after):
        yield event


@router.api_route("/media/{board_id}/{kind}", methods=["GET", "HEAD"])
async def media(
    request: Request,
    board_id: UUID,
    kind: RenditionKind,
    viewer: MemberDep,
    download: Annotated[bool, Query()] = False,  # noqa: FBT002 -- a query parameter, by name
) -> Response:
    """A picture of a board."""
    return await media_response(request, viewer, board_id, kind, download=download)


@router.post("/boards/{board_id}/lossless")
async def lossless(board_id: UUID, services: ServicesDep, viewer: MemberDep) -> Response:
    """Ask for the lossless picture."""
    board = await want_lossless(services, viewer, board_id)
    made = lossless_of(viewer.code, board)
    return JSONResponse({"ready": made.ready, "url": made.url})


@router.get("/qr.svg")
async def qr(settings: SettingsDep, viewer: MemberDep, texts: TextsDep) -> Response:
    """The QR code of the join address, sharp at any size."""

    def draw() -> bytes:
        drawn = BytesIO()
        # "q": a quarter of it may be hidden by a head in the row before.
        segno.make(links.join_url(settings, viewer.code), error="q", micro=False).save(
            drawn, kind="svg", border=4, title=texts.gettext("Join: %(title)s", title=viewer.title)
        )
        return drawn.getvalue()

    return Response(await asyncio.to_thread(draw), media_type="image/svg+xml")
