"""A multipart body to core.intake: for the gallery and for the REST API."""

from collections.abc import AsyncIterator
from typing import Final

from starlette.datastructures import UploadFile
from starlette.requests import Request

from core.access import Viewer
from core.errors import BadRequest
from core.intake import CAPTION_LIMIT, accept
from core.values import Arrival, Channel, Quality, Receipt
from web.parts import parts_of

_CHUNK: Final = 256 * 1024
_MOST_FIELDS: Final = 8  # a caption, a quality, and room for what a client adds by itself
_BYTES_A_CHARACTER: Final = 4  # of UTF-8, at most
# An uploaded file beyond 1 MB lies in a temporary file meanwhile (Starlette's spooling); the body
# limit bounds it.
OPENAPI_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP or GIF",
                        },
                        "caption": {"type": "string", "maxLength": CAPTION_LIMIT},
                        "quality": {
                            "type": "string",
                            "enum": [quality.value for quality in Quality],
                            "default": Quality.BEST.value,
                            "description": "best: a network makes the board. fast: an "
                            "interpolation does, less sharp, before the boards that wait for a "
                            "network. A duplicate joins its board as that is",
                        },
                    },
                }
            }
        },
    }
}


async def take_upload(request: Request, viewer: Viewer, channel: Channel) -> Receipt:
    """Read the form and hand its file to intake. Raises BadRequest and what intake raises.

    The member is known before a byte of the body is read.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise BadRequest("expected multipart/form-data with a part `file`", field="file")
    parts = parts_of(request)
    async with request.form(
        max_files=1, max_fields=_MOST_FIELDS, max_part_size=CAPTION_LIMIT * _BYTES_A_CHARACTER
    ) as form:
        file, caption = form.get("file"), form.get("caption")
        if not isinstance(file, UploadFile):
            raise BadRequest("a part `file` with a file name is missing", field="file")
        quality = _quality(form.get("quality"))
        async with parts.accepting:
            return await accept(
                parts.services,
                Arrival(
                    member_id=viewer.member_id,
                    channel=channel,
                    content=_chunks(file),
                    caption=caption if isinstance(caption, str) else None,
                    idempotency_key=request.headers.get("idempotency-key"),
                    quality=quality,
                ),
            )


def _quality(wish: UploadFile | str | None) -> Quality:
    """What the form asks for; best where it says nothing. Raises BadRequest."""
    if not wish:
        return Quality.BEST
    try:
        return Quality(str(wish))
    except ValueError:
        raise BadRequest(f"quality: one of {', '.join(Quality)}", field="quality") from None


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(_CHUNK):
        yield chunk
