"""tests.legibility.intervals and .fidelity: shares, their intervals, and nearness of pictures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.legibility.fidelity import fidelity
from tests.legibility.intervals import share
from tests.legibility.truth import X_HEIGHT_ROWS, x_height_row


def noise(seed: int, sides: tuple[int, int] = (40, 50)) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (*sides, 3), dtype=np.uint8)


boards = st.lists(
    st.tuples(st.integers(min_value=0, max_value=40), st.integers(min_value=0, max_value=40)),
    min_size=1,
    max_size=20,
).map(lambda pairs: [(min(pair), max(pair)) for pair in pairs])


@given(boards)
def test_a_share_lies_in_its_interval_and_the_interval_between_the_boards(
    pairs: list[tuple[int, int]],
) -> None:
    found = share([part for part, _ in pairs], [whole for _, whole in pairs])
    if found is None:
        assert sum(whole for _, whole in pairs) == 0
        return
    own = [part / whole for part, whole in pairs if whole]
    assert min(own) - 1e-9 <= found.low <= found.high <= max(own) + 1e-9
    assert found.total == sum(whole for _, whole in pairs)


def test_the_same_boards_have_the_same_interval_and_like_boards_a_narrow_one() -> None:
    unlike = share([1, 9, 2, 8], [10, 10, 10, 10])
    like = share([5, 5, 5, 5], [10, 10, 10, 10])
    assert unlike is not None
    assert like is not None
    many = (list(range(1, 40, 2)), list(range(45, 65)))
    assert share(*many) == share(*many)
    assert unlike.value == like.value == 0.5
    assert like.low == like.high == 0.5
    assert unlike.low < 0.4
    assert unlike.high > 0.6


def test_a_picture_is_nearest_to_itself() -> None:
    same = fidelity(noise(1), noise(1))
    assert (same.mse, same.psnr) == (0.0, float("inf"))
    assert same.ssim == pytest.approx(1.0, abs=1e-5)


def test_mse_and_psnr_are_those_of_the_definition() -> None:
    grey = np.full((20, 20, 3), 100, dtype=np.uint8)
    found = fidelity(grey, grey + np.uint8(5))
    assert found.mse == pytest.approx(25.0, rel=1e-4)
    assert found.psnr == pytest.approx(34.15, abs=0.01)


def test_ssim_of_flat_pictures_is_its_first_factor_alone() -> None:
    one, other, c1 = 100.0, 140.0, (0.01 * 255) ** 2
    found = fidelity(
        np.full((20, 20, 3), 100, dtype=np.uint8), np.full((20, 20, 3), 140, dtype=np.uint8)
    )
    expected = (2 * one * other + c1) / (one**2 + other**2 + c1)
    assert found.ssim == pytest.approx(expected, abs=1e-3)


def test_more_noise_is_less_like_the_truth() -> None:
    truth = noise(2)
    rng = np.random.default_rng(3)
    ssims = [
        fidelity((truth + rng.normal(0, sigma, truth.shape)).clip(0, 255).astype(np.uint8), truth)
        for sigma in (5, 20, 60)
    ]
    assert ssims[0].ssim > ssims[1].ssim > ssims[2].ssim
    assert ssims[0].psnr > ssims[1].psnr > ssims[2].psnr


def test_pictures_of_different_sizes_are_not_compared() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        fidelity(noise(1), noise(1, (40, 51)))


def test_every_x_height_has_its_row() -> None:
    rows = [x_height_row(tenth / 10) for tenth in range(40, 145)]
    assert tuple(dict.fromkeys(rows)) == X_HEIGHT_ROWS
    assert (x_height_row(5.0), x_height_row(8.0)) == ("4-5 px", "8-10 px")
