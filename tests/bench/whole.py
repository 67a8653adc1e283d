"""The pixel process as the worker runs it, from bytes to pictures: memory, time by step, start.

    python -m tests.bench.whole [--pictures 1 5] [--append]

Part of `make bench`; about eight minutes on two cores. Needs no server.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

from tests.bench.machine import commit, machine
from tests.bench.photos import board_photo
from tests.bench.pixels import Seen, Told
from tests.bench.results import publish
from worker.weights import resolve

ROOT: Final = Path(__file__).parents[2]
RESULTS: Final = ROOT / "docs" / "benchmarks.md"
MODEL: Final = "realesr-animevideov3"  # the default network
SMALL: Final = "400x300"
# A phone's crop, the largest that the network sees, a whole photo.
SIZES: Final = ("1280x960", "2560x1920", "4000x3000")
MEMORY_BAR_MB: Final = 700
COLD_BAR_S: Final = 3.0
GATE_SIZE: Final = "1280x960"
GATE_BAR_S: Final = 3.0
READERS: Final = {"off": "readers off", "auto": "with readers"}
# The first picture of a process loads the readers; time is told of the others.
_LEAST_FOR_TIME: Final = 2


def measured(photos: Sequence[Path], readers: str, weights: Path, pictures: int) -> Told:
    """What tests.bench.pixels says in a process of its own."""
    module = [sys.executable, "-m", "tests.bench.pixels", readers, str(weights)]
    answer = subprocess.run(
        [*module, *map(str, photos), "--pictures", str(pictures)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = json.loads(answer.stdout.splitlines()[-1])
    return Told(
        start_s=told["start_s"],
        loaded_mb=told["loaded_mb"],
        pictures=[Seen(**one) for one in told["pictures"]],
    )


def memory_table(found: dict[tuple[str, str], Told], looks: Sequence[int]) -> str:
    """Peaks of the pixel process and of the process that stands for the worker."""
    after = " | ".join(f"after {look}" for look in looks)
    lines = [
        f"| photo | readers | loaded | {after} | own pages | the worker's side | {_bar()} |",
        "| --- | --- | --- |" + " --- |" * (len(looks) + 3),
    ]
    for (size, readers), told in found.items():
        peaks = [f"{told.pictures[look - 1].child_mb:.0f} MB" for look in looks]
        last = told.pictures[-1]
        kept = "kept" if last.child_mb <= MEMORY_BAR_MB else "**missed**"
        own = max(one.anonymous_mb for one in told.pictures)
        lines.append(
            f"| {size} | {readers} | {told.loaded_mb:.0f} MB | {' | '.join(peaks)} "
            f"| {own:.0f} MB | {last.own_mb:.0f} MB | {kept} |"
        )
    return "\n".join(lines)


def _bar() -> str:
    return f"bar: {MEMORY_BAR_MB} MB"


def time_table(found: dict[tuple[str, str], Told]) -> str:
    """Milliseconds by step: medians of all pictures but a process's first, where there are more."""
    names = list(next(iter(found.values())).pictures[0].ms)
    lines = [
        f"| photo | readers | lines | whole | {' | '.join(names)} |",
        "| --- | --- | --- | --- |" + " --- |" * len(names),
    ]
    for (size, readers), told in found.items():
        counted = told.pictures[1:] if len(told.pictures) >= _LEAST_FOR_TIME else told.pictures
        steps = " | ".join(
            f"{median(one.ms.get(name, 0.0) for one in counted):.0f}" for name in names
        )
        whole = median(one.seconds for one in counted)
        lines.append(f"| {size} | {readers} | {counted[-1].lines} | {whole * 1000:.0f} | {steps} |")
    return "\n".join(lines)


def _gate_s(one: Seen) -> float:
    """Seconds that a picture takes more because it is composed."""
    return (one.ms["examine"] + one.ms["compose"]) / 1000


def gate_told(found: dict[tuple[str, str], Told]) -> str:
    """The quality gate's bar in words: composing is all that it adds, with what readers take."""
    told = []
    for readers in READERS:
        first, *others = found[GATE_SIZE, readers].pictures
        usual = median(map(_gate_s, others or [first]))
        kept = "kept" if usual <= GATE_BAR_S else "**missed**"
        told.append(
            f"{READERS[readers]} {usual:.2f} s ({_gate_s(first):.2f} s for the first "
            f"board of a process), {kept}"
        )
    return (
        f"- Quality gate at {GATE_SIZE}, all of composing (bar: {GATE_BAR_S:g} s): "
        f"{'; '.join(told)}."
    )


def cold_told(first: Told) -> str:
    """The start's bar in words. first: two pictures of the same photo, from the start on."""
    cold, warm = first.pictures
    whole = first.start_s + cold.seconds
    less_pass, less_all = whole - cold.ms["network"] / 1000, whole - warm.seconds
    kept = "kept" if less_pass <= COLD_BAR_S else "**missed**"
    return (
        f"- From the start of the pixel process to its first result, {SMALL} (bar: "
        f"{COLD_BAR_S:g} s and the pass): {whole:.2f} s, less the network's pass {less_pass:.2f} "
        f"s, {kept}; less all that the same photo takes once more {less_all:.2f} s. Engines were "
        f"loaded after {first.start_s:.2f} s."
    )


def main() -> int:
    """Measure, print, and with --append keep the section."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.whole", description=__doc__)
    parser.add_argument("--pictures", nargs="+", type=int, default=[1, 5], help="looks at memory")
    parser.add_argument("--sizes", nargs="+", default=SIZES, help="WIDTHxHEIGHT each")
    parser.add_argument("--append", action="store_true", help="add the section to the results")
    chosen = parser.parse_args()
    before = os.getloadavg()[0]
    found: dict[tuple[str, str], Told] = {}
    with tempfile.TemporaryDirectory(prefix="auditorium-whole-") as name:
        folder = Path(name)
        weights = resolve(MODEL, "", folder).path.parent
        for readers in READERS:
            for size in chosen.sizes:
                photo = _photo(folder, size)
                found[size, readers] = measured([photo], readers, weights, max(chosen.pictures))
        cold = measured([_photo(folder, SMALL)], "off", weights, 2)
    bars = [gate_told(found)] if (GATE_SIZE, "off") in found else []
    section = "\n\n".join(
        [
            f"## {datetime.now(UTC):%Y-%m-%d}, the whole pixel process, commit {commit()}",
            machine(),
            (
                "Photos of a generated board on a wall, as bytes through worker.child and back as "
                f"six pictures; {MODEL}, the composed view. The process's peak (VmHWM) has files' "
                "pages in it, libraries most of all; own pages are those it has after a picture "
                f"without them. Load average of the machine before it: {before:.1f}."
            ),
            memory_table(found, chosen.pictures),
            "Milliseconds by step, medians of all pictures but the first of a process:",
            time_table(found),
            "\n".join([*bars, cold_told(cold)]),
        ]
    )
    publish(section, RESULTS, append=chosen.append)
    return 0


def _photo(folder: Path, size: str) -> Path:
    file = folder / f"{size}.jpg"
    if not file.exists():
        width, height = (int(side) for side in size.split("x"))
        file.write_bytes(board_photo(width, height))
    return file


if __name__ == "__main__":
    sys.exit(main())
