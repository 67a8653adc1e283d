"""200 people who join within ten seconds while 40 send a photo at once: who waits how long."""

import asyncio
import math
from dataclasses import dataclass
from typing import Final

from tests.bench.telegram.place import Place, bot_process
from tests.pictures import photo
from tests.telegram.botapi import Message
from tests.telegram.botapi.acts import say
from tests.telegram.botapi.rates import OVERALL_PER_S
from tests.telegram.crowds import crowd
from tests.telegram.people import Person, person

JOIN: Final = 200
JOIN_WITHIN_S: Final = 10.0
SEND: Final = 40
# The photos come when the joining is in full swing.
_SEND_AFTER_S: Final = 3.0
_WAIT_S: Final = 60.0
_BAR_S: Final = 1.0


@dataclass(frozen=True)
class Waits:
    """Seconds from what somebody did to what he saw, one for each person."""

    seconds: tuple[float, ...]

    def at(self, percent: float) -> float:
        """The wait that so many percent did not exceed (nearest rank)."""
        ranked = sorted(self.seconds)
        return ranked[math.ceil(len(ranked) * percent / 100) - 1]

    def __str__(self) -> str:
        late = sum(wait > _BAR_S for wait in self.seconds)
        return (
            f"{self.at(50) * 1000:.0f} ms median, {self.at(95) * 1000:.0f} ms at the 95th "
            f"percentile, {max(self.seconds) * 1000:.0f} ms at most; over 1 s: {late} of "
            f"{len(self.seconds)}"
        )


async def crowd_rows(at: Place, *, join: int = JOIN, send: int = SEND) -> list[tuple[str, str]]:
    """The figures of one such lecture."""
    senders = await crowd(at.services, at.room, at.api, send)
    boards = [
        await at.api.files.take_photo(photo(number, size=(1280, 960)), "photo.jpg")
        for number in range(send)
    ]
    joiners = [person(at.api, f"Late {number}", has_started=False) for number in range(join)]
    async with bot_process(at) as bot:
        busy, began = bot.busy_s, at.api.clock()
        joining = asyncio.create_task(_join(at, joiners))
        if join:
            await asyncio.sleep(_SEND_AFTER_S)
        sent_at = at.api.clock()
        sent = [
            say(at.api, each.account, each.chat, {"photo": board})
            for each, board in zip(senders, boards, strict=True)
        ]
        joined_at = await joining
        await at.api.until(lambda: all(each.inbox for each in (*senders, *joiners)), _WAIT_S)
        ended = at.api.clock()
        await at.api.until(lambda: len(_reactions(at, sent)) == send, _WAIT_S)
        spent = bot.busy_s - busy
    words = at.first_answers("sendMessage", began)
    joins = [words[each.chat_id] - joined_at[each.chat_id] for each in joiners]
    sends = [words[each.chat_id] - sent_at for each in senders]
    signs = [seen - sent_at for seen in _reactions(at, sent).values()]
    # The rate that Telegram grants to any bot makes the last of them wait so long, at least.
    floor = max(0.0, (send - OVERALL_PER_S) / OVERALL_PER_S)
    rows = [
        ("unanswered", str(sum(not each.inbox for each in (*senders, *joiners)))),
        ("a sender's first sign (reaction)", str(Waits(tuple(signs)))),
        ("a sender's first words", str(Waits(tuple(sends)))),
    ]
    if join:
        signs_or_words = Waits((*joins, *signs))
        rows += [
            ("a joiner's first words", str(Waits(tuple(joins)))),
            ("everybody's first words", str(Waits((*joins, *sends)))),
            ("everybody's first answer of either kind", str(signs_or_words)),
        ]
    return [
        *rows,
        (
            f"at {OVERALL_PER_S} a second the last of {send} messages has to wait",
            f"{floor * 1000:.0f} ms and more while others join",
        ),
        ("refusals (429)", str(at.api.rates.refused)),
        ("the bot's processor time / the time that it took", f"{spent / (ended - began):.2f}"),
    ]


async def _join(at: Place, joiners: list[Person]) -> dict[int, float]:
    """Everybody follows the link, evenly spread; when each one did."""
    began = at.api.clock()
    times: dict[int, float] = {}
    for place, each in enumerate(joiners):
        due = began + JOIN_WITHIN_S * place / len(joiners)
        await asyncio.sleep(max(0.0, due - at.api.clock()))
        times[each.chat_id] = at.api.clock()
        await each.starts(at.room.created.code)
    return times


def _reactions(at: Place, sent: list[Message]) -> dict[int, float]:
    """When the bot reacted to each of these messages, by chat."""
    wanted = {message["chat"]["id"] for message in sent}
    found: dict[int, float] = {}
    for call in at.api.called("setMessageReaction"):
        if call.chat_id in wanted:
            found.setdefault(call.chat_id or 0, call.at)
    return found
