"""Files as Telegram keeps them: ids, the sizes of a photo, and what it refuses."""

import secrets
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image

# core.telegram.org/bots/api: sendPhoto, sendDocument, getFile
PHOTO_BYTES = 10_000_000
PHOTO_SIDES = 10_000
PHOTO_RATIO = 20
DOCUMENT_BYTES = 50_000_000
GET_FILE_BYTES = 20_000_000
PHOTO_LONGEST = 1280
_SIZES = (90, 320, 800, PHOTO_LONGEST)


class Refused(Exception):
    """What Telegram answers instead of a result."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


@dataclass(frozen=True)
class KeptFile:
    """A file that has an id."""

    file_id: str
    kind: str
    content: bytes = field(repr=False)
    name: str


@dataclass
class Files:
    """All files by id."""

    kept: dict[str, KeptFile] = field(default_factory=dict)

    def keep(self, kind: str, content: bytes, name: str) -> KeptFile:
        """Give it an id of the look of Telegram's: photos begin with AgAC, documents with BQAC."""
        prefix = {"photo": "AgACAgIAAxkBAAI", "document": "BQACAgIAAxkBAAI"}[kind]
        file = KeptFile(prefix + secrets.token_urlsafe(42), kind, content, name)
        self.kept[file.file_id] = file
        return file

    def known(self, kind: str, file_id: str) -> KeptFile:
        """The file under this id. Raises Refused, in Telegram's words."""
        file = self.kept.get(file_id)
        if file is None:
            raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
        if file.kind != kind:
            raise Refused(
                400, f"Bad Request: can't use file of type {file.kind.title()} as {kind.title()}"
            )
        return file

    def take_photo(self, content: bytes, name: str) -> list[dict[str, Any]]:
        """A photo as Telegram recompresses it: its sizes, smallest first. Raises Refused."""
        if len(content) > PHOTO_BYTES:
            raise Refused(413, "Request Entity Too Large")
        try:
            with Image.open(BytesIO(content)) as opened:
                picture = opened.convert("RGB")
        except OSError:
            raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED") from None
        longer, shorter = max(picture.size), min(picture.size)
        if longer + shorter > PHOTO_SIDES or longer > PHOTO_RATIO * shorter:
            raise Refused(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
        wanted = [side for side in _SIZES if side < longer] or [longer]
        if longer < PHOTO_LONGEST and wanted[-1] != longer:
            wanted.append(longer)
        return [self._size(picture, side, name) for side in wanted]

    def _size(self, picture: Image.Image, side: int, name: str) -> dict[str, Any]:
        smaller = picture.copy()
        smaller.thumbnail((side, side))
        buffer = BytesIO()
        smaller.save(buffer, "JPEG", quality=87)
        file = self.keep("photo", buffer.getvalue(), name)
        return photo_size(file, smaller.width, smaller.height)

    def take_document(self, content: bytes, name: str, mime_type: str) -> dict[str, Any]:
        """A document, untouched. Raises Refused."""
        if len(content) > DOCUMENT_BYTES:
            raise Refused(413, "Request Entity Too Large")
        if not content:
            raise Refused(400, "Bad Request: file must be non-empty")
        file = self.keep("document", content, name)
        return document(file, mime_type)


def photo_size(file: KeptFile, width: int, height: int) -> dict[str, Any]:
    """PhotoSize."""
    return {
        "file_id": file.file_id,
        "file_unique_id": "AQAD" + file.file_id[-12:],
        "width": width,
        "height": height,
        "file_size": len(file.content),
    }


def document(file: KeptFile, mime_type: str) -> dict[str, Any]:
    """Document."""
    return {
        "file_id": file.file_id,
        "file_unique_id": "AgAD" + file.file_id[-12:],
        "file_name": file.name,
        "mime_type": mime_type,
        "file_size": len(file.content),
    }
