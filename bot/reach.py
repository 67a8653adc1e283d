"""Whether Telegram can be reached at all, as sends tell: a pure value that each of them changes.

One delivery may fail for reasons of its own. Where several in a row do, and none between them gets
through, Telegram is away: then only one at a time is tried, so that an outage uses up the tries of
a few deliveries and not of all, and all of them go on at once when it is over.
"""

from dataclasses import dataclass
from typing import Final

# One or two are bad luck, or deliveries that always fail.
_AWAY_AFTER: Final = 3
# The longest that boards wait when Telegram is back.
_TRY_EVERY_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Reach:
    """failures: in a row. until: when the next is tried, in seconds on the sender's clock."""

    failures: int = 0
    until: float = 0.0

    @property
    def is_away(self) -> bool:
        """Whether deliveries are to be tried one at a time."""
        return self.failures >= _AWAY_AFTER

    def wait_s(self, now: float) -> float:
        """For how many seconds nothing is to be tried."""
        return max(0.0, self.until - now) if self.is_away else 0.0

    def failed(self, now: float) -> "Reach":
        """A send was not answered, or with a fault of Telegram's own."""
        return Reach(self.failures + 1, now + _TRY_EVERY_S)


ANSWERS: Final = Reach()
