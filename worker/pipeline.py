"""From an original's bytes to the pictures that people get. CPU work: runs in the child process."""

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Final

from PIL import Image

from core.imaging import Limits, Pixels, decode, fit, thumbhash_of
from core.values import Picture, RenditionKind, Stage
from worker.engines.base import Engine
from worker.engines.lanczos import LanczosEngine
from worker.resample import join, shrink

Report = Callable[[Stage, float], None]

# Longer sides. 5120 is what a 4K projector can still zoom into, 2.5 MB as JPEG; Telegram takes
# photos up to 2560; 1600 fills a laptop's page; 320 is a tile of the gallery at 2x density.
OUTPUT_SIDE: Final = 5120
INPUT_SIDE: Final = 2560
PREVIEW_SIDE: Final = 1600
THUMBNAIL_SIDE: Final = 320
# 4:4:4 costs 9 ms and a third more bytes at 3200x2400 than 4:2:0 and keeps thin coloured strokes.
_JPEG: Final = {"quality": 90, "subsampling": 0}
# Method 2 takes 65 ms at 1600x1200 beside JPEG's 27; method 4 takes 117 for 4 % fewer bytes.
_PREVIEW_WEBP: Final = {"quality": 80, "method": 2}
_THUMBNAIL_WEBP: Final = {"quality": 75, "method": 4}
# Run-length matching suits smooth boards: 15 % fewer bytes than level 1's default, as fast.
_PNG: Final = {"compress_level": 1, "compress_type": 3}
_MEDIA_TYPES: Final = {"JPEG": "image/jpeg", "WEBP": "image/webp", "PNG": "image/png"}


# The clean view is as large as what the usual networks make.
_CLEAN_SCALE: Final = 4


class ResultView(StrEnum):
    """What is made of an original. Not the domain's view, which is another shot of a board.

    CLEAN: even light, no colour cast, stronger ink, interpolated; nothing is invented.
    SHARP: the engine's work.
    """

    CLEAN = "clean"
    SHARP = "sharp"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderLimits:
    """decode: what is taken at all. Sides in pixels, of the network's input and of the result.

    engine_s: the engine's estimated time; the input shrinks until it fits. None: as it takes.
    """

    decode: Limits
    input_side: int = INPUT_SIDE
    output_side: int = OUTPUT_SIDE
    engine_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The pictures of one original. engine: what made them. stages_ms: decode, upscale, encode."""

    pictures: tuple[Picture, ...]
    thumbhash: bytes
    engine: str
    stages_ms: dict[str, float]


def render(
    original: bytes,
    engine: Engine,
    limits: RenderLimits,
    report: Report,
    *,
    lossless: bool,
    view: ResultView = ResultView.SHARP,
) -> Rendered:
    """Decodes, upscales once and encodes. Nothing of the original's metadata goes further.

    The pictures: UPSCALED (JPEG), PREVIEW and THUMBNAIL (WebP); with `lossless` only LOSSLESS
    (PNG). None is larger than the engine's result. `report` is called in this thread.
    For the clean view `engine` is not asked.
    Raises BadPicture's subclasses, RenderFailed.
    """
    stages_ms: dict[str, float] = {}
    with _timed(Stage.DECODE, stages_ms, report):
        pixels, placeholder, chosen = _prepared(original, engine, limits, view)
    with _timed(Stage.UPSCALE, stages_ms, report):
        if view is ResultView.CLEAN:
            pixels = _cleaned(pixels)
        height, width = (side * chosen.scale for side in pixels.shape[:2])
        bands = chosen.bands(pixels, lambda done: report(Stage.UPSCALE, done))
        upscaled = join(bands, width, height, *fit(width, height, limits.output_side))
    with _timed(Stage.ENCODE, stages_ms, report):
        pictures = (_lossless(upscaled),) if lossless else _shown(upscaled)
    return Rendered(
        pictures=pictures,
        thumbhash=placeholder,
        engine=_made_by(chosen, view),
        stages_ms=stages_ms,
    )


@contextmanager
def _timed(stage: Stage, stages_ms: dict[str, float], report: Report) -> Iterator[None]:
    report(stage, 0.0)
    begun = time.perf_counter()
    yield
    stages_ms[stage.value] = (time.perf_counter() - begun) * 1000
    report(stage, 1.0)


def _prepared(
    original: bytes, engine: Engine, limits: RenderLimits, view: ResultView
) -> tuple[Pixels, bytes, Engine]:
    """The input, a thumbhash, and what enlarges it: for the clean view an interpolation.

    The original in its full size, up to 150 MB, is not kept.
    """
    pixels = decode(original, limits.decode).pixels
    chosen = engine if view is ResultView.SHARP else _interpolation(pixels, limits)
    return _network_input(pixels, chosen, limits), thumbhash_of(pixels), chosen


def _interpolation(pixels: Pixels, limits: RenderLimits) -> Engine:
    """By a whole factor that reaches the output's size: more would only be shrunk again."""
    longer = min(max(pixels.shape[:2]), limits.input_side)
    return LanczosEngine(max(1, min(_CLEAN_SCALE, math.ceil(limits.output_side / longer))))


def _cleaned(pixels: Pixels) -> Pixels:
    # SciPy takes 0.1 s and 20 MB, and worker.child, which imports us, never cleans.
    from worker.appearance import look  # noqa: PLC0415 -- the reason above
    from worker.board import clean  # noqa: PLC0415 -- the same

    return clean(pixels, look(pixels))


def _made_by(engine: Engine, view: ResultView) -> str:
    made = str(engine.describe())
    return f"clean, {made}" if view is ResultView.CLEAN else made


def _network_input(pixels: Pixels, engine: Engine, limits: RenderLimits) -> Pixels:
    """The pixels, shrunk to the longest side and the time that the engine may have."""
    height, width = pixels.shape[:2]
    width, height = fit(width, height, limits.input_side)
    if limits.engine_s is not None:
        estimate = engine.seconds_for(height, width)
        if estimate > limits.engine_s:
            # Time goes with the area.
            shorter = max(width, height) * math.sqrt(limits.engine_s / estimate)
            width, height = fit(width, height, max(1, int(shorter)))
    return shrink(pixels, width, height)


def _shown(upscaled: Pixels) -> tuple[Picture, ...]:
    """The three pictures of a board; two encoders at a time, since Pillow lets go of the GIL."""
    picture = Image.fromarray(upscaled)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="encode") as pool:
        large = pool.submit(_encode, RenditionKind.UPSCALED, picture, "JPEG", _JPEG)
        preview = _shrunk(picture, PREVIEW_SIDE)
        thumbnail = _shrunk(preview, THUMBNAIL_SIDE)
        small = (
            _encode(RenditionKind.PREVIEW, preview, "WEBP", _PREVIEW_WEBP),
            _encode(RenditionKind.THUMBNAIL, thumbnail, "WEBP", _THUMBNAIL_WEBP),
        )
        return (large.result(), *small)


def _lossless(upscaled: Pixels) -> Picture:
    return _encode(RenditionKind.LOSSLESS, Image.fromarray(upscaled), "PNG", _PNG)


def _shrunk(picture: Image.Image, longer_side: int) -> Image.Image:
    size = fit(picture.width, picture.height, longer_side)
    if size == picture.size:
        return picture
    if picture.width == 2 * size[0] and picture.height == 2 * size[1]:
        return picture.reduce(2)  # the usual 3200 to 1600: the mean of four, a tenth of the time
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


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
