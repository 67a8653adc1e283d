"""Turns at Telegram's limits: the pure pace of bot.pacing, with a clock and with waiting."""

import asyncio
import time
from collections.abc import Callable

from bot.pacing import Go, Pace, Wait, admit, hold, spend


class Turns:
    """One for the process: replies spend from it at once, deliveries wait for it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pace = Pace()

    async def take(self, chat_id: int, patience_s: float) -> float:
        """Wait for a turn. 0.0: it is ours; else, the seconds still to wait were too many."""
        until = self._clock() + patience_s
        while True:
            match admit(self._pace, chat_id, self._clock()):
                case Go(pace):
                    self._pace = pace
                    return 0.0
                case Wait(seconds):
                    if self._clock() + seconds > until:
                        return seconds
                    await asyncio.sleep(seconds)

    def spend(self, chat_id: int) -> None:
        """A reply goes to this chat: a person waits for it, so it does not wait for a turn."""
        self._pace = spend(self._pace, chat_id, self._clock())

    def hold(self, seconds: float) -> None:
        """Nothing goes for so long."""
        self._pace = hold(self._pace, self._clock() + seconds)

    @property
    def held_s(self) -> float:
        """For how many seconds nothing may go."""
        return max(0.0, self._pace.held_until - self._clock())
