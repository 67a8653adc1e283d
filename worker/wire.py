"""Messages between the worker and its child process: a JSON header and raw bytes, in frames.

A frame is the header's length (4 bytes, big-endian), the header, then the blobs whose lengths the
header lists. JSON, not pickle: the child decodes strangers' pictures, and what comes out of it must
not be able to run code in the worker.
"""

import asyncio
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

_LENGTH: Final = struct.Struct(">I")
# A record of a few hundred lines of writing takes 60 KB.
_MOST_HEADER_BYTES: Final = 256 * 1024
# 100 MB is the largest upload that settings allow; a noisy 5120x5120 PNG is 80 MB.
_MOST_BLOB_BYTES: Final = 256 * 1024 * 1024
_MOST_BLOBS: Final = 64  # an original and the parts of its result


class WireError(Exception):
    """What came is no frame: the other side is broken."""


@dataclass(frozen=True, slots=True)
class Message:
    """kind: what it is. fields: JSON values. blobs: bytes that go with it."""

    kind: str
    # Any: JSON's values; whoever reads a field converts it.
    fields: dict[str, Any] = field(default_factory=dict)
    blobs: tuple[bytes, ...] = field(default=(), repr=False)


def pack(message: Message) -> Sequence[bytes]:
    """The frame in pieces, to be written one after another. Raises WireError where too large."""
    sizes = [len(blob) for blob in message.blobs]
    header = json.dumps(
        {"kind": message.kind, "fields": message.fields, "blobs": sizes}, allow_nan=False
    ).encode()
    if len(header) > _MOST_HEADER_BYTES:
        raise WireError("the header is too long")
    _check(sizes)
    return [_LENGTH.pack(len(header)) + header, *message.blobs]


def _check(sizes: Sequence[object]) -> list[int]:
    whole = [size for size in sizes if isinstance(size, int) and size >= 0]
    if len(whole) != len(sizes) or len(whole) > _MOST_BLOBS or sum(whole) > _MOST_BLOB_BYTES:
        raise WireError("the blobs are too large or too many")
    return whole


def _header_size(prefix: bytes) -> int:
    size: int = _LENGTH.unpack(prefix)[0]
    if size > _MOST_HEADER_BYTES:
        raise WireError("the header is too long")
    return size


def _parse(header: bytes) -> tuple[str, dict[str, Any], list[int]]:
    try:
        parsed = json.loads(header)
        return str(parsed["kind"]), dict(parsed["fields"]), _check(parsed["blobs"])
    except (ValueError, TypeError, KeyError) as error:
        raise WireError(f"not a header: {error}") from error


def read(stream: BinaryIO) -> Message | None:
    """The next message, blocking; None at the end of the stream. Raises WireError."""
    prefix = stream.read(_LENGTH.size)
    if not prefix:
        return None
    kind, fields, sizes = _parse(_exactly(stream, _header_size(_whole(prefix, _LENGTH.size))))
    return Message(kind, fields, tuple(_exactly(stream, size) for size in sizes))


def _exactly(stream: BinaryIO, size: int) -> bytes:
    return _whole(stream.read(size), size)


def _whole(content: bytes, size: int) -> bytes:
    if len(content) != size:
        raise WireError("the stream ended within a message")
    return content


async def read_async(stream: asyncio.StreamReader) -> Message:
    """The next message. Raises WireError, and IncompleteReadError at the end of the stream."""
    header = await stream.readexactly(_header_size(await stream.readexactly(_LENGTH.size)))
    kind, fields, sizes = _parse(header)
    return Message(kind, fields, tuple([await stream.readexactly(size) for size in sizes]))
