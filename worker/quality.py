"""The quality gate: whether a line's writing survives the network, by readers' confidence.

The decision is a pure function of what was read; reading strips is beside it. Comparing pictures
does not find wrong letters (they agree with the input when made small), a reader's confidence does.
"""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from core.imaging import Pixels
from worker.readers import Read, Reader, ReaderFailed, find_readers

__all__ = ["Compared", "Readers", "Verdict", "Why", "compare", "find_readers", "judge"]

Readers = tuple[Reader, ...]

# Seconds that reading may take for one board: what is left of 3 s for all of the composition, of
# which the rest takes 0.9 s at 1280x960.
WITHIN_S: Final = 1.9
# Chosen on 32 boards of the development seeds, ADR 14 and 19. A reader that is this unsure of both
# has no letters for the script, or there are none.
_HAS_A_SAY: Final = 0.5
_CONFIDENT: Final = 0.8
_MARGIN: Final = 0.05  # confidence wavers by this much between two photos of the same
# All readers together are surer by so much: the network's picture is easier to read.
_SURER: Final = 0.1
_SAME: Final = 0.8  # similarity from which on two readings of a line are the same


class Why(StrEnum):
    """What decided how much of the network a line shows."""

    SIZE = "size"  # the size of its writing alone
    READER = "reader"  # a reader is less confident of the network's
    SURER = "surer"  # readers are more confident of the network's, and none contradicts
    CONTRADICTION = "contradiction"  # he reads something else, having read the clean one well
    VANISHED = "vanished"  # ink is gone
    COLOUR = "colour"  # ink or surface has another colour or brightness


@dataclass(frozen=True, slots=True)
class Compared:
    """What one reader makes of a line in the clean and in the sharp view."""

    clean: Read
    sharp: Read


@dataclass(frozen=True, slots=True)
class Verdict:
    """share: of the network, 0 to 1. The confidences: of the reader that decided, or the surest."""

    share: float
    why: Why
    clean_confidence: float | None = None
    sharp_confidence: float | None = None


def judge(by_size: float, readings: Sequence[Compared]) -> Verdict:
    """How much of the network a line shows. by_size: what the size of its writing allows.

    One reader's doubt is enough: it stays clean. Where none doubts and together they are surer of
    the network's, it shows all of that, unless its size allows nothing.
    """
    surest: Compared | None = None
    surer = 0.0
    for one in readings:
        clean, sharp = one.clean.confidence, one.sharp.confidence
        if max(clean, sharp) < _HAS_A_SAY:
            continue
        if clean >= _CONFIDENT and not _same(one.clean.text, one.sharp.text):
            return Verdict(0.0, Why.CONTRADICTION, clean, sharp)
        if sharp < clean - _MARGIN:
            return Verdict(0.0, Why.READER, clean, sharp)
        surer += sharp - clean
        if surest is None or sharp > surest.sharp.confidence:
            surest = one
    if surest is None:
        return Verdict(by_size, Why.SIZE)
    clean, sharp = surest.clean.confidence, surest.sharp.confidence
    if by_size > 0 and surer > _SURER:
        return Verdict(1.0, Why.SURER, clean, sharp)
    return Verdict(by_size, Why.SIZE, clean, sharp)


def _same(one: str, other: str) -> bool:
    """Whether two readings say the same, case and spaces aside."""
    first, second = ("".join(text.casefold().split()) for text in (one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= _SAME


def compare(
    strips: Sequence[tuple[Pixels, Pixels]], readers: Readers, *, within_s: float = WITHIN_S
) -> list[list[Compared]]:
    """For each line, as (clean, sharp), what each reader makes of it; all readers side by side.

    A line that was not read in time, or whose reader broke down, has a reading less.
    """
    flat = [strip for pair in strips for strip in pair]
    until = time.monotonic() + within_s
    with ThreadPoolExecutor(max_workers=max(1, len(readers)), thread_name_prefix="read") as pool:
        asked: list[Future[list[Read]]] = [
            pool.submit(reader.read, flat, within_s=until - time.monotonic()) for reader in readers
        ]
        answers = [_answer(one) for one in asked]
    return [
        [
            Compared(read[2 * place], read[2 * place + 1])
            for read in answers
            if len(read) >= 2 * place + 2
        ]
        for place in range(len(strips))
    ]


def _answer(asked: "Future[list[Read]]") -> list[Read]:
    try:
        return asked.result()
    except ReaderFailed:
        return []  # the record shows a line without confidences; the rule falls back on sizes
