"""Errors to answers: one table of statuses, problem details for programs, a page for people."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from core import errors
from core.errors import DomainError
from core.logs import get_logger
from core.rooms import clean_code
from core.storage import ObjectMissing
from core.texts import error_text
from web import urls
from web.parts import parts_of
from web.rendering import page

log = get_logger(__name__)

PROBLEM: Final = "application/problem+json"
# A server that was restarted is back within this; the page and the bot try again by then.
_RETRY_AFTER_S: Final = 3


class MethodNotAllowed(DomainError):
    """The address exists, the method does not; allow: what it takes."""

    code = "method_not_allowed"


class BodyTooLarge(DomainError):
    """A request that is no upload and yet is large; context: limit_kb."""

    code = "body_too_large"


class CrossSite(DomainError):
    """A form or script of another site wanted to act with this browser's cookies."""

    code = "cross_site"


class RangeNotSatisfiable(DomainError):
    """The part that was asked for starts behind the end; context: size."""

    code = "range_not_satisfiable"


class QueueUnavailable(errors.Unavailable):
    """Redis does not answer."""

    code = "queue_unavailable"


# Each type by itself: a test finds the one that has been forgotten.
STATUS: Final[Mapping[type[DomainError], HTTPStatus]] = {
    DomainError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.BadPicture: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.EmptyFile: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownFormat: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.DamagedPicture: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooManyBytes: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooManyPixels: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooFewPixels: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.BadRequest: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.AuditoriumNotFound: HTTPStatus.NOT_FOUND,
    errors.BoardNotFound: HTTPStatus.NOT_FOUND,
    errors.UploadNotFound: HTTPStatus.NOT_FOUND,
    errors.SurveyNotFound: HTTPStatus.NOT_FOUND,
    errors.MemberNotFound: HTTPStatus.NOT_FOUND,
    errors.RenditionNotReady: HTTPStatus.NOT_FOUND,
    errors.NotAMember: HTTPStatus.UNAUTHORIZED,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.NotInAuditorium: HTTPStatus.CONFLICT,
    errors.OwnerStays: HTTPStatus.CONFLICT,
    errors.MemberKicked: HTTPStatus.FORBIDDEN,
    errors.LoginLinkSpent: HTTPStatus.GONE,
    errors.AuditoriumClosed: HTTPStatus.CONFLICT,
    errors.QuotaReached: HTTPStatus.CONFLICT,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StorageUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.LeaseLost: HTTPStatus.CONFLICT,
    # Asking again does not bring it back: no 503.
    ObjectMissing: HTTPStatus.INTERNAL_SERVER_ERROR,
    QueueUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    CrossSite: HTTPStatus.FORBIDDEN,
    RangeNotSatisfiable: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
}


def status_of(error: DomainError) -> HTTPStatus:
    """The status of an error; of a type that the table lacks, that of its nearest ancestor."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def wants_page(request: Request) -> bool:
    """Whether a person looks at the answer: a browser navigating, not a script, not a program."""
    return (
        not request.url.path.startswith((f"{urls.API}/", "/healthz", "/readyz"))
        and "text/html" in request.headers.get("accept", "")
        and "x-requested-with" not in request.headers
        # htmx follows redirects by itself and would put the join page among the boards.
        and "hx-request" not in request.headers
    )


def respond(
    request: Request,
    error: DomainError,
    *,
    fields: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to an error. fields: what of the request was wrong, for programs."""
    status = status_of(error)
    more = dict(headers or {})
    if isinstance(error, RangeNotSatisfiable):
        more["Content-Range"] = f"bytes */{error.context['size']}"
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        more["Retry-After"] = str(_RETRY_AFTER_S)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request.failed", code=error.code, detail=error.detail)
    if wants_page(request):
        code = request.path_params.get("code")
        if isinstance(error, errors.NotAMember) and code and "key" not in request.query_params:
            return RedirectResponse(urls.join(clean_code(code)), HTTPStatus.SEE_OTHER)
        return _page(request, error, status, more)
    if status is HTTPStatus.UNAUTHORIZED:
        more["WWW-Authenticate"] = "Bearer"
    return problem(request, error, status, fields=fields, headers=more)


def problem(
    request: Request,
    error: DomainError,
    status: HTTPStatus,
    *,
    fields: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Problem details (RFC 9457). title and advice are for people, in their language."""
    told = error_text(parts_of(request).texts(request), error)
    body: dict[str, Any] = {
        **error.context,
        "type": f"urn:auditorium:problem:{error.code}",
        "title": told.says,
        "status": status.value,
        "detail": error.detail,
        "instance": request.url.path,
        "code": error.code,
        "advice": told.advice,
        "request_id": request.scope.get("request_id", ""),
    }
    if fields is not None:
        body["errors"] = fields
    return JSONResponse(body, status.value, headers=dict(headers or {}), media_type=PROBLEM)


def _page(
    request: Request, error: DomainError, status: HTTPStatus, headers: Mapping[str, str]
) -> Response:

    told = error_text(parts_of(request).texts(request), error)
    code = request.path_params.get("code")
    return page(
        request,
        "error.html",
        {
            "title": told.says,
            "status": status.value,
            "code": error.code,
            "heading": told.says,
            "hint": told.advice or None,
            "back_href": urls.gallery(clean_code(code)) if code else "/",
        },
        status=status,
        headers=headers,
    )


def of_http_exception(exception: HTTPException) -> DomainError:
    """What the framework raised, as one of ours: routes, methods, unreadable bodies."""
    match exception.status_code:
        case HTTPStatus.NOT_FOUND:
            return errors.NotFound()
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return MethodNotAllowed()
        case status if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return errors.BadRequest(str(exception.detail))
        case _:
            return DomainError()
