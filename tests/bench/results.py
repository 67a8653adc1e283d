"""Where a measured section goes: to the terminal, and behind those that are kept."""

import sys
from collections.abc import Sequence
from pathlib import Path


def publish(section: str, results: Path, *, append: bool) -> None:
    """Print a section of Markdown; append: also add it to the end of `results`."""
    sys.stdout.write(section + "\n")
    if append:
        with results.open("a", encoding="utf-8") as kept:
            kept.write("\n" + section + "\n")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
