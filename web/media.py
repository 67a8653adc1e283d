"""Pictures out of the object store: ranges, caching, and names that people understand."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from core.access import Viewer
from core.boards import RenditionView, get_board, get_rendition
from core.messages import mark
from core.result_views import view_of_kind
from core.texts import Texts
from core.values import RenditionKind, ViewUse
from core.view_choices import note_view_use
from web.errors import RangeNotSatisfiable
from web.parts import parts_of
from web.urls import VERSION_LENGTH

# For addresses that name the bytes (web.urls.VERSION_LENGTH); others are asked for by their ETag.
CACHE: Final = "private, max-age=31536000, immutable"
ASK_AGAIN: Final = "private, no-cache"
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_EXTENSIONS: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
# File systems end at 255 bytes, two for a Cyrillic letter; the rest of the name needs some too.
_TITLE_IN_NAME: Final = 60
_NAMES: Final[dict[RenditionKind, str]] = {
    RenditionKind.UPRIGHT: mark("original"),
    RenditionKind.UPSCALED: mark("best view"),
    RenditionKind.PREVIEW: mark("for the screen"),
    RenditionKind.THUMBNAIL: mark("small"),
    RenditionKind.LOSSLESS: mark("best view, lossless"),
    RenditionKind.CLEAN: mark("clean"),
    RenditionKind.SHARP: mark("sharp"),
    RenditionKind.STRAIGHT: mark("straight"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes from start to end, both of them inside."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.end - self.start + 1


def parse_range(header: str, size: int) -> Part | None:
    """The one part that a Range header asks of `size` bytes (RFC 9110, 14.2).

    None: several parts, another unit or nonsense, for which the whole is the right answer. Raises
    RangeNotSatisfiable.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        length = min(int(found[2]), size)
        if length == 0:
            raise RangeNotSatisfiable(size=size)
        return Part(size - length, size - 1)
    start = int(found[1])
    end = min(int(found[2]), size - 1) if found[2] else size - 1
    if start >= size:
        raise RangeNotSatisfiable(size=size)
    return Part(start, end) if start <= end else None


def file_name(texts: Texts, title: str, number: int, rendition: RenditionView) -> str:
    """What a saved picture is called: "Algebra — board 3 (sharp).jpg"."""
    room = re.sub(r'[\\/:*?"<>|\x00-\x1f]', " ", title)[:_TITLE_IN_NAME].strip(" .")
    board = texts.gettext("board %(number)s", number=number)
    kind = texts.gettext(_NAMES[rendition.kind])
    return f"{room} — {board} ({kind}).{_EXTENSIONS.get(rendition.media_type, 'bin')}"


def disposition(name: str, *, download: bool) -> str:
    """Content-Disposition with the name in UTF-8 (RFC 6266, RFC 8187) and a plain one besides."""
    plain = re.sub(r"[^A-Za-z0-9._ -]+", "", name).strip(" .-") or "board"
    if "." not in plain:
        plain = f"board.{plain}"
    how = "attachment" if download else "inline"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def media_response(
    request: Request, viewer: Viewer, board_id: UUID, kind: RenditionKind, *, download: bool
) -> Response:
    """A picture of a board of the viewer's auditorium, whole, in part, or "not changed".

    Raises BoardNotFound, RenditionNotReady, RangeNotSatisfiable, StorageUnavailable.
    """
    parts = parts_of(request)
    rendition = await get_rendition(parts.services, viewer, board_id, kind)
    etag = f'"{rendition.sha256}"'
    named = request.query_params.get("v") == rendition.sha256[:VERSION_LENGTH]
    headers = {
        "ETag": etag,
        "Cache-Control": CACHE if named else ASK_AGAIN,
        "Accept-Ranges": "bytes",
    }
    if _matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if download:
        board = await get_board(parts.services, viewer, board_id)
        name = file_name(parts.texts(request), viewer.title, board.number, rendition)
        headers["Content-Disposition"] = disposition(name, download=True)
        headers["Vary"] = "Accept-Language, Cookie"  # the name is in the reader's language
        view = view_of_kind(kind)
        if view is not None and request.method != "HEAD":
            await note_view_use(parts.services, viewer, board_id, view, ViewUse.KEPT)
    part = None
    if request.headers.get("if-range", etag) == etag:
        part = parse_range(request.headers.get("range", ""), rendition.byte_size)
    status = HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.end}/{rendition.byte_size}"
    headers["Content-Length"] = str(part.length if part else rendition.byte_size)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=rendition.media_type)
    content: AsyncIterator[bytes] = await parts.services.store.stream(
        rendition.object_key,
        offset=part.start if part else 0,
        length=part.length if part else None,
    )
    return StreamingResponse(content, status, headers, rendition.media_type)


def _matches(if_none_match: str, etag: str) -> bool:
    candidates = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return "*" in candidates or etag in candidates
