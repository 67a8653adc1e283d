"""From an original's bytes to the pictures that people get. CPU work: runs in the child process."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from core.imaging import Limits, Opened, Pixels, fit, open_picture, thumbhash_of
from core.values import Picture, RenditionKind, ResultView, Stage
from worker import encode
from worker.appearance import Appearance, look
from worker.composition import left_as_it_is
from worker.engines.base import Engine
from worker.memory import give_back_freed
from worker.parts import Keeper
from worker.quality import Readers
from worker.resample import join
from worker.views import ViewLimits, Views, Work, left_alone, views_of

Report = Callable[[Stage, float], None]

# The longer side of what is cleaned and of the network's input, in pixels.
INPUT_SIDE: Final = 2560


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderLimits:
    """decode: what is taken at all. input_side: pixels, of what is worked on."""

    decode: Limits
    input_side: int = INPUT_SIDE
    views: ViewLimits = field(default_factory=ViewLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The pictures of one original. engine: what made the result. record: worker.record's.

    stages_ms: decode, upscale, encode.
    """

    pictures: tuple[Picture, ...]
    thumbhash: bytes
    engine: str
    stages_ms: dict[str, float]
    record: dict[str, Any] = field(default_factory=dict)  # Any: JSON's values


def render(
    original: bytes,
    engine: Engine,
    limits: RenderLimits,
    report: Report,
    *,
    lossless: bool,
    view: ResultView = ResultView.COMPOSED,
    keeper: Keeper | None = None,
    readers: Callable[[], Readers | None] = lambda: None,
) -> Rendered:
    """Decodes, upscales once and encodes. Nothing of the original's metadata goes further.

    The pictures: UPSCALED (JPEG), PREVIEW and THUMBNAIL (WebP) of the view, and of the composed
    one also CLEAN, SHARP and STRAIGHT (JPEG) where they are; with `lossless` only LOSSLESS (PNG).
    view: COMPOSED, CLEAN (the engine is not asked) or SHARP (the composed one where there is none).
    keeper: of a pass that takes long. readers: of the quality gate. `report` is called in this
    thread. Raises BadPicture's subclasses, RenderFailed.
    """
    stages_ms: dict[str, float] = {}
    with _timed(Stage.DECODE, stages_ms, report):
        prepared = _prepared(original, limits)
    with _timed(Stage.UPSCALE, stages_ms, report):
        work = Work(engine, limits.views, lambda done: report(Stage.UPSCALE, done), keeper, readers)
        work.ms["look"] = prepared.look_ms
        views = (
            left_alone(prepared.photo, prepared.appearance)
            if prepared.left_as_it_is
            else views_of(prepared.photo, prepared.appearance, work, view)
        )
    with _timed(Stage.ENCODE, stages_ms, report):
        pictures = _pictures(views, lossless=lossless, alone=view is not ResultView.COMPOSED)
    return Rendered(
        pictures=pictures,
        thumbhash=prepared.thumbhash,
        engine=views.engine,
        stages_ms=stages_ms,
        record=views.record.as_json(),
    )


@contextmanager
def _timed(stage: Stage, stages_ms: dict[str, float], report: Report) -> Iterator[None]:
    give_back_freed()
    report(stage, 0.0)
    begun = time.perf_counter()
    yield
    stages_ms[stage.value] = (time.perf_counter() - begun) * 1000
    report(stage, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """photo: as large as it is worked on, or as it is shown where it is left as it is.

    look_ms: what the estimates took.
    """

    photo: Pixels
    thumbhash: bytes
    appearance: Appearance
    left_as_it_is: bool
    look_ms: float


def _prepared(original: bytes, limits: RenderLimits) -> _Prepared:
    """The original in its full size, up to 200 MB, is held once and not kept."""
    full = open_picture(original, limits.decode)
    placeholder = thumbhash_of(full.picture)
    photo = _fitted(full, limits.input_side)
    begun = time.perf_counter()
    appearance = look(photo)
    look_ms = round((time.perf_counter() - begun) * 1000, 1)
    alone = left_as_it_is(appearance)
    return _Prepared(
        photo=_fitted(full, limits.views.output_side) if alone else photo,
        thumbhash=placeholder,
        appearance=appearance,
        left_as_it_is=alone,
        look_ms=look_ms,
    )


def _fitted(full: Opened, longer_side: int) -> Pixels:
    width, height = full.picture.size
    return join(full.bands(), width, height, *fit(width, height, longer_side))


def _pictures(views: Views, *, lossless: bool, alone: bool) -> tuple[Picture, ...]:
    if lossless:
        return (encode.lossless(views.composed),)
    beside = [
        (RenditionKind.CLEAN, views.clean),
        (RenditionKind.SHARP, views.sharp),
        (RenditionKind.STRAIGHT, views.straight),
    ]
    kept = [(kind, pixels) for kind, pixels in beside if pixels is not None and not alone]
    return encode.shown(views.composed, kept)
