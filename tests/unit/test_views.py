"""The views of one photo, and what is left of them when a network fails."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import islice
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.imaging import Limits
from core.texts import load_texts
from core.values import Picture, RenditionKind, ResultView, Stage
from tests.engines import Doubling
from tests.pictures import encoded, photo
from tests.rooms import Kind, room
from web.record_text import record_lines
from worker.engines.base import Engine, Pixels, Progress
from worker.errors import OutOfMemory, RenderFailed
from worker.pipeline import Rendered, RenderLimits, render
from worker.sharpening import NotSharp, TimeLimits, sharpened
from worker.views import ViewLimits

ENGLISH = load_texts()["en"]
LIMITS = RenderLimits(decode=Limits(pixels=50_000_000, least_px=16))


def ignore(_stage: Stage, _fraction: float) -> None:
    """Nobody is listening."""


def opened(picture: Picture) -> Image.Image:
    return Image.open(BytesIO(picture.content))


def sizes(rendered: Rendered) -> dict[RenditionKind, tuple[int, int]]:
    return {picture.kind: (picture.width, picture.height) for picture in rendered.pictures}


def red(picture: Picture) -> bool:
    """Whether the corner that Doubling marks is red."""
    corner = np.asarray(opened(picture).convert("RGB"))[1, 1].astype(int)
    return bool(corner[0] > 200 and corner[1] < 80)


def views(engine: Engine, **limits: Any) -> Rendered:
    """The board through this engine. limits: of ViewLimits."""
    of_views = replace(LIMITS, views=ViewLimits(**limits))
    return render(photo(size=(400, 300)), engine, of_views, ignore, lossless=False)


def picture_of(rendered: Rendered, kind: RenditionKind) -> Picture:
    return next(picture for picture in rendered.pictures if picture.kind is kind)


def test_a_network_gives_a_sharp_view_beside_the_clean_one() -> None:
    engine = Doubling()
    rendered = views(engine)
    assert engine.asked == [(300, 400, 3)]
    assert sizes(rendered)[RenditionKind.SHARP] == (800, 600)
    assert sizes(rendered)[RenditionKind.CLEAN] == (800, 600)
    assert red(picture_of(rendered, RenditionKind.SHARP))
    assert not red(picture_of(rendered, RenditionKind.CLEAN))
    assert rendered.engine == "doubling x2 uint8 cpu"
    assert rendered.record["network_input"] == (400, 300)
    assert rendered.record["chosen"] == ()


def test_views_beside_the_composed_one_are_no_larger_than_screens_show() -> None:
    rendered = views(Doubling(), view_side=500)
    assert sizes(rendered)[RenditionKind.UPSCALED] == (800, 600)
    assert (
        sizes(rendered)[RenditionKind.SHARP] == sizes(rendered)[RenditionKind.CLEAN] == (500, 375)
    )


@pytest.mark.parametrize("view", [ResultView.CLEAN, ResultView.SHARP])
def test_one_view_alone_can_be_asked_for(view: ResultView) -> None:
    engine = Doubling()
    rendered = render(photo(size=(200, 150)), engine, LIMITS, ignore, lossless=False, view=view)
    assert set(sizes(rendered)) == {
        RenditionKind.UPSCALED,
        RenditionKind.PREVIEW,
        RenditionKind.THUMBNAIL,
    }
    assert red(rendered.pictures[0]) == (view is ResultView.SHARP)
    assert len(engine.asked) == (view is ResultView.SHARP)
    shown = np.asarray(opened(rendered.pictures[0]))
    assert np.percentile(shown, 60) > 240  # the board that photo() draws is grey


@pytest.mark.parametrize(
    ("size", "expected"), [((2000, 1500), (5120, 3840)), ((6000, 300), (5120, 256))]
)
def test_a_large_clean_view_is_not_interpolated_beyond_its_size(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    rendered = render(
        photo(size=size), Doubling(), LIMITS, ignore, lossless=True, view=ResultView.CLEAN
    )
    assert sizes(rendered) == {RenditionKind.LOSSLESS: expected}
    assert rendered.engine in {"clean, bicubic x3 uint8 cpu", "clean, bicubic x2 uint8 cpu"}


def test_a_large_original_stays_within_the_sides_allowed() -> None:
    engine = Doubling()
    limits = RenderLimits(decode=LIMITS.decode, input_side=300, views=ViewLimits(output_side=500))
    rendered = render(photo(size=(1200, 900)), engine, limits, ignore, lossless=False)
    assert engine.asked == [(225, 300, 3)]
    assert sizes(rendered)[RenditionKind.UPSCALED] == (500, 375)


def test_a_slow_engine_gets_a_smaller_picture_so_that_it_ends_in_time() -> None:
    engine = Doubling()
    # 120,000 pixels would take 12 s; three fifths of each side take 4.3 s.
    rendered = views(engine, time=TimeLimits(planned_s=4.32))
    assert engine.asked == [(180, 240, 3)]
    assert sizes(rendered)[RenditionKind.UPSCALED] == (480, 360)
    assert rendered.record["network_input"] == (240, 180)
    assert rendered.record["chosen"] == (
        {"what": "smaller_input", "why": "deadline", "detail": "240x180"},
    )
    assert record_lines(ENGLISH, rendered.record)[-1].startswith("Fewer pixels than asked")


def test_an_engine_that_would_see_too_little_is_not_asked() -> None:
    engine = Doubling()
    rendered = views(engine, time=TimeLimits(planned_s=2.9))
    assert engine.asked == []
    assert RenditionKind.SHARP not in sizes(rendered)
    assert sizes(rendered)[RenditionKind.UPSCALED] == (1600, 1200)
    (chosen,) = rendered.record["chosen"]
    assert (chosen["what"], chosen["why"]) == ("clean_only", "deadline")
    assert record_lines(ENGLISH, rendered.record)[-1].startswith("Clean only")


class Failing(Doubling):
    """Gives one band and then raises."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def bands(self, rgb: Pixels, progress: Progress, *, from_row: int = 0) -> Iterator[Pixels]:
        yield from islice(super().bands(rgb, progress, from_row=from_row), 1)
        raise self._error


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (RenderFailed("values that are no numbers"), "network_failed"),
        (OutOfMemory("tried to allocate 3 GiB"), "memory"),
        (MemoryError(), "memory"),
    ],
)
def test_a_network_that_fails_costs_the_sharp_view_and_not_the_board(
    error: Exception, why: str
) -> None:
    rendered = views(Failing(error))
    assert set(sizes(rendered)) == {
        RenditionKind.UPSCALED,
        RenditionKind.PREVIEW,
        RenditionKind.THUMBNAIL,
        RenditionKind.CLEAN,
    }
    assert not red(picture_of(rendered, RenditionKind.UPSCALED))
    assert rendered.engine == "clean, bicubic x4 uint8 cpu"
    (chosen,) = rendered.record["chosen"]
    assert (chosen["what"], chosen["why"], chosen["detail"]) == ("clean_only", why, str(error))
    assert record_lines(ENGLISH, rendered.record)[-1].startswith("Clean only")


def test_a_pass_that_takes_too_long_is_given_up_in_its_middle() -> None:
    passing = iter(range(0, 1000, 3))
    told: list[float] = []
    cleaned = np.full((300, 400, 3), 200, dtype=np.uint8)
    made = sharpened(
        Doubling(),
        cleaned,
        output_side=5120,
        limits=TimeLimits(most_s=10.0),
        progress=told.append,
        clock=lambda: float(next(passing)),
    )
    assert isinstance(made, NotSharp)
    assert (made.chosen.what, made.chosen.why) == ("clean_only", "deadline")
    assert 0 < len(told) < 6  # six bands


def test_a_board_whose_edges_are_sure_has_a_straight_view_in_its_own_proportions() -> None:
    hung = room(27, kind=Kind.BLACK)
    original = encoded(Image.fromarray(hung.rgb), quality=95)
    rendered = render(original, Doubling(), LIMITS, ignore, lossless=False)
    straight = picture_of(rendered, RenditionKind.STRAIGHT)
    composed = picture_of(rendered, RenditionKind.UPSCALED)
    assert composed.width / composed.height == pytest.approx(hung.rgb.shape[1] / hung.rgb.shape[0])
    assert straight.width / straight.height == pytest.approx(hung.aspect, rel=0.05)
    assert straight.width < composed.width
    told = rendered.record["straight"]
    assert told["confidence"] >= 0.75
    assert len(told["corners"]) == 4


def test_a_photo_of_nothing_but_the_board_has_no_straight_view() -> None:
    rendered = views(Doubling())
    assert RenditionKind.STRAIGHT not in sizes(rendered)
    assert rendered.record["straight"] == {}


@pytest.mark.parametrize(("ink", "is_pale"), [((40, 50, 70), False), ((205, 210, 214), True)])
def test_the_record_says_of_pale_writing_that_it_is_pale(
    ink: tuple[int, int, int], *, is_pale: bool
) -> None:
    paper = Image.new("RGB", (400, 300), (235, 235, 230))
    draw = ImageDraw.Draw(paper)
    for line in range(6):
        draw.text((30, 45 * line + 10), "the sum of series converges", fill=ink, font_size=22)
    rendered = render(encoded(paper, quality=95), Doubling(), LIMITS, ignore, lossless=False)
    assert rendered.record["appearance"]["pale"] is is_pale
