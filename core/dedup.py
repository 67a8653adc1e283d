"""The verdict on a fingerprint: a pure function of values.

Theory. Perceptual hashes tell *candidates* only: when one more line is written on a board, its
8 x 8 pHash moves by two bits in the median, less than a re-encoded copy of one photo may move. A
false merge loses a student's photo, a missed duplicate costs one more upscaling, so the bounds are
strict and the last word has the sketch: the change of luminance that remains when the picture is
squeezed onto 128 x 128 cells. Re-encoding spreads its errors evenly and they average out; ink that
came or went stays in one place. The bounds and the figures behind them: docs/adr/0004.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from core.fingerprints import SKETCH_SIDE
from core.values import Duplicate, Evidence, Fingerprint, Known, New, Verdict

# Re-encoded (JPEG down to quality 30, WebP) and resized copies of real photos: at most 4 of 64
# bits and 8 of 256 bits. These bounds only nominate.
NOMINATE_PHASH64: Final = 6
NOMINATE_PHASH256: Final = 12
# Largest change of 2 x 2 cells, in grey levels of 255: copies of one photo 1.0 to 4.5; a single
# letter of 1/110 of the board's width added to it 5.8 at the least.
MOST_CHANGE: Final = 4.0
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
    return Evidence(
        rule="picture",
        compared=compared,
        phash64=(new.phash64 ^ theirs.phash64).bit_count(),
        phash256=(new.phash256 ^ theirs.phash256).bit_count(),
        largest_change=largest_change(new.sketch, theirs.sketch),
    )


def largest_change(ours: bytes, theirs: bytes) -> float:
    """The largest mean change of luminance over any 2 x 2 cells of two sketches, 0 to 255."""
    shape = (SKETCH_SIDE, SKETCH_SIDE)
    change = np.frombuffer(ours, np.uint8).reshape(shape).astype(np.float64)
    change -= np.frombuffer(theirs, np.uint8).reshape(shape)
    windows = np.lib.stride_tricks.sliding_window_view(change, (_CELLS, _CELLS))
    return float(np.abs(windows.mean(axis=(2, 3))).max())


def _change(evidence: Evidence) -> float:
    return 255.0 if evidence.largest_change is None else evidence.largest_change


def _is_same_picture(new: Fingerprint, theirs: Fingerprint, evidence: Evidence) -> bool:
    if evidence.phash64 is None or evidence.phash256 is None:
        return False
    aspect = (new.width * theirs.height) / (new.height * theirs.width)
    return (
        evidence.phash64 <= NOMINATE_PHASH64
        and evidence.phash256 <= NOMINATE_PHASH256
        and 1 / MOST_ASPECT <= aspect <= MOST_ASPECT
        and new.width <= theirs.width * MOST_ENLARGEMENT
        and _change(evidence) <= MOST_CHANGE
    )


def _as_no_match(evidence: Evidence) -> Evidence:
    return Evidence(
        rule="none",
        compared=evidence.compared,
        phash64=evidence.phash64,
        phash256=evidence.phash256,
        largest_change=evidence.largest_change,
    )
