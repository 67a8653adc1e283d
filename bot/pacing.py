"""How fast messages may go to Telegram: token buckets, as pure functions of values and time.

Telegram (core.telegram.org/bots/faq) asks for at most 30 messages a second overall, about one a
second to one chat, where short bursts are forgiven, and 20 a minute to one group. A bucket that
is filled with `per_s` tokens a second and saves up `burst` of them lets at most
burst + per_s * window through in any window of time.

Three kinds of messages spend from it. A board (admit) waits until all its buckets have a token.
A reply (spend) does not wait for tokens, because a person waits for it: it runs up a debt, and
boards wait until that is paid. The edit of a status (admit with `leave`) is dropped where a board
would wait. After a refusal (hold) replies go in turn as well, until the debt is paid: all those
that waited, sent at once, would be refused again.

A debt alone does not keep a burst of replies within Telegram's second, and one refusal costs all
chats a whole second or more. So the last messages are remembered, and where the second is full a
reply has a place when it is not, and those behind it one after the other: bursts that follow each
other by exactly a second would meet in one wherever the network is slower for the first.

pacing.lua says the same in Redis; a test drives both with the same requests.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

# Of a group's burst: a board and a reply to it are worth more than the edit of a status.
EDITS_LEAVE: Final = 2.0
# More bot processes than this nobody needs: one alone can send at Telegram's limit.
MOST_PROCESSES: Final = 10
# Redis counts seconds since 1970 in floating point: to 2e-7 s, which is 7e-6 tokens.
_SLACK: Final = 1e-4
# A debt smaller than this is rounding.
_DEBT: Final = -0.01
_ONE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Limit:
    """per_s: tokens a second; burst: most that are saved up; window_s: what Telegram looks at."""

    per_s: float
    burst: float
    window_s: float

    @property
    def most(self) -> int:
        """Most messages in any window, replies left aside."""
        return int(self.burst + self.per_s * self.window_s)

    @property
    def deepest(self) -> float:
        """The debt that replies may run up: one window's tokens.

        It is paid in one window, in which no board went; so a board never closes a window with
        more than `most` messages in it, replies among them. A deeper debt would only make boards
        wait for messages that Telegram no longer counts.
        """
        return -self.per_s * self.window_s


@dataclass(frozen=True, slots=True)
class Rules:
    """The three limits of one bot.

    overall: 29 in any second, one less than Telegram takes; the half token saved up makes good
    for a sender that wakes up to 18 ms late. chat: one a second; over ten seconds, because short
    bursts are forgiven. group: the burst is what follows one photo (acknowledgement, status,
    board, full size) and one to spare; what is left of 20 is one in four seconds.
    """

    overall: Limit = Limit(per_s=28.0, burst=1.5, window_s=1.0)
    chat: Limit = Limit(per_s=1.0, burst=1.0, window_s=10.0)
    group: Limit = Limit(per_s=0.25, burst=5.0, window_s=60.0)


RULES: Final = Rules()


def share(processes: int) -> Rules:
    """What each of so many processes may send when they cannot ask each other.

    All of them together stay within RULES in any second and, to one group, in any minute; to one
    chat they may be at once, which is a short burst.
    """
    count = min(max(1, processes), MOST_PROCESSES)
    if count == 1:
        return RULES
    return Rules(
        overall=_part(RULES.overall, count),
        chat=replace(RULES.chat, per_s=RULES.chat.per_s / count),
        group=_part(RULES.group, count),
    )


def _part(limit: Limit, count: int) -> Limit:
    burst = max(_ONE, limit.burst / count)
    allowed = (limit.burst + limit.per_s * limit.window_s) / count
    return replace(limit, burst=burst, per_s=(allowed - burst) / limit.window_s)


@dataclass(frozen=True, slots=True)
class Bucket:
    """tokens: as of `at`, below 0 as a debt. at: seconds on the pace's clock."""

    tokens: float
    at: float

    def level(self, limit: Limit, now: float) -> float:
        """The tokens it holds now."""
        return min(limit.burst, self.tokens + max(0.0, now - self.at) * limit.per_s)


_FULL: Final = Bucket(math.inf, 0.0)


@dataclass(frozen=True, slots=True)
class Chat:
    """own: one a second; group: 20 a minute, untouched in private chats.

    held_until: Telegram's "wait"; it stays until the debt is paid, 0.0 when there is none.
    """

    own: Bucket = _FULL
    group: Bucket = _FULL
    held_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Telegram refused this chat until then."""

    chat_id: int
    until: float


@dataclass(frozen=True, slots=True)
class Pace:
    """The buckets. chats: those that are not full again. held_until: as Chat's, for all chats.

    sent: when the last messages went, at most rules.overall.most of them, or will go, in order.
    refused: of the chats that were refused, the one that waits longest.
    """

    rules: Rules = RULES
    overall: Bucket = _FULL
    sent: tuple[float, ...] = ()
    held_until: float = 0.0
    refused: Refusal | None = None
    chats: Mapping[int, Chat] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Go:
    """It may be sent when `in_s` seconds have passed; `pace` is what is left."""

    pace: Pace
    in_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing was taken. all_s: seconds that any message waits; chat_s: that this chat waits."""

    all_s: float
    chat_s: float

    @property
    def seconds(self) -> float:
        """Not before so many have passed; others may be first meanwhile."""
        return max(self.all_s, self.chat_s)


def admit(pace: Pace, chat_id: int, now: float, *, leave: float = 0.0) -> Go | Wait:
    """Whether one board may go to this chat now. leave: tokens that must stay in a group's."""
    rules, chat = pace.rules, pace.chats.get(chat_id, Chat())
    wait = Wait(
        all_s=max(
            pace.held_until - now,
            _until(pace.overall, rules.overall, now),
            _place(pace.sent, rules.overall, now) - now,
        ),
        chat_s=max(
            chat.held_until - now,
            _until(chat.own, rules.chat, now),
            _until(chat.group, rules.group, now, _ONE + leave),
        ),
    )
    if wait.seconds > 0.0:
        return Wait(max(0.0, wait.all_s), max(0.0, wait.chat_s))
    return spend(pace, chat_id, now)


def spend(
    pace: Pace, chat_id: int, now: float, *, messages: int = 1, patience_s: float = math.inf
) -> Go | Wait:
    """A reply of so many messages goes to this chat, at once where Telegram will take it.

    It waits where Telegram said "wait", and for the next second where this one is full. Wait:
    that would be for more than `patience_s`, and nothing was taken.
    """
    rules, chat = pace.rules, pace.chats.get(chat_id, Chat())
    all_in_turn = _in_turn(pace.held_until, now, pace.overall.level(rules.overall, now))
    chat_in_turn = _in_turn(
        chat.held_until, now, chat.own.level(rules.chat, now), chat.group.level(rules.group, now)
    )
    in_turn = all_in_turn or chat_in_turn
    # A place after the hold is taken from what the buckets will hold then.
    all_at = max(now, pace.held_until)
    chat_at = max(all_at, chat.held_until)
    turn_s = all_at - now + _until(pace.overall, rules.overall, all_at) if all_in_turn else 0.0
    place = max(now + turn_s, _place(pace.sent, rules.overall, now, messages))
    wait = Wait(
        all_s=place - now,
        chat_s=chat_at
        - now
        + max(_until(chat.own, rules.chat, chat_at), _until(chat.group, rules.group, chat_at))
        if chat_in_turn
        else 0.0,
    )
    if wait.seconds > patience_s:
        return wait
    spent = Chat(
        own=_draw(chat.own, rules.chat, chat_at, messages, bounded=not in_turn),
        group=_draw(chat.group, rules.group, chat_at, messages, bounded=not in_turn)
        if chat_id < 0
        else _FULL,
        held_until=chat.held_until if chat_in_turn else 0.0,
    )
    left = replace(
        pace,
        overall=_draw(
            pace.overall,
            rules.overall,
            all_at if all_in_turn else place,
            messages,
            bounded=not in_turn,
        ),
        sent=(*pace.sent, *[place] * messages)[-rules.overall.most :],
        held_until=pace.held_until if all_in_turn else 0.0,
        chats=_not_full(pace, now) | {chat_id: spent},
    )
    return Go(left, wait.seconds)


def hold(pace: Pace, chat_id: int, now: float, seconds: float) -> Pace:
    """Telegram refused a message to this chat and says how long to wait: retry_after.

    It does not say whether the chat or the bot was too fast. The chat is held for exactly so
    long. All chats are held with it where that is the likelier reason: replies have run over the
    common pace and not over this chat's. Otherwise the second refusal tells: where two chats are
    refused at once, all are held for as long as both are.
    """
    until = now + seconds
    chat = pace.chats.get(chat_id, Chat())
    common, other = pace.held_until, pace.refused
    if other is not None and other.chat_id != chat_id and other.until > now:
        common = max(common, min(until, other.until))
    elif _is_over(pace.overall, pace.rules.overall, now) and not (
        _is_over(chat.own, pace.rules.chat, now) or _is_over(chat.group, pace.rules.group, now)
    ):
        common = max(common, until)
    if other is None or until >= other.until:
        other = Refusal(chat_id, until)
    return replace(hold_chat(pace, chat_id, until), held_until=common, refused=other)


def hold_chat(pace: Pace, chat_id: int, until: float) -> Pace:
    """Nothing goes to this chat before `until`."""
    chat = pace.chats.get(chat_id, Chat())
    held = replace(chat, held_until=max(chat.held_until, until))
    return replace(pace, chats={**pace.chats, chat_id: held})


def hold_all(pace: Pace, until: float) -> Pace:
    """Nothing goes to anybody before `until`."""
    return replace(pace, held_until=max(pace.held_until, until))


def held(pace: Pace, chat_id: int, now: float) -> Wait:
    """How long Telegram's "wait" still lasts, for all and for this chat."""
    chat = pace.chats.get(chat_id, Chat())
    return Wait(max(0.0, pace.held_until - now), max(0.0, chat.held_until - now))


def _until(bucket: Bucket, limit: Limit, now: float, wanted: float = _ONE) -> float:
    """Seconds until it holds so many tokens."""
    missing = wanted - bucket.level(limit, now)
    # What was drawn for a place later than now is refilled from then on.
    return max(0.0, bucket.at - now) + missing / limit.per_s if missing > _SLACK else 0.0


def _place(sent: tuple[float, ...], limit: Limit, now: float, messages: int = 1) -> float:
    """When so many more messages fit into Telegram's window; `now`, or behind all that wait."""
    if not sent:
        return now
    surplus = len(sent) + min(messages, limit.most) - limit.most
    free_at = sent[surplus - 1] + limit.window_s if surplus > 0 else now
    if max(sent[-1], free_at) <= now:
        return now
    return max(free_at, sent[-1] + 1.0 / limit.per_s)


def _is_over(bucket: Bucket, limit: Limit, now: float) -> bool:
    return bucket.level(limit, now) < _DEBT


def _in_turn(held_until: float, now: float, *levels: float) -> bool:
    return held_until > 0.0 and (now < held_until or min(levels) < _DEBT)


def _draw(bucket: Bucket, limit: Limit, at: float, messages: int, *, bounded: bool) -> Bucket:
    level = bucket.level(limit, at)
    # What is deeper already are replies with a place after a hold: they still come.
    least = min(level, limit.deepest) if bounded else -math.inf
    return Bucket(max(level - messages, least), at)


def _not_full(pace: Pace, now: float) -> dict[int, Chat]:
    rules = pace.rules
    return {
        chat_id: chat
        for chat_id, chat in pace.chats.items()
        if chat.held_until > now
        or chat.own.level(rules.chat, now) < rules.chat.burst
        or chat.group.level(rules.group, now) < rules.group.burst
    }
