"""Files as Telegram keeps them: ids, the sizes of a photo, and what it refuses."""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import PurePath
from typing import Any, Final

from PIL import Image

from tests.telegram.botapi.errors import bad_request, too_large

# core.telegram.org/bots/api: sendPhoto, sendDocument, getFile
PHOTO_BYTES: Final = 10_000_000
PHOTO_SIDES: Final = 10_000
PHOTO_RATIO: Final = 20
DOCUMENT_BYTES: Final = 50_000_000
GET_FILE_BYTES: Final = 20_000_000
PHOTO_LONGEST: Final = 1280
_SIZES: Final = (90, 320, 800, PHOTO_LONGEST)
_QUALITY: Final = 87  # about what Telegram's own photos have
# Five of the largest documents; the oldest go first, as a Bot API server clears its own folder.
BYTES_KEPT: Final = 5 * DOCUMENT_BYTES
_KINDS: Final = {
    # The first bytes of a file id hold its kind, so Telegram's ids show it in four letters.
    "photo": ("AgACAgIAAxkBAAI", "AQAD"),
    "document": ("BQACAgIAAxkBAAI", "AgAD"),
    "sticker": ("CAACAgIAAxkBAAI", "AgAD"),
    "voice": ("AwACAgIAAxkBAAI", "AgAD"),
}
_FOLDERS: Final = {
    "photo": "photos",
    "document": "documents",
    "sticker": "stickers",
    "voice": "voice",
}
_TYPES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
    ".csv": "text/csv",
    ".txt": "text/plain",
}


@dataclass(frozen=True)
class KeptFile:
    """A file that has an id. shape: width and height, where it is a picture."""

    file_id: str
    unique_id: str
    kind: str
    content: bytes = field(repr=False)
    name: str
    media_type: str
    shape: tuple[int, int] = (0, 0)
    # All sizes of the photo to which it belongs, smallest first.
    sizes: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Its file_path."""
        return f"{_FOLDERS[self.kind]}/{self.file_id}{PurePath(self.name).suffix}"


@dataclass
class Files:
    """All files by id."""

    kept: OrderedDict[str, KeptFile] = field(default_factory=OrderedDict)

    def keep(
        self,
        kind: str,
        content: bytes,
        name: str,
        media_type: str,
        shape: tuple[int, int] = (0, 0),
    ) -> KeptFile:
        """Give it an id. The same bytes have one unique id, and an id of their own each time."""
        prefix, unique = _KINDS[kind]
        digest = hashlib.sha256(kind.encode() + content).hexdigest()
        file_id = prefix + secrets.token_urlsafe(42)
        file = KeptFile(file_id, unique + digest[:11], kind, content, name, media_type, shape)
        self.kept[file_id] = file
        self._make_room()
        return file

    def _make_room(self) -> None:
        total = sum(len(file.content) for file in self.kept.values())
        while total > BYTES_KEPT and len(self.kept) > 1:
            _, oldest = self.kept.popitem(last=False)
            total -= len(oldest.content)

    def known(self, kind: str, file_id: str) -> KeptFile:
        """The file under this id. Raises Refused, in Telegram's words."""
        file = self.kept.get(file_id)
        if file is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if file.kind != kind:
            raise bad_request(f"can't use file of type {file.kind.title()} as {kind.title()}")
        return file

    def by_path(self, path: str) -> KeptFile | None:
        """The file that /file/bot.../path serves."""
        return self.kept.get(PurePath(path).stem)

    async def take_photo(self, content: bytes, name: str) -> list[dict[str, Any]]:
        """A photo as Telegram recompresses it: its sizes, smallest first. Raises Refused."""
        name = PurePath(name).stem + ".jpg"
        made = [
            self.keep("photo", smaller, name, "image/jpeg", shape)
            for smaller, shape in await asyncio.to_thread(recompressed, content)
        ]
        sizes = tuple(file.file_id for file in made)
        for file in made:
            self.kept[file.file_id] = replace(file, sizes=sizes)
        return self.sizes_of(sizes[-1])

    def sizes_of(self, file_id: str) -> list[dict[str, Any]]:
        """All sizes of the photo to which this id belongs. Raises Refused."""
        sizes = self.known("photo", file_id).sizes
        return [photo_size(self.kept[each]) for each in sizes if each in self.kept]

    def take_document(
        self, content: bytes, name: str, media_type: str | None = None
    ) -> dict[str, Any]:
        """A document, untouched. Raises Refused."""
        if len(content) > DOCUMENT_BYTES:
            raise too_large()
        if not content:
            raise bad_request("file must be non-empty")
        guessed = media_type or _TYPES.get(
            PurePath(name).suffix.lower(), "application/octet-stream"
        )
        return document(self.keep("document", content, name, guessed))

    def take_sticker(self, content: bytes, emoji: str) -> dict[str, Any]:
        """A sticker of a person."""
        file = self.keep("sticker", content, "sticker.webp", "image/webp", (512, 512))
        return {
            **_named(file),
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
            "emoji": emoji,
        }

    def take_voice(self, content: bytes, duration_s: int) -> dict[str, Any]:
        """A voice message of a person."""
        file = self.keep("voice", content, "voice.oga", "audio/ogg")
        return {**_named(file), "duration": duration_s, "mime_type": file.media_type}


def recompressed(content: bytes) -> list[tuple[bytes, tuple[int, int]]]:
    """A photo's sizes as JPEG with their width and height. Blocks. Raises Refused."""
    if len(content) > PHOTO_BYTES:
        raise too_large()
    if not content:
        raise bad_request("file must be non-empty")
    try:
        with Image.open(BytesIO(content)) as opened:
            longest = _checked_longest(*opened.size)
            picture = opened.convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise bad_request("PHOTO_INVALID_DIMENSIONS") from None
    except (OSError, SyntaxError):
        raise bad_request("IMAGE_PROCESS_FAILED") from None
    wanted = [side for side in _SIZES if side < longest] or [longest]
    if longest <= PHOTO_LONGEST and wanted[-1] != longest:
        wanted.append(longest)
    return [_smaller(picture, side) for side in wanted]


def _smaller(picture: Image.Image, side: int) -> tuple[bytes, tuple[int, int]]:
    smaller = picture.copy()
    smaller.thumbnail((side, side))
    buffer = BytesIO()
    smaller.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue(), smaller.size


def _checked_longest(width: int, height: int) -> int:
    longer, shorter = max(width, height), min(width, height)
    if longer + shorter > PHOTO_SIDES or longer > PHOTO_RATIO * shorter:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return longer


def _named(file: KeptFile) -> dict[str, Any]:
    return {
        "file_id": file.file_id,
        "file_unique_id": file.unique_id,
        "file_size": len(file.content),
    }


def photo_size(file: KeptFile) -> dict[str, Any]:
    """PhotoSize."""
    return {**_named(file), "width": file.shape[0], "height": file.shape[1]}


def document(file: KeptFile) -> dict[str, Any]:
    """Document."""
    return {**_named(file), "file_name": file.name, "mime_type": file.media_type}


def as_file(file: KeptFile) -> dict[str, Any]:
    """File, as getFile gives it."""
    return {**_named(file), "file_path": file.path}
