"""Boards by seed, made into renditions, read line by line, and scored."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from tests.legibility.camera import BoardPhoto, take
from tests.legibility.fidelity import Fidelity, fidelity
from tests.legibility.geometry import Pixels, strip
from tests.legibility.painting import FINE
from tests.legibility.readers import Reader, Tokens
from tests.legibility.renditions import BICUBIC, ORIGINAL, TRUE, Rendition
from tests.legibility.scoring import LineScore, score_line
from tests.legibility.truth import BoardKind, Line, Script, x_height_row


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one reader made of one line in one rendition."""

    seed: int
    number: int
    kind: BoardKind
    faint: bool
    x_height: float
    script: Script
    words: tuple[str, ...]
    rendition: str
    reader: str
    tokens: Tokens
    score: LineScore

    @property
    def row(self) -> str:
        """The row of x-heights in which it counts."""
        return x_height_row(self.x_height)

    @property
    def line(self) -> tuple[int, int]:
        """Which line it is, whatever it was read by and in."""
        return self.seed, self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearness:
    """How near one rendition of one board is to the true pictures."""

    seed: int
    rendition: str
    lit: Fidelity
    even: Fidelity


@dataclass(slots=True)
class Measured:
    """Everything of one run.

    strips: of the lines where a rendition reads otherwise than bicubic, by Reading.line and the
    rendition's name. digest: SHA-256 of the photos' bytes; equal digests, the same boards.
    """

    readings: list[Reading] = field(default_factory=list)
    nearness: list[Nearness] = field(default_factory=list)
    strips: dict[tuple[int, int], dict[str, Pixels]] = field(default_factory=dict)
    digest: str = ""


def measure(
    seeds: Iterable[int],
    renditions: Mapping[str, Rendition],
    readers: Sequence[Reader],
    tell: Callable[[str], None],
) -> Measured:
    """Reads every line of every board in the photo, in each rendition, and in the true picture.

    renditions: with BICUBIC among them. tell: is called with a line of text after each board.
    """
    measured = Measured()
    photos = hashlib.sha256()
    for seed in seeds:
        board = take(seed)
        photos.update(board.jpeg)
        strips = {ORIGINAL: [strip(board.photo, line, 1) for line in board.lines]}
        for name, rendition in renditions.items():
            picture = rendition(board.photo)
            strips[name] = [strip(picture, line, FINE) for line in board.lines]
            measured.nearness.append(
                Nearness(
                    seed=seed,
                    rendition=name,
                    lit=fidelity(picture, board.lit),
                    even=fidelity(picture, board.even),
                )
            )
        strips[TRUE] = [strip(board.lit, line, FINE) for line in board.lines]
        readings = _read_by_all(board, strips, readers)
        measured.readings += readings
        for number in _otherwise(readings):
            measured.strips[seed, number] = {name: cut[number] for name, cut in strips.items()}
        tell(f"{seed}: {board.kind}, {len(board.lines)} lines")
    measured.digest = photos.hexdigest()
    return measured


def _read_by_all(
    board: BoardPhoto, strips: Mapping[str, Sequence[Pixels]], readers: Sequence[Reader]
) -> list[Reading]:
    """All readers side by side: one waits for a program while another computes."""
    with ThreadPoolExecutor(max_workers=max(1, len(readers))) as pool:
        return list(chain.from_iterable(pool.map(partial(_read, board, strips), readers)))


def _read(
    board: BoardPhoto, strips: Mapping[str, Sequence[Pixels]], reader: Reader
) -> list[Reading]:
    """All renditions of a script at once, since a reader may take long to start."""
    readings = []
    by_script: dict[Script, list[tuple[int, Line]]] = defaultdict(list)
    for number, line in enumerate(board.lines):
        if line.script in reader.scripts:
            by_script[line.script].append((number, line))
    for script, lines in by_script.items():
        places = [(name, number, line) for name in strips for number, line in lines]
        read = reader.read([strips[name][number] for name, number, _ in places], script)
        for (name, number, line), tokens in zip(places, read, strict=True):
            readings.append(
                Reading(
                    seed=board.seed,
                    number=number,
                    kind=board.kind,
                    faint=board.faint,
                    x_height=line.x_height,
                    script=script,
                    words=line.words,
                    rendition=name,
                    reader=reader.name,
                    tokens=tokens,
                    score=score_line(line.words, tokens, script),
                )
            )
    return readings


def _otherwise(readings: Sequence[Reading]) -> set[int]:
    """The lines that some reader reads better or worse in some rendition than in bicubic."""
    hits = {(one.number, one.reader, one.rendition): one.score.hits for one in readings}
    return {
        number
        for (number, reader, rendition), found in hits.items()
        if rendition not in {ORIGINAL, TRUE} and found != hits[number, reader, BICUBIC]
    }
