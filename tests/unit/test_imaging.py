"""What is taken, what is refused, and what a taken picture looks like."""

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pillow_heif import register_heif_opener

from core.errors import (
    BadPicture,
    DamagedPicture,
    EmptyFile,
    TooFewPixels,
    TooManyPixels,
    UnknownFormat,
)
from core.imaging import UPRIGHT_SIDE, Limits, decode, encode_upright, thumbhash_of
from core.values import RenditionKind
from tests.pictures import (
    board,
    encoded,
    photo,
    png_bomb,
    png_promising,
    stored_sideways,
    swapped_primaries,
    with_metadata,
)

LIMITS = Limits(pixels=50_000_000, least_px=16)
# Mean error in grey levels that a good lossy encoder may leave on a smooth picture.
LOSSY = 3.0
FORMATS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "HEIF": "image/heic",
    "AVIF": "image/avif",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "GIF": "image/gif",
}
register_heif_opener()


def smooth(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Red grows to the right, green downwards: every corner has its own colour."""
    across = np.linspace(20, 230, size[0])[None, :].repeat(size[1], 0)
    down = np.linspace(20, 230, size[1])[:, None].repeat(size[0], 1)
    return Image.fromarray(np.dstack([across, down, np.full_like(across, 90)]).astype(np.uint8))


def error(ours: NDArray[np.uint8], theirs: Image.Image) -> float:
    """The mean difference in grey levels."""
    return float(np.abs(ours.astype(float) - np.asarray(theirs, dtype=float)).mean())


def test_an_empty_file_is_refused_by_name() -> None:
    with pytest.raises(EmptyFile):
        decode(b"", LIMITS)


@pytest.mark.parametrize(
    "content",
    [
        b"Dear professor, here is my homework.",
        b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="99" height="99"/></svg>',
        b"%PDF-1.7 ...",
        b"\x00\x00\x00\x20ftypisom0000",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"\xff",
    ],
    ids=["text", "svg", "pdf", "mp4", "wav", "one byte"],
)
def test_what_is_no_picture_is_refused_whatever_its_name_says(content: bytes) -> None:
    with pytest.raises(UnknownFormat):
        decode(content, LIMITS)


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "BMP"])
def test_a_cut_off_file_is_damaged(kind: str) -> None:
    content = encoded(board(1), kind)
    with pytest.raises(DamagedPicture):
        decode(content[: len(content) // 2], LIMITS)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_header_alone_is_damaged(kind: str) -> None:
    with pytest.raises(DamagedPicture):
        decode(encoded(smooth(), kind)[:24], LIMITS)


@pytest.mark.parametrize("kind", FORMATS)
def test_broken_bytes_are_never_more_than_a_bad_picture(kind: str) -> None:
    content = encoded(smooth(), kind)
    rng = np.random.default_rng(5)
    for _ in range(150):
        broken = bytearray(content)
        for _ in range(4):
            broken[int(rng.integers(12, min(len(broken), 500)))] = int(rng.integers(256))
        try:
            decode(bytes(broken), Limits(pixels=1_000_000, least_px=16))
        except BadPicture:
            continue


def test_a_damaged_avif_is_a_damaged_picture() -> None:
    content = encoded(smooth(), "AVIF")
    start = content.index(b"mdat") + 4
    with pytest.raises(DamagedPicture):
        decode(content[:start] + bytes(len(content) - start), LIMITS)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 8, b"MM\x00*\xff\xff\xff\xff", b"MM\x00*\x00\x00\x00\x08\xff\xff"],
    ids=["no header", "no directory", "no end"],
)
def test_damaged_exif_does_not_cost_the_picture(kind: str, garbage: bytes) -> None:
    exif = Image.Exif()
    exif[0x0112] = 1
    exif[0x010E] = "a board"
    content = encoded(smooth(), kind, exif=exif)
    at = content.index(b"MM\x00*")
    decoded = decode(content[:at] + garbage + content[at + len(garbage) :], LIMITS)
    assert error(decoded.pixels, smooth()) < LOSSY


def test_a_promise_of_400_megapixels_is_refused_before_any_pixel_is_decoded() -> None:
    # Its pixels are garbage: decoding them would end as DamagedPicture.
    with pytest.raises(TooManyPixels) as caught:
        decode(png_promising(20_000, 20_000), LIMITS)
    assert caught.value.context == {"limit_mp": 50}
    with pytest.raises(DamagedPicture):
        decode(png_promising(200, 200), LIMITS)


def test_a_small_file_of_400_real_megapixels_is_refused() -> None:
    bomb = png_bomb(20_000, 20_000)
    assert len(bomb) < 100_000
    with pytest.raises(TooManyPixels):
        decode(bomb, LIMITS)


@pytest.mark.parametrize(("width", "height"), [(8000, 6251), (6251, 8000), (1, 50_000_001)])
def test_the_pixel_limit_is_ours_below_that_of_the_decoder(width: int, height: int) -> None:
    with pytest.raises(TooManyPixels):
        decode(png_promising(width, height), LIMITS)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_measured_before_its_pixels(kind: str) -> None:
    content = encoded(smooth((64, 48)), kind)
    decode(content, Limits(pixels=64 * 48, least_px=48))
    with pytest.raises(TooManyPixels):
        decode(content, Limits(pixels=64 * 48 - 1, least_px=16))
    with pytest.raises(TooFewPixels) as caught:
        decode(content, Limits(pixels=64 * 48, least_px=49))
    assert caught.value.context == {"least_px": 49}


def test_a_strip_of_one_pixel_is_refused_and_one_of_sixteen_is_taken() -> None:
    with pytest.raises(TooFewPixels):
        decode(encoded(Image.new("RGB", (1, 5000)), "PNG"), LIMITS)
    with pytest.raises(TooFewPixels):
        decode(encoded(Image.new("RGB", (5000, 15)), "PNG"), LIMITS)
    strip = decode(encoded(Image.new("RGB", (16, 5000)), "PNG"), LIMITS)
    assert (strip.width, strip.height) == (16, 5000)
    assert encode_upright(strip).height == UPRIGHT_SIDE
    assert thumbhash_of(strip.pixels)


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "GIF"])
def test_every_format_shows_the_picture(kind: str) -> None:
    decoded = decode(encoded(smooth(), kind), LIMITS)
    assert decoded.media_type == FORMATS[kind]
    assert decoded.pixels.dtype == np.uint8
    assert decoded.pixels.shape == (48, 64, 3)
    assert error(decoded.pixels, smooth()) < LOSSY


def test_an_animated_gif_is_its_first_frame() -> None:
    first, second = Image.new("RGB", (40, 30), (200, 0, 0)), Image.new("RGB", (40, 30), (0, 0, 200))
    content = encoded(first, "GIF", save_all=True, append_images=[second], duration=100)
    decoded = decode(content, LIMITS)
    assert decoded.pixels.shape == (30, 40, 3)
    assert (decoded.pixels == (200, 0, 0)).all()


def test_floating_point_samples_from_0_to_1_are_no_black_picture() -> None:
    ramp = np.tile(np.linspace(0.0, 1.0, 64, dtype=np.float32), (32, 1))
    decoded = decode(encoded(Image.fromarray(ramp), "TIFF"), LIMITS)
    assert decoded.pixels[0, 0].tolist() == [0, 0, 0]
    assert decoded.pixels[0, -1].tolist() == [255, 255, 255]


def test_sixteen_bits_of_grey_are_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).round().astype(np.uint16)
    picture = Image.fromarray(np.tile(ramp, (20, 1)))
    assert picture.mode == "I;16"
    decoded = decode(encoded(picture, "PNG"), LIMITS)
    assert (decoded.pixels[0] == np.arange(256)[:, None]).all()


def test_a_cmyk_jpeg_shows_its_colours() -> None:
    content = encoded(smooth().convert("CMYK"), quality=95)
    assert error(decode(content, LIMITS).pixels, smooth()) < LOSSY


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_grey_picture_is_grey_in_three_channels(kind: str) -> None:
    grey = smooth().convert("L")
    decoded = decode(encoded(grey if kind != "WEBP" else grey.convert("RGB"), kind), LIMITS)
    assert error(decoded.pixels, grey.convert("RGB")) < LOSSY
    assert np.ptp(decoded.pixels.astype(int), axis=2).max() <= 2


def test_black_and_white_is_taken() -> None:
    picture = Image.new("1", (40, 30), 1)
    assert (decode(encoded(picture, "PNG"), LIMITS).pixels == 255).all()


def test_a_transparent_palette_lies_on_white() -> None:
    picture = Image.new("P", (40, 30), 0)
    picture.putpalette([10, 20, 30, 200, 100, 50])
    picture.paste(1, (20, 0, 40, 30))
    decoded = decode(encoded(picture, "PNG", transparency=0), LIMITS)
    assert (decoded.pixels[:, :20] == 255).all()
    assert (decoded.pixels[:, 20:] == (200, 100, 50)).all()


def test_half_transparent_ink_is_mixed_with_white() -> None:
    picture = Image.new("RGBA", (40, 30), (0, 0, 0, 51))
    assert (decode(encoded(picture, "PNG"), LIMITS).pixels == 204).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    stored, exif = stored_sideways(smooth(), orientation)
    decoded = decode(encoded(stored, "PNG", exif=exif), LIMITS)
    assert np.array_equal(decoded.pixels, np.asarray(smooth()))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_a_photo_taken_sideways_stands_upright_once_in_every_format(kind: str) -> None:
    stored, exif = stored_sideways(smooth(), 6)
    content = encoded(stored, kind, exif=exif.tobytes() if kind == "HEIF" else exif)
    decoded = decode(content, LIMITS)
    assert decoded.pixels.shape == (48, 64, 3)
    assert error(decoded.pixels, smooth()) < LOSSY


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_colours_are_converted_to_srgb(kind: str) -> None:
    # A profile in which red and blue change places: honouring it swaps the channels back.
    content = encoded(smooth(), kind, icc_profile=swapped_primaries())
    decoded = decode(content, LIMITS)
    assert error(decoded.pixels[:, :, ::-1], smooth()) < LOSSY


@pytest.mark.parametrize(
    "profile", [b"not a profile", swapped_primaries()[:200]], ids=["garbage", "cut off"]
)
def test_a_damaged_profile_is_ignored(profile: bytes) -> None:
    decoded = decode(encoded(smooth(), "PNG", icc_profile=profile), LIMITS)
    assert np.array_equal(decoded.pixels, np.asarray(smooth()))


def test_a_profile_for_other_channels_is_ignored() -> None:
    content = encoded(smooth().convert("CMYK"), quality=95, icc_profile=swapped_primaries())
    assert error(decode(content, LIMITS).pixels, smooth()) < LOSSY


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_nothing_of_the_metadata_is_in_what_is_shown(kind: str) -> None:
    canary = "canary-55.7558N-37.6173E"
    content = with_metadata(board(3), kind, canary)
    assert canary.encode() in content
    shown = encode_upright(decode(content, LIMITS)).content
    for mark in (canary.encode(), b"Exif", b"ns.adobe.com", b"ICC_PROFILE", b"GPS"):
        assert mark not in shown
    with Image.open(BytesIO(shown)) as picture:
        assert dict(picture.getexif()) == {}
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_the_upright_picture_is_a_jpeg_that_a_projector_can_show_whole() -> None:
    decoded = decode(photo(4, size=(3000, 1500)), LIMITS)
    shown = encode_upright(decoded)
    assert (shown.kind, shown.media_type) == (RenditionKind.UPRIGHT, "image/jpeg")
    assert (shown.width, shown.height) == (UPRIGHT_SIDE, UPRIGHT_SIDE // 2)
    with Image.open(BytesIO(shown.content)) as picture:
        assert picture.size == (shown.width, shown.height)


def test_a_small_picture_is_never_enlarged() -> None:
    shown = encode_upright(decode(photo(4, size=(300, 200)), LIMITS))
    assert (shown.width, shown.height) == (300, 200)


def test_the_same_pixels_have_the_same_placeholder() -> None:
    once, again = (decode(photo(5), LIMITS).pixels for _ in range(2))
    assert thumbhash_of(once) == thumbhash_of(again)
    assert len(thumbhash_of(once)) < 40
    assert thumbhash_of(once) != thumbhash_of(255 - once)
