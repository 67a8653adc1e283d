"""Compare our engine with RealESRGANer, OpenVINO and ncnn, and print a section for the results.

    python -m tests.bench.reference [--sizes 400x300 800x600] [--append]

`make bench-reference` runs it where all of them are installed. Same weights, same picture (the demo
board, generated), same cores, one after another; about three minutes on two idle cores.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from tests.bench.contenders import CONTENDERS, MODEL, Measured
from tests.bench.machine import commit, machine
from tests.bench.results import publish
from worker.cores import WAITING
from worker.engines.base import Pixels

ROOT: Final = Path(__file__).parents[2]
RESULTS: Final = ROOT / "docs" / "benchmarks.md"
BOARD: Final = ROOT / "deploy" / "demo" / "board.jpg"
SIZES: Final = ("400x300", "800x600")
# All contenders in turn, so often: what slows the machine for a while slows no single one.
ROUNDS: Final = 2
OURS: Final = "ours"
REFERENCE: Final = "RealESRGANer"
_IN_WORKER: Final = frozenset({OURS, "RealESRGANer in our worker"})
# The bars, at this size.
BAR_SIZE: Final = "800x600"
BAR_RATIO: Final = 4.3
BAR_DB: Final = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One contender at one size. decibels: to the reference's result; infinite: the same bytes."""

    name: str
    measured: Measured
    decibels: float


def psnr(one: Pixels, other: Pixels) -> float:
    """Peak signal-to-noise ratio in dB of 8-bit pixels."""
    error = float(np.mean((one.astype(np.float32) - other.astype(np.float32)) ** 2))
    return float("inf") if error == 0 else 10 * float(np.log10(255.0**2 / error))


def rows(size: str, scratch: Path) -> list[Row]:
    """Every contender at this size, WIDTHxHEIGHT."""
    width, height = (int(side) for side in size.split("x"))
    picture = scratch / f"{size}.png"
    Image.open(BOARD).convert("RGB").resize((width, height), Image.Resampling.LANCZOS).save(picture)
    measured: dict[str, Measured] = {}
    results: dict[str, Pixels] = {}
    for name in [*CONTENDERS] * ROUNDS:
        result = scratch / "result.npy"
        again = _measured(name, picture, result, scratch / "weights")
        measured[name] = better(measured.get(name, again), again)
        results[name] = np.load(result)
    return [
        Row(
            name=name,
            measured=measured[name],
            decibels=psnr(results[name], results[REFERENCE]),
        )
        for name in CONTENDERS
    ]


def better(one: Measured, other: Measured) -> Measured:
    """The shorter times of the two, and the larger memory."""
    return Measured(
        seconds=min(one.seconds, other.seconds),
        core_seconds=min(one.core_seconds, other.core_seconds),
        peak_mb=max(one.peak_mb, other.peak_mb),
    )


def _measured(name: str, picture: Path, result: Path, weights: Path) -> Measured:
    """In a process of its own. What it says on standard error is shown."""
    answer = subprocess.run(
        [sys.executable, "-m", "tests.bench.contenders", name, picture, result, weights],
        cwd=ROOT,
        env=os.environ | (WAITING if name in _IN_WORKER else {}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    # Libraries print, too; ours is the last line.
    return Measured(**json.loads(answer.stdout.splitlines()[-1]))


def table(found: list[Row]) -> str:
    """Markdown: seconds and the cores' seconds, how many times ours, dB, memory."""
    own = next(row.measured for row in found if row.name == OURS)
    lines = [
        "| | seconds | / ours | cores' seconds | / ours | dB to RealESRGANer | peak memory |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in found:
        decibels = "" if row.name == REFERENCE else f"{row.decibels:.1f}"
        seen = row.measured
        lines.append(
            f"| {row.name} | {seen.seconds:.2f} | {seen.seconds / own.seconds:.2f} "
            f"| {seen.core_seconds:.2f} | {seen.core_seconds / own.core_seconds:.2f} "
            f"| {decibels} | {seen.peak_mb:.0f} MB |"
        )
    return "\n".join(lines)


def judged(found: list[Row]) -> str:
    """The bars of BAR_SIZE, kept or missed, in words."""
    by_name = {row.name: row for row in found}
    reference, own = (by_name[name].measured for name in (REFERENCE, OURS))
    ratio = reference.seconds / own.seconds
    decibels = by_name[OURS].decibels
    return "\n".join(
        [
            (
                f"- At least {BAR_RATIO} times RealESRGANer's speed at {BAR_SIZE}: {ratio:.2f}, "
                f"**{_word(kept=ratio >= BAR_RATIO)}** (in the cores' time "
                f"{reference.core_seconds / own.core_seconds:.2f})."
            ),
            (
                f"- At least {BAR_DB:.0f} dB between the two results: {decibels:.1f}, "
                f"**{_word(kept=decibels >= BAR_DB)}**."
            ),
        ]
    )


def _word(*, kept: bool) -> str:
    return "kept" if kept else "missed"


def main() -> int:
    """Measure, print, and with --append keep the section."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reference", description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=SIZES, help="WIDTHxHEIGHT each")
    parser.add_argument("--append", action="store_true", help="add the section to the results")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    parts = [
        f"## {datetime.now(UTC):%Y-%m-%d}, the reference engine, commit {commit()}",
        machine(),
        (
            f"{MODEL}, the demo board (generated) in these sizes, the best of four passes in "
            f"{ROUNDS} rounds, each contender in a process of its own, bytes in to bytes out "
            "without loading; by the clock, and in the cores' time, in which threads that wait by "
            "spinning count and other programs hardly do. "
            "RealESRGANer 0.3.0 in float32 on the whole picture, by itself and where freed memory "
            f"is kept as in our worker. Load average of the machine before it: {load:.1f}."
        ),
    ]
    bars = ""
    with tempfile.TemporaryDirectory(prefix="auditorium-reference-") as folder:
        for size in chosen.sizes:
            found = rows(size, Path(folder))
            parts += [f"### {size}", table(found)]
            if size == BAR_SIZE:
                bars = judged(found)
    section = "\n\n".join([*parts, *([bars] if bars else [])])
    publish(section, RESULTS, append=chosen.append)
    return 0


if __name__ == "__main__":
    sys.exit(main())
