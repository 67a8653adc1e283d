"""Measure the bot under load and failures, and print a section for docs/benchmarks.md.

    python -m tests.bench.telegram [--only fan-out] [--append]

Real servers and a real `python -m bot`, against our Bot API server with Telegram's documented
rates. It takes some six minutes, of which one is an outage and one a lease that runs out.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from tests.bench.__main__ import RESULTS, table
from tests.bench.machine import commit, machine
from tests.bench.results import publish
from tests.bench.telegram.crowd import crowd_rows
from tests.bench.telegram.failures import kill_rows, outage_rows, storm_rows
from tests.bench.telegram.fan_out import fan_out_rows
from tests.bench.telegram.place import Place, load, place, servers

Rows = list[tuple[str, str]]
# What a server in the same country needs; the others answer at once.
_FAR_S: Final = 0.1
_OUTAGE_S: Final = 60.0
_STORM_S: Final = 20.0
_ROUNDS: Final = 5

# Name on the command line: heading, latency of Telegram in seconds, what is measured.
PARTS: Final[dict[str, tuple[str, float, Callable[[Place], Awaitable[Rows]]]]] = {
    "fan-out": (
        "One board to 300 members",
        0.0,
        lambda at: fan_out_rows(at, rounds=_ROUNDS),
    ),
    "far": (
        "The same with 100 ms before each answer of Telegram",
        _FAR_S,
        lambda at: fan_out_rows(at, rounds=1),
    ),
    "storm": (
        f"A storm of refusals for {_STORM_S:.0f} s in the middle of a fan-out",
        0.0,
        lambda at: storm_rows(at, seconds=_STORM_S),
    ),
    "outage": (
        f"An outage of {_OUTAGE_S:.0f} s in the middle of a fan-out",
        0.0,
        lambda at: outage_rows(at, seconds=_OUTAGE_S),
    ),
    "kill": ("kill -9 of the sender in the middle of a fan-out", 0.0, kill_rows),
    "kill-far": ("The same with 100 ms before each answer of Telegram", _FAR_S, kill_rows),
    "senders": ("40 send at once", 0.0, lambda at: crowd_rows(at, join=0)),
    "crowd": ("200 join within ten seconds while 40 send at once", 0.0, crowd_rows),
}


async def measure(only: list[str]) -> str:
    """The section's parts, each with the load that it met."""
    parts: list[str] = []
    with servers() as environment:
        for name, (heading, latency_s, rows_of) in PARTS.items():
            if only and name not in only:
                continue
            met = load()
            async with place(environment, latency_s=latency_s) as at:
                rows = [*await rows_of(at), ("load average of the machine before it", met)]
            parts += [f"### {heading}", table(rows)]
            sys.stderr.write(f"\n{parts[-2]}\n\n{parts[-1]}\n")
    return "\n\n".join(parts)


def main() -> int:
    """Measure, print, and with --append keep the section."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.telegram", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; may be repeated")
    parser.add_argument("--append", action="store_true", help="add the section to the results")
    chosen = parser.parse_args()
    measured = asyncio.run(measure(chosen.only or []))
    section = "\n\n".join(
        [f"## {datetime.now(UTC):%Y-%m-%d}, the bot, commit {commit()}", machine(), measured]
    )
    publish(section, RESULTS, append=chosen.append)
    return 0


if __name__ == "__main__":
    sys.exit(main())
