# ruff: noqa: RUF001 -- letters that look alike are what this is about
"""tests.legibility.scoring: which words of a line count as read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.legibility.scoring import cut, edits, fold, is_readable, score_line, similarity
from tests.legibility.truth import Script

CYRILLIC, LATIN, FORMULA = Script.CYRILLIC, Script.LATIN, Script.FORMULA
texts = st.text(alphabet="abcdeабвгд", max_size=9)
words = st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=9), max_size=5)


@given(texts, texts, texts)
def test_edits_are_a_distance(a: str, b: str, c: str) -> None:
    assert edits(a, b) == edits(b, a)
    assert (edits(a, b) == 0) == (a == b)
    assert edits(a, c) <= edits(a, b) + edits(b, c)
    assert abs(len(a) - len(b)) <= edits(a, b) <= max(len(a), len(b))


@given(texts, texts)
def test_similarity_is_one_for_equal_texts_only(a: str, b: str) -> None:
    assert 0.0 <= similarity(a, b) <= 1.0
    assert (similarity(a, b) == 1.0) == (a == b)


def test_a_long_word_forgives_one_letter_in_five_and_a_short_one_none() -> None:
    assert is_readable("chalk", "chalc")
    assert not is_readable("chalk", "chelc")
    assert not is_readable("rank", "rang")
    assert is_readable("rank", "rank")


@pytest.mark.parametrize(
    ("written", "read", "script"),
    [
        ("Ёлка", "елка,", CYRILLIC),
        ("вектор", "BEKTOP", CYRILLIC),  # Latin letters of the same shape
        ("Proof", "(proof)", LATIN),
        ("x² − 1", "X2-1", FORMULA),
    ],
)
def test_what_reads_alike_is_compared_alike(written: str, read: str, script: Script) -> None:
    assert fold(written, script) == fold(read, script)


def test_a_formula_keeps_its_other_letters_case_and_its_signs() -> None:
    assert fold("P(A) = a", FORMULA) != fold("p(a)=A", FORMULA)
    assert fold("a+b", FORMULA) != fold("a-b", FORMULA)


@given(words)
def test_a_line_read_as_written_has_no_fault(line: list[str]) -> None:
    score = score_line(line, line, LATIN)
    assert score.readable == (True,) * len(line)
    assert score.wrong == 0


@given(words, words)
def test_a_score_counts_every_word_and_no_more_wrong_tokens_than_there_are(
    line: list[str], read: list[str]
) -> None:
    score = score_line(line, read, LATIN)
    assert len(score.readable) == len(line)
    assert 0 <= score.wrong <= score.tokens == len(read)
    assert score.wrong + score.hits >= min(len(read), 1)


@given(words, words)
def test_a_stray_token_after_the_line_takes_no_word_away(line: list[str], read: list[str]) -> None:
    assert score_line(line, [*read, "zzzzzz"], LATIN).hits == score_line(line, read, LATIN).hits


def test_words_run_together_are_read_and_their_token_is_right() -> None:
    score = score_line(["rank", "of", "matrix"], ["rankof", "matrix"], LATIN)
    assert score.readable == (True, True, True)
    assert score.wrong == 0


def test_a_word_that_was_split_is_read() -> None:
    score = score_line(["теорема", "Коши"], ["тео", "рема", "Коши"], CYRILLIC)
    assert score.readable == (True, True)
    assert score.wrong == 0


def test_words_out_of_order_are_not_both_read() -> None:
    assert score_line(["left", "right"], ["right", "left"], LATIN).hits == 1


def test_an_invented_token_and_a_misread_one_are_wrong() -> None:
    score = score_line(["linear", "map"], ["linear", "nap", "xx"], LATIN)
    assert score.readable == (True, False)
    assert score.wrong == 2


def test_a_token_that_reads_as_one_of_its_two_words_is_wrong_and_the_word_read() -> None:
    score = score_line(["upper", "bound"], ["upperbxxxd"], LATIN)
    assert score.readable == (True, False)
    assert score.wrong == 1


def test_a_stray_letter_does_not_hide_in_a_long_word() -> None:
    assert score_line(["theorem"], ["theorem", "x"], LATIN).wrong == 1
    assert score_line(["proof", "of", "rank"], ["proof", "xx", "yy"], LATIN).wrong == 2


def test_a_formula_is_read_as_a_whole_whatever_its_spaces() -> None:
    score = score_line(["f(x)=x²+1"], ["f(x)", "=", "x2+1"], FORMULA)
    assert (score.readable, score.tokens, score.wrong) == ((True,), 1, 0)


def test_nothing_read_is_nothing_wrong() -> None:
    score = score_line(["proof", "by"], [], LATIN)
    assert (score.hits, score.tokens, score.wrong) == (0, 0, 0)


@given(st.text(alphabet="abcd", max_size=8), st.lists(texts, min_size=1, max_size=3))
def test_the_pieces_of_a_token_make_up_the_token(token: str, line: list[str]) -> None:
    pieces = cut(token, tuple(line))
    assert "".join(pieces) == token
    assert len(pieces) == len(line)
