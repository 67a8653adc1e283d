"""Templates to pages."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from web import urls
from web.parts import parts_of


def page(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A rendered template in the request's language."""
    parts = parts_of(request)
    texts = parts.texts(request)
    body = parts.pages.get_template(template).render(
        {
            "request": request,
            "_": texts.gettext,
            "ngettext": texts.ngettext,
            "locale": texts.locale,
            "asset": parts.assets.url,
            "here": urls.here(request.url.path, request.query_params),
            **context,
        }
    )
    return HTMLResponse(
        body, status.value, headers={"Content-Language": texts.locale, **(headers or {})}
    )
