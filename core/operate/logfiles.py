"""Log files of bounded size, written by children themselves.

A child has the file itself as its output (appending), not a pipe of ours: nothing it says is lost
when we are killed, and no event loop carries its lines. So a file is bounded by copying it aside
and cutting it to nothing, which works because the child appends.
"""

import os
import shutil
from pathlib import Path

# Two files each: with six children at most 60 MB, days of lines at the INFO level.
LARGEST_BYTES = 5_000_000

# What is read from the end of a log to tell why its child ended.
TAIL_BYTES = 4_000


def open_log(path: Path) -> int:
    """A descriptor to append to, readable by its owner only: logs may name people."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def bound(path: Path, largest_bytes: int = LARGEST_BYTES) -> bool:
    """Put a log that has grown too large aside as NAME.1 and start it anew. Blocks: use a thread.

    Returns whether it did. Lines written between the copy and the cut are lost: microseconds, once
    in megabytes.
    """
    try:
        if path.stat().st_size <= largest_bytes:
            return False
        shutil.copy(path, path.with_name(path.name + ".1"))
        os.truncate(path, 0)
    except FileNotFoundError:
        return False
    return True


def last_line(path: Path) -> str:
    """The last line that says something, for a message of one line; empty if there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
