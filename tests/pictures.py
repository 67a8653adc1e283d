"""Generated pictures for tests: boards with ink at known places, and bad input of all kinds."""

import struct
import zlib
from collections.abc import AsyncIterator
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo


def board(
    seed: int = 0, size: tuple[int, int] = (400, 300), lines: int = 6, extra: str = ""
) -> Image.Image:
    """A light board with uneven light and dark writing; the same arguments, the same picture.

    extra: one more word, written at the bottom right.
    """
    rng = np.random.default_rng(seed)
    width, height = size
    light = np.linspace(0.82, 1.0, width)[None, :] * np.linspace(1.0, 0.9, height)[:, None]
    ground = 235.0 * light + rng.normal(0.0, 1.5, (height, width))
    picture = Image.fromarray(ground.clip(0, 255).astype(np.uint8)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    step = height / (lines + 2)
    alphabet = "abcdefghijkmnoprstuvwxyz=+()0123456789"
    for line in range(lines):
        text = "".join(rng.choice(list(alphabet), size=int(rng.integers(10, 24))))
        x = float(rng.uniform(0.04, 0.2)) * width
        draw.text((x, step * (line + 0.6)), text, fill=(40, 50, 70), font_size=step * 0.6)
    if extra:
        draw.text(
            (0.7 * width, step * (lines + 0.7)), extra, fill=(40, 50, 70), font_size=step * 0.6
        )
    return picture


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The picture as a file of this Pillow format."""
    buffer = BytesIO()
    if kind == "JPEG":
        options.setdefault("quality", 90)
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def photo(seed: int = 0, **board_options: object) -> bytes:
    """A JPEG of a board."""
    return encoded(board(seed, **board_options))  # type: ignore[arg-type]  # passed on as they are


async def chunks(content: bytes, size: int = 65536) -> AsyncIterator[bytes]:
    """The bytes as they arrive."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


def png_chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a PNG file (PNG specification, 5.3)."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _png(width: int, height: int, depth: int, idat: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", idat) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def png_promising(width: int, height: int) -> bytes:
    """A PNG whose header promises this size and whose pixels cannot be decoded."""
    return _png(width, height, 8, b"no zlib stream")


def png_bomb(width: int, height: int) -> bytes:
    """A valid black and white PNG of this size in a few kilobytes."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    body = b"".join(packer.compress(row * 100) for _ in range(height // 100))
    return _png(width, height, 1, body + packer.compress(row * (height % 100)) + packer.flush())


def stored_sideways(picture: Image.Image, orientation: int) -> tuple[Image.Image, Image.Exif]:
    """The pixels as a camera stores them, and the EXIF by which they stand upright again.

    Written out with numpy after EXIF 2.32, 4.6.5 A, so that Pillow's own helper is not its judge.
    """
    upright = np.asarray(picture)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    return Image.fromarray(np.ascontiguousarray(stored)), exif


def swapped_primaries() -> bytes:
    """SRGB's ICC profile with the red and the blue primary changed for each other."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    held = profile.replace(b"rXYZ", b"hold", 1).replace(b"bXYZ", b"rXYZ", 1)
    return held.replace(b"hold", b"bXYZ", 1)


def with_metadata(picture: Image.Image, kind: str, canary: str) -> bytes:
    """The picture with `canary` in whatever of EXIF, GPS, XMP and comments the format has."""
    exif = Image.Exif()
    exif[0x010E] = canary
    exif.get_ifd(0x8769)[0x9286] = canary.encode()
    exif.get_ifd(0x8825)[29] = canary
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/" place="{canary}"/>'.encode()
    options: dict[str, object] = {"exif": exif}
    match kind:
        case "JPEG":
            options |= {"comment": canary.encode(), "xmp": xmp}
        case "PNG":
            text = PngInfo()
            text.add_text("Comment", canary)
            options |= {"pnginfo": text}
        case "HEIF":
            options = {"exif": exif.tobytes(), "xmp": xmp}
        case "WEBP" | "AVIF":
            options |= {"xmp": xmp}
    return encoded(picture, kind, **options)
