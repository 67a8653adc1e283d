"""What the three embedded servers have in common, as the supervisor sees them."""

import os
from pathlib import Path
from typing import Protocol

from core.operate.children import Program

# All stop at once, after our programs; what is not written by then PostgreSQL's WAL replays.
STOP_WITHIN_S = 3.5


class NotReady(Exception):
    """The server does not answer as it should, yet."""


class Server(Protocol):
    """One server out of a wheel. Its methods block: call them in threads."""

    @property
    def name(self) -> str:
        """How the operator calls it; also the name of its log."""
        ...

    def prepare(self) -> None:
        """Write its configuration and first files. Raises CannotStart. Repeatable."""
        ...

    def program(self) -> Program:
        """What to run."""
        ...

    def make_ready(self) -> None:
        """Use it as we shall, making what we need in it. Raises NotReady. Repeatable."""
        ...

    def tidy(self) -> None:
        """After it has ended: remove what it left outside the data folder. Repeatable."""
        ...

    def environment(self) -> dict[str, str]:
        """The settings (core.settings) by which our programs find it."""
        ...


def server_environment(folder: Path) -> dict[str, str]:
    """The little that a server gets of our environment: no token of ours, no locale."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "TZ": "UTC",
        "AUDITORIUM_DATA": str(folder),  # tells an operator's `ps e` whose it is
    }


def write_private(path: Path, content: str) -> None:
    """Write a configuration file that holds a password: mode 0600 from its first byte."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
