# ruff: noqa: RUF001, RUF002 -- letters that look alike are what this is about
"""Which words of a line a reader has read. Pure.

A word counts as readable when the reader's token is similar enough to it. Tokens are matched with
words in order; a word that the reader split and words that he ran together are matched as well,
since a space is no letter.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from tests.legibility.truth import Script

# Issue 4's bounds: one wrong letter in five is still understood; a short word becomes another.
READABLE_FROM: Final = 0.8
EXACT_UP_TO: Final = 4
# A reader without spaces runs whole phrases together; three words are what a short line loses.
_MOST_TOGETHER: Final = 3

# Letters drawn alike in both alphabets: a reader of both may answer with either.
_ALIKE: Final = str.maketrans("aceopxykmthb", "асеорхукмтнв")
# Signs drawn alike in formulas, and capitals that only their size tells from small letters.
_SIGNS: Final = str.maketrans({"−": "-", "–": "-", "—": "-", "·": ".", "•": ".", "⋅": "."})
_SHAPES: Final = str.maketrans("CKOSUVWXZ", "ckosuvwxz")


@dataclass(frozen=True, slots=True)
class LineScore:
    """What a reader made of one line.

    readable: for each true word, in order. wrong: of `tokens` tokens those that don't read as
    every word that they are matched with, or match none.
    """

    readable: tuple[bool, ...]
    tokens: int
    wrong: int

    @property
    def hits(self) -> int:
        """How many words were readable."""
        return sum(self.readable)


def fold(text: str, script: Script) -> str:
    """The text as it is compared: what only differs in writing, not in reading, is the same.

    Letter case (in formulas only where shapes are the same), ё and е, compatible characters (² and
    2), marks around a word, and for Cyrillic Latin letters of the same shape.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    if script is Script.FORMULA:
        return "".join(plain.translate(_SHAPES).split())
    letters = plain.casefold().replace("ё", "е")
    if script is Script.CYRILLIC:
        letters = letters.translate(_ALIKE)
    return letters.strip(".,:;!?\"'()[]«»-|_*/\\ ")


def edits(one: str, other: str) -> int:
    """Letters to insert, delete or replace to make one text of the other (Levenshtein 1966)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        above, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (a != b))
    return row[-1]


def similarity(word: str, token: str) -> float:
    """1.0 for equal texts, 0.0 for texts without a common letter; both folded."""
    longest = max(len(word), len(token))
    return 1.0 if longest == 0 else 1.0 - edits(word, token) / longest


def is_readable(word: str, token: str) -> bool:
    """Whether `token` reads as `word`; both folded."""
    if len(word) <= EXACT_UP_TO:
        return word == token
    return similarity(word, token) >= READABLE_FROM


def score_line(words: Sequence[str], tokens: Sequence[str], script: Script) -> LineScore:
    """Matches the reader's tokens with the true words of one line, in order.

    Of all matchings one with the most readable words is taken, of these one that explains most
    tokens. Tokens that fold to nothing (a lone full stop) are left out.
    """
    truth = [fold(word, script) for word in words]
    read = [folded for token in tokens if (folded := fold(token, script))]
    if script is Script.FORMULA:
        read = ["".join(read)] if read else []
    best = _matching(tuple(truth), tuple(read))
    return LineScore(readable=best.readable, tokens=len(read), wrong=len(read) - best.right_tokens)


@dataclass(frozen=True, slots=True, order=True)
class _Matching:
    """The best matching of the rest of the words with the rest of the tokens.

    The order of the fields says what is better. groups: minus how often words or tokens are taken
    together, which is done only for another hit: else a stray letter would hide in a long word.
    """

    hits: int
    groups: int
    right_tokens: int
    likeness: float
    readable: tuple[bool, ...]

    def after(self, words: tuple[str, ...], pieces: tuple[str, ...], tokens: int) -> "_Matching":
        """This one, with `words` before it read as `pieces`, which came out of `tokens` tokens."""
        found = tuple(is_readable(a, b) for a, b in zip(words, pieces, strict=True))
        alike = sum(similarity(a, b) for a, b in zip(words, pieces, strict=True))
        return _Matching(
            self.hits + sum(found),
            self.groups - (len(words) > 1 or tokens > 1),
            self.right_tokens + (tokens if all(found) else 0),
            self.likeness + alike,
            found + self.readable,
        )


def _matching(words: tuple[str, ...], tokens: tuple[str, ...]) -> _Matching:
    # table[i][j]: the best of words[i:] with tokens[j:]; filled from the end.
    table = [[_Matching(0, 0, 0, 0.0, ())] * (len(tokens) + 1) for _ in range(len(words) + 1)]
    for i in range(len(words), -1, -1):
        for j in range(len(tokens), -1, -1):
            choices = []
            if i < len(words):
                skipped = table[i + 1][j]
                choices.append(replace(skipped, readable=(False, *skipped.readable)))
            if j < len(tokens):
                choices.append(table[i][j + 1])
            if i < len(words) and j < len(tokens):
                for count in range(1, _MOST_TOGETHER + 1):
                    if i + count <= len(words):  # one token, `count` words
                        group = words[i : i + count]
                        pieces = cut(tokens[j], group)
                        choices.append(table[i + count][j + 1].after(group, pieces, 1))
                    if count > 1 and j + count <= len(tokens):  # one word, `count` tokens
                        joined = ("".join(tokens[j : j + count]),)
                        choices.append(
                            table[i + 1][j + count].after(words[i : i + 1], joined, count)
                        )
            table[i][j] = max(choices, default=table[i][j])
    return table[0][0]


@lru_cache(maxsize=4096)
def cut(token: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """The token in as many pieces as there are words, each as like its word as can be."""
    if len(words) == 1:
        return (token,)
    ways = ((token[:place], *cut(token[place:], words[1:])) for place in range(len(token) + 1))
    return max(
        ways,
        key=lambda pieces: (
            sum(map(is_readable, words, pieces)),
            sum(map(similarity, words, pieces)),
        ),
    )
