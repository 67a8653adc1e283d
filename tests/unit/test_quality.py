"""worker.quality and worker.readers: what is read decides, and what is not read decides nothing."""

from collections.abc import Sequence

import numpy as np
import pytest

from core.imaging import Pixels
from worker.quality import Compared, Readers, Verdict, Why, compare, judge
from worker.readers import NOTHING, Read, ReaderFailed, find_readers, read_table

STRIP = np.full((56, 200, 3), 255, dtype=np.uint8)


def read(text: str, confidence: float) -> Read:
    return Read(tuple(text.split()), confidence)


def test_without_readings_the_size_alone_decides() -> None:
    assert judge(0.4, []) == Verdict(0.4, Why.SIZE)


def test_two_confident_readings_that_agree_leave_the_share_that_the_size_allows() -> None:
    verdict = judge(0.6, [Compared(read("the sum", 0.9), read("the  Sum", 0.93))])
    assert verdict == Verdict(0.6, Why.SIZE, 0.9, 0.93)


def test_a_contradiction_of_a_confident_clean_reading_stays_clean_however_sure_it_is() -> None:
    verdict = judge(1.0, [Compared(read("the sum", 0.9), read("he gum of", 0.99))])
    assert verdict == Verdict(0.0, Why.CONTRADICTION, 0.9, 0.99)


def test_an_unsure_clean_reading_may_be_contradicted() -> None:
    assert judge(1.0, [Compared(read("thc sun", 0.6), read("the mean", 0.9))]).share == 1.0


def test_a_less_confident_sharp_reading_stays_clean() -> None:
    verdict = judge(1.0, [Compared(read("the sum", 0.75), read("the sum", 0.6))])
    assert (verdict.share, verdict.why) == (0.0, Why.READER)


def test_confidence_may_waver() -> None:
    assert judge(1.0, [Compared(read("the sum", 0.90), read("the sum", 0.88))]).share == 1.0


def test_a_reader_that_knows_neither_has_no_say() -> None:
    assert judge(0.7, [Compared(read("u3", 0.4), NOTHING)]) == Verdict(0.7, Why.SIZE)


def test_a_line_that_cannot_be_read_any_more_stays_clean() -> None:
    assert judge(0.7, [Compared(read("the sum", 0.7), NOTHING)]).share == 0.0


@pytest.mark.parametrize("order", [1, -1])
def test_one_readers_doubt_is_enough_in_any_order(order: int) -> None:
    sure = Compared(read("the sum", 0.9), read("the sum", 0.95))
    doubts = Compared(read("the sum", 0.8), read("the sum", 0.5))
    assert judge(1.0, [sure, doubts][::order]).share == 0.0


def test_writing_too_small_for_the_network_stays_clean_whatever_readers_say() -> None:
    verdict = judge(0.0, [Compared(read("a", 0.1), read("the sum", 1.0))])
    assert verdict.share == 0.0


def test_readers_who_are_surer_of_the_networks_show_all_of_it() -> None:
    surer = [Compared(read("the sun", 0.7), read("the sum", 0.9))]
    assert judge(0.15, surer) == Verdict(1.0, Why.SURER, 0.7, 0.9)
    little = [Compared(read("the sum", 0.86), read("the sum", 0.92))]
    assert judge(0.15, little).share == 0.15


def test_readers_are_surer_together_and_not_against_each_other() -> None:
    surer = Compared(read("the sum", 0.7), read("the sum", 0.84))
    less = Compared(read("the sum", 0.84), read("the sum", 0.79))
    assert judge(0.15, [surer, less]).why is Why.SIZE
    assert judge(0.15, [surer]).why is Why.SURER


class Slow:
    """Reads only the first strips in time."""

    name = "slow"

    def __init__(self, count: int) -> None:
        self._count = count

    def read(self, strips: Sequence[Pixels], *, within_s: float) -> list[Read]:
        assert within_s > 0
        return [read(f"line{place}", 0.9) for place in range(min(self._count, len(strips)))]


class Broken:
    """Breaks down."""

    name = "broken"

    def read(self, strips: Sequence[Pixels], *, within_s: float) -> list[Read]:
        raise ReaderFailed(f"{len(strips)} strips in {within_s} s were too many")


def test_a_reader_that_is_out_of_time_has_no_say_in_the_lines_that_it_did_not_reach() -> None:
    found = compare([(STRIP, STRIP)] * 3, (Slow(3),))
    assert [len(one) for one in found] == [1, 0, 0]
    assert found[0][0] == Compared(read("line0", 0.9), read("line1", 0.9))


def test_a_broken_reader_leaves_the_others_to_decide() -> None:
    found = compare([(STRIP, STRIP)], (Broken(), Slow(2)))
    assert [len(one) for one in found] == [1]


def test_nothing_to_read_is_no_error() -> None:
    readers: Readers = (Slow(2), Broken())
    assert compare([], readers) == []


def test_what_is_installed_reads_strips_of_any_size() -> None:
    readers = find_readers()
    if readers is None:
        pytest.skip("neither rapidocr nor tesseract is installed")
    rng = np.random.default_rng(1)
    odd = [
        STRIP,
        np.zeros((1, 1, 3), dtype=np.uint8),
        rng.integers(0, 256, (56, 2400, 3), dtype=np.uint8),
    ]
    for reader in readers:
        found = reader.read(odd, within_s=60.0)
        assert len(found) == len(odd)
        assert all(0 <= one.confidence <= 1 for one in found)
        assert reader.read(odd, within_s=0.0) == []


def test_words_go_to_their_page_and_empty_pages_stay_empty() -> None:
    names = ("level", "page_num", "conf", "text")
    rows = [
        ("1", "1", "-1", ""),
        ("5", "1", "90", "one"),
        ("5", "1", "80", "three"),
        ("5", "3", "9", "x"),
    ]
    table = "\n".join("\t".join(row) for row in [names, *rows])
    first, second, third = read_table(table, 3)
    assert first.words == ("one", "three")
    assert first.confidence == pytest.approx((3 * 0.9 + 5 * 0.8) / 8)
    assert second == NOTHING
    assert third.text == "x"
