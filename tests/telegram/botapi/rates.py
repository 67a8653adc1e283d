"""How fast a bot may send: the documented limits, as a pure decision of what was sent and time.

core.telegram.org/bots/faq, "My bot is hitting limits": about one message a second in one chat,
"short bursts" over it allowed; 20 messages a minute in one group; about 30 a second overall.
Telegram does not say how long a burst may be: ten messages are taken here, because an album of
ten is one legal call, refilled at one a second. Overall and in groups the windows slide, without
a burst. Counted is what people see come or change; typing, answers to buttons, reactions and
deletions have limits of their own, which nobody has published. A call that was refused for another
reason does not count.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

OVERALL_PER_S: Final = 30
GROUP_PER_MINUTE: Final = 20
CHAT_PER_S: Final = 1.0
CHAT_BURST: Final = 10.0


@dataclass
class _Bucket:
    tokens: float
    at: float


@dataclass
class Rates:
    """is_on: off, nothing is refused. refused: how many calls were."""

    is_on: bool = True
    refused: int = 0
    _overall: deque[float] = field(default_factory=deque)
    _groups: dict[int, deque[float]] = field(default_factory=dict)
    _chats: dict[int, _Bucket] = field(default_factory=dict)

    def admit(self, chat_id: int, now: float, messages: int = 1) -> int:
        """0: taken and counted. Else retry_after in whole seconds, and nothing was counted."""
        if not self.is_on:
            return 0
        waits = [_window(self._overall, now, 1.0, OVERALL_PER_S, messages)]
        bucket = self._chats.setdefault(chat_id, _Bucket(CHAT_BURST, now))
        tokens = min(CHAT_BURST, bucket.tokens + (now - bucket.at) * CHAT_PER_S)
        # An album is one act: it may run up a debt, and what follows waits for it.
        waits.append((1.0 - tokens) / CHAT_PER_S)
        if chat_id < 0:
            group = self._groups.setdefault(chat_id, deque())
            waits.append(_window(group, now, 60.0, GROUP_PER_MINUTE, messages))
        wait = max(waits)
        if wait > 0:
            self.refused += 1
            return max(1, math.ceil(wait))
        self._overall.extend([now] * messages)
        if chat_id < 0:
            self._groups[chat_id].extend([now] * messages)
        self._chats[chat_id] = _Bucket(tokens - messages, now)
        return 0


def _window(sent: deque[float], now: float, length_s: float, most: int, messages: int) -> float:
    """Seconds until so many messages fit into the window; 0 or less: they do."""
    while sent and sent[0] <= now - length_s:
        sent.popleft()
    surplus = len(sent) + messages - most
    return sent[min(surplus, len(sent)) - 1] + length_s - now if surplus > 0 and sent else 0.0
