"""tests.legibility's way from readings to tables, with readers whose answers are known."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.legibility.fidelity import Fidelity
from tests.legibility.figures import closeness, legibility
from tests.legibility.measuring import Measured, Nearness, Reading, measure
from tests.legibility.painting import FINE
from tests.legibility.readers import Tokens
from tests.legibility.renditions import (
    BICUBIC,
    ORIGINAL,
    TRUE,
    bicubic,
    by_engine,
    lanczos_unsharp,
)
from tests.legibility.scoring import score_line
from tests.legibility.sheet import cases, contact_sheet
from tests.legibility.tables import change_table, nearness_table, recall_table, worst_rows
from tests.legibility.truth import X_HEIGHT_ROWS, BoardKind, Script
from worker.engines.interpolation import Interpolation

SEED = 1011  # a slide in the smallest photo
SHARP = "sharp"


def reading(rendition: str, read: str, *, seed: int = 1, number: int = 0) -> Reading:
    words, tokens = ("proof", "of", "rank"), tuple(read.split())
    return Reading(
        seed=seed,
        number=number,
        kind=BoardKind.WHITE,
        faint=False,
        x_height=5.0,
        script=Script.LATIN,
        words=words,
        rendition=rendition,
        reader="fake",
        tokens=tokens,
        score=score_line(words, tokens, Script.LATIN),
    )


def one_board(original: str, enlarged: str, sharp: str, seed: int = 1) -> list[Reading]:
    return [
        reading(ORIGINAL, original, seed=seed),
        reading(BICUBIC, enlarged, seed=seed),
        reading(SHARP, sharp, seed=seed),
    ]


def everything(_: Reading) -> bool:
    return True


def values(readings: Sequence[Reading], rendition: str) -> dict[str, float | None]:
    found = legibility(readings, rendition, everything)
    names = ("recall", "change", "recovered", "lost", "wrong")
    return {name: None if (one := getattr(found, name)) is None else one.value for name in names}


def test_words_are_recovered_only_where_neither_original_nor_bicubic_was_read() -> None:
    # "proof" is read in the original, "of" in bicubic, "rank" in neither.
    found = values(one_board("proof", "of", "of rank"), SHARP)
    assert found["recovered"] == 1.0
    assert found["lost"] == 0.0
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["change"] == pytest.approx(1 / 3)


def test_words_are_lost_where_bicubic_was_read() -> None:
    found = values(one_board("", "proof of", "proof xx yy"), SHARP)
    assert found["lost"] == 0.5
    assert found["wrong"] == pytest.approx(2 / 3)
    assert found["change"] == pytest.approx(-1 / 3)


def test_without_anything_to_recover_or_lose_there_is_no_share() -> None:
    assert values(one_board("", "proof of rank", "proof"), SHARP)["recovered"] is None
    assert values(one_board("", "", "proof"), SHARP)["lost"] is None


def test_boards_weigh_by_their_words_and_unlike_boards_widen_the_interval() -> None:
    readings = one_board("", "", "proof of rank", seed=1) + one_board("", "", "", seed=2)
    recall = legibility(readings, SHARP, everything).recall
    assert recall is not None
    assert (recall.value, recall.low, recall.high, recall.total) == (0.5, 0.0, 1.0, 6)


def test_tables_have_a_row_for_each_group_that_has_words() -> None:
    readings = one_board("", "proof", "proof of rank")
    table = recall_table(readings).splitlines()
    assert table[0] == f"| lines | script | reader | words | original | bicubic | {SHARP} |"
    assert [row.split(" | ")[0] for row in table[2:]] == [
        "| all",
        f"| {X_HEIGHT_ROWS[0]}",
        "| white",
    ]
    assert "| 0.0 [0, 0] | 33.3 [33, 33] | 100.0 [100, 100] |" in table[2]


def test_gains_are_told_by_reader_and_by_size_for_all_readers() -> None:
    table = change_table(one_board("", "proof", "proof of rank")).splitlines()
    sharp = [row for row in table if row.startswith(f"| {SHARP} ")]
    assert [row.split(" | ")[1:4] for row in sharp] == [
        ["all", "latin", "fake"],
        ["all", "all", "all"],
        [X_HEIGHT_ROWS[0], "all", "all"],
    ]
    assert all("| +66.7 [+67, +67] | 100.0 [100, 100] | 0.0 [0, 0] |" in row for row in sharp)


def test_a_row_with_few_words_is_not_called_the_worst() -> None:
    few = one_board("", "proof", "")
    many = [one for seed in range(12) for one in one_board("", "proof", "", seed=seed)]
    assert X_HEIGHT_ROWS[0] not in worst_rows(few)
    assert f"{SHARP} | {X_HEIGHT_ROWS[0]}, latin, fake | 36 | -33.3" in worst_rows(many)


def test_nearness_is_told_against_bicubic() -> None:
    def near(rendition: str, mse: float, ssim: float) -> Nearness:
        found = Fidelity(mse=mse, psnr=30.0, ssim=ssim)
        return Nearness(seed=1, rendition=rendition, lit=found, even=found)

    both = [near(BICUBIC, 100.0, 0.8), near(SHARP, 75.0, 0.9)]
    found = closeness(both, SHARP, "lit")
    assert found.mse_change == pytest.approx(-0.25)
    assert found.gap_closed == pytest.approx(0.5)
    assert "| even | sharp | 75 | -25 % | 30.00 dB | 0.900 | +50 % |" in nearness_table(both)


class LookingReader:
    """Reads the same one word wherever a strip has enough contrast, else nothing."""

    name = "looking"
    scripts = frozenset({Script.LATIN, Script.CYRILLIC})

    def describe(self) -> str:
        return self.name

    def read(self, strips: Sequence[NDArray[np.uint8]], script: Script) -> list[Tokens]:
        assert script in self.scripts
        return [("word",) if strip.std() > 1 else () for strip in strips]


@pytest.fixture(scope="module")
def measured() -> Measured:
    def blank(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.full_like(bicubic(photo), 200)

    told: list[str] = []
    renditions = {BICUBIC: bicubic, "blank": blank}
    found = measure([SEED], renditions, [LookingReader()], told.append)
    assert len(told) == 1
    return found


def test_every_line_is_read_by_those_who_know_its_script_in_the_photo_and_its_renditions(
    measured: Measured,
) -> None:
    by = {(one.number, one.rendition): one for one in measured.readings}
    assert len(by) == len(measured.readings)
    assert {name for _, name in by} == {ORIGINAL, BICUBIC, "blank", TRUE}
    assert all(one.script is not Script.FORMULA for one in measured.readings)
    assert all(one.tokens == () for (_, name), one in by.items() if name == "blank")
    assert all(one.tokens == ("word",) for (_, name), one in by.items() if name != "blank")


def test_a_blank_picture_is_further_from_the_truth(measured: Measured) -> None:
    enlarged, blank = measured.nearness
    assert enlarged.lit.mse < blank.lit.mse


def test_the_sheet_shows_best_cases_and_worst_and_no_others() -> None:
    better, worse, same = (
        one_board("", a, b, seed=s)
        for s, (a, b) in enumerate([("", "proof of"), ("proof of", "proof"), ("rank", "rank")])
    )
    readings = better + worse + same
    assert cases(readings, SHARP) == ([(0, 0)], [(1, 0)])
    strip = np.full((40, 300, 3), 128, dtype=np.uint8)
    strips = {line: {BICUBIC: strip, SHARP: strip} for line in ((0, 0), (1, 0))}
    sheet = contact_sheet(Measured(readings, [], strips), SHARP)
    assert sheet.height > 2 * 88
    assert np.asarray(sheet).min() < 60  # words below the strips


def test_one_board_does_not_fill_the_sheet() -> None:
    lines = [
        reading(rendition, read, number=number)
        for number in range(5)
        for rendition, read in ((BICUBIC, ""), (SHARP, "proof"))
    ]
    best, worst = cases(lines, SHARP)
    assert len(best) == 3
    assert worst == []


@pytest.mark.parametrize("rendition", [bicubic, lanczos_unsharp, by_engine(Interpolation())])
def test_a_rendition_is_four_times_as_fine_and_stays_in_place(
    rendition: object,
) -> None:
    photo = np.full((12, 17, 3), 220, dtype=np.uint8)
    photo[6, 8] = 20
    assert callable(rendition)
    fine = rendition(photo)
    assert fine.dtype == np.uint8
    assert fine.shape == (12 * FINE, 17 * FINE, 3)
    dark = (220 - fine[..., 0].astype(float)).clip(0, None)
    ys, xs = np.mgrid[0 : 12 * FINE, 0 : 17 * FINE]
    assert (dark * ys).sum() / dark.sum() == pytest.approx(6.5 * FINE - 0.5, abs=0.3)
    assert (dark * xs).sum() / dark.sum() == pytest.approx(8.5 * FINE - 0.5, abs=0.3)


def test_an_engine_of_another_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="enlarges by 2"):
        by_engine(Interpolation(scale=2))
