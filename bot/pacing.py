"""How fast messages may go to Telegram: token buckets, as a pure function of values and time.

Telegram asks for at most 30 messages a second overall and one a second to one chat
(core.telegram.org/bots/faq). A bucket holds one message and no more: with N a second it lets at
most N + 1 through in any second, so 28 stays below 30 with one to spare.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

OVERALL_PER_S: Final = 28.0
CHAT_PER_S: Final = 1.0
_FULL: Final = 1.0
# Replies are not held back, they run up a debt; more of it would only make the boards wait.
_DEEPEST: Final = -OVERALL_PER_S
# Floating point: a token awaited for exactly its time may be this far from whole.
_WHOLE: Final = _FULL - 1e-9


@dataclass(frozen=True, slots=True)
class Bucket:
    """tokens: at most 1, below 0 as a debt, as of `at`. at: seconds on any steady clock."""

    tokens: float
    at: float

    def tokens_at(self, now: float, per_s: float) -> float:
        """What it holds now, refilled at `per_s` tokens a second."""
        return min(_FULL, self.tokens + max(0.0, now - self.at) * per_s)


@dataclass(frozen=True, slots=True)
class Pace:
    """The buckets. chats: of those that are not full again. held_until: Telegram said "wait"."""

    overall: Bucket = Bucket(_FULL, 0.0)
    chats: Mapping[int, Bucket] = field(default_factory=dict)
    held_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Go:
    """Send now; `pace` is what is left."""

    pace: Pace


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before `seconds` have passed; nothing was taken. Others may be first meanwhile."""

    seconds: float


def admit(pace: Pace, chat_id: int, now: float) -> Go | Wait:
    """Whether one message may go to this chat now."""
    overall = pace.overall.tokens_at(now, OVERALL_PER_S)
    chat = _chat_tokens(pace, chat_id, now)
    if pace.held_until <= now and overall >= _WHOLE and chat >= _WHOLE:
        return Go(spend(pace, chat_id, now))
    return Wait(
        max(
            pace.held_until - now,
            (_FULL - overall) / OVERALL_PER_S,
            (_FULL - chat) / CHAT_PER_S,
        )
    )


def spend(pace: Pace, chat_id: int, now: float) -> Pace:
    """One message goes to this chat now, allowed or not."""
    chats = {
        other: bucket
        for other, bucket in pace.chats.items()
        if bucket.tokens_at(now, CHAT_PER_S) < _FULL
    }
    chats[chat_id] = Bucket(max(_DEEPEST, _chat_tokens(pace, chat_id, now) - 1), now)
    overall = pace.overall.tokens_at(now, OVERALL_PER_S) - 1
    return replace(pace, overall=Bucket(max(_DEEPEST, overall), now), chats=chats)


def hold(pace: Pace, until: float) -> Pace:
    """Nothing goes before `until`: Telegram's retry_after."""
    return replace(pace, held_until=max(pace.held_until, until))


def _chat_tokens(pace: Pace, chat_id: int, now: float) -> float:
    bucket = pace.chats.get(chat_id)
    return _FULL if bucket is None else bucket.tokens_at(now, CHAT_PER_S)
