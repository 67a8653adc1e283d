"""The pace at which messages go to Telegram: what may not be exceeded in any second or minute."""

import math
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pacing import (
    EDITS_LEAVE,
    MOST_PROCESSES,
    RULES,
    Go,
    Limit,
    Pace,
    Wait,
    admit,
    held,
    hold,
    share,
    spend,
)

# A window's end belongs to the next one; floating point must not decide the test.
ALMOST = 1.0 - 1e-5
TELEGRAMS_SECOND = 30
TELEGRAMS_MINUTE = 20
GROUP, OTHER_GROUP = -1_000_000_000_001, -77

Kind = Literal["board", "reply"]


@dataclass(frozen=True)
class Sent:
    kind: Kind
    chat_id: int
    at: float


def send_all(requests: list[tuple[Kind, int, float]], pace: Pace | None = None) -> list[Sent]:
    """Boards wait exactly as they are told, one after the other; replies beside them."""
    pace, now, sent = pace or Pace(), 0.0, []
    for kind, chat_id, pause in requests:
        now += pause
        at = now
        if kind == "reply":
            pace, (at,) = places(pace, [chat_id], now)
        else:
            while isinstance(decision := admit(pace, chat_id, now), Wait):
                assert decision.seconds > 0
                now += decision.seconds
            pace, at = decision.pace, now
        sent.append(Sent(kind, chat_id, at))
    return sorted(sent, key=attrgetter("at"))


def spent(pace: Pace, chat_id: int, now: float, messages: int = 1) -> Pace:
    """What is left after a reply that nothing holds back."""
    decision = spend(pace, chat_id, now, messages=messages, patience_s=0.0)
    assert isinstance(decision, Go)
    return decision.pace


def most_within(window_s: float, sent: list[Sent]) -> int:
    moments = [each.at for each in sent]
    return max(
        (
            sum(start <= moment < start + window_s * ALMOST for moment in moments)
            for start in moments
        ),
        default=0,
    )


def to(chat_id: int, sent: list[Sent]) -> list[Sent]:
    return [each for each in sent if each.chat_id == chat_id]


def requests(
    chats: st.SearchStrategy[int],
    longest_pause_s: float,
    kinds: tuple[Kind, ...] = ("board",),
    least: int = 1,
) -> st.SearchStrategy[list[tuple[Kind, int, float]]]:
    pause = st.just(0.0) | st.floats(0, longest_pause_s, allow_nan=False)
    return st.lists(st.tuples(st.sampled_from(kinds), chats, pause), min_size=least, max_size=120)


@given(requests(st.integers(1, 60), 0.02, ("board", "reply", "reply"), least=60))
def test_no_second_holds_more_messages_of_all_kinds_than_telegram_takes(
    asked: list[tuple[Kind, int, float]],
) -> None:
    assert most_within(1.0, send_all(asked)) <= RULES.overall.most < TELEGRAMS_SECOND


@given(requests(st.integers(1, 60), 0.2))
def test_no_second_holds_more_boards_than_telegram_takes(
    asked: list[tuple[Kind, int, float]],
) -> None:
    sent = send_all(asked)
    assert most_within(1.0, sent) <= RULES.overall.most < TELEGRAMS_SECOND
    for chat_id in {each.chat_id for each in sent}:
        assert most_within(1.0, to(chat_id, sent)) <= 2


@given(requests(st.sampled_from([GROUP, OTHER_GROUP, 5]), 6.0))
def test_no_minute_holds_more_than_twenty_boards_to_one_group(
    asked: list[tuple[Kind, int, float]],
) -> None:
    sent = send_all(asked)
    for group in (GROUP, OTHER_GROUP):
        assert most_within(60.0, to(group, sent)) <= TELEGRAMS_MINUTE


@given(requests(st.sampled_from([GROUP, *range(1, 30)]), 2.0, ("board", "reply", "reply")))
def test_a_board_never_closes_a_window_that_replies_have_filled(
    asked: list[tuple[Kind, int, float]],
) -> None:
    sent = send_all(asked)
    for place, board in enumerate(sent):
        if board.kind == "board":
            before = sent[: place + 1]

            def within(limit: Limit, which: list[Sent], end: float = board.at) -> int:
                return sum(end - limit.window_s * ALMOST < one.at for one in which)

            to_chat = to(board.chat_id, before)
            assert within(RULES.overall, before) <= RULES.overall.most
            assert within(RULES.chat, to_chat) <= RULES.chat.most
            if board.chat_id < 0:
                assert within(RULES.group, to_chat) <= TELEGRAMS_MINUTE


@pytest.mark.parametrize("processes", range(1, 2 * MOST_PROCESSES))
def test_processes_that_cannot_ask_each_other_stay_within_the_limits_together(
    processes: int,
) -> None:
    rules = share(processes)
    if processes <= MOST_PROCESSES:
        assert processes * rules.overall.most < TELEGRAMS_SECOND
        assert processes * rules.group.most <= TELEGRAMS_MINUTE
    for limit in (rules.overall, rules.chat, rules.group):
        assert limit.per_s > 0
        assert limit.burst >= 1
    everybody: list[Sent] = []
    for _ in range(min(processes, MOST_PROCESSES)):
        everybody += send_all([("board", chat, 0.0) for chat in range(1, 60)], Pace(rules))
    assert most_within(1.0, everybody) < TELEGRAMS_SECOND


def test_three_hundred_members_take_as_long_as_the_limit_and_no_longer() -> None:
    sent = send_all([("board", chat_id, 0.0) for chat_id in range(1, 301)])
    assert sent[-1].at == pytest.approx((300 - RULES.overall.burst) / RULES.overall.per_s, abs=1e-3)


def test_a_sender_that_wakes_up_late_loses_nothing_of_the_pace() -> None:
    pace, now, late_s = Pace(), 0.0, 0.010
    for chat_id in range(1, 301):
        while isinstance(decision := admit(pace, chat_id, now), Wait):
            now += decision.seconds + late_s
        pace = decision.pace
    assert now < 300 / RULES.overall.per_s + late_s


def test_one_chat_gets_one_message_a_second_while_others_go_on() -> None:
    first = admit(Pace(), 1, 10.0)
    assert isinstance(first, Go)
    again = admit(first.pace, 1, 10.5)
    assert isinstance(again, Wait)
    assert again.all_s == 0.0
    assert again.chat_s == pytest.approx(0.5)
    assert isinstance(admit(first.pace, 2, 10.5), Go)


def test_a_group_gets_a_few_at_once_and_then_one_in_four_seconds() -> None:
    sent = send_all([("board", GROUP, 0.0)] * 8)
    pauses = [later.at - sooner.at for sooner, later in pairwise(sent)]
    # The burst of five goes at the pace of any chat, and another token comes in these seconds.
    assert pauses[:5] == pytest.approx([1.0] * 5, abs=1e-3)
    assert pauses[6:] == pytest.approx([4.0], abs=1e-3)


def test_a_private_chat_knows_no_minute() -> None:
    sent = send_all([("board", 5, 0.0)] * 40)
    assert sent[-1].at == pytest.approx(39.0, abs=0.01)


def test_boards_wait_for_replies() -> None:
    pace = Pace()
    for chat_id in range(1, 15):
        pace = spent(pace, chat_id, 5.0)
    decision = admit(pace, 99, 5.0)
    assert isinstance(decision, Wait)
    assert decision.seconds == pytest.approx((15 - RULES.overall.burst) / RULES.overall.per_s)


def test_boards_wait_for_replies_no_longer_than_telegram_remembers_them() -> None:
    pace = Pace()
    for _ in range(RULES.overall.most):
        pace = spent(pace, GROUP, 5.0)
    for chat_id, limit in ((9, RULES.overall), (GROUP, RULES.group)):
        decision = admit(pace, chat_id, 5.0)
        assert isinstance(decision, Wait)
        assert decision.seconds <= limit.window_s + 1 / limit.per_s + 1e-9


def test_a_second_full_of_replies_is_followed_by_the_others_one_after_the_other() -> None:
    pace, moments = places(Pace(), list(range(1, 101)), 5.0)
    full = RULES.overall.most
    assert moments[:full] == [5.0] * full
    assert moments[full] == pytest.approx(6.0)
    pauses = [later - sooner for sooner, later in pairwise(moments[full:])]
    assert pauses == pytest.approx([1 / RULES.overall.per_s] * len(pauses))
    # One that comes meanwhile stands behind them, and a board behind it.
    pace, (late,) = places(pace, [300], 7.0)
    assert late == pytest.approx(moments[-1] + 1 / RULES.overall.per_s)
    board = admit(pace, 400, 7.0)
    assert isinstance(board, Wait)
    assert 7.0 + board.seconds > late


def test_an_album_counts_as_many_messages_as_it_has_items() -> None:
    decision = admit(spent(Pace(), 7, 0.0, messages=10), 7, 0.0)
    assert isinstance(decision, Wait)
    assert decision.chat_s == pytest.approx(10.0)


def test_edits_leave_room_for_a_board_in_a_group() -> None:
    pace, now, edits = Pace(), 0.0, 0
    while isinstance(decision := admit(pace, GROUP, now, leave=EDITS_LEAVE), Go):
        pace, now, edits = decision.pace, now + 1.0, edits + 1
    assert edits == 3
    assert isinstance(admit(pace, GROUP, now), Go)


def test_a_refused_chat_waits_exactly_as_long_as_telegram_says_and_others_go_on() -> None:
    pace = hold(Pace(), 1, 10.0, 7.0)
    early = admit(pace, 1, 13.0)
    assert isinstance(early, Wait)
    assert early.seconds == 4.0
    assert isinstance(admit(pace, 1, 17.0), Go)
    assert isinstance(admit(pace, 2, 13.0), Go)


def test_a_shorter_refusal_does_not_shorten_a_longer_one() -> None:
    pace = hold(hold(Pace(), 1, 10.0, 7.0), 1, 11.0, 1.0)
    assert held(pace, 1, 11.0).chat_s == 6.0


def test_two_chats_refused_at_once_hold_all_for_as_long_as_both_wait() -> None:
    pace = hold(hold(Pace(), 1, 10.0, 300.0), 2, 10.1, 5.0)
    assert held(pace, 3, 10.1).seconds == pytest.approx(5.0)
    assert held(pace, 1, 10.1).seconds == pytest.approx(299.9)
    other_order = hold(hold(Pace(), 2, 10.0, 5.0), 1, 10.1, 300.0)
    assert held(other_order, 3, 10.1).seconds == pytest.approx(4.9)
    # The first wait was over when the second chat was refused: they have nothing in common.
    apart = hold(hold(Pace(), 1, 10.0, 2.0), 2, 13.0, 2.0)
    assert held(apart, 3, 13.0).seconds == 0.0


def test_a_refusal_holds_all_at_once_when_replies_have_run_over_the_common_pace() -> None:
    pace = Pace()
    for chat_id in range(1, 26):
        pace = spent(pace, chat_id, 10.0)
    pace = hold(pace, 3, 10.1, 5.0)
    assert held(pace, 99, 10.1).all_s == pytest.approx(5.0)


def test_a_chat_that_was_too_fast_itself_is_held_alone() -> None:
    pace = Pace()
    for _ in range(25):
        pace = spent(pace, 3, 10.0)
    pace = hold(pace, 3, 10.1, 5.0)
    assert held(pace, 99, 10.1).seconds == 0.0
    assert held(pace, 3, 10.1).seconds == pytest.approx(5.0)


def places(pace: Pace, chats: list[int], now: float) -> tuple[Pace, list[float]]:
    """When replies that come now may go."""
    moments = []
    for chat_id in chats:
        decision = spend(pace, chat_id, now)
        assert isinstance(decision, Go)
        pace = decision.pace
        moments.append(now + decision.in_s)
    return pace, moments


def test_replies_that_meet_a_hold_go_in_turn_when_it_is_over_and_before_boards() -> None:
    pace = hold(hold(Pace(), 1, 10.0, 5.0), 2, 10.0, 5.0)
    pace, moments = places(pace, list(range(100, 200)), 12.0)
    assert moments[0] == pytest.approx(15.0)
    assert most_within(1.0, [Sent("reply", 0, moment) for moment in moments]) <= 29
    # One that comes while they still go joins them, and boards come after all of them.
    pace, (late,) = places(pace, [300], 16.0)
    assert late > moments[-1]
    board = admit(pace, 400, 16.0)
    assert isinstance(board, Wait)
    assert 16.0 + board.seconds > late
    # When all is paid, replies go at once again.
    _, at_once = places(pace, [301, 302, 303], late + 1.0)
    assert at_once == [late + 1.0] * 3


def test_a_reply_that_would_wait_longer_than_its_patience_takes_nothing() -> None:
    pace = hold(Pace(), 1, 10.0, 40.0)
    decision = spend(pace, 1, 10.0, patience_s=30.0)
    assert isinstance(decision, Wait)
    assert decision.seconds == 40.0
    assert isinstance(spend(pace, 2, 10.0, patience_s=0.0), Go)


def test_chats_are_forgotten_when_their_buckets_are_full_again() -> None:
    pace = Pace()
    for chat_id in range(1, 1001):
        pace = spent(pace, chat_id, chat_id / RULES.overall.per_s)
    assert len(pace.chats) <= math.ceil(RULES.overall.per_s) + 1
    pace = spent(pace, GROUP, 100.0)
    assert GROUP in spent(pace, 1, 103.0).chats
    assert GROUP not in spent(pace, 1, 104.0).chats
