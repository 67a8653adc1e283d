"""Figures as Markdown tables for docs/benchmarks.md. Pure."""

from collections.abc import Sequence
from typing import Final

from tests.bench.results import table
from tests.dedup.figures import Bar, held, merged, times, worst
from tests.dedup.measuring import Outcome, Strain
from tests.dedup.truth import NEGATIVES, Camera, Change, Relation
from tests.legibility.intervals import Share
from tests.legibility.truth import BoardKind, Script

_WORST: Final = 8  # of each decision
_DECISION_MS: Final = 400  # for one verification on one core
_SCRIPTS: Final = (Script.CYRILLIC, Script.LATIN)


def bar_table(outcomes: Sequence[Outcome]) -> str:
    """Each decision beside the bars."""
    names = _decisions(outcomes)
    found = {name: {one.bar: one for one in held(_by(outcomes, name))} for name in names}
    rows = []
    for bar in dict.fromkeys(bar for own in found.values() for bar in own):
        cells = [found[name][bar] for name in names]
        rows.append(
            [
                bar.name,
                _bound(bar),
                str(cells[0].share.total),
                *(f"{one.merged}: {_percent(one.share)}, {_kept(one.is_kept)}" for one in cells),
            ]
        )
    return table(["figure, in %", "bar", "pairs", *names], rows)


def claim_table(outcomes: Sequence[Outcome]) -> str:
    """What is claimed, by change: counts, then the share that is claimed to show nothing new."""
    names = _decisions(outcomes)
    rows = []
    for change in _changes(outcomes):
        own = [one for one in outcomes if one.change is change]
        cells = [_by(own, name) for name in names]
        counted = [text for some in cells for text in (_claims(some), _percent(merged(some)))]
        rows.append([str(change), str(own[0].truth), str(len(cells[0])), *counted])
    head = [text for name in names for text in (f"{name}: claims", "merged, %")]
    return table(["change", "truth", "pairs", *head], rows)


def kind_table(outcomes: Sequence[Outcome]) -> str:
    """Merged by change and kind of board: counts of how many, and the share with its interval."""
    rows = []
    for name in _decisions(outcomes):
        for change in _changes(outcomes):
            own = [one for one in _by(outcomes, name) if one.change is change]
            kinds = ([one for one in own if one.kind is kind] for kind in BoardKind)
            rows.append([name, str(change), *(_counted(some) for some in kinds)])
    return table(["decision", "change", *BoardKind], rows)


def group_table(outcomes: Sequence[Outcome]) -> str:
    """Merged by how the later photo was taken, by script and by hand or print."""
    rows = []
    for name in _decisions(outcomes):
        for label, changes in (
            ("nothing new", [one for one in Change if one not in NEGATIVES]),
            ("something new", NEGATIVES),
        ):
            own = [one for one in _by(outcomes, name) if one.change in changes]
            groups = [
                *([one for one in own if one.camera is camera] for camera in Camera),
                *([one for one in own if one.script is script] for script in _SCRIPTS),
                *([one for one in own if one.by_hand is by_hand] for by_hand in (True, False)),
            ]
            rows.append([name, label, *(_counted(some) for some in groups)])
    return table(["decision", "shown", *Camera, *_SCRIPTS, "by hand", "print"], rows)


def worst_rows(outcomes: Sequence[Outcome]) -> str:
    """The false merges that lose most ink, with what to make them again from."""
    rows = [
        [
            name,
            str(one.change),
            str(one.seed),
            str(one.kind),
            str(one.camera),
            f"{100 * one.ink:.3f} %",
            one.details.replace("|", "\\|"),
            _evidence(one),
        ]
        for name in _decisions(outcomes)
        for one in worst(_by(outcomes, name))[:_WORST]
    ]
    if not rows:
        return "No false merges."
    head = ["decision", "change", "seed", "board", "camera", "ink lost", "what", "evidence"]
    return table(head, rows)


def time_table(outcomes: Sequence[Outcome]) -> str:
    """Milliseconds of fingerprinting and of each decision."""
    names = _decisions(outcomes)
    print_ms = times(_by(outcomes, names[0]), lambda one: one.fingerprint_ms)
    rows = [
        ["fingerprint of a decoded photo", f"{print_ms.median:.1f}", f"{print_ms.p95:.1f}", "-"]
    ]
    for name in names:
        took = times(_by(outcomes, name), lambda one: one.decision_ms)
        verdict = _kept(took.p95 <= _DECISION_MS)
        rows.append(
            [
                f"decision: {name}",
                f"{took.median:.2f}",
                f"{took.p95:.2f}",
                f"{_DECISION_MS} ms, {verdict}",
            ]
        )
    return table(["milliseconds, one core", "median", "95th percentile", "bar"], rows)


def strain_table(strains: Sequence[Strain]) -> str:
    """Hostile pictures: milliseconds, and what was said of a copy of each."""
    rows = [
        [
            one.name,
            f"{one.width}x{one.height}",
            one.decision,
            f"{one.fingerprint_ms:.0f}",
            f"{one.decision_ms:.2f}",
            ", ".join(one.claims),
            _kept(one.decision_ms <= _DECISION_MS),
        ]
        for one in strains
    ]
    said = "said of itself, its copy, it beside a board, a board beside it"
    head = ["picture", "size", "decision", "fingerprint, ms", "slowest decision, ms", said]
    return table([*head, f"bar: {_DECISION_MS} ms"], rows)


def _decisions(outcomes: Sequence[Outcome]) -> list[str]:
    return list(dict.fromkeys(one.decision for one in outcomes))


def _changes(outcomes: Sequence[Outcome]) -> list[Change]:
    found = {one.change for one in outcomes}
    return [change for change in Change if change in found]


def _by(outcomes: Sequence[Outcome], name: str) -> list[Outcome]:
    return [one for one in outcomes if one.decision == name]


def _claims(outcomes: Sequence[Outcome]) -> str:
    """How often each is claimed, without what never is."""
    counts = {claim: sum(one.claim is claim for one in outcomes) for claim in Relation}
    return ", ".join(f"{count} {claim}" for claim, count in counts.items() if count)


def _counted(outcomes: Sequence[Outcome]) -> str:
    part = sum(one.is_merged for one in outcomes)
    return f"{part} of {len(outcomes)}: {_percent(merged(outcomes))}" if outcomes else "-"


def _evidence(one: Outcome) -> str:
    """Its figures, short."""
    return ", ".join(
        f"{name} {value:.3g}"
        for name, value in one.evidence.items()
        if isinstance(value, int | float) and name != "compared"
    )


def _kept(is_kept: bool) -> str:  # noqa: FBT001 -- the word for it
    return "kept" if is_kept else "**missed**"


def _bound(bar: Bar) -> str:
    if bar.least is not None:
        return f"at least {100 * bar.least:.0f} %"
    return f"at most {100 * (bar.most or 0.0):.0f} %"


def _percent(found: Share | None) -> str:
    """The value and its interval, in hundredths."""
    if found is None:
        return "-"
    return f"{100 * found.value:.1f} [{100 * found.low:.1f}, {100 * found.high:.1f}]"
