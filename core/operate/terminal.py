"""What the operator reads: lines, a line that changes, a QR code. Only this prints."""

import io
import os
import sys
from types import TracebackType
from typing import Self, TextIO

import segno

BAR_WIDTH = 24  # leaves room for the longest stage on 80 columns
WHITE_ON_BLACK, PLAIN = "\x1b[97;40m", "\x1b[0m"  # ECMA-48


def say(line: str) -> None:
    """A line of the operator's, at once also through a pipe."""
    print(line, flush=True)  # noqa: T201  # this is what the module is for


def complain(line: str) -> None:
    """A line about something that went wrong, on stderr."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201  # this is what the module is for


def has_colours(out: TextIO) -> bool:
    """Whether to colour what goes there: on a terminal that can, unless NO_COLOR is set."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def qr_code(address: str) -> str:
    """The address as a QR code of half-block characters, with its quiet zone.

    Light parts are drawn and dark ones left empty. A terminal is told its colours, so that the code
    is not inverted on a light one, which some phones cannot read.
    """
    drawn = io.StringIO()
    segno.make(address, error="m", micro=False).terminal(drawn, compact=True, border=2)
    lines = drawn.getvalue().splitlines()
    if sys.stdout.isatty():
        lines = [f"{WHITE_ON_BLACK}{line}{PLAIN}" for line in lines]
    return "\n".join(lines)


class Progress:
    """Stages with their seconds: one changing line on a terminal, a line a stage elsewhere."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._live = out.isatty()
        self._stage = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live and self._stage:
            self._out.write("\n")
            self._out.flush()

    def show(self, stage: str, seconds: float, share: float | None = None) -> None:
        """Show the stage, the seconds since the beginning, and how much of it is done (0 to 1)."""
        if self._live:
            done = round(BAR_WIDTH * min(max(share, 0.0), 1.0)) if share is not None else 0
            bar = "█" * done + "·" * (BAR_WIDTH - done)
            self._out.write(f"\r\x1b[K  {bar} {stage} {seconds:.1f} s")
        elif stage != self._stage:
            self._out.write(f"  {stage} ({seconds:.1f} s)\n")
        self._stage = stage
        self._out.flush()
