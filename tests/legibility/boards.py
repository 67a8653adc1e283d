"""What stands on a generated board, and where: text and layout by seed. No pixels here."""

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from tests.legibility.phrases import ENGLISH, FORMULAS, RUSSIAN
from tests.legibility.truth import BoardKind, Script
from tests.legibility.typefaces import HANDS, PRINTS, Typeface, length, size_for

Colour = tuple[int, int, int]
Rng = np.random.Generator
T = TypeVar("T")

# Whoever tunes looks at development boards; what is reported is measured on the frozen ones.
SEEDS: Final = {"development": range(1_000, 2_000), "frozen": range(50_000, 51_000)}

# Sixteen seeds in a row hold every kind of board with every size of writing, thirty-two both in
# either language.
_KINDS: Final = tuple(BoardKind)
_SIZES: Final = ((4.0, 5.4), (5.6, 7.4), (7.6, 10.4), (10.6, 13.0))
_FAINT_EVERY: Final = 3  # boards; coprime to 4, so that each kind and size has faint ones

# A phone's crop of a board: so many x-heights wide, and within what crops were seen to have.
_WIDTH_IN_X_HEIGHTS: Final = 68.0
_WIDTHS: Final = (380, 900)
# Board around what the photo surely shows, as a share of its height: room for the perspective.
MARGIN: Final = 0.06
_TITLE: Final = 1.5  # times the x-height of the rest
_LARGEST: Final = 14.0  # pixels; above it every reader reads everything
_MOST_LINES: Final = 7  # in a column: more add reading time, not variety
_USUAL_LETTERS: Final = 26  # of a phrase, with some air
_OTHER_LANGUAGE: Final = 0.15
_FORMULA: Final = 0.2

_MARKERS: Final[tuple[Colour, ...]] = ((32, 34, 40), (30, 58, 150), (176, 38, 44), (22, 108, 74))
_CHALKS: Final[tuple[Colour, ...]] = ((236, 236, 230), (238, 226, 140), (238, 178, 172))
_SLIDES: Final[tuple[tuple[Colour, tuple[Colour, ...]], ...]] = (
    ((246, 246, 244), ((38, 38, 44), (24, 66, 140), (150, 40, 40))),
    ((232, 238, 246), ((28, 36, 60), (20, 70, 120), (140, 60, 20))),
    ((26, 38, 72), ((236, 240, 246), (250, 214, 110), (150, 210, 250))),
)
_GROUNDS: Final[dict[BoardKind, tuple[Colour, ...]]] = {
    BoardKind.WHITE: ((234, 236, 236), (226, 230, 234), (238, 236, 230)),
    BoardKind.GREEN: ((46, 82, 66), (58, 92, 72), (40, 70, 62)),
    BoardKind.BLACK: ((44, 46, 50), (54, 54, 56), (36, 40, 42)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One line as it is to be written. Lengths in pixels of the photo, on the board's plane.

    left, baseline: where it begins. slope: radians, rising to the right. strength: of the ink,
    1.0 covers the ground.
    """

    words: tuple[str, ...]
    script: Script
    face: Typeface
    x_height: float
    left: float
    baseline: float
    slope: float
    colour: Colour
    strength: float

    @property
    def is_hand(self) -> bool:
        """Whether a hand wrote it, with its unevenness."""
        return self.face in HANDS

    @property
    def text(self) -> str:
        """As it is written, a formula with its spaces."""
        return " ".join(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """A board before it is painted. width, height: of the photo; the plane has a margin more.

    free: boxes (left, top, right, bottom) of the plane without writing, for drawings.
    """

    seed: int
    kind: BoardKind
    faint: bool
    width: int
    height: int
    ground: Colour
    lines: tuple[Written, ...]
    free: tuple[tuple[float, float, float, float], ...]

    @property
    def margin(self) -> float:
        """Of the plane around the photo's nominal frame, in pixels of the photo."""
        return MARGIN * self.height


def sketch(seed: int) -> Sketch:
    """The board of this seed; the same seed, the same board. Raises FontsMissing."""
    rng = np.random.default_rng([seed, 1])
    kind = _KINDS[seed % 4]
    low, high = _SIZES[seed // 4 % 4]
    x_height = float(rng.uniform(low, high))
    width = int(np.clip(x_height * _WIDTH_IN_X_HEIGHTS * rng.uniform(0.9, 1.1), *_WIDTHS))
    height = int(width * rng.uniform(0.6, 0.78))
    return lay_out(
        rng,
        seed=seed,
        kind=kind,
        script=(Script.CYRILLIC, Script.LATIN)[(seed + seed // 4 + seed // 16) % 2],
        is_hand=kind is not BoardKind.SLIDE,
        is_faint=kind is not BoardKind.SLIDE and seed % _FAINT_EVERY == 0,
        x_height=x_height,
        size=(width, height),
        most_lines=_MOST_LINES,
    )


def lay_out(
    rng: Rng,
    *,
    seed: int,
    kind: BoardKind,
    script: Script,
    is_hand: bool,
    is_faint: bool,
    x_height: float,
    size: tuple[int, int],
    most_lines: int,
) -> Sketch:
    """A board of this kind, full of lines. Raises FontsMissing.

    x_height, size (width, height): in pixels of the photo. most_lines: in a column.
    """
    ground, colours = _colours(rng, kind)
    page = _Page(
        rng=rng,
        x_height=x_height,
        colours=colours,
        face=_pick(rng, HANDS if is_hand else PRINTS),
        script=script,
        strength=(0.22, 0.42) if is_faint else (0.75, 1.0),
        most_lines=most_lines,
        unused={
            Script.CYRILLIC: list(RUSSIAN),
            Script.LATIN: list(ENGLISH),
            Script.FORMULA: list(FORMULAS),
        },
    )
    width, height = size
    lines, free = _fill(page, width, height)
    return Sketch(
        seed=seed,
        kind=kind,
        faint=is_faint,
        width=width,
        height=height,
        ground=ground,
        lines=lines,
        free=free,
    )


@dataclass(slots=True, kw_only=True)
class _Page:
    """What the lines of one board have in common, and the phrases that it has not used."""

    rng: Rng
    x_height: float
    colours: tuple[Colour, ...]
    face: Typeface
    script: Script
    strength: tuple[float, float]
    most_lines: int
    unused: dict[Script, list[str]]

    def line(self, left: float, baseline: float, room: float, *, title: bool = False) -> Written:
        """A line that ends before left + room."""
        rng, is_hand = self.rng, self.face in HANDS
        script = self._script(title=title)
        x_height = self.x_height * float(rng.uniform(0.88, 1.12) if is_hand else 1.0)
        x_height = min(_LARGEST, x_height * _TITLE) if title else x_height
        words = self._words(script, x_height, room)
        return Written(
            words=words,
            script=script,
            face=self.face,
            x_height=x_height,
            left=left,
            baseline=baseline,
            slope=float(rng.normal(0.0, 0.012)) if is_hand else 0.0,
            colour=self.colours[1] if title and len(self.colours) > 1 else self._colour(),
            strength=float(rng.uniform(*self.strength)),
        )

    def _script(self, *, title: bool) -> Script:
        chance = float(self.rng.random())
        if title or chance >= _FORMULA + _OTHER_LANGUAGE:
            return self.script
        if chance < _FORMULA:
            return Script.FORMULA
        return Script.LATIN if self.script is Script.CYRILLIC else Script.CYRILLIC

    def _words(self, script: Script, x_height: float, room: float) -> tuple[str, ...]:
        """An unused phrase, without the last words where it is too long; a formula whole."""
        size = size_for(self.face, x_height, script)
        phrases = self.unused[script]
        for place in self.rng.permutation(len(phrases)):
            words = tuple(phrases[place].split())
            least = len(words) if script is Script.FORMULA else 2
            while len(words) > least and self._reach(words, size) > room:
                words = words[:-1]
            if self._reach(words, size) <= room:
                del phrases[place]
                return words
        return (min((word for phrase in phrases for word in phrase.split()), key=len),)

    def _reach(self, words: tuple[str, ...], size: float) -> float:
        """How far they reach at most: a hand's words are larger and stand wider apart."""
        return (1.15 if self.face in HANDS else 1.0) * length(" ".join(words), self.face, size)

    def columns(self, room: float) -> int:
        """As many as leave room for a usual phrase."""
        size = size_for(self.face, self.x_height, self.script)
        usual = _USUAL_LETTERS / len(RUSSIAN[0]) * length(RUSSIAN[0], self.face, size)
        return int(np.clip(room / usual, 1, 3))

    def _colour(self) -> Colour:
        return self.colours[0] if self.rng.random() < 0.7 else _pick(self.rng, self.colours)


def _fill(
    page: _Page, width: int, height: int
) -> tuple[tuple[Written, ...], tuple[tuple[float, float, float, float], ...]]:
    rng, x_height = page.rng, page.x_height
    # The photo's frame moves within the margin, which a line must not leave: hence twice.
    inset = 2.2 * MARGIN * height
    right, bottom = width + 2 * MARGIN * height - inset, height + 2 * MARGIN * height - inset
    baseline = inset + _TITLE * 2.4 * x_height
    lines = [page.line(inset + 2 * x_height, baseline, right - inset - 4 * x_height, title=True)]
    top = baseline + 3.4 * x_height
    columns = page.columns(right - inset)
    step = (right - inset) / columns
    free = []
    for column in range(columns):
        left = inset + column * step + float(rng.uniform(0.0, 0.06)) * step
        room = step * (0.98 if columns == 1 else 0.9) - x_height
        pitch = x_height * float(rng.uniform(3.3, 4.2))
        y = top + float(rng.uniform(0.0, 1.0)) * x_height
        for _ in range(page.most_lines):
            if y + 1.2 * x_height > bottom:
                break
            indent = float(rng.uniform(0.0, 2.0)) * x_height
            lines.append(page.line(left + indent, y, room - indent))
            y += pitch
        if bottom - y > 8 * x_height:
            free.append((left, y, left + min(room, 30 * x_height), bottom))
    return tuple(lines), tuple(free)


def _colours(rng: Rng, kind: BoardKind) -> tuple[Colour, tuple[Colour, ...]]:
    if kind is BoardKind.SLIDE:
        return _pick(rng, _SLIDES)
    inks = list(_MARKERS if kind is BoardKind.WHITE else _CHALKS)
    if kind is BoardKind.WHITE:
        inks[:2] = [inks[place] for place in rng.permutation(2)]
    return _pick(rng, _GROUNDS[kind]), tuple(inks)


def _pick(rng: Rng, choices: tuple[T, ...]) -> T:
    return choices[int(rng.integers(len(choices)))]
