"""Pages for everybody: the front page, joining, creating, the language."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from core.access import viewer_by_token
from core.errors import AuditoriumNotFound, BadRequest, NotAMember
from core.rooms import (
    LOCALES,
    NAME_LIMIT,
    TITLE_LIMIT,
    Room,
    clean_code,
    create_auditorium,
    find_room,
    join_as_guest,
)
from core.texts import Texts, error_text
from core.values import Channel
from web import language, urls
from web.auth import remember, token_of
from web.deps import CodeDep, PartsDep, ServicesDep, SettingsDep, TextsDep
from web.errors import status_of
from web.parts import Parts
from web.rendering import page
from web.views import room_at_the_door

router = APIRouter(include_in_schema=False)

_YEAR_S: Final = 365 * 24 * 3600
# What people type is checked by core; this only bounds what comes back into the form.
Line = Annotated[str, Form()]
_MOST_SHOWN: Final = 200


def _see(path: str) -> RedirectResponse:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def _home(request: Request, texts: Texts, status: HTTPStatus, **more: str | None) -> Response:
    context = {
        "title": texts.gettext("Auditorium"),
        "code_error": None,
        "title_error": None,
        "code_value": "",
        "title_value": "",
    }
    return page(request, "home.html", context | more, status=status)


@router.get("/")
async def home(request: Request, texts: TextsDep) -> Response:
    """The front page."""
    return _home(request, texts, HTTPStatus.OK)


@router.post("/create")
async def create(
    request: Request,
    services: ServicesDep,
    settings: SettingsDep,
    texts: TextsDep,
    title: Line = "",
) -> Response:
    """A new auditorium; the browser that made it manages it."""
    try:
        created = await create_auditorium(
            services,
            title=title,
            owner_name=texts.gettext("Teacher"),
            locale=texts.locale,
        )
    except BadRequest as error:
        told = texts.gettext("The name has 1 to %(limit)s characters.", limit=TITLE_LIMIT)
        return _home(
            request,
            texts,
            status_of(error),
            title_error=told,
            title_value=title[:_MOST_SHOWN],
        )
    answer = _see(urls.admin(created.code))
    remember(answer, settings, created.code, created.owner_token)
    return answer


@router.post("/join")
async def join_by_code(
    request: Request, services: ServicesDep, texts: TextsDep, code: Line = ""
) -> Response:
    """The code that was typed, to its join page."""
    try:
        room = await find_room(services, code)
    except AuditoriumNotFound as error:
        return _home(
            request,
            texts,
            status_of(error),
            code_error=error_text(texts, error).says,
            code_value=code[:_MOST_SHOWN],
        )
    return _see(urls.join(room.code))


@router.get("/join/{code}")
async def join_page(request: Request, code: CodeDep, parts: PartsDep) -> Response:
    """Asks a guest's name; who is a member already is let through."""
    room = await find_room(parts.services, code)
    if room.code != code:
        return _see(urls.join(room.code))
    if await _is_member(request, parts.services, room.code):
        return _see(urls.gallery(room.code))
    return _door(request, parts, room, HTTPStatus.OK)


@router.post("/join/{code}")
async def join(
    request: Request, code: CodeDep, parts: PartsDep, texts: TextsDep, name: Line = ""
) -> Response:
    """A guest becomes a member of the auditorium, on this device."""
    room = await find_room(parts.services, code)
    try:
        joined = await join_as_guest(
            parts.services, code=room.code, name=name, channel=Channel.WEB, locale=texts.locale
        )
    except BadRequest as error:
        told = texts.gettext("The name has 1 to %(limit)s characters.", limit=NAME_LIMIT)
        status = status_of(error)
        return _door(request, parts, room, status, name_error=told, name_value=name[:_MOST_SHOWN])
    answer = _see(urls.gallery(room.code))
    if joined.token is not None:
        remember(answer, parts.settings, room.code, joined.token)
    return answer


def _door(request: Request, parts: Parts, room: Room, status: HTTPStatus, **more: str) -> Response:
    texts = parts.texts(request)
    context = {
        "title": texts.gettext("Join: %(title)s", title=room.title),
        "room": room_at_the_door(parts.settings, room),
        "name_error": None,
        "name_value": "",
        "max_name": NAME_LIMIT,
    }
    return page(request, "join.html", context | more, status=status)


@router.post("/language")
async def choose_language(
    settings: SettingsDep,
    lang: Line = "",
    target: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Remember the language and go back to where the reader was."""
    if lang not in LOCALES:
        raise BadRequest("lang: ru or en", field="lang")
    answer = _see(own_path(target))
    answer.set_cookie(
        language.COOKIE,
        lang,
        max_age=_YEAR_S,
        secure=settings.public_url.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
    return answer


def own_path(target: str) -> str:
    """A path of this site; two slashes of either kind would be read as another site."""
    if not target.startswith("/") or target[1:2] in {"/", "\\"} or not target.isprintable():
        return "/"
    return target


async def _is_member(request: Request, services: ServicesDep, code: str) -> bool:
    token = token_of(request)
    if token is None:
        return False
    try:
        return (await viewer_by_token(services, token)).code == clean_code(code)
    except NotAMember:
        return False
