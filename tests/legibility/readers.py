"""Machines that read strips of writing, behind one protocol. None of them is a person.

rapidocr: PP-OCRv6 small out of its wheel; its alphabet has Latin, Greek and signs, no Cyrillic (the
models that have it are downloads, not in a package). tesseract: the program of that name with its
models eng and rus (Debian: tesseract-ocr, tesseract-ocr-rus).
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from PIL import Image

from tests.legibility.geometry import Pixels
from tests.legibility.truth import Script

Tokens = tuple[str, ...]

# Hundreds of strips take seconds; a reader that takes this long hangs.
_LONGEST_S: Final = 300.0
_ONE_LINE: Final = "7"  # tesseract's page segmentation: the picture is a single line of text
_WORD_LEVEL: Final = "5"  # of its TSV's rows: page, block, paragraph, line, word


class ReaderMissing(Exception):
    """This reader is not on this machine; the message says how it gets there."""


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

    name = "rapidocr"
    scripts = frozenset({Script.LATIN, Script.FORMULA})

    def __init__(self) -> None:
        """Raises ReaderMissing."""
        if not all(importlib.util.find_spec(name) for name in ("rapidocr", "onnxruntime")):
            raise ReaderMissing("rapidocr: not installed, see the extra `eval` in pyproject.toml")
        from rapidocr import RapidOCR  # noqa: PLC0415 -- an optional dependency

        quiet = {
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        }
        # Any: its result's type depends on which of its steps are asked for.
        self._engine: Any = RapidOCR(params=quiet)

    def describe(self) -> str:
        """See Reader."""
        return f"rapidocr {version('rapidocr')} on onnxruntime {version('onnxruntime')}"

    def read(self, strips: Sequence[Pixels], script: Script) -> list[Tokens]:
        """See Reader."""
        if script not in self.scripts:
            raise ValueError(f"{self.name} has no letters for {script}")
        found = []
        for strip in strips:
            blue_first = np.ascontiguousarray(strip[..., ::-1])  # as OpenCV has it
            answer = self._engine(blue_first, use_det=False, use_cls=False)
            found.append(tuple(" ".join(answer.txts or ()).split()))
        return found


class TesseractReader:
    """The program, once for all strips of a script, told which alphabet it is."""

    name = "tesseract"

    def __init__(self) -> None:
        """Raises ReaderMissing where there is no program or not one of its two models."""
        program = shutil.which("tesseract")
        if program is None:
            raise ReaderMissing(
                "tesseract: not installed (Debian: apt-get install tesseract-ocr tesseract-ocr-rus)"
            )
        self._program = program
        models = {Script.CYRILLIC: "rus", Script.LATIN: "eng", Script.FORMULA: "eng"}
        had = set(self._run("--list-langs").split())
        self._models = {script: model for script, model in models.items() if model in had}
        if not self._models:
            raise ReaderMissing("tesseract: has neither its model eng nor rus")

    @property
    def scripts(self) -> frozenset[Script]:
        """Those whose model is installed."""
        return frozenset(self._models)

    def describe(self) -> str:
        """See Reader."""
        return self._run("--version").partition("\n")[0]

    def read(self, strips: Sequence[Pixels], script: Script) -> list[Tokens]:
        """See Reader."""
        if not strips:
            return []
        with tempfile.TemporaryDirectory(prefix="auditorium-strips-") as folder:
            files = [Path(folder) / f"{number}.png" for number in range(len(strips))]
            for strip, file in zip(strips, files, strict=True):
                Image.fromarray(strip).save(file, compress_level=1)
            listed = Path(folder) / "strips.txt"
            listed.write_text("\n".join(map(str, files)), encoding="utf-8")
            model = self._models[script]
            table = self._run(str(listed), "stdout", "--psm", _ONE_LINE, "-l", model, "tsv")
        return tokens_of(table, len(strips))

    def _run(self, *arguments: str) -> str:
        # One thread: more only fight over two cores.
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        answer = subprocess.run(
            [self._program, *arguments],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
            timeout=_LONGEST_S,
        )
        return answer.stdout


def tokens_of(table: str, pages: int) -> list[Tokens]:
    """The words of each page out of tesseract's TSV. Pages are numbered from 1."""
    found: list[list[str]] = [[] for _ in range(pages)]
    header, *rows = (line.split("\t") for line in table.splitlines())
    level, page, text = (header.index(name) for name in ("level", "page_num", "text"))
    for row in rows:
        if row[level] == _WORD_LEVEL and row[text].strip():
            found[int(row[page]) - 1].append(row[text])
    return [tuple(words) for words in found]


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
