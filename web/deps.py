"""What handlers ask for in their signatures."""

from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request
from fastapi.security import HTTPBearer

from core.access import Viewer
from core.errors import Unavailable
from core.services import Services
from core.settings import Settings
from core.texts import Texts
from web.auth import member_of, viewer_of
from web.parts import Parts, parts_of

bearer = HTTPBearer(
    scheme_name="bearer",
    auto_error=False,  # our own errors answer, see web.errors
    description="The token from POST /auditoriums/{code}/members, or the admin link's key.",
)


def _parts(request: Request) -> Parts:
    return parts_of(request)


PartsDep = Annotated[Parts, Depends(_parts)]


def _services(parts: PartsDep) -> Services:
    return parts.services


def _settings(parts: PartsDep) -> Settings:
    return parts.settings


def _texts(request: Request, parts: PartsDep) -> Texts:
    return parts.texts(request)


ServicesDep = Annotated[Services, Depends(_services)]
SettingsDep = Annotated[Settings, Depends(_settings)]
TextsDep = Annotated[Texts, Depends(_texts)]
# No auditorium's code is longer; what people type around it is forgiven by core.rooms.
CodeDep = Annotated[str, Path(max_length=32, examples=["7KQ2MX"])]


async def _viewer(request: Request, _bearer: Annotated[object, Depends(bearer)]) -> Viewer:
    return await viewer_of(request)


async def _member(
    request: Request, code: CodeDep, _bearer: Annotated[object, Depends(bearer)]
) -> Viewer:
    return await member_of(request, code)


ViewerDep = Annotated[Viewer, Depends(_viewer)]
MemberDep = Annotated[Viewer, Depends(_member)]


def _live_from(
    parts: PartsDep,
    last_event_id: Annotated[
        str | None, Header(max_length=64, description="Set by browsers that reconnect")
    ] = None,
    after: Annotated[
        str | None,
        Query(max_length=64, description="Replay from the event with this id; absent: from now"),
    ] = None,
) -> str | None:
    """Where a stream starts; refused before it has begun. Raises Unavailable."""
    if parts.hub.is_full:
        raise Unavailable("too many live pages")
    return last_event_id or after


LiveFromDep = Annotated[str | None, Depends(_live_from)]
