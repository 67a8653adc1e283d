"""Machines that read strips of writing, told which script it is. None of them is a person.

The readers themselves are the worker's: its quality gate reads with them, too. rapidocr's alphabet
has Latin, Greek and signs, no Cyrillic (the models that have it are downloads, not in a package).
"""

from collections.abc import Sequence
from typing import Final, Protocol

from tests.legibility.geometry import Pixels
from tests.legibility.truth import Script
from worker.readers import PpOcr, ReaderMissing, Tesseract

Tokens = tuple[str, ...]

# Hundreds of strips take seconds; a reader that takes this long hangs.
_LONGEST_S: Final = 300.0
_MODELS: Final = {Script.CYRILLIC: "rus", Script.LATIN: "eng", Script.FORMULA: "eng"}


class Reader(Protocol):
    """Reads upright strips with one line of writing each."""

    @property
    def name(self) -> str:
        """As results name it."""
        ...

    @property
    def scripts(self) -> frozenset[Script]:
        """What it has letters for; it is asked for nothing else."""
        ...

    def describe(self) -> str:
        """Its name and version, on which figures hang."""
        ...

    def read(self, strips: Sequence[Pixels], script: Script) -> list[Tokens]:
        """The tokens of each strip, uint8 (h, w, 3), all written in this script of `scripts`."""
        ...


class RapidReader:
    """PP-OCR's recognition alone: where the lines are is known."""

    name = PpOcr.name
    scripts = frozenset({Script.LATIN, Script.FORMULA})

    def __init__(self) -> None:
        """Raises ReaderMissing."""
        self._reader = PpOcr()

    def describe(self) -> str:
        """See Reader."""
        return self._reader.describe()

    def read(self, strips: Sequence[Pixels], script: Script) -> list[Tokens]:
        """See Reader."""
        if script not in self.scripts:
            raise ValueError(f"{self.name} has no letters for {script}")
        return [self._reader.read_one(strip).words for strip in strips]


class TesseractReader:
    """The program, once for all strips of a script, told which alphabet it is."""

    name = Tesseract.name

    def __init__(self) -> None:
        """Raises ReaderMissing where there is no program or not one of its two models."""
        self._reader = Tesseract()

    @property
    def scripts(self) -> frozenset[Script]:
        """Those whose model is installed."""
        return frozenset(
            script for script, model in _MODELS.items() if model in self._reader.models
        )

    def describe(self) -> str:
        """See Reader."""
        return self._reader.describe()

    def read(self, strips: Sequence[Pixels], script: Script) -> list[Tokens]:
        """See Reader. A strip on which the program dies reads as nothing."""
        found = self._reader.read_as(strips, _MODELS[script], within_s=_LONGEST_S)
        return [read.words for read in found]


_KNOWN: Final = (RapidReader, TesseractReader)


def readers() -> tuple[list[Reader], list[str]]:
    """The readers of this machine, and a line for each that is missing."""
    present: list[Reader] = []
    missing = []
    for kind in _KNOWN:
        try:
            present.append(kind())
        except ReaderMissing as reason:
            missing.append(str(reason))
    return present, missing
