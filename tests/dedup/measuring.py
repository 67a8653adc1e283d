"""Pairs through decisions: what each claims, by what evidence, in how many milliseconds."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from time import perf_counter
from typing import Final

from PIL import Image

from tests.dedup.deciding import Decision, Seen, see
from tests.dedup.pairs import changes_of, pairs
from tests.dedup.truth import A_LINE_OR_WORD, Case, Change, Pair, Relation
from tests.pictures import encoded

# A member is told that his photo joined a board that is there.
MERGED: Final = frozenset({Relation.SAME_PICTURE, Relation.OTHER_SHOT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Case):
    """What one decision claims of one pair. fingerprint_ms: of its later photo."""

    decision: str
    claim: Relation
    evidence: Mapping[str, object]
    fingerprint_ms: float
    decision_ms: float

    @property
    def is_merged(self) -> bool:
        """Whether it is said to show nothing new; false for a copy is a miss, else a loss."""
        return self.claim in MERGED


@dataclass(frozen=True, slots=True)
class Measured:
    """Outcomes of all pairs and decisions. photos: a digest of each board's, by its seed."""

    outcomes: Sequence[Outcome]
    photos: Mapping[int, bytes]

    @property
    def digest(self) -> str:
        """Of all photos, hexadecimal; the order of boards does not matter."""
        return sha256(b"".join(self.photos[seed] for seed in sorted(self.photos))).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Strain:
    """What a hostile picture cost: the slowest of a few decisions. claims: what was claimed."""

    name: str
    width: int
    height: int
    fingerprint_ms: float
    decision: str
    decision_ms: float
    claims: tuple[Relation, ...]


def work(seeds: Sequence[int], boards: int, states: int) -> Iterator[tuple[int, Sequence[Change]]]:
    """Every change on the first `boards` seeds, and a line and a word more on `states` of them.

    A false merge of these loses somebody's photo, so they are measured on more boards.
    """
    for number, seed in enumerate(seeds[: max(boards, states)]):
        yield seed, changes_of(seed) if number < boards else A_LINE_OR_WORD


def measure(
    jobs: Iterable[tuple[int, Sequence[Change]]],
    decisions: Mapping[str, Decision],
    tell: Callable[[str], None],
) -> Measured:
    """Every decision on every pair. tell: gets a line after each board."""
    outcomes: list[Outcome] = []
    photos: dict[int, bytes] = {}
    for seed, changes in jobs:
        digest = sha256()
        earlier: dict[bytes, Seen] = {}  # most pairs of a board share it
        for pair in pairs(seed, changes):
            digest.update(pair.earlier)
            digest.update(pair.later)
            if pair.earlier not in earlier:
                earlier[pair.earlier] = see(pair.earlier)
            outcomes += _decided(pair, see(pair.later), earlier[pair.earlier], decisions)
        photos[seed] = digest.digest()
        tell(f"seed {seed}: {len(changes)} pairs")
    return Measured(outcomes, photos)


def _decided(
    pair: Pair, later: Seen, earlier: Seen, decisions: Mapping[str, Decision]
) -> Iterator[Outcome]:
    for name, decide in decisions.items():
        began = perf_counter()
        told = decide(later, earlier)
        took = 1000 * (perf_counter() - began)
        yield Outcome(
            seed=pair.seed,
            change=pair.change,
            kind=pair.kind,
            script=pair.script,
            by_hand=pair.by_hand,
            camera=pair.camera,
            truth=pair.truth,
            ink=pair.ink,
            details=pair.details,
            decision=name,
            claim=told.claim,
            evidence=told.evidence,
            fingerprint_ms=later.fingerprint_ms,
            decision_ms=took,
        )


def strain(
    hostile: Mapping[str, Callable[[], bytes]],
    usual: bytes,
    decisions: Mapping[str, Decision],
) -> list[Strain]:
    """Each hostile picture against itself, against a copy of it, and with a usual photo."""
    found = []
    board = see(usual)
    for name, build in hostile.items():
        one = see(build())
        copy = see(encoded(Image.fromarray(one.decoded.pixels), quality=60))
        for decision, decide in decisions.items():
            slowest, claims = 0.0, []
            for later, earlier in ((one, one), (copy, one), (one, board), (board, one)):
                began = perf_counter()
                claims.append(decide(later, earlier).claim)
                slowest = max(slowest, 1000 * (perf_counter() - began))
            found.append(
                Strain(
                    name=name,
                    width=one.decoded.width,
                    height=one.decoded.height,
                    fingerprint_ms=one.fingerprint_ms,
                    decision=decision,
                    decision_ms=slowest,
                    claims=tuple(claims),
                )
            )
    return found
