"""Decisions to measure: each tells of two photos what the later is to the earlier, and why.

A new one is a function and a line in DECISIONS; all of them stand side by side in the tables.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final, assert_never
from uuid import UUID

from core.dedup import NOMINATE_PHASH64, NOMINATE_PHASH256, compare, judge
from core.fingerprints import fingerprint
from core.imaging import Decoded, Limits, decode
from core.values import Duplicate, Evidence, Fingerprint, Known, New
from tests.dedup.truth import Relation

# What is taken at the door (core.settings), but for the shortest side: a decision must not fall
# over what an operator lets in.
LIMITS: Final = Limits(pixels=50_000_000, least_px=1)
_A_BOARD: Final = UUID(int=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A photo as decisions get it. fingerprint_ms: what its fingerprint took, once decoded."""

    content: bytes = field(repr=False)
    decoded: Decoded
    fingerprint: Fingerprint
    fingerprint_ms: float


@dataclass(frozen=True, slots=True)
class Told:
    """A claim with its evidence: figures by name, to be kept and looked through."""

    claim: Relation
    evidence: Mapping[str, object]


# Of the later photo and the earlier, in this order. It may raise nothing.
Decision = Callable[[Seen, Seen], Told]


def see(content: bytes) -> Seen:
    """Decodes and fingerprints. Raises what core.imaging.decode() raises."""
    decoded = decode(content, LIMITS)
    began = perf_counter()
    found = fingerprint(content, decoded)
    took = 1000 * (perf_counter() - began)
    return Seen(content=content, decoded=decoded, fingerprint=found, fingerprint_ms=took)


def by_sketch(later: Seen, earlier: Seen) -> Told:
    """What core.dedup says where the earlier photo is the only board (ADR 4)."""
    board = Known(board_id=_A_BOARD, upload_id=_A_BOARD, fingerprint=earlier.fingerprint)
    verdict = judge(later.fingerprint, [board])
    match verdict:
        case Duplicate():
            return Told(Relation.SAME_PICTURE, _named(verdict.evidence))
        case New():
            return Told(Relation.NEW, _named(verdict.evidence))
        case _:
            assert_never(verdict)


def by_hashes(later: Seen, earlier: Seen) -> Told:
    """What the nomination alone would merge: what it misses, nothing behind it can find."""
    evidence = compare(later.fingerprint, earlier.fingerprint, 1)
    near = (
        evidence.phash64 is not None
        and evidence.phash64 <= NOMINATE_PHASH64
        and evidence.phash256 is not None
        and evidence.phash256 <= NOMINATE_PHASH256
    )
    return Told(Relation.SAME_PICTURE if near else Relation.NEW, _named(evidence))


def _named(evidence: Evidence) -> dict[str, object]:
    return dataclasses.asdict(evidence)


DECISIONS: Final[Mapping[str, Decision]] = {
    "sketch": by_sketch,
    "hashes alone": by_hashes,
}
