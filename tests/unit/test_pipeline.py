"""worker.pipeline: one original in, the pictures of a board out."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.errors import BadPicture, DamagedPicture, TooFewPixels, TooManyPixels
from core.imaging import Limits
from core.values import Picture, RenditionKind, Stage
from tests.pictures import board, encoded, photo, with_metadata
from worker.appearance import look
from worker.board import clean
from worker.engines.interpolation import Interpolation
from worker.pipeline import Rendered, RenderLimits, render

LIMITS = RenderLimits(decode=Limits(pixels=50_000_000, least_px=16))


def ignore(_stage: Stage, _fraction: float) -> None:
    """Nobody is listening."""


def make(
    original: bytes, *, scale: int = 4, lossless: bool = False, limits: RenderLimits = LIMITS
) -> Rendered:
    return render(original, Interpolation(scale), limits, ignore, lossless=lossless)


def opened(picture: Picture) -> Image.Image:
    return Image.open(BytesIO(picture.content))


def sizes(rendered: Rendered) -> dict[RenditionKind, tuple[int, int]]:
    return {picture.kind: (picture.width, picture.height) for picture in rendered.pictures}


def test_a_board_becomes_pictures_of_the_promised_formats_and_sizes() -> None:
    rendered = make(photo(size=(800, 600)))
    assert sizes(rendered) == {
        RenditionKind.UPSCALED: (3200, 2400),
        RenditionKind.PREVIEW: (1600, 1200),
        RenditionKind.THUMBNAIL: (320, 240),
        RenditionKind.CLEAN: (2560, 1920),
    }
    told = {
        picture.kind: (picture.media_type, opened(picture).format) for picture in rendered.pictures
    }
    assert told == {
        RenditionKind.UPSCALED: ("image/jpeg", "JPEG"),
        RenditionKind.PREVIEW: ("image/webp", "WEBP"),
        RenditionKind.THUMBNAIL: ("image/webp", "WEBP"),
        RenditionKind.CLEAN: ("image/jpeg", "JPEG"),
    }
    for picture in rendered.pictures:
        assert opened(picture).size == (picture.width, picture.height)
    assert 15 < len(rendered.thumbhash) < 40
    assert rendered.engine == "clean, bicubic x4 uint8 cpu"
    assert rendered.record["input"] == (800, 600)
    assert rendered.record["appearance"]["kind"] == "white"
    assert set(rendered.stages_ms) == {"decode", "upscale", "encode"}


def test_on_demand_the_result_is_kept_without_loss() -> None:
    original = encoded(board(size=(80, 60)), "PNG")
    (picture,) = make(original, lossless=True).pictures
    assert (picture.kind, picture.media_type) == (RenditionKind.LOSSLESS, "image/png")
    rgb = np.asarray(board(size=(80, 60)).convert("RGB"), dtype=np.uint8)
    cleaned = Image.fromarray(clean(rgb, look(rgb)))
    expected = cleaned.resize((320, 240), Image.Resampling.BICUBIC)
    assert np.array_equal(np.asarray(opened(picture)), np.asarray(expected))


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_nothing_of_the_originals_metadata_goes_further(
    kind: str,
    lossless: bool,  # noqa: FBT001 -- a parameter of pytest's
) -> None:
    canary = "CANARY-59.9343N"
    original = with_metadata(board(size=(64, 48)), kind, canary)
    assert canary.encode() in original
    for picture in make(original, lossless=lossless).pictures:
        assert canary.encode() not in picture.content
        shown = opened(picture)
        assert not shown.getexif()
        assert "icc_profile" not in shown.info
        assert "xmp" not in shown.info


@pytest.mark.parametrize("size", [(16, 16), (16, 5000), (5000, 16), (17, 400)])
def test_small_and_narrow_originals_work(size: tuple[int, int]) -> None:
    rendered = make(encoded(Image.new("RGB", size, (200, 210, 190)), "PNG"))
    for picture in rendered.pictures:
        assert min(picture.width, picture.height) >= 1
        assert max(picture.width, picture.height) <= 5120
        assert opened(picture).size == (picture.width, picture.height)


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "CMYK"])
def test_every_kind_of_pixel_becomes_colour(mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    rendered = make(encoded(board(size=(64, 48)).convert(mode), kind))
    assert [opened(picture).mode for picture in rendered.pictures] == ["RGB"] * 4


def test_a_small_result_is_not_enlarged_for_its_preview() -> None:
    rendered = make(photo(size=(40, 30)))
    kinds = (
        RenditionKind.UPSCALED,
        RenditionKind.PREVIEW,
        RenditionKind.THUMBNAIL,
        RenditionKind.CLEAN,
    )
    assert sizes(rendered) == dict.fromkeys(kinds, (160, 120))


def test_the_stages_are_reported_in_order_and_each_to_its_end() -> None:
    told: list[tuple[Stage, float]] = []
    render(
        photo(size=(64, 48)),
        Interpolation(),
        LIMITS,
        lambda stage, fraction: told.append((stage, fraction)),
        lossless=False,
    )
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert stages == [Stage.DECODE, Stage.UPSCALE, Stage.ENCODE]
    for stage in stages:
        fractions = [fraction for each, fraction in told if each is stage]
        assert fractions[0] == 0.0
        assert fractions[-1] == 1.0
        assert fractions == sorted(fractions)


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        (b"", BadPicture),
        (b"text named .jpg", BadPicture),
        (photo()[:500], DamagedPicture),
        (encoded(Image.new("RGB", (15, 300)), "PNG"), TooFewPixels),
    ],
)
def test_bad_originals_are_told_apart(original: bytes, expected: type[BadPicture]) -> None:
    with pytest.raises(expected):
        make(original)


def test_too_many_pixels_are_refused_before_decoding() -> None:
    limits = RenderLimits(decode=Limits(pixels=1000, least_px=16))
    with pytest.raises(TooManyPixels):
        make(photo(size=(64, 48)), limits=limits)
