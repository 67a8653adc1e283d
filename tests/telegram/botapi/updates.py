"""The queue of updates: offsets, confirmations, allowed kinds, and who may ask."""

import itertools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.telegram.botapi.changes import Changes
from tests.telegram.botapi.errors import refused

Update = dict[str, Any]
# What comes only to those who name it (core.telegram.org/bots/api, getUpdates).
NOT_BY_DEFAULT: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
MOST_AT_ONCE: Final = 100
LONGEST_POLL_S: Final = 50
# Telegram keeps them for a day; a bot that is away for that long is no test. The oldest go first.
UPDATES_KEPT: Final = 100_000
_OTHER: Final = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)


@dataclass
class Updates:
    """What the bot has not confirmed yet. confirmed: the highest id that it has."""

    changes: Changes
    inspect: Callable[[Update], None]
    waiting: OrderedDict[int, Update] = field(default_factory=OrderedDict)
    confirmed: int = 0
    allowed: frozenset[str] | None = None
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(700_001))
    _polls: "itertools.count[int]" = field(default_factory=itertools.count)
    _newest_poll: int = -1

    def number_from(self, moment: int) -> None:
        """Ids that go on behind those of a server that began earlier. moment: as of the world."""
        self._ids = itertools.count(moment)

    def allow(self, kinds: list[str] | None) -> None:
        """Kinds from now on; an empty list: all but the three. None: as before."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def put(self, content: dict[str, Any]) -> Update | None:
        """Something happened; None: the bot does not want to hear of such things."""
        (kind,) = content
        if kind in NOT_BY_DEFAULT if self.allowed is None else kind not in self.allowed:
            return None
        update = {"update_id": next(self._ids), **content}
        self.inspect(update)
        self.waiting[update["update_id"]] = update
        while len(self.waiting) > UPDATES_KEPT:
            self.waiting.popitem(last=False)
        self.changes.touch()
        return update

    def put_again(self, update: Update) -> None:
        """The same update once more, as after a confirmation that got lost."""
        self.confirmed = min(self.confirmed, update["update_id"] - 1)
        self.waiting[update["update_id"]] = update
        self.changes.touch()

    def confirm(self, update_id: int) -> None:
        """The bot has this one and all before it."""
        self.confirmed = max(self.confirmed, update_id)
        for waiting in [each for each in self.waiting if each <= update_id]:
            del self.waiting[waiting]
        self.changes.touch()

    def drop(self, update_id: int) -> None:
        """A webhook took this one."""
        self.waiting.pop(update_id, None)
        self.confirmed = max(self.confirmed, update_id)
        self.changes.touch()

    def clear(self) -> None:
        """drop_pending_updates."""
        if self.waiting:
            self.confirm(max(self.waiting))

    async def poll(self, *, offset: int, limit: int, timeout_s: int) -> list[Update]:
        """GetUpdates. Raises Refused with 409 when a newer one comes meanwhile."""
        mine = self._newest_poll = next(self._polls)
        self.changes.touch()
        if offset > 0:
            self.confirm(offset - 1)
        elif offset < 0 and self.waiting:
            first = list(self.waiting)[offset:][0]
            self.confirm(first - 1)
        limit = limit if 1 <= limit <= MOST_AT_ONCE else MOST_AT_ONCE
        try:
            await self.changes.until(
                lambda: bool(self.waiting) or mine != self._newest_poll,
                min(max(timeout_s, 0), LONGEST_POLL_S),
            )
        except TimeoutError:
            return []
        if mine != self._newest_poll:
            raise refused(409, _OTHER)
        return [self.waiting[each] for each in sorted(self.waiting)[:limit]]
