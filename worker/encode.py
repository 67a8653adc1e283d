"""Pixels to the files that people get, as large as screens and Telegram have a use for."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Final

from PIL import Image

from core.imaging import Pixels, fit
from core.values import Picture, RenditionKind
from worker.jpeg import encode_jpeg
from worker.resample import shrink

# Longer sides: 1600 fills a laptop's page; 320 is a tile of the gallery at 2x density.
PREVIEW_SIDE: Final = 1600
THUMBNAIL_SIDE: Final = 320
_JPEG_QUALITY: Final = 90
# Method 2 takes 65 ms at 1600x1200 beside JPEG's 27; method 4 takes 117 for 4 % fewer bytes.
_PREVIEW_WEBP: Final = {"quality": 80, "method": 2}
_THUMBNAIL_WEBP: Final = {"quality": 75, "method": 4}
# Run-length matching suits smooth boards: 15 % fewer bytes than level 1's default, as fast.
_PNG: Final = {"compress_level": 1, "compress_type": 3}
_HALVED_ROWS: Final = 512  # at a time: Pillow's copy of 3200 x 512 pixels is 7 MB
_MEDIA_TYPES: Final = {"WEBP": "image/webp", "PNG": "image/png"}


def shown(
    result: Pixels, views: Sequence[tuple[RenditionKind, Pixels]] = ()
) -> tuple[Picture, ...]:
    """UPSCALED, PREVIEW and THUMBNAIL of the result, uint8 (H, W, 3), and each view as JPEG.

    None is larger than its pixels. Two encoders at a time, since Pillow lets go of the GIL.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="encode") as pool:
        large = pool.submit(_jpeg, RenditionKind.UPSCALED, result)
        preview = _preview(result)
        thumbnail = _thumbnail(preview)
        small = (
            _encode(RenditionKind.PREVIEW, preview, "WEBP", _PREVIEW_WEBP),
            _encode(RenditionKind.THUMBNAIL, thumbnail, "WEBP", _THUMBNAIL_WEBP),
        )
        others = [_jpeg(kind, view) for kind, view in views]
        return (large.result(), *small, *others)


def lossless(result: Pixels) -> Picture:
    """The result, uint8 (H, W, 3), as PNG."""
    return _encode(RenditionKind.LOSSLESS, Image.fromarray(result), "PNG", _PNG)


def _preview(result: Pixels) -> Image.Image:
    """Without a copy of the whole result."""
    height, width = result.shape[:2]
    size = fit(width, height, PREVIEW_SIDE)
    if (width, height) != (2 * size[0], 2 * size[1]):
        return Image.fromarray(shrink(result, *size))
    # The usual 3200 to 1600: the mean of four, a tenth of the time.
    preview = Image.new("RGB", size)
    for top in range(0, height, _HALVED_ROWS):
        half = Image.fromarray(result[top : top + _HALVED_ROWS]).reduce(2)
        preview.paste(half, (0, top // 2))
    return preview


def _thumbnail(preview: Image.Image) -> Image.Image:
    size = fit(preview.width, preview.height, THUMBNAIL_SIDE)
    if size == preview.size:
        return preview
    return preview.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _jpeg(kind: RenditionKind, pixels: Pixels) -> Picture:
    height, width = pixels.shape[:2]
    return Picture(
        kind=kind,
        media_type="image/jpeg",
        width=width,
        height=height,
        content=encode_jpeg(pixels, _JPEG_QUALITY),
    )


def _encode(
    kind: RenditionKind, picture: Image.Image, encoder: str, options: dict[str, int]
) -> Picture:
    buffer = BytesIO()
    # A fresh picture made of pixels alone: there are no EXIF, ICC or comments to leave out.
    picture.save(buffer, encoder, **options)
    return Picture(
        kind=kind,
        media_type=_MEDIA_TYPES[encoder],
        width=picture.width,
        height=picture.height,
        content=buffer.getvalue(),
    )
