"""Machines that read strips of writing, for the quality gate and for `make eval`. None is a person.

rapidocr: PP-OCRv6 small out of its wheel, in this process; its alphabet has Latin, Greek and signs,
no Cyrillic. tesseract: the program of that name with its models eng and rus. Both are optional.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from PIL import Image

from core.imaging import Pixels

_ONE_LINE: Final = "7"  # tesseract's page segmentation: the picture is a single line of text
_WORD_LEVEL: Final = "5"  # of its TSV's rows: page, block, paragraph, line, word
_QUESTION_S: Final = 10.0  # what its models and its version are; answered within milliseconds
_ROWS: Final = 48  # what PP-OCR makes of every strip's height
# Strips for which it is started once: a start takes 0.2 s, and what is read in time is kept.
_AT_ONCE: Final = 16
# A picture that kills the program is looked for by halves; so many lists may be tried. Hundreds of
# strips with three such pictures take fewer.
_MOST_STARTS: Final = 64


class ReaderMissing(Exception):
    """This reader is not on this machine; the message says how it gets there."""


class ReaderFailed(Exception):
    """This reader broke down or took too long; what it would have read stays unknown."""


@dataclass(frozen=True, slots=True)
class Read:
    """What stands on a strip. confidence: the reader's own, 0 to 1; 0 where it read nothing."""

    words: tuple[str, ...]
    confidence: float

    @property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(self.words)


NOTHING: Final = Read((), 0.0)


class Reader(Protocol):
    """Reads upright strips with one line of writing each, whatever script it is in."""

    @property
    def name(self) -> str:
        """As records name it."""
        ...

    def read(self, strips: Sequence[Pixels], *, within_s: float) -> list[Read]:
        """The first of the strips, uint8 (h, w, 3): all, or as many as time allows.

        Raises ReaderFailed.
        """
        ...


class PpOcr:
    """rapidocr's recognition alone: where the lines are is known."""

    name = "rapidocr"

    def __init__(self) -> None:
        """Raises ReaderMissing."""
        if not all(importlib.util.find_spec(name) for name in ("rapidocr", "onnxruntime")):
            raise ReaderMissing(
                "rapidocr: not installed, see the extra `readers` in pyproject.toml"
            )
        from rapidocr import RapidOCR  # noqa: PLC0415 -- an optional dependency

        quiet = {
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        }
        # Any: its result's type depends on which of its steps are asked for.
        self._engine: Any = RapidOCR(params=quiet)
        self.read_one(np.full((_ROWS, _ROWS, 3), 255, dtype=np.uint8))  # only now it loads a model

    def describe(self) -> str:
        """Its version, on which figures hang."""
        return f"rapidocr {version('rapidocr')} on onnxruntime {version('onnxruntime')}"

    def read(self, strips: Sequence[Pixels], *, within_s: float) -> list[Read]:
        """See Reader."""
        until = time.monotonic() + within_s
        found = []
        for strip in strips:
            if time.monotonic() >= until:
                break
            found.append(self.read_one(strip))
        return found

    def read_one(self, strip: Pixels) -> Read:
        """One strip, uint8 (h, w, 3), in tens of milliseconds."""
        blue_first = np.ascontiguousarray(strip[..., ::-1])  # as OpenCV has it
        answer = self._engine(blue_first, use_det=False, use_cls=False)
        words = tuple(" ".join(answer.txts or ()).split())
        return Read(words, float(answer.scores[0])) if words else NOTHING


class Tesseract:
    """The program, once for all strips of a call, told which alphabets to expect."""

    name = "tesseract"

    def __init__(self) -> None:
        """Raises ReaderMissing where there is no program or not one of its two models."""
        program = shutil.which("tesseract")
        if program is None:
            raise ReaderMissing(
                "tesseract: not installed (Debian: apt-get install tesseract-ocr tesseract-ocr-rus)"
            )
        self._program = program
        had = self._run(["--list-langs"], _QUESTION_S).split()
        self.models = tuple(model for model in ("rus", "eng") if model in had)
        if not self.models:
            raise ReaderMissing("tesseract: has neither its model eng nor rus")

    def describe(self) -> str:
        """Its version, on which figures hang."""
        return self._run(["--version"], _QUESTION_S).partition("\n")[0]

    def read(self, strips: Sequence[Pixels], *, within_s: float) -> list[Read]:
        """See Reader. All its models at once, since nobody knows a line's script."""
        until = time.monotonic() + within_s
        found: list[Read] = []
        for first in range(0, len(strips), _AT_ONCE):
            left = until - time.monotonic()
            if left <= 0:
                break
            try:
                some = strips[first : first + _AT_ONCE]
                found += self.read_as(some, "+".join(self.models), within_s=left)
            except ReaderFailed:
                if not found:
                    raise
                break
        return found

    def read_as(self, strips: Sequence[Pixels], models: str, *, within_s: float) -> list[Read]:
        """All strips; models: as its option -l has it, "rus" or "rus+eng". Raises ReaderFailed.

        A strip on which the program dies reads as nothing: 5.3.0 was seen to die of SIGFPE.
        """
        with tempfile.TemporaryDirectory(prefix="auditorium-strips-") as folder:
            files = [Path(folder) / f"{number}.png" for number in range(len(strips))]
            for strip, file in zip(strips, files, strict=True):
                Image.fromarray(strip).save(file, compress_level=1)
            found = [NOTHING] * len(files)
            waiting, starts = [(0, len(files))] if files else [], 0
            while waiting:
                first, last = waiting.pop()
                starts += 1
                if starts > _MOST_STARTS:
                    raise ReaderFailed("tesseract: died again and again")
                try:
                    found[first:last] = self._read_files(files[first:last], models, within_s)
                except subprocess.CalledProcessError:
                    half = (first + last) // 2
                    parts = [(first, half), (half, last)] if last - first > 1 else []
                    waiting += parts
            return found

    def _read_files(self, files: Sequence[Path], models: str, within_s: float) -> list[Read]:
        listed = files[0].with_suffix(".txt")
        listed.write_text("\n".join(map(str, files)), encoding="utf-8")
        arguments = [str(listed), "stdout", "--psm", _ONE_LINE, "-l", models, "tsv"]
        return read_table(self._run(arguments, within_s), len(files))

    def _run(self, arguments: Sequence[str], within_s: float) -> str:
        # One thread: more only fight over two cores.
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        try:
            answer = subprocess.run(  # noqa: S603 -- our own arguments, no shell
                [self._program, *arguments],
                capture_output=True,
                text=True,
                check=True,
                env=environment,
                timeout=max(0.0, within_s),
            )
        except subprocess.TimeoutExpired as late:
            raise ReaderFailed(f"tesseract: took longer than {within_s:.1f} s") from late
        except OSError as reason:
            raise ReaderFailed(f"tesseract: {reason}") from reason
        return answer.stdout


def read_table(table: str, pages: int) -> list[Read]:
    """The words of each page out of tesseract's TSV, whose pages count from 1.

    The confidence is the mean of the words', by their letters.
    """
    words: list[list[str]] = [[] for _ in range(pages)]
    sure = [0.0] * pages
    header, *rows = (line.split("\t") for line in table.splitlines())
    level, page, text, told = (header.index(name) for name in ("level", "page_num", "text", "conf"))
    for row in rows:
        if row[level] == _WORD_LEVEL and row[text].strip():
            place = int(row[page]) - 1
            words[place].append(row[text])
            sure[place] += max(0.0, float(row[told])) / 100 * len(row[text])
    return [
        Read(tuple(own), total / sum(map(len, own))) if own else NOTHING
        for own, total in zip(words, sure, strict=True)
    ]


def find_readers() -> tuple[Reader, ...] | None:
    """Those of this machine; None where there is none. Loads PP-OCR's models: about a second."""
    found: list[Reader] = []
    for kind in (PpOcr, Tesseract):
        try:
            found.append(kind())
        except (ReaderMissing, ReaderFailed):
            continue
    return tuple(found) or None
