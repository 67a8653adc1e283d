"""From the pixels of a photo to the views of it: composed, clean, sharp."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from core.imaging import Pixels, fit
from core.values import ResultView
from worker.appearance import Appearance
from worker.board import clean, strengthened, strengthens_no_more
from worker.composition import Examined, compose, examine
from worker.engines.base import Engine
from worker.engines.interpolation import Interpolation
from worker.memory import give_back_freed
from worker.outline import find_outline
from worker.parts import Keeper
from worker.quality import Readers
from worker.record import RenderRecord, composition_told
from worker.resample import join, shrink
from worker.sharpening import NotSharp, Sharp, TimeLimits, sharpened
from worker.straightening import straighten

_AS_IT_IS: Final = "as it is"
# What is interpolated is as large as what the usual networks make.
_SCALE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewLimits:
    """Longer sides in pixels, of the composed picture and of the views beside it, and times."""

    # 5120 is what a 4K projector can still zoom into, 2.5 MB as JPEG; Telegram shows photos up to
    # 2560, and only the composed view is worth more bytes than that.
    output_side: int = 5120
    view_side: int = 2560
    time: TimeLimits = field(default_factory=TimeLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """uint8 (H, W, 3) each. clean, sharp, straight: at most view_side; None where there is none.

    engine: what made the composed picture.
    """

    composed: Pixels
    clean: Pixels | None = None
    sharp: Pixels | None = None
    straight: Pixels | None = None
    engine: str
    record: RenderRecord


@dataclass(frozen=True, slots=True)
class Work:
    """What the views are made with. progress: rising, 0 to 1, in this thread.

    keeper: of the network's pass where that takes long. readers: of the quality gate, loaded when
    they are first needed; None where there are none.
    """

    engine: Engine
    limits: ViewLimits
    progress: Callable[[float], None]
    keeper: Keeper | None = None
    readers: Callable[[], Readers | None] = lambda: None
    ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Notes what the step took. Before it goes what earlier ones took and freed."""
        give_back_freed()
        begun = time.perf_counter()
        yield
        self.ms[name] = round((time.perf_counter() - begun) * 1000, 1)


def left_alone(photo: Pixels, appearance: Appearance) -> Views:
    """The photo as the only view of itself."""
    height, width = photo.shape[:2]
    record = RenderRecord(appearance=appearance, left_as_it_is=True, input=(width, height))
    return Views(composed=photo, engine=_AS_IT_IS, record=record)


def views_of(
    photo: Pixels,
    appearance: Appearance,
    work: Work,
    view: ResultView = ResultView.COMPOSED,
) -> Views:
    """The views of an upright photo, uint8 (H, W, 3), whose estimates are `appearance`.

    With an engine that only interpolates there is no sharp view, and where the network fails or
    has no time neither; then what is composed is the clean view. view: CLEAN asks no network,
    SHARP leaves its work as it is.
    """
    height, width = photo.shape[:2]
    record = RenderRecord(appearance=appearance, input=(width, height))
    if isinstance(work.engine, Interpolation):
        views = _clean_alone(_cleaned(photo, record, work), work.engine, work, record)
    elif view is ResultView.CLEAN:
        views = _clean_alone(_cleaned(photo, record, work), Interpolation(_SCALE), work, record)
    else:
        views = _with_network(photo, work, record, view)
    if view is ResultView.COMPOSED:
        views = _straightened(views, photo, work)
    work.progress(1.0)
    scale = round(views.composed.shape[1] / width, 3)
    return replace(views, record=replace(views.record, scale=scale, ms=work.ms))


def _cleaned(photo: Pixels, record: RenderRecord, work: Work) -> Pixels:
    with work.step("clean"):
        return clean(photo, record.appearance)


def _with_network(photo: Pixels, work: Work, record: RenderRecord, view: ResultView) -> Views:
    with work.step("strengthen"):
        given = strengthened(photo, record.appearance)
    with work.step("network"):
        made = sharpened(
            work.engine,
            given,
            output_side=work.limits.output_side,
            limits=work.limits.time,
            progress=work.progress,
            keeper=work.keeper,
        )
    examined = None
    if isinstance(made, Sharp) and view is ResultView.COMPOSED:
        with work.step("examine"):
            examined = examine(given=given, sharp=made.picture, appearance=record.appearance)
    if strengthens_no_more(record.appearance):
        cleaned = given
    else:
        del given  # neither lies there while the other is needed
        cleaned = _cleaned(photo, record, work)
    match made:
        case Sharp():
            record = replace(
                record,
                network_input=made.input_size,
                restored=round(made.restored, 3),
                chosen=made.chosen,
            )
            return _composed(made, work, record, cleaned, examined)
        case NotSharp():
            record = replace(record, chosen=(made.chosen,))
            return _clean_alone(cleaned, Interpolation(_SCALE), work, record)
        case _:
            assert_never(made)


def _composed(
    made: Sharp, work: Work, record: RenderRecord, cleaned: Pixels, examined: Examined | None
) -> Views:
    """Without `examined` the network's picture is shown as it is."""
    picture = made.picture
    size = _beside(picture, work.limits.view_side)
    # A copy where nothing is shrunk: what is composed takes the network's picture's place.
    sharp = shrink(picture.copy() if picture.shape[1::-1] == size else picture, *size)
    if examined is not None:
        with work.step("compose"):
            composed = compose(
                cleaned=cleaned,
                sharp=picture,
                examined=examined,
                appearance=record.appearance,
                readers=work.readers(),
                seen=made.input_size[0] / cleaned.shape[1],
            )
        picture = composed.picture
        record = replace(record, composition=composition_told(composed.record))
    return Views(
        composed=picture,
        clean=_enlarged(cleaned, _interpolation(cleaned, _SCALE, size), size),
        sharp=sharp,
        engine=str(work.engine.describe()),
        record=record,
    )


def _clean_alone(cleaned: Pixels, engine: Interpolation, work: Work, record: RenderRecord) -> Views:
    """What is composed is the clean view in full size."""
    height, width = cleaned.shape[:2]
    size = fit(width * engine.scale, height * engine.scale, work.limits.output_side)
    engine = _interpolation(cleaned, engine.scale, size)
    with work.step("interpolation"):
        composed = _enlarged(cleaned, engine, size, work.progress)
    return Views(
        composed=composed,
        clean=shrink(composed, *_beside(composed, work.limits.view_side)),
        engine=f"clean, {engine.describe()}",
        record=record,
    )


def _straightened(views: Views, photo: Pixels, work: Work) -> Views:
    """With the straight view, where the four edges of a board are sure."""
    with work.step("straighten"):
        outline = find_outline(photo, views.record.appearance)
        if outline is None:
            return views
        larger = outline.scaled(views.composed.shape[1] / photo.shape[1])
        straight = straighten(views.composed, larger, longest_side=work.limits.view_side)
    found = {"corners": outline.corners, "confidence": round(outline.confidence, 3)}
    return replace(views, straight=straight, record=replace(views.record, straight=found))


def _beside(composed: Pixels, longer_side: int) -> tuple[int, int]:
    """(width, height) of the views beside the composed one: alike, to be laid over each other."""
    height, width = composed.shape[:2]
    return fit(width, height, longer_side)


def _interpolation(pixels: Pixels, most: int, size: tuple[int, int]) -> Interpolation:
    """By a whole factor that reaches the size, at most `most`: more would only be shrunk again."""
    longer: int = max(pixels.shape[:2])
    return Interpolation(max(1, min(most, math.ceil(max(size) / longer))))


def _enlarged(
    pixels: Pixels,
    engine: Interpolation,
    size: tuple[int, int],
    progress: Callable[[float], None] = lambda _: None,
) -> Pixels:
    """uint8 (H, W, 3) -> (width, height) of `size`, no larger than what the engine gives."""
    height, width = (side * engine.scale for side in pixels.shape[:2])
    return join(engine.bands(pixels, progress), width, height, *size)
