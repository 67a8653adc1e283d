"""When the sender takes Telegram for away."""

from bot.reach import ANSWERS


def test_one_or_two_failures_hold_up_nobody() -> None:
    reach = ANSWERS.failed(10.0).failed(10.0)
    assert not reach.is_away
    assert reach.wait_s(10.0) == 0.0


def test_three_in_a_row_are_an_outage_in_which_one_is_tried_every_two_seconds() -> None:
    reach = ANSWERS.failed(10.0).failed(10.0).failed(10.5)
    assert reach.is_away
    assert reach.wait_s(11.0) == 1.5
    assert reach.wait_s(13.0) == 0.0
    assert reach.is_away
    assert reach.failed(13.0).wait_s(13.0) == 2.0
