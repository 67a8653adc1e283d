"""The pace at which messages go to Telegram: what may not be exceeded in any second."""

from hypothesis import given
from hypothesis import strategies as st

from bot.pacing import CHAT_PER_S, OVERALL_PER_S, Go, Pace, Wait, admit, hold, spend

# A second's end belongs to the next one; floating point must not decide the test.
SECOND = 1.0 - 1e-6


def sent_at(requests: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """(chat, moment) of each message when every sender waits exactly as told, one by one."""
    pace, now, sent = Pace(), 0.0, []
    for chat_id, pause in requests:
        now += pause
        while isinstance(decision := admit(pace, chat_id, now), Wait):
            assert decision.seconds > 0
            now += decision.seconds
        pace = decision.pace
        sent.append((chat_id, now))
    return sent


def most_in_a_second(moments: list[float]) -> int:
    return max(sum(start <= moment < start + SECOND for moment in moments) for start in moments)


requests = st.lists(
    st.tuples(st.integers(1, 60), st.floats(0, 0.2, allow_nan=False)), min_size=1, max_size=150
)


@given(requests)
def test_no_second_holds_more_than_telegram_allows(asked: list[tuple[int, float]]) -> None:
    sent = sent_at(asked)
    assert most_in_a_second([moment for _, moment in sent]) <= 30
    for chat_id in {chat_id for chat_id, _ in sent}:
        assert most_in_a_second([moment for chat, moment in sent if chat == chat_id]) <= 2


def test_three_hundred_members_take_as_long_as_the_limit_and_no_longer() -> None:
    sent = sent_at([(chat_id, 0.0) for chat_id in range(300)])
    assert abs(sent[-1][1] - 299 / OVERALL_PER_S) < 1e-6


def test_one_chat_gets_one_message_a_second_while_others_go_on() -> None:
    first = admit(Pace(), 1, 10.0)
    assert isinstance(first, Go)
    again = admit(first.pace, 1, 10.5)
    assert isinstance(again, Wait)
    assert abs(again.seconds - 0.5 / CHAT_PER_S) < 1e-9
    assert isinstance(admit(first.pace, 2, 10.5), Go)


def test_nothing_goes_before_telegrams_retry_after_has_passed() -> None:
    held = hold(hold(Pace(), 20.0), 15.0)
    decision = admit(held, 1, 13.0)
    assert isinstance(decision, Wait)
    assert decision.seconds == 7.0
    assert isinstance(admit(held, 1, 20.0), Go)


def test_replies_are_never_held_back_but_the_boards_wait_for_them() -> None:
    pace = Pace()
    for chat_id in range(14):
        pace = spend(pace, chat_id, 5.0)
    decision = admit(pace, 99, 5.0)
    assert isinstance(decision, Wait)
    assert abs(decision.seconds - 14 / OVERALL_PER_S) < 1e-9


def test_chats_are_forgotten_when_their_bucket_is_full_again() -> None:
    pace = Pace()
    for chat_id in range(1000):
        pace = spend(pace, chat_id, chat_id / OVERALL_PER_S)
    assert len(pace.chats) <= OVERALL_PER_S + 1
