"""Figures as Markdown tables for docs/legibility.md. Pure."""

from collections.abc import Sequence
from typing import Final

from tests.bench.results import table
from tests.legibility.figures import Keep, closeness, legibility
from tests.legibility.intervals import Share
from tests.legibility.measuring import Nearness, Reading
from tests.legibility.renditions import BICUBIC, ORIGINAL, TRUE
from tests.legibility.truth import X_HEIGHT_ROWS, BoardKind

# Below this a single word moves a row by more than three points: it is shown, and not judged.
_LEAST_WORDS: Final = 30


def recall_table(readings: Sequence[Reading]) -> str:
    """Words read, in %, by group of lines, script and reader; a column for each rendition."""
    names = _renditions(readings)
    rows = []
    for group, keep in _groups():
        for script, reader in _pairs(readings):
            found = [
                legibility(readings, name, _both(keep, script, reader)).recall for name in names
            ]
            if found[0] is not None:
                total = str(found[0].total)
                rows.append([group, script, reader, total, *(_percent(one) for one in found)])
    return table(["lines", "script", "reader", "words", *names], rows)


def change_table(readings: Sequence[Reading]) -> str:
    """What each rendition gains and loses against bicubic: by script and reader, then by size."""
    parts: list[tuple[str, str, str, Keep]] = [
        ("all", script, reader, _both(_everything, script, reader))
        for script, reader in _pairs(readings)
    ]
    parts.append(("all", "all", "all", _everything))
    parts += [(row, "all", "all", _in_row(row)) for row in X_HEIGHT_ROWS]
    rows = []
    for name in _renditions(readings)[1:]:
        for lines, script, reader, keep in parts:
            found = legibility(readings, name, keep)
            if found.recall is None:
                continue
            rows.append(
                [
                    name,
                    lines,
                    script,
                    reader,
                    "" if name == BICUBIC else _percent(found.change, signed=True),
                    "" if name == BICUBIC else _percent(found.recovered),
                    "" if name == BICUBIC else _percent(found.lost),
                    _percent(found.wrong),
                ]
            )
    against = ["points against bicubic", "recovered", "lost", "wrong"]
    return table(["rendition", "lines", "script", "reader", *against], rows)


def worst_rows(readings: Sequence[Reading]) -> str:
    """For each rendition the row of x-height, script and reader that it harms most."""
    rows = []
    for name in _renditions(readings)[1:]:
        if name in {BICUBIC, TRUE}:
            continue
        judged: list[tuple[str, Share]] = []
        for row in X_HEIGHT_ROWS:
            for script, reader in _pairs(readings):
                keep = _both(_in_row(row), script, reader)
                change = legibility(readings, name, keep).change
                if change is not None and change.total >= _LEAST_WORDS:
                    judged.append((f"{row}, {script}, {reader}", change))
        if judged:
            place, change = min(judged, key=lambda one: one[1].value)
            rows.append([name, place, str(change.total), _percent(change, signed=True)])
    return table(["rendition", "its worst row", "words", "points against bicubic"], rows)


def nearness_table(nearness: Sequence[Nearness]) -> str:
    """Nearness to the true pictures."""
    names = list(dict.fromkeys(one.rendition for one in nearness))
    rows = []
    for against in ("lit", "even"):
        for name in names:
            found = closeness(nearness, name, against)
            rows.append(
                [
                    against,
                    name,
                    f"{found.mse:.0f}",
                    f"{100 * found.mse_change:+.0f} %",
                    f"{found.psnr:.2f} dB",
                    f"{found.ssim:.3f}",
                    f"{100 * found.gap_closed:+.0f} %",
                ]
            )
    head = ["true picture", "rendition", "MSE", "against bicubic", "PSNR", "SSIM", "gap closed"]
    return table(head, rows)


def _everything(_: Reading) -> bool:
    return True


def _in_row(row: str) -> Keep:
    return lambda one: one.row == row


def _of_kind(kind: BoardKind) -> Keep:
    return lambda one: one.kind is kind


def _groups() -> list[tuple[str, Keep]]:
    return [
        ("all", _everything),
        *((row, _in_row(row)) for row in X_HEIGHT_ROWS),
        *((str(kind), _of_kind(kind)) for kind in BoardKind),
        ("faint strokes", lambda one: one.faint),
    ]


def _both(keep: Keep, script: str, reader: str) -> Keep:
    return lambda one: keep(one) and one.script == script and one.reader == reader


def _renditions(readings: Sequence[Reading]) -> list[str]:
    """The original first, then as they were read."""
    return sorted(
        dict.fromkeys(one.rendition for one in readings), key=lambda name: name != ORIGINAL
    )


def _pairs(readings: Sequence[Reading]) -> list[tuple[str, str]]:
    return sorted({(str(one.script), one.reader) for one in readings})


def _percent(found: Share | None, *, signed: bool = False) -> str:
    """The value and its interval, in hundredths."""
    if found is None:
        return "-"
    value = f"{100 * found.value:+.1f}" if signed else f"{100 * found.value:.1f}"
    form = "+.0f" if signed else ".0f"
    return f"{value} [{100 * found.low:{form}}, {100 * found.high:{form}}]"
