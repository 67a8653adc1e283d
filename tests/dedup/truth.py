"""What is true of a pair of board photos, and what was changed from the earlier to the later."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tests.legibility.truth import BoardKind, Script


class Relation(StrEnum):
    """What the later photo is to the earlier: what is true, and what a decision claims."""

    SAME_PICTURE = "same picture"
    OTHER_SHOT = "other shot"
    NEW_STATE = "new state"
    NEW = "new"


class Change(StrEnum):
    """How the later photo comes from the earlier, in the order in which results are told."""

    JPEG = "JPEG again"
    RESIZE = "messenger's 1280 px"
    EXIF = "turned by EXIF"
    BRIGHTNESS = "brightness"
    CROP_2 = "crop of 2 %"
    CROP_5 = "crop of 5 %"
    CROP_10 = "crop of 10 %"
    CROP_15 = "crop of 15 %"
    SCREENSHOT = "screenshot with borders"
    SAME_SEAT = "the same seat twice"
    OTHER_SEAT = "another seat"
    LINE = "one line more"
    WORD = "one word more"
    SYMBOL = "one symbol changed"
    SIGN = "another sign in a formula"
    TEXT = "another text, same layout"
    TEMPLATE = "slides of one template"


class Camera(StrEnum):
    """How the later photo was taken: out of the earlier's file, or by a camera of its own.

    STILL: from the very same place, as on a stand; SEAT: the hand moved a little; OTHER: another
    phone on another seat.
    """

    FILE = "file"
    STILL = "still"
    SEAT = "same seat"
    OTHER = "another seat"


# The share of the width, and of the height, that a crop takes away.
CROPS: Final = {
    Change.CROP_2: 0.02,
    Change.CROP_5: 0.05,
    Change.CROP_10: 0.10,
    Change.CROP_15: 0.15,
}
COPIES: Final = (
    Change.JPEG,
    Change.RESIZE,
    Change.EXIF,
    Change.BRIGHTNESS,
    *CROPS,
    Change.SCREENSHOT,
)
ENCODED_AGAIN: Final = (Change.JPEG, Change.RESIZE, Change.EXIF)
POSITIVES: Final = (*COPIES, Change.SAME_SEAT, Change.OTHER_SEAT)
NEGATIVES: Final = tuple(change for change in Change if change not in POSITIVES)
A_LINE_OR_WORD: Final = (Change.LINE, Change.WORD)
A_SYMBOL: Final = (Change.SYMBOL, Change.SIGN)
ANOTHER_TEXT: Final = (Change.TEXT, Change.TEMPLATE)

TRUTHS: Final = {
    **dict.fromkeys(COPIES, Relation.SAME_PICTURE),
    Change.SAME_SEAT: Relation.OTHER_SHOT,
    Change.OTHER_SEAT: Relation.OTHER_SHOT,
    **dict.fromkeys((Change.LINE, Change.WORD, *A_SYMBOL), Relation.NEW_STATE),
    Change.TEXT: Relation.NEW,
    Change.TEMPLATE: Relation.NEW,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is true of a pair of photos, and how it came about.

    by_hand: written, not printed. ink: the share of the board's surface that looks different,
    0 where both show the same state. details: what was drawn for the change, for people to read.
    """

    seed: int
    change: Change
    kind: BoardKind
    script: Script
    by_hand: bool
    camera: Camera
    truth: Relation
    ink: float
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair(Case):
    """Two photos of boards, as files, and what is true of them."""

    earlier: bytes = field(repr=False)
    later: bytes = field(repr=False)
