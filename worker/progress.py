"""One line on a terminal that says how far the work is; silent anywhere else."""

import sys
from typing import Final, TextIO

_BAR: Final = 24  # characters of the bar
_CLEAR: Final = "\r\x1b[2K"  # to the line's start, erase it (ECMA-48)


class ProgressLine:
    """Drawn again in place. `clear` before any other line is written to the same terminal."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._shown = stream.isatty()

    def show(self, label: str, stage: str, fraction: float) -> None:
        """label: what is worked on. fraction: 0 to 1 of the stage."""
        if self._shown:
            filled = round(_BAR * min(1.0, max(0.0, fraction)))
            bar = "#" * filled + "-" * (_BAR - filled)
            self._stream.write(f"{_CLEAR}{label}  {stage:<7} [{bar}] {fraction:4.0%}")
            self._stream.flush()

    def clear(self) -> None:
        """Removes the line."""
        if self._shown:
            self._stream.write(_CLEAR)
            self._stream.flush()
