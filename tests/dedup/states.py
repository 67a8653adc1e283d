# ruff: noqa: RUF001 -- Russian letters and signs of formulas
"""States of one board: what stands on it before and after a change. Pure, no pixels.

A board is made of pieces that are painted one by one, each by a number of its own, so that two
states differ where their pieces differ, and nowhere else.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tests.dedup.truth import Change
from tests.legibility.boards import Rng, Sketch, Written, lay_out
from tests.legibility.phrases import ENGLISH, FORMULAS, RUSSIAN
from tests.legibility.truth import BoardKind, Script
from tests.legibility.typefaces import length, size_for

# Whoever tunes looks at development pairs; what is reported is measured on the frozen ones. Apart
# from tests.legibility's, too: the same numbers would be other boards, but who remembers that.
SEEDS: Final = {"development": range(3_000, 5_000), "frozen": range(70_000, 72_000)}

# A sketch's pixel is two of a photo's of 1280, so that its plane, four times as fine, is twice as
# fine as the photo: enough for a lens's blur, and a quarter of the work.
_WIDTH: Final = 640
# 9 to 19 px in a photo of 1280: a line of 1/140 to 1/67 of the width, as on whole boards.
_X_HEIGHTS: Final = (4.5, 9.5)
_MOST_LINES: Final = 10  # in a column
_LEAST_LINES: Final = 7  # a title, one for each change, some that stay
_LEAST_LETTERS: Final = 2  # of a word
_FAINT_EVERY: Final = 5  # boards; coprime to the other periods

_KINDS: Final = tuple(BoardKind)
# A hand's words are up to 5 % larger and its spaces up to half as wide again (painting._hand).
_HAND_LARGER: Final = 1.05
_HAND_SPACE: Final = 1.25

# Signs for each other: those that turn a formula into another one.
SIGNS: Final = {"+": "−", "−": "+", "<": ">", ">": "<", "=": "≈"}
_SYMBOLS: Final = ("абвгдежзиклмнпрстухчшэюя", "abcdeghkmnopqrstuvwxyz", "0123456789")
# A letter's place fits its successor when their widths are this near; signs have air around them.
_AS_WIDE: Final = 0.2
# Another text that fills so much of a line's room keeps the layout.
_FILLED: Final = 0.8


@dataclass(frozen=True, slots=True)
class Piece:
    """number: of the strokes' own chance; the same number and text, the same strokes."""

    number: int
    written: Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A board and what may happen to it.

    plan: the surface; its lines are those of the layout. common: pieces that stay when one thing
    changes, the first of every such state. base: what stands there besides, in the earlier state.
    after: the later states, by change. details: what is new in them.
    """

    plan: Sketch
    script: Script
    common: tuple[Piece, ...]
    base: tuple[Piece, ...]
    after: dict[Change, tuple[Piece, ...]]
    details: dict[Change, str]

    @property
    def by_hand(self) -> bool:
        """Whether a hand wrote it."""
        return self.plan.lines[0].is_hand

    @property
    def earlier(self) -> tuple[Piece, ...]:
        """The state before."""
        return self.common + self.base

    def later(self, change: Change) -> tuple[Piece, ...]:
        """The state after this change; the earlier's own where only the photo changes."""
        return self.after.get(change, self.earlier)


def board(seed: int) -> Board:
    """The board of this seed with its states; the same seed, the same board. Raises FontsMissing.

    Eight seeds in a row hold every kind in either language, sixteen also slides by hand and print.
    """
    for attempt in range(100):
        rng = np.random.default_rng([seed, 11, attempt])
        plan, script = _plan(rng, seed)
        word = [
            place
            for place, line in enumerate(plan.lines)
            if place and line.script is not Script.FORMULA and _has_last_word(line)
        ]
        if len(plan.lines) >= _LEAST_LINES and len(word) > 1:
            return _states(rng, plan, script, word)
    raise ValueError(f"no board of seed {seed} has enough lines")


def _has_last_word(line: Written) -> bool:
    """Whether a word ends it that is more than a symbol, behind another."""
    return len(line.words) > 1 and len(line.words[-1].strip(",")) >= _LEAST_LETTERS


def _plan(rng: Rng, seed: int) -> tuple[Sketch, Script]:
    kind = _KINDS[seed % 4]
    script = (Script.CYRILLIC, Script.LATIN)[seed // 4 % 2]
    is_slide = kind is BoardKind.SLIDE
    plan = lay_out(
        rng,
        seed=seed,
        kind=kind,
        script=script,
        # Some lecturers write their slides on a tablet.
        is_hand=not is_slide or seed // 8 % 2 == 1,
        is_faint=not is_slide and seed % _FAINT_EVERY == 0,
        x_height=float(rng.uniform(*_X_HEIGHTS)),
        size=(_WIDTH, round(_WIDTH * float(rng.uniform(0.56, 0.78)))),
        most_lines=_MOST_LINES,
    )
    return plan, script


def _states(rng: Rng, plan: Sketch, script: Script, with_words: Sequence[int]) -> Board:
    """Chooses a line for each change."""
    of_word, of_symbol = (int(one) for one in rng.permutation(with_words)[:2])
    others = [place for place in range(1, len(plan.lines)) if place not in {of_word, of_symbol}]
    of_line, of_sign = (int(one) for one in rng.permutation(others)[:2])
    chosen = {of_word, of_symbol, of_line, of_sign}
    lines = [
        replace(line, slope=0.0 if i in chosen else line.slope) for i, line in enumerate(plan.lines)
    ]
    written = {line.text for line in lines}
    formula = _formula(rng, lines[of_sign], written)
    lines[of_sign] = replace(lines[of_sign], script=Script.FORMULA, words=formula)
    stays = [Piece(place, line) for place, line in enumerate(lines) if place not in chosen]
    # Numbers of parts of lines: 1000 and up, three for a line.
    sign, signs_after, sign_details = _replaced(rng, lines[of_sign], 1000 + 3 * of_sign)
    symbol, symbols_after, symbol_details = _replaced(rng, lines[of_symbol], 1000 + 3 * of_symbol)
    head, tail = _without_last_word(lines[of_word], 1000 + 3 * of_word)
    base = (head, *symbol, *sign)
    line = Piece(of_line, lines[of_line])
    after = {
        Change.LINE: (*stays, *base, line),
        Change.WORD: (*stays, *base, tail),
        Change.SYMBOL: (*stays, head, *symbols_after, *sign),
        Change.SIGN: (*stays, head, *symbol, *signs_after),
    }
    details = {
        Change.LINE: line.written.text,
        Change.WORD: tail.written.text,
        Change.SYMBOL: symbol_details,
        Change.SIGN: sign_details,
    }
    shown = [one for place, one in enumerate(lines) if place != of_line]
    return Board(
        plan=plan,
        script=script,
        common=tuple(stays),
        base=base,
        after=after | _other_texts(rng, plan, shown),
        details=details,
    )


def _without_last_word(line: Written, number: int) -> tuple[Piece, Piece]:
    """The line's beginning and its last word, each a piece."""
    head = replace(line, words=line.words[:-1])
    tail = replace(line, words=line.words[-1:], left=line.left + _reach(line, head.text + " "))
    return Piece(number, head), Piece(number + 1, tail)


def _replaced(
    rng: Rng, line: Written, number: int
) -> tuple[tuple[Piece, ...], tuple[Piece, ...], str]:
    """The line in up to three pieces, the same with another symbol in the middle, and which."""
    text = line.text
    for place in rng.permutation(len(text)):
        others = [
            other
            for other in _successors(text[place], line.script)
            if line.script is Script.FORMULA or _is_as_wide(other, text[place], line)
        ]
        if others:
            break
    else:
        raise ValueError(f"nothing in {text!r} can be changed")
    other = others[int(rng.integers(len(others)))]
    parts = (text[:place], text[place], text[place + 1 :])
    starts = (0, place, place + 1)
    pieces = [
        Piece(
            number + order,
            replace(line, words=tuple(part.split()), left=line.left + _reach(line, text[:start])),
        )
        for order, (part, start) in enumerate(zip(parts, starts, strict=True))
    ]
    # A space at a part's beginning is a part of the way to its first word.
    last = parts[2]
    indent = _reach(line, " ") if last.startswith(" ") else 0.0
    pieces[2] = replace(
        pieces[2], written=replace(pieces[2].written, left=pieces[2].written.left + indent)
    )
    changed = [
        pieces[0],
        replace(pieces[1], written=replace(pieces[1].written, words=(other,))),
        pieces[2],
    ]
    before, after = (tuple(one for one in some if one.written.words) for some in (pieces, changed))
    return before, after, f"{text[place]} to {other} in {text!r}"


def _successors(symbol: str, script: Script) -> str:
    if script is Script.FORMULA:
        return SIGNS.get(symbol, "")
    alphabet = next((letters for letters in _SYMBOLS if symbol in letters), "")
    return alphabet.replace(symbol, "")


def _is_as_wide(other: str, symbol: str, line: Written) -> bool:
    ours, theirs = (length(one, line.face, line.x_height) for one in (symbol, other))
    return abs(theirs / ours - 1) < _AS_WIDE


def _formula(rng: Rng, line: Written, written: set[str]) -> tuple[str, ...]:
    """A formula with a sign that turns it into another one, in the line's room if any has it."""
    signs = set(SIGNS) - {"="}  # every formula has that one
    fitting = [one for one in FORMULAS if set(one) & signs and one not in written]
    room = _reach(line, line.text)
    short = [one for one in fitting if _reach(replace(line, script=Script.FORMULA), one) <= room]
    choice = short or [min(fitting, key=len)]
    return tuple(choice[int(rng.integers(len(choice)))].split())


def _reach(line: Written, text: str) -> float:
    """How far this text of the line reaches at most, in the sketch's pixels."""
    size = size_for(line.face, line.x_height, line.script)
    if not line.is_hand:
        return length(text, line.face, size)
    spaces = text.count(" ") * length(" ", line.face, size)
    return _HAND_LARGER * (length(text, line.face, size) - spaces) + _HAND_SPACE * spaces


def _other_texts(
    rng: Rng, plan: Sketch, lines: Sequence[Written]
) -> dict[Change, tuple[Piece, ...]]:
    """All pieces of another text in the same layout; of a slide also of one with the same title."""
    phrases = {Script.CYRILLIC: RUSSIAN, Script.LATIN: ENGLISH, Script.FORMULA: FORMULAS}
    # A line is cut where its room ends, so phrases are known by their beginnings.
    shown = {_beginning(line.text) for line in lines}
    unused = {
        script: [phrase for phrase in known if _beginning(phrase) not in shown]
        for script, known in phrases.items()
    }
    others = [
        Piece(2000 + place, _other_text(rng, line, unused[line.script]))
        for place, line in enumerate(lines)
    ]
    if plan.kind is not BoardKind.SLIDE:
        return {Change.TEXT: tuple(others)}
    # The title stays in its place and the text below it ends where it ends.
    fewer = math.ceil(len(others) * float(rng.uniform(0.6, 1.0)))
    same_title = (Piece(0, lines[0]), *others[1 : max(2, fewer)])
    return {Change.TEXT: tuple(others), Change.TEMPLATE: same_title}


def _beginning(text: str) -> str:
    return text.split(maxsplit=1)[0]


def _other_text(rng: Rng, line: Written, unused: list[str]) -> Written:
    """The line with an unused phrase that reaches about as far, with fewer words if it must."""
    room = 1.05 * _reach(line, line.text)
    best: tuple[str, ...] = ()
    for place in rng.permutation(len(unused)):
        words = tuple(unused[place].split())
        while (
            len(words) > 1
            and line.script is not Script.FORMULA
            and _reach(line, " ".join(words)) > room
        ):
            words = words[:-1]
        far = _reach(line, " ".join(words))
        if far <= room and (not best or far > _reach(line, " ".join(best))):
            best = words
        if best and far > _FILLED * room:
            break
    if not best:
        # Nothing fits: the same letters the other way round are another text, too.
        return replace(line, words=tuple(word[::-1] for word in line.words[::-1]))
    unused[:] = [phrase for phrase in unused if _beginning(phrase) != best[0]]
    return replace(line, words=best)
