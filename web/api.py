"""The REST API: the same use cases as the pages, for programs."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response, status
from fastapi.sse import EventSourceResponse, ServerSentEvent

from core import links
from core.boards import PAGE_LIMIT, get_board, get_upload, list_boards, want_lossless
from core.intake import IDEMPOTENCY_KEY_LIMIT
from core.rooms import clean_code, create_auditorium, join_as_guest
from core.values import Channel, RenditionKind
from core.view_choices import record_view_use
from web import urls
from web.api_models import (
    PROBLEM_CONTENT,
    AuditoriumIn,
    AuditoriumOut,
    BoardOut,
    BoardsOut,
    MemberIn,
    MemberOut,
    ReceiptOut,
    UploadOut,
    ViewIn,
)
from web.api_views import board_out, boards_out, receipt_out, upload_out
from web.deps import (
    CodeDep,
    LiveFromDep,
    MemberDep,
    PartsDep,
    ServicesDep,
    SettingsDep,
    TextsDep,
    ViewerDep,
)
from web.media import media_response
from web.stream import server_sent_events
from web.uploads import OPENAPI_BODY, take_upload

_WHY: Final = {
    401: "not_a_member: no token, or one that opens nothing here",
    404: "auditorium_not_found, board_not_found, upload_not_found or rendition_not_ready",
    409: "auditorium_closed or quota_reached",
    413: "too_many_bytes",
    415: "unknown_format",
    416: "range_not_satisfiable",
    422: "bad_request, or a picture that cannot be taken: damaged_picture, too_many_pixels, ...",
    503: "unavailable: a server does not answer; nothing was stored, send it again",
}


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The documented problem responses of an operation."""
    return {
        code: {"description": _WHY[code], "content": PROBLEM_CONTENT} for code in (*codes, 422, 503)
    }


rooms = APIRouter(prefix=f"{urls.API}/auditoriums", tags=["auditoriums"])
inside = APIRouter(prefix=f"{urls.API}/auditoriums/{{code}}", tags=["auditoriums"])
boards = APIRouter(prefix=urls.API, tags=["boards"])
routers: Final = (rooms, inside, boards)


@rooms.post("", status_code=status.HTTP_201_CREATED, responses=problems())
async def new_auditorium(
    body: AuditoriumIn, answer: Response, services: ServicesDep, settings: SettingsDep
) -> AuditoriumOut:
    """Create an auditorium. Who has the admin link manages it."""
    created = await create_auditorium(services, title=body.title)
    gallery = links.gallery_url(settings, created.code)
    answer.headers["Location"] = gallery
    return AuditoriumOut(
        code=created.code,
        join_url=links.join_url(settings, created.code),
        gallery_url=gallery,
        admin_url=links.admin_url(settings, created.code, created.owner_token),
    )


@rooms.post("/{code}/members", status_code=status.HTTP_201_CREATED, responses=problems(404))
async def new_member(
    code: CodeDep, body: MemberIn, services: ServicesDep, texts: TextsDep
) -> MemberOut:
    """Join an auditorium as a guest."""
    joined = await join_as_guest(
        services, code=code, name=body.name, channel=Channel.API, locale=texts.locale
    )
    if joined.token is None:
        raise RuntimeError("a guest without a token")
    return MemberOut(
        member_id=joined.member_id, token=joined.token, code=clean_code(code), title=joined.title
    )


@inside.post(
    "/uploads",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(401, 404, 409, 413, 415),
    openapi_extra=OPENAPI_BODY,
)
async def new_upload(
    request: Request,
    answer: Response,
    settings: SettingsDep,
    viewer: MemberDep,
    _key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            max_length=IDEMPOTENCY_KEY_LIMIT,
            description="The same key by the same member answers with the first upload",
        ),
    ] = None,
) -> ReceiptOut:
    """Send a photo. The answer comes at once; the board gets ready later."""
    receipt = await take_upload(request, viewer, Channel.API)
    answer.headers["Location"] = urls.api_upload(receipt.upload_id)
    return receipt_out(settings, receipt)


@inside.get("/boards", responses=problems(401, 404))
async def some_boards(
    services: ServicesDep,
    settings: SettingsDep,
    viewer: MemberDep,
    before: Annotated[int | None, Query(ge=1, description="Boards below this number")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 24,
) -> BoardsOut:
    """The auditorium's boards, newest first."""
    found = await list_boards(services, viewer, before=before, limit=limit)
    return boards_out(settings, viewer.code, found)


@inside.get("/events", response_class=EventSourceResponse, responses=problems(401, 404))
async def live(
    parts: PartsDep, viewer: MemberDep, after: LiveFromDep
) -> AsyncIterator[ServerSentEvent]:
    """Live events: board, progress, gone, auditorium, and reset where replay is impossible."""
    async for event in server_sent_events(parts.hub, viewer, after):
        yield event


@boards.get("/uploads/{upload_id}", responses=problems(401, 404))
async def one_upload(
    upload_id: UUID, services: ServicesDep, settings: SettingsDep, viewer: ViewerDep
) -> UploadOut:
    """An upload and the state of its board."""
    upload = await get_upload(services, viewer, upload_id)
    return upload_out(settings, upload, await get_board(services, viewer, upload.board_id))


@boards.get("/boards/{board_id}", responses=problems(401, 404))
async def one_board(
    board_id: UUID, services: ServicesDep, settings: SettingsDep, viewer: ViewerDep
) -> BoardOut:
    """A board: its state, the times of its stages, its pictures and uploads."""
    return board_out(settings, viewer.code, await get_board(services, viewer, board_id))


@boards.get(
    "/boards/{board_id}/renditions/{kind}",
    response_class=Response,
    responses={
        200: {"description": "The picture", "content": {"image/*": {}}},
        206: {"description": "The part that Range asked for"},
        304: {"description": "Not changed since the ETag in If-None-Match"},
        **problems(401, 404, 416),
    },
)
async def rendition(
    request: Request,
    board_id: UUID,
    kind: RenditionKind,
    viewer: ViewerDep,
    download: Annotated[bool, Query(description="As an attachment")] = False,  # noqa: FBT002 -- a query parameter, by name
) -> Response:
    """A picture of a board."""
    return await media_response(request, viewer, board_id, kind, download=download)


@boards.post(
    "/boards/{board_id}/lossless",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(401, 404),
)
async def lossless(
    board_id: UUID, services: ServicesDep, settings: SettingsDep, viewer: ViewerDep
) -> BoardOut:
    """Ask for the lossless picture of a ready board; it is made once."""
    return board_out(settings, viewer.code, await want_lossless(services, viewer, board_id))


@boards.post(
    "/boards/{board_id}/views",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(401, 404),
)
async def view_used(board_id: UUID, body: ViewIn, services: ServicesDep, viewer: ViewerDep) -> None:
    """Tell that the member opened or kept a view of a board; once more says nothing more.

    Which views people choose decides what is shown first. `download=true` of a rendition tells it
    by itself.
    """
    await record_view_use(services, viewer, board_id, body.view, body.use)
