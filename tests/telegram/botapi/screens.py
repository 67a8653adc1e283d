"""What each person sees happen on his screen, in order: kept for tests, streamed to a page."""

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal

SightKind = Literal["message", "edit", "deletion", "reaction", "answer", "action", "chat"]
# Enough to fill a page that was reloaded; the oldest go first.
SIGHTS_KEPT: Final = 1_000


@dataclass(frozen=True)
class Sight:
    """Something that a person sees. number: rises by one over all people."""

    number: int
    user_id: int
    chat_id: int
    kind: SightKind
    content: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """For the stream."""
        return {
            "number": self.number,
            "user_id": self.user_id,
            "chat_id": self.chat_id,
            "kind": self.kind,
            "content": self.content,
        }


@dataclass
class Screens:
    """The screens of all people."""

    seen: dict[int, deque[Sight]] = field(default_factory=dict)
    _listeners: set["asyncio.Queue[Sight]"] = field(default_factory=set)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def show(
        self, user_ids: list[int], chat_id: int, kind: SightKind, content: dict[str, Any]
    ) -> None:
        """These people see it."""
        for user_id in user_ids:
            sight = Sight(next(self._numbers), user_id, chat_id, kind, dict(content))
            self.seen.setdefault(user_id, deque(maxlen=SIGHTS_KEPT)).append(sight)
            for listener in self._listeners:
                listener.put_nowait(sight)

    def of(self, user_id: int, kind: SightKind | None = None) -> list[Sight]:
        """What this person saw, oldest first."""
        return [each for each in self.seen.get(user_id, ()) if kind in {None, each.kind}]

    @property
    def newest(self) -> int:
        """The number of what was seen last; 0: nobody has seen anything."""
        return max((seen[-1].number for seen in self.seen.values() if seen), default=0)

    def after(self, number: int) -> list[Sight]:
        """What anybody saw after this number, oldest first, as far as it is kept."""
        kept = (sight for seen in self.seen.values() for sight in seen if sight.number > number)
        return sorted(kept, key=lambda sight: sight.number)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["asyncio.Queue[Sight]"]:
        """A queue of all that is seen from now on."""
        queue: asyncio.Queue[Sight] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)
