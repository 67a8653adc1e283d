"""How near the engine comes to the machine's matrix product, in how much memory; a section of it.

    python -m tests.bench.throughput [--pictures 1000] [--append]

Part of `make bench`; about seven minutes on two cores. Needs no server.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.bench.machine import commit, machine
from tests.bench.results import publish
from tests.networks import own_weights, random_compact
from worker.cores import WAITING
from worker.weights import Weights, resolve

ROOT: Final = Path(__file__).parents[2]
RESULTS: Final = ROOT / "docs" / "benchmarks.md"
# The issue's sizes and bars: own pixels' operations a second / the matrix product's.
COMPACT_SIZES: Final = ("400x300", "800x600", "1280x960", "2560x1920")
RRDB_SIZES: Final = ("400x300", "800x600")
COMPACT_BAR: Final = 0.85
RRDB_BAR: Final = 0.80
MEMORY_BAR_MB: Final = 700
COLD_BAR_S: Final = 3.0
LARGEST: Final = "2560x1920"
# Of different shapes, so that memory which fits one does not fit the next.
SMALL: Final = ("120x90", "96x128", "200x64", "64x48", "160x120")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A network, its sizes, and its bar."""

    title: str
    weights: Weights
    sizes: tuple[str, ...]
    bar: float


def cases(scratch: Path) -> list[Case]:
    """The networks that are measured; speed does not ask what the weights are."""
    deep = own_weights(scratch, random_compact(32, features=64), "srvgg-32")
    return [
        Case(
            title="SRVGGNetCompact-16",
            weights=resolve("realesr-animevideov3", "", scratch),
            sizes=COMPACT_SIZES,
            bar=COMPACT_BAR,
        ),
        Case(
            title="SRVGGNetCompact-32 (random weights)",
            weights=deep,
            sizes=COMPACT_SIZES,
            bar=COMPACT_BAR,
        ),
        Case(
            title="RRDBNet-23",
            weights=resolve("x4plus", "", scratch),
            sizes=RRDB_SIZES,
            bar=RRDB_BAR,
        ),
    ]


def measured(what: str, weights: Weights, sizes: tuple[str, ...], pictures: int = 2) -> Any:
    """What tests.bench.passes says in a process of its own. Any: its JSON."""
    module = [sys.executable, "-m", "tests.bench.passes"]
    command = [*module, what, str(weights.path), weights.name, *sizes]
    answer = subprocess.run(
        [*command, "--pictures", str(pictures)],
        cwd=ROOT,
        env={**os.environ, **WAITING},  # as worker.child sets it
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout.splitlines()[-1])


def speed_table(case: Case) -> str:
    """One line a size."""
    told = measured("speed", case.weights, case.sizes)
    lines = [
        f"### {case.title}: {told['described']}, in {told['way']}",
        "",
        f"| size | seconds | GFLOP/s | matrix product | ratio (bar: {case.bar:.2f}) |",
        "| --- | --- | --- | --- | --- |",
    ]
    for size, seconds, product in zip(
        case.sizes, told["seconds"], told["gemm_gflops"], strict=True
    ):
        width, height = (int(side) for side in size.split("x"))
        rate = told["gflop_per_pixel"] * width * height / seconds
        ratio = rate / product
        kept = "kept" if ratio >= case.bar else "**missed**"
        lines.append(
            f"| {size} | {seconds:.2f} | {rate:.0f} | {product:.0f} | {ratio:.2f}, {kept} |"
        )
    return "\n".join(lines)


def memory_table(default: Weights, deep: Weights, pictures: int) -> str:
    """Peaks, each in a process of its own."""
    large = measured("memory", default, (LARGEST,))
    many = measured("memory", default, SMALL, pictures)["peaks"]
    rrdb = measured("memory", deep, ("800x600",), 1)
    begun = time.monotonic()
    cold = measured("cold", default, ("400x300",))
    whole = time.monotonic() - begun - 3 * cold["next"]
    rows = [
        ("SRVGGNetCompact-16 loaded", f"{large['loaded']:.0f} MB"),
        (
            f"SRVGGNetCompact-16, {LARGEST} (bar: {MEMORY_BAR_MB} MB)",
            f"{large['peaks'][0]:.0f} MB; after a second one {large['peaks'][1]:.0f} MB",
        ),
        (
            f"{pictures} small pictures of five shapes, peak after each tenth of them",
            ", ".join(f"{peak:.0f}" for peak in many) + " MB",
        ),
        ("RRDBNet-23 loaded", f"{rrdb['loaded']:.0f} MB"),
        ("RRDBNet-23, 800x600", f"{rrdb['peaks'][0]:.0f} MB"),
        (
            f"start of a process to its first result of 400x300, less a pass (bar: {COLD_BAR_S} s)",
            f"{whole - cold['next']:.2f} s",
        ),
    ]
    lines = ["| figure | value |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in rows)]
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and with --append keep the section."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.throughput", description=__doc__)
    parser.add_argument("--pictures", type=int, default=100, help="small pictures in a row")
    parser.add_argument("--append", action="store_true", help="add the section to the results")
    chosen = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="auditorium-throughput-") as folder:
        networks = cases(Path(folder))
        tables = [speed_table(case) for case in networks]
        memory = memory_table(networks[0].weights, networks[-1].weights, chosen.pictures)
    title = (
        f"## {datetime.now(UTC):%Y-%m-%d}, the engine beside the matrix product, commit {commit()}"
    )
    conditions = (
        "Operations of the convolutions on the picture's own pixels, a second, beside torch's "
        "bfloat16 product of two 2048x2048 matrices right before and after; the best of up to four "
        f"passes. Load average of the machine before it: {before:.1f}."
    )
    last = "### Memory of the process (VmHWM, torch and its libraries among it) and cold start"
    section = "\n\n".join([title, machine(), conditions, *tables, last, memory])
    publish(section, RESULTS, append=chosen.append)
    return 0


if __name__ == "__main__":
    sys.exit(main())
