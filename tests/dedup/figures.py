"""Outcomes to figures: shares with exact intervals, the issue's bars, times. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import binomtest

from tests.dedup.measuring import Outcome
from tests.dedup.truth import A_LINE_OR_WORD, A_SYMBOL, ANOTHER_TEXT, ENCODED_AGAIN, Change
from tests.legibility.intervals import Share

_ENOUGH: Final = 500  # pairs: that none of fewer is merged would say little


def proportion(part: int, whole: int) -> Share | None:
    """A share with its exact 95 % interval (Clopper and Pearson 1934); None of nothing."""
    if not whole:
        return None
    interval = binomtest(part, whole).proportion_ci(confidence_level=0.95, method="exact")
    return Share(part / whole, float(interval.low), float(interval.high), whole)


def merged(outcomes: Sequence[Outcome]) -> Share | None:
    """The share of these that is claimed to show nothing new."""
    return proportion(sum(one.is_merged for one in outcomes), len(outcomes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a decision has to keep to, on so many pairs at least. Merges: of copies they are right.

    most, least: the share of these changes that it may, or has to merge; one of them is set.
    """

    name: str
    changes: tuple[Change, ...]
    most: float | None = None
    least: float | None = None
    pairs: int = 1


BARS: Final = (
    Bar(name="merged: a line or a word more", changes=A_LINE_OR_WORD, most=0.0, pairs=_ENOUGH),
    Bar(name="merged: another text or slide", changes=ANOTHER_TEXT, most=0.0),
    Bar(name="merged: a single symbol", changes=A_SYMBOL, most=0.01),
    Bar(name="recognised: re-encoded, resized, turned", changes=ENCODED_AGAIN, least=0.97),
    Bar(name="recognised: brightness", changes=(Change.BRIGHTNESS,), least=0.90),
    Bar(
        name="recognised: crops to 10 %",
        changes=(Change.CROP_2, Change.CROP_5, Change.CROP_10),
        least=0.85,
    ),
    Bar(name="recognised: another seat", changes=(Change.OTHER_SEAT,), least=0.40),
)


@dataclass(frozen=True, slots=True)
class Held:
    """A bar and what was measured. is_kept: by the share itself, on pairs enough."""

    bar: Bar
    share: Share
    merged: int

    @property
    def is_kept(self) -> bool:
        value, bar = self.share.value, self.bar
        return (
            (bar.most is None or value <= bar.most)
            and (bar.least is None or value >= bar.least)
            and self.share.total >= bar.pairs
        )


def held(outcomes: Sequence[Outcome]) -> list[Held]:
    """One decision's outcomes beside the bars; a bar without pairs is left out."""
    found = []
    for bar in BARS:
        own = [one for one in outcomes if one.change in bar.changes]
        share = merged(own)
        if share is not None:
            found.append(Held(bar, share, sum(one.is_merged for one in own)))
    return found


def worst(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """False merges, those first that lose most ink."""
    false = [one for one in outcomes if one.is_merged and one.ink]
    return sorted(false, key=lambda one: (-one.ink, one.seed))


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds."""

    median: float
    p95: float


def times(outcomes: Sequence[Outcome], of: Callable[[Outcome], float]) -> Times:
    """Of some outcomes, at least one."""
    median, p95 = np.quantile([of(one) for one in outcomes], (0.5, 0.95))
    return Times(float(median), float(p95))
