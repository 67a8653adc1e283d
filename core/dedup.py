"""The verdict on a fingerprint: a pure function of values.

Theory. Perceptual hashes tell *candidates* only: when one more line is written on a board, its
8 x 8 pHash moves by two bits in the median, less than a re-encoded copy of one photo may move. A
false merge loses a student's photo, a missed duplicate costs one more upscaling, so the bounds are
strict and the last word has the sketch: the change of luminance that remains when the picture is
squeezed onto 128 x 128 cells. Re-encoding spreads its errors evenly and they average out; ink that
came or went stays in one place and stands out of them. The bounds and the figures behind them:
docs/adr/0004.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from core.fingerprints import SKETCH_SIDE
from core.values import Duplicate, Evidence, Fingerprint, Known, New, Verdict

# Re-encoded (JPEG down to quality 30, WebP) and resized copies of real photos: at most 4 of 64
# bits and 8 of 256 bits. These bounds only nominate.
NOMINATE_PHASH64: Final = 6
NOMINATE_PHASH256: Final = 12
# Largest change of 2 x 2 cells, in grey levels of 255: 92 to 98 % of the copies that were measured
# change less, no added, erased or pale line of writing does.
MOST_CHANGE: Final = 4.0
# How far the largest change stands out of the picture's own noise, which is the change that only
# PEAKS of the cells exceed. Copies: at most 2.2, 99 % at most 2.0. An added minus sign: 5.5.
MOST_STANDING_OUT: Final = 2.0
_PEAKS: Final = 0.005
# Rounding to whole grey levels alone is about half a level.
_LEAST_NOISE: Final = 0.5
_CELLS: Final = 2
# A resized copy keeps its shape up to a pixel of rounding; a crop does not.
MOST_ASPECT: Final = 1.01
# A copy that shows more than what the board was made from deserves its own upscaling.
MOST_ENLARGEMENT: Final = 1.25


def judge(new: Fingerprint, known: Sequence[Known]) -> Verdict:
    """Whether `new` is one of the pictures that the auditorium has; the closest wins.

    The order of `known` matters only between equals, where the earlier wins.
    """
    for rule in ("bytes", "pixels"):
        for other in known:
            theirs = other.fingerprint
            same = (
                new.bytes_sha256 == theirs.bytes_sha256
                if rule == "bytes"
                else new.pixels_sha256 == theirs.pixels_sha256
            )
            if same:
                return Duplicate(other.board_id, Evidence(rule=rule, compared=len(known)))
    closest: tuple[Known, Evidence] | None = None
    for other in known:
        evidence = compare(new, other.fingerprint, len(known))
        if closest is None or _change(evidence) < _change(closest[1]):
            closest = other, evidence
    if closest is None:
        return New(Evidence(rule="none", compared=0))
    other, evidence = closest
    if _is_same_picture(new, other.fingerprint, evidence):
        return Duplicate(other.board_id, evidence)
    return New(_as_no_match(evidence))


def compare(new: Fingerprint, theirs: Fingerprint, compared: int) -> Evidence:
    """The distances between two pictures, whatever the verdict."""
    change = change_between(new.sketch, theirs.sketch)
    return Evidence(
        rule="picture",
        compared=compared,
        phash64=(new.phash64 ^ theirs.phash64).bit_count(),
        phash256=(new.phash256 ^ theirs.phash256).bit_count(),
        largest_change=change.largest,
        stands_out=change.stands_out,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """How two sketches differ.

    largest: the largest mean change of luminance over any 2 x 2 cells, 0 to 255. stands_out: that
    over the change which all but PEAKS of the cells keep to; about 1.5 for mere noise.
    """

    largest: float
    stands_out: float


def change_between(ours: bytes, theirs: bytes) -> Change:
    """The change between two sketches of SKETCH_SIDE squared bytes; the order does not matter."""
    shape = (SKETCH_SIDE, SKETCH_SIDE)
    change = np.frombuffer(ours, np.uint8).reshape(shape).astype(np.float64)
    change -= np.frombuffer(theirs, np.uint8).reshape(shape)
    windows = np.lib.stride_tricks.sliding_window_view(change, (_CELLS, _CELLS))
    sizes = np.abs(windows.mean(axis=(2, 3)))
    largest = float(sizes.max())
    noise = max(float(np.quantile(sizes, 1 - _PEAKS)), _LEAST_NOISE)
    return Change(largest, largest / noise)


def _change(evidence: Evidence) -> float:
    return 255.0 if evidence.largest_change is None else evidence.largest_change


def _is_same_picture(new: Fingerprint, theirs: Fingerprint, evidence: Evidence) -> bool:
    if evidence.phash64 is None or evidence.phash256 is None or evidence.stands_out is None:
        return False
    aspect = (new.width * theirs.height) / (new.height * theirs.width)
    return (
        evidence.phash64 <= NOMINATE_PHASH64
        and evidence.phash256 <= NOMINATE_PHASH256
        and 1 / MOST_ASPECT <= aspect <= MOST_ASPECT
        and new.width <= theirs.width * MOST_ENLARGEMENT
        and _change(evidence) <= MOST_CHANGE
        and evidence.stands_out <= MOST_STANDING_OUT
    )


def _as_no_match(evidence: Evidence) -> Evidence:
    return replace(evidence, rule="none")
