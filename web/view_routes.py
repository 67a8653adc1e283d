"""What a member does with the views of a board, from its page."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from core.values import ResultView, ViewUse
from core.view_choices import choose_first_view, record_view_use
from web import urls
from web.deps import MemberDep, ServicesDep
from web.errors import wants_page

router = APIRouter(prefix="/a/{code}", include_in_schema=False)


@router.post("/boards/{board_id}/views", status_code=HTTPStatus.NO_CONTENT)
async def opened(
    board_id: UUID,
    services: ServicesDep,
    viewer: MemberDep,
    view: Annotated[ResultView, Form()],
) -> None:
    """The member switched to this view."""
    await record_view_use(services, viewer, board_id, view, ViewUse.OPENED)


@router.post("/me/first-view")
async def see_first(
    request: Request,
    services: ServicesDep,
    viewer: MemberDep,
    view: Annotated[ResultView | None, Form()] = None,
    board: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Fix what this member sees first; without a view, the service's default again.

    board: whose page a form without script came from, and goes back to.
    """
    await choose_first_view(services, viewer, view)
    if not wants_page(request):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    back = urls.gallery(viewer.code) if board is None else urls.board(viewer.code, board, view)
    return RedirectResponse(back, HTTPStatus.SEE_OTHER)
