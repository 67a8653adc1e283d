"""Bytes to pixels, within limits: what is taken, what is refused, and what a picture looks like.

Everything here is CPU work on values: for a thread or a child process, never an event loop.
"""

import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np
import thumbhash
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms
from pillow_heif import register_heif_opener

from core.errors import DamagedPicture, EmptyFile, TooFewPixels, TooManyPixels, UnknownFormat
from core.values import Picture, RenditionKind

if TYPE_CHECKING:  # the pixel process decodes without loading pydantic
    from core.settings import Settings

Pixels = NDArray[np.uint8]

# Longest ISO base media "ftyp" prefix that tells HEIC from AVIF: size, "ftyp", major brand.
MAGIC_BYTES: Final = 16
_HEIF_BRANDS: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS: Final = {b"avif", b"avis"}

# The longer side of UPRIGHT: what a projector shows at most, and 0.1 s to encode.
UPRIGHT_SIDE: Final = 2560
# A photo that has been a JPEG before loses nothing visible at 92.
UPRIGHT_QUALITY: Final = 92
# ThumbHash keeps at most 7 x 7 coefficients, so 32 pixels are plenty; the package is pure Python
# and takes 10 ms for them, 100 ms for the 100 x 100 that it allows.
_THUMBHASH_SIDE: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """pixels: most pixels a header may promise. least_px: shortest side that is taken."""

    pixels: int
    least_px: int


def limits_of(settings: "Settings") -> Limits:
    """The decoder's limits as the settings have them."""
    return Limits(pixels=settings.upload_limit_mp * 1_000_000, least_px=settings.upload_least_px)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A picture as people see it: upright, sRGB, opaque. pixels: uint8 (H, W, 3)."""

    pixels: Pixels = field(repr=False)
    media_type: str

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.pixels.shape[0])


# What Pillow's and libheif's decoders raise on damaged input; AVIF's raises RuntimeError.
_DAMAGE: Final = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    LookupError,
    RuntimeError,
    struct.error,
)
# How to turn a picture whose EXIF says so (tag Orientation: EXIF 2.32, 4.6.5) upright.
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BAND_ROWS: Final = 128  # of Opened.bands: 4000 x 128 pixels are 2 MB
_WHITE_8: Final = 255.0
_WHITE_16: Final = 65535.0


@dataclass(frozen=True, slots=True)
class _Format:
    name: str  # Pillow's name: only this decoder is tried
    media_type: str


_JPEG: Final = _Format("JPEG", "image/jpeg")
_SIGNATURES: Final[tuple[tuple[bytes, _Format], ...]] = (
    (b"\xff\xd8\xff", _JPEG),
    (b"\x89PNG\r\n\x1a\n", _Format("PNG", "image/png")),
    (b"GIF87a", _Format("GIF", "image/gif")),
    (b"GIF89a", _Format("GIF", "image/gif")),
    (b"II*\x00", _Format("TIFF", "image/tiff")),
    (b"MM\x00*", _Format("TIFF", "image/tiff")),
    (b"BM", _Format("BMP", "image/bmp")),
)


def _sniff(head: bytes) -> _Format:
    for signature, known in _SIGNATURES:
        if head.startswith(signature):
            return known
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _Format("WEBP", "image/webp")
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _AVIF_BRANDS:
            return _Format("AVIF", "image/avif")
        if brand in _HEIF_BRANDS:
            return _Format("HEIF", "image/heic")
    raise UnknownFormat("none of JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP, GIF")


@cache
def _heif_registered() -> None:
    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A decoded picture as people see it, held once: Pillow's 4 bytes a pixel.

    picture: upright, sRGB, opaque; mode RGB.
    """

    picture: Image.Image = field(repr=False)
    media_type: str

    def bands(self) -> Iterator[Pixels]:
        """Its pixels from top to bottom: uint8 (h, W, 3) each, h small."""
        width, height = self.picture.size
        for top in range(0, height, _BAND_ROWS):
            box = (0, top, width, min(height, top + _BAND_ROWS))
            yield np.asarray(self.picture.crop(box), dtype=np.uint8)

    def pixels(self) -> Pixels:
        """All of its pixels, uint8 (H, W, 3)."""
        pixels = np.empty((self.picture.height, self.picture.width, 3), dtype=np.uint8)
        top = 0
        for band in self.bands():
            pixels[top : top + len(band)] = band
            top += len(band)
        return pixels


def decode(content: bytes, limits: Limits) -> Decoded:
    """The first frame of `content` as upright sRGB pixels. Raises what open_picture() raises."""
    opened = open_picture(content, limits)
    return Decoded(pixels=opened.pixels(), media_type=opened.media_type)


def open_picture(content: bytes, limits: Limits) -> Opened:
    """The first frame of `content`, decoded, without an array of all of its pixels.

    Raises EmptyFile, UnknownFormat, TooManyPixels and TooFewPixels (both from the header, before
    any pixel is decoded), DamagedPicture.
    """
    if not content:
        raise EmptyFile
    known = _sniff(content[:MAGIC_BYTES])
    _heif_registered()
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata, which is dropped anyway, and from 89 megapixels on,
            # where our own limit is the one that is checked.
            warnings.simplefilter("ignore")
            picture: Image.Image = Image.open(BytesIO(content), formats=[known.name])
            _check_size(picture.width, picture.height, limits)
            picture.load()
            picture = _opaque_rgb(picture)
    except Image.DecompressionBombError as error:
        raise TooManyPixels(limit_mp=limits.pixels // 1_000_000) from error
    except _DAMAGE as error:
        raise DamagedPicture(f"{known.name}: {error}") from error
    return Opened(picture=picture, media_type=known.media_type)


def _check_size(width: int, height: int, limits: Limits) -> None:
    if width * height > limits.pixels:
        raise TooManyPixels(f"{width} x {height}", limit_mp=limits.pixels // 1_000_000)
    if min(width, height) < limits.least_px:
        raise TooFewPixels(f"{width} x {height}", least_px=limits.least_px)


def _opaque_rgb(picture: Image.Image) -> Image.Image:
    """Upright, sRGB, without alpha (over white, as paper and most boards are)."""
    profile = picture.info.get("icc_profile")
    upright = _upright(picture)
    if upright.mode == "F" or upright.mode.startswith("I"):
        upright = _eight_bits(upright)
    if upright.mode == "P" or "A" in upright.mode or "transparency" in upright.info:
        rgba = upright.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return _to_srgb(Image.alpha_composite(paper, rgba).convert("RGB"), profile)
    return _to_srgb(upright, profile)


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as EXIF says; as it is where the EXIF is damaged (Pillow's own helper then raises)."""
    try:
        turn = _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except _DAMAGE:
        return picture
    return picture if turn is None else picture.transpose(turn)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """16 and 32 bits a sample to 8: Pillow's own convert("L") clips instead of scaling."""
    samples = np.asarray(picture, dtype=np.float64)
    top = float(samples.max(initial=0.0))
    white = _white_of(picture.mode, top)
    return Image.fromarray(
        (samples.clip(0.0) / white * _WHITE_8).round().clip(0, _WHITE_8).astype(np.uint8)
    )


def _white_of(mode: str, top: float) -> float:
    """What white is in these samples: TIFF does not say, so their largest has to."""
    if mode == "F" and top <= 1.0:
        return 1.0
    if mode.startswith("I") and top > _WHITE_8:
        return _WHITE_16
    return max(top, _WHITE_8)


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and picture.mode in {"RGB", "L", "CMYK"}:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(
                picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError):
            # A damaged or mismatched profile: the plain pixels are the best that there is.
            converted = None
        if converted is not None:
            return converted
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def fit(width: int, height: int, longer_side: int) -> tuple[int, int]:
    """(width, height) shrunk, never enlarged, so that the longer side is at most `longer_side`."""
    longer = max(width, height)
    if longer <= longer_side:
        return width, height
    return max(1, round(width * longer_side / longer)), max(1, round(height * longer_side / longer))


def encode_upright(decoded: Decoded) -> Picture:
    """The original as it may be shown: no metadata, at most UPRIGHT_SIDE, JPEG."""
    picture = Image.fromarray(decoded.pixels)
    size = fit(picture.width, picture.height, UPRIGHT_SIDE)
    if size != picture.size:
        picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=UPRIGHT_QUALITY, subsampling=0)
    return Picture(
        kind=RenditionKind.UPRIGHT,
        media_type="image/jpeg",
        width=picture.width,
        height=picture.height,
        content=buffer.getvalue(),
    )


def thumbhash_of(picture: Pixels | Image.Image) -> bytes:
    """uint8 (H, W, 3), or Pillow's RGB -> about 25 bytes: a page's blurred placeholder.

    ThumbHash: Evan Wallace, 2023.
    """
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(picture)
    picture = picture.resize(
        fit(picture.width, picture.height, _THUMBHASH_SIDE), Image.Resampling.BOX, reducing_gap=2.0
    )
    rgba = np.asarray(picture.convert("RGBA"), dtype=np.uint8)
    return bytes(thumbhash.rgba_to_thumb_hash(picture.width, picture.height, rgba.ravel().tolist()))
