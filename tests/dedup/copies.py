"""What people and their programs do to a photo that they already have: bytes to other bytes."""

from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from tests.dedup.truth import CROPS, Change
from tests.legibility.boards import Rng
from tests.pictures import encoded, stored_sideways

MESSENGER_SIDE: Final = 1280
# A phone's screen in pixels, upright; a photo is shown as wide as it allows.
_SCREEN: Final = (1080, 2340)
_BAR: Final = 90  # the status bar's height
_PAPERS: Final = ((0, 0, 0), (18, 18, 20), (255, 255, 255))  # viewers' grounds, dark and light
_MESSENGER_QUALITIES: Final = (72, 88)
_USUAL_QUALITIES: Final = (80, 95)
_QUALITIES: Final = (30, 95)
_GAINS: Final = ((0.65, 0.9), (1.1, 1.35))
_GAMMAS: Final = (0.85, 1.18)


def copied(change: Change, earlier: bytes, rng: Rng) -> tuple[bytes, str]:
    """The photo after one of COPIES, and what was drawn for it. Raises ValueError for others."""
    picture = Image.open(BytesIO(earlier)).convert("RGB")
    match change:
        case Change.JPEG:
            return _saved(picture, rng, _QUALITIES)
        case Change.RESIZE:
            small = ImageOps.contain(
                picture, (MESSENGER_SIDE, MESSENGER_SIDE), Image.Resampling.LANCZOS
            )
            content, how = _saved(small, rng, _MESSENGER_QUALITIES)
            return content, f"{max(picture.size)} px, {how}"
        case Change.EXIF:
            orientation = int(rng.choice([3, 6, 8]))  # how phones are held
            stored, exif = stored_sideways(picture, orientation)
            quality = int(rng.integers(*_USUAL_QUALITIES))
            details = f"orientation {orientation}, quality {quality}"
            return encoded(stored, quality=quality, exif=exif), details
        case Change.BRIGHTNESS:
            return _brighter(picture, rng)
        case Change.SCREENSHOT:
            return _screenshot(picture, rng)
        case _ if change in CROPS:
            return _cropped(picture, CROPS[change], rng)
        case _:
            raise ValueError(f"{change} is no copy")


def _saved(picture: Image.Image, rng: Rng, qualities: tuple[int, int]) -> tuple[bytes, str]:
    quality = int(rng.integers(qualities[0], qualities[1] + 1))
    return encoded(picture, quality=quality), f"quality {quality}"


def _cropped(picture: Image.Image, share: float, rng: Rng) -> tuple[bytes, str]:
    """This share of width and of height is taken away, here more, there less."""
    width, height = (round(side * (1 - share)) for side in picture.size)
    left = int(rng.integers(0, picture.width - width + 1))
    top = int(rng.integers(0, picture.height - height + 1))
    kept = picture.crop((left, top, left + width, top + height))
    content, how = _saved(kept, rng, _USUAL_QUALITIES)
    return content, f"from {left}, {top}, {how}"


def _brighter(picture: Image.Image, rng: Rng) -> tuple[bytes, str]:
    """Darker or brighter by a gain and a curve, as an editor's slider does it."""
    gain = float(rng.uniform(*_GAINS[int(rng.integers(2))]))
    curve = float(rng.uniform(*_GAMMAS))
    values = np.linspace(0.0, 1.0, 256) ** curve * gain
    table = (255 * values.clip(0, 1) + 0.5).astype(np.uint8).tolist()
    content, how = _saved(picture.point(table * 3), rng, _USUAL_QUALITIES)
    return content, f"gain {gain:.2f}, curve {curve:.2f}, {how}"


def _screenshot(picture: Image.Image, rng: Rng) -> tuple[bytes, str]:
    """The photo in a viewer, upright or lying, with the status bar, as a PNG or a JPEG."""
    is_upright = bool(rng.random() < 0.7)
    screen = _SCREEN if is_upright else _SCREEN[::-1]
    paper = _PAPERS[int(rng.integers(len(_PAPERS)))]
    shot = Image.new("RGB", screen, paper)
    shown = ImageOps.contain(picture, (screen[0], screen[1] - _BAR), Image.Resampling.BILINEAR)
    left, top = (screen[0] - shown.width) // 2, (screen[1] + _BAR - shown.height) // 2
    shot.paste(shown, (left, top))
    bar = Image.new("RGB", (screen[0], _BAR), paper)
    ink = (20, 20, 20) if sum(paper) > 3 * 127 else (235, 235, 235)
    for x in (60, 90, screen[0] - 200, screen[0] - 150, screen[0] - 100):
        bar.paste(ink, (x, 34, x + 22, 56))  # a clock, a battery and the like
    shot.paste(bar, (0, 0))
    held = "upright" if is_upright else "lying"
    if rng.random() < 0.5:
        return encoded(shot, "PNG"), f"{held}, PNG"
    content, how = _saved(shot, rng, _USUAL_QUALITIES)
    return content, f"{held}, {how}"
