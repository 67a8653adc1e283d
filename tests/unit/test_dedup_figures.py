"""tests.dedup's way from pairs to tables, with decisions whose answers are known."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from tests.dedup.deciding import DECISIONS, LIMITS, Decision, Seen, Told, by_hashes, by_sketch, see
from tests.dedup.figures import BARS, held, merged, proportion, times, worst
from tests.dedup.hostile import HOSTILE
from tests.dedup.measuring import Outcome, measure, strain, work
from tests.dedup.sheet import contact_sheet
from tests.dedup.tables import (
    bar_table,
    claim_table,
    group_table,
    kind_table,
    strain_table,
    time_table,
    worst_rows,
)
from tests.dedup.truth import (
    A_LINE_OR_WORD,
    TRUTHS,
    Camera,
    Change,
    Pair,
    Relation,
)
from tests.legibility.truth import BoardKind, Script
from tests.pictures import board, encoded, photo

SLIDE = 3003

USUAL = Outcome(
    seed=1,
    change=Change.WORD,
    kind=BoardKind.WHITE,
    script=Script.LATIN,
    by_hand=True,
    camera=Camera.STILL,
    truth=Relation.NEW_STATE,
    ink=0.001,
    details="word",
    decision="one",
    claim=Relation.NEW,
    evidence={"rule": "none", "compared": 1, "inliers": 41},
    fingerprint_ms=30.0,
    decision_ms=2.0,
)


def outcomes(change: Change, claims: str, decision: str = "one") -> list[Outcome]:
    """One for each letter: s same picture, o other shot, + new state, n new."""
    told = dict(zip("so+n", Relation, strict=True))
    return [
        replace(
            USUAL,
            seed=seed,
            change=change,
            truth=TRUTHS[change],
            ink=0.001 * seed if TRUTHS[change] in {Relation.NEW, Relation.NEW_STATE} else 0.0,
            decision=decision,
            claim=told[claim],
        )
        for seed, claim in enumerate(claims, start=1)
    ]


def rows(table: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # The rule of three: nothing in n says that it is rarer than about 3 / n (here two-sided).
    [(0, 500, 0.0, 0.0074), (500, 500, 0.9926, 1.0), (8, 40, 0.0905, 0.3565)],
)
def test_a_share_has_its_exact_interval(part: int, whole: int, low: float, high: float) -> None:
    found = proportion(part, whole)
    assert found is not None
    assert (found.value, found.total) == (part / whole, whole)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_nothing_has_no_share() -> None:
    assert proportion(0, 0) is None
    assert merged([]) is None
    assert held([]) == []


def test_either_claim_of_nothing_new_is_a_merge() -> None:
    found = merged(outcomes(Change.WORD, "so+n"))
    assert found is not None
    assert found.value == 0.5


@pytest.mark.parametrize(
    ("change", "claims", "kept"),
    [
        (Change.LINE, "n" * 500, True),
        (Change.LINE, "n" * 499, False),  # too few to say anything
        (Change.LINE, "n" * 600 + "o", False),
        (Change.TEMPLATE, "n" * 9 + "s", False),
        (Change.SYMBOL, "n" * 99 + "s", True),
        (Change.SYMBOL, "n" * 98 + "ss", False),
        (Change.JPEG, "s" * 97 + "nnn", True),
        (Change.JPEG, "s" * 96 + "nnnn", False),
        (Change.BRIGHTNESS, "s" * 9 + "n", True),
        (Change.CROP_10, "s" * 8 + "nn", False),
        (Change.OTHER_SEAT, "ss" + "nnn", True),
    ],
)
def test_a_bar_is_kept_or_missed(change: Change, claims: str, *, kept: bool) -> None:
    (found,) = held(outcomes(change, claims))
    assert found.is_kept is kept


def test_a_crop_of_15_percent_and_a_screenshot_have_no_bar() -> None:
    judged = {change for bar in BARS for change in bar.changes}
    assert set(Change) - judged == {Change.CROP_15, Change.SCREENSHOT, Change.SAME_SEAT}


def test_the_worst_false_merge_is_the_one_that_loses_most_ink() -> None:
    found = worst([*outcomes(Change.WORD, "snos"), *outcomes(Change.JPEG, "sn")])
    assert [one.seed for one in found] == [4, 3, 1]


def test_times_are_a_median_and_a_95th_percentile() -> None:
    some = [replace(USUAL, decision_ms=float(number)) for number in range(101)]
    found = times(some, lambda one: one.decision_ms)
    assert (found.median, found.p95) == (50.0, 95.0)


def test_tables_set_decisions_side_by_side() -> None:
    both = [
        *outcomes(Change.JPEG, "ssn"),
        *outcomes(Change.WORD, "+n"),
        *outcomes(Change.JPEG, "sss", "two"),
        *outcomes(Change.WORD, "sn", "two"),
    ]
    bars = rows(bar_table(both))
    assert [row[0] for row in bars] == [
        "merged: a line or a word more",
        "recognised: re-encoded, resized, turned",
    ]
    assert bars[0][1:3] == ["at most 0 %", "2"]
    assert "**missed**" in bars[1][3]
    assert bars[1][4].startswith("3: 100.0")
    assert bars[1][4].endswith(", kept")
    claims = rows(claim_table(both))
    assert claims[0][:4] == ["JPEG again", "same picture", "3", "2 same picture, 1 new"]
    assert claims[1][3] == "1 new state, 1 new"
    assert claims[1][5] == "1 same picture, 1 new"
    kinds = rows(kind_table(both))
    assert kinds[0][:3] == ["one", "JPEG again", "2 of 3: 66.7 [9.4, 99.2]"]
    assert kinds[0][3:] == ["-", "-", "-"]
    groups = rows(group_table(both))
    assert groups[1][:2] == ["one", "something new"]
    assert groups[3][3].startswith("1 of 2")
    assert "the 95" not in time_table(both)
    assert rows(time_table(both))[1] == ["decision: one", "2.00", "2.00", "400 ms, kept"]


def test_false_merges_are_told_with_seed_and_evidence() -> None:
    assert worst_rows(outcomes(Change.WORD, "nn")) == "No false merges."
    (row,) = rows(worst_rows(outcomes(Change.WORD, "sn")))
    assert row[:3] == ["one", "one word more", "1"]
    assert row[-1] == "inliers 41"


def test_every_change_is_on_some_boards_and_a_line_and_a_word_on_more() -> None:
    jobs = dict(work(range(3000, 3010), 2, 4))
    assert list(jobs) == [3000, 3001, 3002, 3003]
    assert set(Change) - set(jobs[3000]) == {Change.TEMPLATE}
    assert jobs[3003] == A_LINE_OR_WORD


@pytest.fixture(scope="module")
def two() -> tuple[Seen, Seen]:
    """A photo and the same board with one more letter."""
    one, other = (encoded(board(4, (1000, 700), 14, extra)) for extra in ("", "x"))
    return see(one), see(other)


def test_todays_decision_is_the_sketch_and_hashes_alone_lose_a_letter(
    two: tuple[Seen, Seen],
) -> None:
    one, other = two
    assert by_sketch(one, one).claim is by_hashes(one, one).claim is Relation.SAME_PICTURE
    assert by_sketch(one, one).evidence["rule"] == "bytes"
    told = by_sketch(other, one)
    assert told.claim is Relation.NEW
    assert told.evidence["largest_change"] == by_hashes(other, one).evidence["largest_change"]
    assert by_hashes(other, one).claim is Relation.SAME_PICTURE


def test_every_decision_sees_the_same_pairs_and_says_why() -> None:
    seen: list[tuple[Seen, Seen]] = []

    def always(later: Seen, earlier: Seen) -> Told:
        seen.append((later, earlier))
        return Told(Relation.OTHER_SHOT, {"inliers": 7})

    lines: list[str] = []
    decisions: dict[str, Decision] = {"sketch": by_sketch, "always": always}
    found = measure([(SLIDE, (Change.EXIF, Change.LINE))], decisions, lines.append)
    assert lines == ["seed 3003: 2 pairs"]
    assert [(one.change, one.decision) for one in found.outcomes] == [
        (change, name) for change in (Change.EXIF, Change.LINE) for name in decisions
    ]
    assert [one.is_merged for one in found.outcomes] == [True, True, False, True]
    assert found.outcomes[1].evidence == {"inliers": 7}
    assert seen[0][1] is seen[1][1]  # the earlier photo is decoded once
    assert all(one.fingerprint_ms > 0 for one in found.outcomes)


SMALL: dict[str, Callable[[], bytes]] = {name: HOSTILE[name] for name in ("16x5000", "1x1")}


def test_hostile_pictures_are_told_with_what_they_cost() -> None:
    found = strain(SMALL, photo(), DECISIONS)
    assert [(one.name, one.width, one.height) for one in found] == [
        ("16x5000", 16, 5000),
        ("16x5000", 16, 5000),
        ("1x1", 1, 1),
        ("1x1", 1, 1),
    ]
    for one in found:
        assert one.claims[0] is Relation.SAME_PICTURE  # as itself
        assert one.claims[2:] == (Relation.NEW, Relation.NEW)  # as no board
    assert all(row[-1] == "kept" for row in rows(strain_table(found)))


def test_a_decision_that_takes_too_long_misses_its_bar() -> None:
    slow = [replace(one, decision_ms=401.0) for one in strain(SMALL, photo(), DECISIONS)]
    assert all(row[-1] == "**missed**" for row in rows(strain_table(slow)))
    assert "400 ms, **missed**" in time_table([replace(USUAL, decision_ms=401.0)])


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_is_one_that_is_taken(name: str) -> None:
    """Else it would measure the door and not the decision."""
    picture = Image.open(BytesIO(HOSTILE[name]()))
    assert picture.width * picture.height <= LIMITS.pixels


def test_the_sheet_shows_both_photos_of_a_pair() -> None:
    dark, bright = (encoded(Image.new("RGB", (76, 56), shade)) for shade in ("black", "red"))
    pair = Pair(
        seed=1,
        change=Change.LINE,
        kind=BoardKind.WHITE,
        script=Script.LATIN,
        by_hand=True,
        camera=Camera.STILL,
        truth=Relation.NEW_STATE,
        ink=0.01,
        details="a line",
        earlier=dark,
        later=bright,
    )
    sheet = contact_sheet([pair, pair])
    left, right = (sheet.getpixel((x, sheet.height // 4 + 20)) for x in (380, 1140))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert max(left) < 10
    assert right[0] > 200
