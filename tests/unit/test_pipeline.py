"""worker.pipeline: one original in, the pictures of a board out."""

import tracemalloc
from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.errors import BadPicture, DamagedPicture, TooFewPixels, TooManyPixels
from core.imaging import Limits
from core.values import Picture, RenditionKind, Stage
from tests.pictures import board, encoded, photo, with_metadata
from worker.engines.base import EngineDescription, Pixels, Progress
from worker.engines.lanczos import LanczosEngine
from worker.pipeline import Rendered, RenderLimits, ResultView, render
from worker.resample import join, shrink

LIMITS = RenderLimits(decode=Limits(pixels=50_000_000, least_px=16))


def ignore(_stage: Stage, _fraction: float) -> None:
    """Nobody is listening."""


def make(
    original: bytes, *, scale: int = 4, lossless: bool = False, limits: RenderLimits = LIMITS
) -> Rendered:
    return render(original, LanczosEngine(scale), limits, ignore, lossless=lossless)


def opened(picture: Picture) -> Image.Image:
    return Image.open(BytesIO(picture.content))


def sizes(rendered: Rendered) -> dict[RenditionKind, tuple[int, int]]:
    return {picture.kind: (picture.width, picture.height) for picture in rendered.pictures}


def test_a_board_becomes_three_pictures_of_the_promised_formats_and_sizes() -> None:
    rendered = make(photo(size=(800, 600)))
    assert sizes(rendered) == {
        RenditionKind.UPSCALED: (3200, 2400),
        RenditionKind.PREVIEW: (1600, 1200),
        RenditionKind.THUMBNAIL: (320, 240),
    }
    told = [(picture.media_type, opened(picture).format) for picture in rendered.pictures]
    assert told == [("image/jpeg", "JPEG"), ("image/webp", "WEBP"), ("image/webp", "WEBP")]
    for picture in rendered.pictures:
        assert opened(picture).size == (picture.width, picture.height)
    assert 15 < len(rendered.thumbhash) < 40
    assert rendered.engine == "lanczos x4 uint8 cpu"
    assert set(rendered.stages_ms) == {"decode", "upscale", "encode"}


def test_on_demand_the_result_is_kept_without_loss() -> None:
    original = encoded(board(size=(80, 60)), "PNG")
    (picture,) = make(original, lossless=True).pictures
    assert (picture.kind, picture.media_type) == (RenditionKind.LOSSLESS, "image/png")
    expected = board(size=(80, 60)).resize((320, 240), Image.Resampling.LANCZOS)
    assert np.array_equal(np.asarray(opened(picture)), np.asarray(expected))


class Unasked(LanczosEngine):
    """Must not be asked for pixels."""

    def upscale(self, rgb: Pixels, progress: Progress) -> Pixels:
        raise AssertionError(rgb.shape, progress)


def test_the_clean_view_is_made_without_the_engine_at_the_usual_size() -> None:
    rendered = render(
        photo(size=(200, 150)), Unasked(), LIMITS, ignore, lossless=False, view=ResultView.CLEAN
    )
    assert sizes(rendered)[RenditionKind.UPSCALED] == (800, 600)
    assert rendered.engine == "clean, lanczos x4 uint8 cpu"
    shown = np.asarray(opened(rendered.pictures[0]))
    assert np.percentile(shown, 60) > 250  # the board that photo() draws is grey


@pytest.mark.parametrize(
    ("size", "expected"), [((2000, 1500), (5120, 3840)), ((6000, 300), (5120, 256))]
)
def test_a_large_clean_view_is_not_interpolated_beyond_its_size(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    rendered = render(
        photo(size=size), Unasked(), LIMITS, ignore, lossless=True, view=ResultView.CLEAN
    )
    assert sizes(rendered) == {RenditionKind.LOSSLESS: expected}
    assert rendered.engine in {"clean, lanczos x3 uint8 cpu", "clean, lanczos x2 uint8 cpu"}


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
    assert [opened(picture).mode for picture in rendered.pictures] == ["RGB"] * 3


def test_a_large_original_stays_within_the_sides_allowed() -> None:
    seen: list[tuple[int, ...]] = []

    class Watching(LanczosEngine):
        def bands(self, rgb: Pixels, progress: Progress, *, from_row: int = 0) -> Iterator[Pixels]:
            seen.append(rgb.shape)
            return super().bands(rgb, progress, from_row=from_row)

    limits = RenderLimits(decode=LIMITS.decode, input_side=300, output_side=500)
    original = photo(size=(1200, 900))
    rendered = render(original, Watching(), limits, ignore, lossless=False)
    assert seen == [(225, 300, 3)]
    assert sizes(rendered)[RenditionKind.UPSCALED] == (500, 375)


def test_a_small_result_is_not_enlarged_for_its_preview() -> None:
    rendered = make(photo(size=(40, 30)))
    assert sizes(rendered) == dict.fromkeys(
        (RenditionKind.UPSCALED, RenditionKind.PREVIEW, RenditionKind.THUMBNAIL), (160, 120)
    )


class Slow:
    """An engine that says it needs a second per 10,000 pixels, and takes whatever it is given."""

    name = "slow"
    scale = 2

    def describe(self) -> EngineDescription:
        return EngineDescription(
            model="slow", architecture="none", scale=2, dtype="uint8", device="cpu"
        )

    def seconds_for(self, height: int, width: int) -> float:
        return height * width / 10_000

    def bands(self, rgb: Pixels, progress: Progress, *, from_row: int = 0) -> Iterator[Pixels]:
        yield rgb[from_row:].repeat(2, axis=0).repeat(2, axis=1)
        progress(1.0)


def test_a_slow_engine_gets_a_smaller_picture_so_that_it_ends_in_time() -> None:
    limits = RenderLimits(decode=LIMITS.decode, engine_s=3.0)
    rendered = render(photo(size=(400, 300)), Slow(), limits, ignore, lossless=False)
    # 120,000 pixels would take 12 s; half of each side takes 3 s.
    assert sizes(rendered)[RenditionKind.UPSCALED] == (400, 300)


def test_the_stages_are_reported_in_order_and_each_to_its_end() -> None:
    told: list[tuple[Stage, float]] = []
    render(
        photo(size=(64, 48)),
        LanczosEngine(),
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


@pytest.mark.parametrize(
    ("size", "target"),
    [((900, 700), (450, 350)), ((901, 1303), (333, 481)), ((64, 2000), (7, 600))],
)
def test_shrinking_in_bands_equals_shrinking_at_once(
    size: tuple[int, int], target: tuple[int, int]
) -> None:
    rgb = np.random.default_rng(4).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    at_once = Image.fromarray(rgb).resize(target, Image.Resampling.LANCZOS)
    difference = shrink(rgb, *target).astype(int) - np.asarray(at_once).astype(int)
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("target", [(450, 350), (333, 481), (900, 700)])
@pytest.mark.parametrize("rows", [1, 100, 513, 700])
def test_bands_that_share_a_buffer_are_joined_as_one_picture(
    rows: int, target: tuple[int, int]
) -> None:
    rgb = np.random.default_rng(4).integers(0, 256, (700, 900, 3), dtype=np.uint8)
    buffer = np.empty((rows, 900, 3), dtype=np.uint8)

    def bands() -> Iterator[Pixels]:
        for top in range(0, 700, rows):
            band = buffer[: min(rows, 700 - top)]
            band[:] = rgb[top : top + rows]
            yield band

    assert np.array_equal(join(bands(), 900, 700, *target), shrink(rgb, *target))


@given(
    source=st.integers(min_value=1, max_value=3000),
    part=st.floats(min_value=0.001, max_value=1.0),
    rows=st.integers(min_value=1, max_value=1500),
)
def test_any_height_is_joined_from_any_bands(source: int, part: float, rows: int) -> None:
    # Away from 0 and 255: Pillow cuts off between its two passes, whose order goes by the size.
    rgb = np.random.default_rng(4).integers(96, 160, (source, 3, 3), dtype=np.uint8)
    height = max(1, round(source * part))
    at_once = Image.fromarray(rgb).resize((2, height), Image.Resampling.LANCZOS)
    bands = (rgb[top : top + rows] for top in range(0, source, rows))
    joined = join(bands, 3, source, 2, height)
    assert np.abs(joined.astype(int) - np.asarray(at_once).astype(int)).max() <= 1


def test_the_result_in_its_full_size_never_exists() -> None:
    rgb = np.asarray(board(size=(1500, 1200)), dtype=np.uint8)
    tracemalloc.start()
    try:
        join(LanczosEngine().bands(rgb, lambda _: None), 6000, 4800, 1500, 1200)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # 6000 x 4800 x 3 bytes are 86 MB; a band of them 5 MB, and the result 5 as well.
    assert peak < 45_000_000
