"""Readings to figures: words read, recovered and lost, wrong tokens, by any grouping. Pure."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tests.legibility.intervals import Share, share
from tests.legibility.measuring import Nearness, Reading
from tests.legibility.renditions import BICUBIC, ORIGINAL

Keep = Callable[[Reading], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Legibility:
    """Of the words of some lines, in one rendition; None where there is nothing to divide by.

    recall: words read. change: the same less bicubic's, by boards drawn together. recovered: of
    those read neither in the original nor in bicubic. lost: of those read in bicubic, the ones not
    read here. wrong: tokens that no word explains, by true words.
    """

    recall: Share | None
    change: Share | None
    recovered: Share | None
    lost: Share | None
    wrong: Share | None


def legibility(readings: Sequence[Reading], rendition: str, keep: Keep) -> Legibility:
    """The figures of one rendition over the readings that `keep` keeps, of all their readers."""
    kept = [one for one in readings if keep(one)]
    by_place = {(one.line, one.reader, one.rendition): one.score for one in kept}
    sums: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in kept:
        if one.rendition != rendition:
            continue
        before = by_place[one.line, one.reader, BICUBIC]
        original = by_place[one.line, one.reader, ORIGINAL]
        own = sums[one.seed]
        own["words"] += len(one.words)
        own["hits"] += one.score.hits
        own["change"] += one.score.hits - before.hits
        own["wrong"] += one.score.wrong
        for now, enlarged, plain in zip(
            one.score.readable, before.readable, original.readable, strict=True
        ):
            own["readable"] += enlarged
            own["lost"] += enlarged and not now
            own["unreadable"] += not (enlarged or plain)
            own["recovered"] += now and not (enlarged or plain)

    def of(part: str, whole: str) -> Share | None:
        boards = sorted(sums)
        return share([sums[b][part] for b in boards], [sums[b][whole] for b in boards])

    return Legibility(
        recall=of("hits", "words"),
        change=of("change", "words"),
        recovered=of("recovered", "unreadable"),
        lost=of("lost", "readable"),
        wrong=of("wrong", "words"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeness:
    """Means over boards against one of the true pictures.

    mse_change: relative to bicubic's, -0.2 is a fifth lower. gap_closed: of what bicubic's SSIM
    lacks to 1.
    """

    mse: float
    psnr: float
    ssim: float
    mse_change: float
    gap_closed: float


def closeness(nearness: Sequence[Nearness], rendition: str, against: str) -> Closeness:
    """Of one rendition against "lit" or "even"."""

    def means(name: str) -> tuple[float, float, float]:
        found = [one.lit if against == "lit" else one.even for one in of[name]]
        return (
            float(np.mean([one.mse for one in found])),
            float(np.mean([one.psnr for one in found])),
            float(np.mean([one.ssim for one in found])),
        )

    of: dict[str, list[Nearness]] = defaultdict(list)
    for one in nearness:
        of[one.rendition].append(one)
    mse, psnr, ssim = means(rendition)
    base_mse, _, base_ssim = means(BICUBIC)
    return Closeness(
        mse=mse,
        psnr=psnr,
        ssim=ssim,
        mse_change=mse / base_mse - 1 if base_mse else 0.0,
        gap_closed=(ssim - base_ssim) / (1 - base_ssim) if base_ssim < 1 else 0.0,
    )
