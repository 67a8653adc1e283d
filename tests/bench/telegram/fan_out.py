"""One board to 300 members: the time that Telegram's limit allows, refusals, uploads, memory."""

from typing import Final

from tests.bench.telegram.place import BotProcess, Place, bot_process
from tests.telegram.botapi.rates import OVERALL_PER_S
from tests.telegram.crowds import copies, crowd, ready_board, told
from tests.telegram.people import Person
from tests.waiting import eventually

MEMBERS: Final = 300
_WITHIN_S: Final = 120.0


async def fan_out_rows(at: Place, *, rounds: int, members: int = MEMBERS) -> list[tuple[str, str]]:
    """So many boards, one after another; the memory after the first is what growth counts from."""
    people = await crowd(at.services, at.room, at.api, members)
    took: list[float] = []
    memory: list[float] = []
    async with bot_process(at) as bot:
        idle = bot.memory_mb
        busy = bot.busy_s
        for number in range(1, rounds + 1):
            took.append(await _one(at, bot, people, number))
            memory.append(bot.memory_mb)
        spent = bot.busy_s - busy
    allowed = members / OVERALL_PER_S
    sends = at.api.called("sendPhoto")
    counts = [count for number in range(1, rounds + 1) for count in copies(people, number).values()]
    return [
        ("members x boards", f"{members} x {rounds}"),
        ("refusals (429)", str(at.api.rates.refused)),
        ("uploads of a picture / boards", f"{sum(bool(c.uploaded) for c in sends)} / {rounds}"),
        ("copies that a member has of a board", f"{min(counts)} to {max(counts)}"),
        ("first to last message", ", ".join(f"{seconds:.2f} s" for seconds in took)),
        (
            f"the same / {allowed:.0f} s, which {OVERALL_PER_S} a second take (bar: 1.15)",
            f"{min(took) / allowed:.2f} to {max(took) / allowed:.2f}",
        ),
        ("the bot's memory (RSS) before the first board", f"{idle:.0f} MB"),
        ("after each board", ", ".join(f"{used:.0f}" for used in memory) + " MB"),
        ("after the last / after the first", f"{memory[-1] / memory[0]:.2f}"),
        ("the bot's processor time per message", f"{spent / len(sends) * 1000:.1f} ms"),
    ]


async def _one(at: Place, bot: BotProcess, people: list[Person], number: int) -> float:
    """Seconds from the first message of a board to the last."""
    del bot
    began = at.api.clock()
    board_id = await ready_board(at.services, people[number], seed=number)
    await eventually(
        lambda: told(at.services, board_id),
        lambda states: states["sent"] == len(people),
        _WITHIN_S,
    )
    sent = at.first_answers("sendPhoto", began)
    return max(sent.values()) - min(sent.values())
