"""Nothing leaves unanswered: the handlers of errors, and the middleware that catches the rest."""

from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import BadRequest, DomainError, NotFound
from core.logs import get_logger
from web.errors import of_http_exception, respond

log = get_logger(__name__)

_MOST_FIELDS: Final = 20  # what a person reads of a list of mistakes


async def _domain(request: Request, exception: Exception) -> Response:
    if not isinstance(exception, DomainError):
        raise exception
    return respond(request, exception)


async def _http(request: Request, exception: Exception) -> Response:
    if not isinstance(exception, HTTPException):
        raise exception
    return respond(request, of_http_exception(exception), headers=exception.headers)


async def _validation(request: Request, exception: Exception) -> Response:
    """A path that cannot name anything is 404; what was sent is told field by field.

    The values that came are not repeated: they may be secret.
    """
    if not isinstance(exception, RequestValidationError):
        raise exception
    found = exception.errors()[:_MOST_FIELDS]
    if any(each["loc"][0] == "path" for each in found):
        return respond(request, NotFound())
    fields = [
        {"field": ".".join(str(part) for part in each["loc"]), "message": str(each["msg"])}
        for each in found
    ]
    detail = "; ".join(f"{each['field']}: {each['message']}" for each in fields)
    return respond(request, BadRequest(detail), fields=fields)


def handle_errors(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


class FailuresMiddleware:
    """What no handler expected: logged with its traceback, answered without any internals."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            log.info("request.client_gone", path=scope["path"])
        except Exception as fault:
            error = fault if isinstance(fault, DomainError) else DomainError()
            if error is not fault:
                log.exception("request.fault", path=scope["path"])
            if not started:
                await respond(Request(scope), error)(scope, receive, send)
            # Otherwise the server closes the connection, so that a cut answer is seen as cut.
