"""A fan-out through a storm of refusals, an outage, and kill -9 in the middle: who gets what, when.

Nothing is shortened here: an outage lasts its minute, a dead sender's lease runs out by itself.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from tests.bench.telegram.place import Place, bot_process
from tests.telegram.botapi import Refused
from tests.telegram.botapi.rates import OVERALL_PER_S
from tests.telegram.crowds import attempts_of, copies, crowd, ready_board, told
from tests.telegram.people import Person
from tests.waiting import eventually

MEMBERS: Final = 300
_WITHIN_S: Final = 300.0


async def storm_rows(at: Place, *, seconds: float) -> list[tuple[str, str]]:
    """For so long every call is refused with "retry after 1"."""
    return await _outage_rows(
        at, seconds, Refused(429, "Too Many Requests: retry after 1", retry_after=1)
    )


async def outage_rows(at: Place, *, seconds: float) -> list[tuple[str, str]]:
    """For so long no call is answered: the connection is cut."""
    return await _outage_rows(at, seconds, None)


async def _outage_rows(at: Place, seconds: float, refusal: Refused | None) -> list[tuple[str, str]]:
    people = await crowd(at.services, at.room, at.api, MEMBERS)
    async with bot_process(at):
        board_id = await ready_board(at.services, people[0], seed=1)
        await _third(at)
        if refusal is None:
            at.api.goes_away()
        else:
            at.api.faults.outage = refusal
        began, before = at.api.clock(), len(at.api.called("sendPhoto"))
        await asyncio.sleep(seconds)
        at.api.comes_back()
        ended, tried = at.api.clock(), len(at.api.called("sendPhoto")) - before
        left = MEMBERS - len(at.first_answers("sendPhoto", 0.0))
        await _all_sent(at, board_id)
        sent = at.first_answers("sendPhoto", 0.0)
    after = [moment - ended for moment in sent.values() if moment > ended]
    return [
        *await _outcome(at, board_id, people),
        ("it lasted", f"{ended - began:.0f} s, with {left} of {MEMBERS} still without the board"),
        ("sends that were tried meanwhile", str(tried)),
        ("its end to the next board that gets through", f"{min(after):.1f} s"),
        ("its end to the last board", f"{max(after):.1f} s"),
        (f"the same / {left} at {OVERALL_PER_S} a second", _ratio(max(after), left)),
    ]


async def kill_rows(at: Place) -> list[tuple[str, str]]:
    """Kill -9 when a third of them have the board; another process starts at once."""
    people = await crowd(at.services, at.room, at.api, MEMBERS)
    async with bot_process(at) as first:
        board_id = await ready_board(at.services, people[0], seed=1)
        await _third(at)
        first.kill()
        killed = at.api.clock()
    async with bot_process(at):
        polls = at.api.clock()
        await _all_sent(at, board_id)
    sent = at.first_answers("sendPhoto", 0.0)
    after = sorted(moment - killed for moment in sent.values() if moment > killed)
    lost = [
        attempt
        for attempt in await attempts_of(at.services, board_id)
        if attempt.error_code == "sender_lost"
    ]
    late = [wait for wait in after if wait > after[0] + _minute(len(after))]
    return [
        *await _outcome(at, board_id, people),
        ("kill to the first poll of the next process", f"{polls - killed:.1f} s"),
        ("kill to the next board", f"{after[0]:.1f} s"),
        ("boards that the dead process had in hand", str(len(lost))),
        ("kill to the last board but those", f"{after[-1 - len(late)]:.1f} s"),
        ("kill to the last board", f"{after[-1]:.1f} s"),
    ]


def _minute(left: int) -> float:
    """How long the boards that nobody had in hand may take, with some seconds to spare."""
    return left / OVERALL_PER_S + 10.0


async def _third(at: Place) -> None:
    await at.api.until(
        lambda: (
            len({chat for method, chat, _ in at.answers if method == "sendPhoto"}) >= MEMBERS // 3
        ),
        _WITHIN_S,
    )


async def _all_sent(at: Place, board_id: UUID) -> None:
    look: Callable[[], Awaitable[Counter[str]]] = lambda: told(at.services, board_id)  # noqa: E731 -- named for its type
    await eventually(look, lambda states: states["sent"] == MEMBERS, _WITHIN_S)


async def _outcome(at: Place, board_id: UUID, people: list[Person]) -> list[tuple[str, str]]:
    counts = Counter(copies(people, 1).values())
    states = await told(at.services, board_id)
    return [
        ("members without the board", str(counts[0])),
        ("members with a second copy (bar: at most 1)", str(MEMBERS - counts[0] - counts[1])),
        ("deliveries by state", ", ".join(f"{n} {state}" for state, n in states.items())),
    ]


def _ratio(took_s: float, left: int) -> str:
    return f"{took_s / (left / OVERALL_PER_S):.2f}"
