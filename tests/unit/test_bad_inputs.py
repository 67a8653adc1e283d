"""What is no board, or hardly a picture: each gets views within the sides, and a record."""

import json
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.imaging import Limits
from core.values import RenditionKind, Stage
from tests.engines import Doubling
from tests.pictures import encoded
from worker.engines.base import Engine
from worker.engines.interpolation import Interpolation
from worker.pipeline import Rendered, RenderLimits, render
from worker.views import ViewLimits

LIMITS = RenderLimits(
    decode=Limits(pixels=50_000_000, least_px=16),
    input_side=640,
    views=ViewLimits(output_side=1280, view_side=640),
)


def ignore(_stage: Stage, _fraction: float) -> None:
    """Nobody is listening."""


def noise() -> Image.Image:
    rng = np.random.default_rng(1)
    return Image.fromarray(rng.integers(0, 256, (480, 640, 3), dtype=np.uint8))


def stripes() -> Image.Image:
    rows = np.zeros((480, 640, 3), dtype=np.uint8)
    rows[:, ::2] = 255
    return Image.fromarray(rows)


def person() -> Image.Image:
    """Somebody in front of a wall, as large as the picture."""
    picture = Image.new("RGB", (480, 640), (120, 110, 100))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((150, 60, 330, 300), fill=(214, 170, 140))
    draw.rectangle((60, 300, 420, 640), fill=(40, 50, 90))
    return picture


def transparent() -> Image.Image:
    picture = Image.new("RGBA", (320, 240), (0, 0, 0, 0))
    ImageDraw.Draw(picture).text((40, 100), "y = kx + b", fill=(0, 0, 0, 255), font_size=30)
    return picture


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "as small as is taken": lambda: Image.new("RGB", (16, 16), (90, 90, 90)),
    "a stripe": lambda: Image.new("RGB", (16, 5000), (200, 210, 190)),
    "a stripe across": lambda: Image.new("RGB", (5000, 16), (20, 60, 40)),
    "all white": lambda: Image.new("RGB", (640, 480), (255, 255, 255)),
    "all black": lambda: Image.new("RGB", (640, 480), (0, 0, 0)),
    "all red": lambda: Image.new("RGB", (640, 480), (255, 0, 0)),
    "noise": noise,
    "stripes of one pixel": stripes,
    "a person": person,
    "a transparent ground": transparent,
}


def rendered(picture: Image.Image, engine: Engine) -> Rendered:
    return render(encoded(picture, "PNG"), engine, LIMITS, ignore, lossless=False)


@pytest.mark.parametrize("engine", [Interpolation(), Doubling()], ids=["fast", "best"])
@pytest.mark.parametrize("name", PICTURES)
def test_whatever_is_sent_gets_views_within_the_sides_and_a_record(
    name: str, engine: Engine
) -> None:
    made = rendered(PICTURES[name](), engine)
    sides = {RenditionKind.UPSCALED: 1280, RenditionKind.CLEAN: 640, RenditionKind.SHARP: 640}
    for picture in made.pictures:
        assert min(picture.width, picture.height) >= 1
        assert max(picture.width, picture.height) <= sides.get(picture.kind, 1600)
        with Image.open(BytesIO(picture.content)) as opened:
            assert opened.size == (picture.width, picture.height)
    # As the wire and PostgreSQL take it.
    assert json.loads(json.dumps(made.record, allow_nan=False))["appearance"]


@pytest.mark.parametrize("name", ["all white", "all black", "all red", "a person"])
def test_what_has_no_writing_keeps_its_colours(name: str) -> None:
    picture = PICTURES[name]()
    made = rendered(picture, Doubling())
    (shown,) = (each for each in made.pictures if each.kind is RenditionKind.UPSCALED)
    small = Image.open(BytesIO(shown.content)).resize((32, 32), Image.Resampling.BOX)
    before = np.asarray(picture.convert("RGB").resize((32, 32), Image.Resampling.BOX))
    assert np.abs(np.asarray(small).astype(int) - before.astype(int)).mean() < 12


def test_what_is_transparent_is_on_white() -> None:
    made = rendered(transparent(), Interpolation())
    with Image.open(BytesIO(made.pictures[0].content)) as shown:
        assert shown.getpixel((5, 5)) == (255, 255, 255)


def test_fifty_megapixels_are_made_within_the_sides() -> None:
    large = Image.new("RGB", (8660, 5770), (235, 235, 230))
    draw = ImageDraw.Draw(large)
    for line in range(20):
        draw.text((400, 250 * line), "x = 1", fill=(30, 40, 60), font_size=180)
    made = render(encoded(large), Doubling(), LIMITS, ignore, lossless=False)
    assert made.record["input"] == (640, 426)
    assert made.pictures[0].width == 1280
