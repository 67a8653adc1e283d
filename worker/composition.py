"""The picture that is shown: clean, with as much of the network's as each line of writing bears."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

from core.imaging import Pixels
from worker.appearance import Appearance
from worker.engines.interpolation import KERNEL
from worker.faithful import Doubts, doubts
from worker.lines import Line, find_lines
from worker.quality import WITHIN_S, Readers, Verdict, Why, compare, judge
from worker.resample import enlarged_rows, shrink
from worker.strength import WHITE, white_of

# The network's share by the x-height in pixels, as find_lines tells it (a tenth above the true
# one), where no reader says otherwise. Chosen on 32 boards of the development seeds: ADR 19.
_SIZES: Final = (5.5, 6.5, 13.0, 16.0)
_SHARES: Final = (0.0, 0.15, 0.15, 1.0)
# A screenshot: letters that need no enlarging, and edges that no lens made.
_LARGE_ENOUGH: Final = 7.0
_CRISP: Final = 0.9
# Of a line's ink; more that is gone, or has another colour, and the whole line stays clean.
_MOST_DOUBTED: Final = 0.12
# Around a line, in x-heights: its whole letters, before its border is feathered.
_AIR: Final = 0.6
_FEATHER: Final = 0.5  # of an x-height: the standard deviation of the border
_LEAST_FEATHER: Final = 2.0  # pixels; a place in doubt is this far from its border, too
_STRIP: Final = 56  # rows of a strip for readers: PP-OCR takes 48, Tesseract wants letters of 20
_MOST_STRIP: Final = 2400  # columns: longer lines of writing are read narrower
# Rows of the clean picture whose share of the result is worked on at a time: as many as
# worker.engines.interpolation takes, so that share 0 is the clean view to the last bit.
_BAND_ROWS: Final = 64
_FULL: Final = 255  # share 1 in the plane of shares


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedLine:
    """What was done to one line. box: top, bottom, left, right in pixels of the clean picture.

    share: of the network, 0 to 1. The confidences are of the reader that decided, None without.
    """

    box: tuple[int, int, int, int]
    x_height: float
    share: float
    why: Why
    clean_confidence: float | None
    sharp_confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionRecord:
    """Fit for JSON by dataclasses.asdict. rest: the share outside lines, where there is ink.

    counts: lines by what decided. doubted: the share of the picture's ink that is gone or has
    another colour in the network's. readers: who could read.
    """

    lines: tuple[ComposedLine, ...]
    rest: float
    counts: dict[str, int]
    doubted: float
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """picture: uint8 (H, W, 3), the array that was given as sharp."""

    picture: Pixels = field(repr=False)
    record: CompositionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What is known of a network's picture before any of it is shown: see examine()."""

    lines: tuple[Line, ...]
    doubts: Doubts = field(repr=False)


def left_as_it_is(appearance: Appearance) -> bool:
    """Already sharp, as a screenshot: nothing that is done here would make it easier to read."""
    return (
        appearance.already_clean
        and appearance.x_height is not None
        and appearance.x_height >= _LARGE_ENOUGH
        and (appearance.blur is None or appearance.blur <= _CRISP)
    )


def share_for(x_height: float | None, seen: float = 1.0) -> float:
    """The network's share, 0 to 1, for writing of this size; none where there is no writing.

    seen: see compose().
    """
    return 0.0 if x_height is None else float(np.interp(x_height * seen, _SIZES, _SHARES))


def examine(*, given: Pixels, sharp: Pixels, appearance: Appearance) -> Examined:
    """Where the network's picture has lines of writing, and where it left what it was given.

    given: uint8 (h, w, 3). sharp: uint8 (H, W, 3), H >= h and W >= w, what it made of that.
    appearance: of the photo. Raises ValueError where sharp is smaller than given.
    """
    height, width = given.shape[:2]
    if sharp.shape[0] < height or sharp.shape[1] < width:
        raise ValueError(f"{sharp.shape} is smaller than {given.shape}")
    # What was given is as dark as what came back, and stronger: lines are easier to find.
    return Examined(
        lines=find_lines(given, appearance), doubts=doubts(given, shrink(sharp, width, height))
    )


def compose(
    *,
    cleaned: Pixels,
    sharp: Pixels,
    examined: Examined,
    appearance: Appearance,
    readers: Readers | None,
    within_s: float = WITHIN_S,
    seen: float = 1.0,
) -> Composition:
    """Line by line as much of the network as its size and readers allow; the rest is clean.

    cleaned: uint8 (h, w, 3), the clean view. sharp: uint8 (H, W, 3), H >= h and W >= w, the
    network's; it is overwritten. examined: see examine(). appearance: of the photo. within_s: for
    reading; lines beyond it go by their size. seen: the pixels of the network's input to one of
    `cleaned`, per side: what it saw smaller it draws worse.
    """
    lines, found = examined.lines, examined.doubts
    verdicts = _verdicts(
        lines, cleaned, sharp, found, readers=readers, within_s=within_s, seen=seen
    )
    usual = float(np.median([one.share for one in verdicts])) if verdicts else 0.0
    rest = min(usual, share_for(appearance.x_height, seen))
    level = white_of(appearance) / WHITE
    _blend(cleaned, sharp, _plane(lines, verdicts, rest, found), level)
    return Composition(
        picture=sharp,
        record=_record(lines, verdicts, rest, found, readers),
    )


def _verdicts(
    lines: Sequence[Line],
    cleaned: Pixels,
    sharp: Pixels,
    found: Doubts,
    *,
    readers: Readers | None,
    within_s: float,
    seen: float,
) -> list[Verdict]:
    """First what pixels say, then, for lines that would show something of the network, readers."""
    verdicts = [_by_pixels(line, found, seen) for line in lines]
    asked = [place for place, one in enumerate(verdicts) if one.share > 0]
    if readers and asked:
        # The larger the share, the more a wrong letter is seen: those first.
        asked.sort(key=lambda place: -verdicts[place].share)
        finer = sharp.shape[1] / cleaned.shape[1]
        strips = [
            (strip(cleaned, lines[place], 1.0), strip(sharp, lines[place], finer))
            for place in asked
        ]
        for place, readings in zip(asked, compare(strips, readers, within_s=within_s), strict=True):
            verdicts[place] = judge(verdicts[place].share, readings)
    return verdicts


def _by_pixels(line: Line, found: Doubts, seen: float) -> Verdict:
    box = (slice(line.top, line.bottom), slice(line.left, line.right))
    ink = max(1, int(np.count_nonzero(found.ink[box])))
    if np.count_nonzero(found.vanished[box]) > _MOST_DOUBTED * ink:
        return Verdict(0.0, Why.VANISHED)
    if np.count_nonzero(found.shifted[box] & found.ink[box]) > _MOST_DOUBTED * ink:
        return Verdict(0.0, Why.COLOUR)
    return Verdict(share_for(line.x_height, seen), Why.SIZE)


def strip(picture: Pixels, line: Line, scale: float) -> Pixels:
    """The line, upright, out of a picture `scale` times as fine: uint8 (_STRIP, w, 3)."""
    air = _AIR * line.x_height
    top, bottom = max(0.0, line.top - air), min(picture.shape[0] / scale, line.bottom + air)
    left, right = max(0.0, line.left - air), min(picture.shape[1] / scale, line.right + air)
    rows = slice(int(top * scale), max(int(top * scale) + 1, int(bottom * scale)))
    columns = slice(int(left * scale), max(int(left * scale) + 1, int(right * scale)))
    part = Image.fromarray(np.ascontiguousarray(picture[rows, columns]))
    factor = _STRIP / (line.height + 2 * air)
    size = (
        max(1, min(_MOST_STRIP, int((right - left) * factor))),
        max(1, round((bottom - top) * factor)),
    )
    even = part.resize(size, KERNEL)
    middle = (line.middle_at(left) - top) * size[1] / (bottom - top)
    slope = line.slope * (size[1] / (bottom - top)) / (size[0] / (right - left))
    upright = even.transform(
        (size[0], _STRIP),
        Image.Transform.AFFINE,
        (1.0, 0.0, 0.0, slope, 1.0, middle - _STRIP / 2),
        Image.Resampling.BILINEAR,
        fillcolor=_surface(part),
    )
    return np.asarray(upright, dtype=np.uint8)


def _surface(part: Image.Image) -> tuple[int, ...]:
    """The median colour: a slanted line's strip has corners beyond what was cut out."""
    return tuple(int(value) for value in np.median(np.asarray(part), axis=(0, 1)))


def _plane(
    lines: Sequence[Line], verdicts: Sequence[Verdict], rest: float, found: Doubts
) -> NDArray[np.uint8]:
    """The network's share of each pixel of the clean picture, borders feathered: uint8 (h, w)."""
    usual = float(np.median([line.x_height for line in lines])) if lines else 0.0
    feather = max(_LEAST_FEATHER, _FEATHER * usual)
    shown = np.zeros(found.ink.shape, dtype=np.uint8)
    # Drawings, and writing that was not found as lines.
    shown[found.ink] = round(rest * _FULL)
    shown = _widened(shown, feather)
    # Where two lines meet, the smaller share is painted last.
    for line, verdict in sorted(zip(lines, verdicts, strict=True), key=lambda one: -one[1].share):
        _paint(shown, line, round(verdict.share * _FULL))
    doubted = (found.vanished | found.shifted).astype(np.uint8) * _FULL
    if doubted.any():
        shown[_widened(doubted, 2 * feather) > 0] = 0
    return np.asarray(Image.fromarray(shown).filter(ImageFilter.GaussianBlur(feather)))


def _widened(plane: NDArray[np.uint8], reach: float) -> NDArray[np.uint8]:
    widened: NDArray[np.uint8] = ndimage.maximum_filter(plane, size=2 * int(reach) + 1)
    return widened


def _paint(shown: NDArray[np.uint8], line: Line, value: int) -> None:
    """The line's parallelogram with its air."""
    air = _AIR * line.x_height
    half = line.height / 2 + air
    left, right = max(0, int(line.left - air)), min(shown.shape[1], int(line.right + air) + 1)
    middles = np.array([line.middle_at(x + 0.5) for x in range(left, right)])
    top = max(0, int(middles.min() - half))
    bottom = min(shown.shape[0], int(middles.max() + half) + 1)
    rows = np.arange(top, bottom)[:, None] + 0.5
    within = np.abs(rows - middles[None, :]) <= half
    shown[top:bottom, left:right][within] = value


def _blend(cleaned: Pixels, sharp: Pixels, shown: NDArray[np.uint8], level: float) -> None:
    """Into `sharp`, band by band: the clean picture enlarged, and of the network its share.

    level: what the network's brightness is multiplied by, so that its white is the clean one's.
    """
    rows, height = len(cleaned), len(sharp)
    size = sharp.shape[1], height
    for first in range(0, rows, _BAND_ROWS):
        last = min(rows, first + _BAND_ROWS)
        top, bottom = round(first * height / rows), round(last * height / rows)
        share = enlarged_rows(shown, (top, bottom), size, Image.Resampling.BILINEAR)
        if share.min() == _FULL and level == 1:
            continue
        below = enlarged_rows(cleaned, (top, bottom), size, KERNEL)
        if share.max() == 0:
            sharp[top:bottom] = below
            continue
        band = sharp[top:bottom].astype(np.float32)
        band *= np.float32(level)
        band -= below
        band *= (share * np.float32(1 / _FULL))[..., None]
        band += below
        np.rint(band, out=band)
        sharp[top:bottom] = band.clip(0, _FULL)


def _record(
    lines: Sequence[Line],
    verdicts: Sequence[Verdict],
    rest: float,
    found: Doubts,
    readers: Readers | None,
) -> CompositionRecord:
    ink = np.count_nonzero(found.ink)
    doubted = np.count_nonzero((found.vanished | found.shifted) & found.ink)
    return CompositionRecord(
        lines=tuple(
            ComposedLine(
                box=(line.top, line.bottom, line.left, line.right),
                x_height=line.x_height,
                share=one.share,
                why=one.why,
                clean_confidence=one.clean_confidence,
                sharp_confidence=one.sharp_confidence,
            )
            for line, one in zip(lines, verdicts, strict=True)
        ),
        rest=rest,
        counts=dict(Counter(one.why.value for one in verdicts)),
        doubted=doubted / ink if ink else 0.0,
        readers=tuple(reader.name for reader in readers or ()),
    )
