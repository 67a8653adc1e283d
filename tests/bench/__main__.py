"""Measure the running service as its users meet it, and print a section for docs/benchmarks.md.

    python -m tests.bench [--boards 9] [--append]

It runs `python -m core up` on a throw-away folder, twice, and sends boards by the REST API.
"""

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.machine import commit, machine
from tests.bench.memory import memory_rows
from tests.bench.results import publish
from tests.bench.sends import send_rows
from tests.bench.service import Running, running

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "benchmarks.md"


def table(rows: list[tuple[str, str]]) -> str:
    """Two columns of Markdown."""
    return "\n".join(["| figure | value |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in rows)])


def start_rows(cold: Running, warm: Running) -> list[tuple[str, str]]:
    """How long `make run` takes to its last line, nothing being downloaded."""
    return [
        ("`make run`, first start, to the demo board's result", f"{cold.ready_s:.1f} s"),
        ("`make run`, second start, to the same line", f"{warm.ready_s:.1f} s"),
        ("second start / first start", f"{warm.ready_s / cold.ready_s:.2f}"),
        ("Ctrl-C to the end of all processes (second start)", f"{warm.stop_s:.1f} s"),
    ]


def main() -> int:
    """Measure, print, and with --append keep the section."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--boards", type=int, default=9, help="boards to send, one after another")
    parser.add_argument("--append", action="store_true", help="add the section to the results")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="auditorium-bench-") as folder:
        Path(folder).chmod(0o711)  # as root, PostgreSQL's account has to reach it
        data = Path(folder) / "data"
        with running(data) as cold:
            sends = send_rows(cold, chosen.boards)
            memory = memory_rows(cold)
        with running(data) as warm:
            pass
    section = "\n\n".join(
        [
            f"## {datetime.now(UTC):%Y-%m-%d}, commit {commit()}",
            machine(),
            "### Send to READY",
            table(sends),
            "### Memory when idle, after the boards (PSS)",
            table(memory),
            "### Starting and stopping",
            table(start_rows(cold, warm)),
        ]
    )
    publish(section, RESULTS, append=chosen.append)
    return 0


if __name__ == "__main__":
    sys.exit(main())
