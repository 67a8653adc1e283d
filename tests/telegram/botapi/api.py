"""The state of one server, and what tests do with it."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tests.telegram.botapi.calls import Call
from tests.telegram.botapi.changes import Changes
from tests.telegram.botapi.errors import Refused, too_fast
from tests.telegram.botapi.faults import ConnectionCut, Cut, Faults, Script
from tests.telegram.botapi.files import Files
from tests.telegram.botapi.profile import Profile
from tests.telegram.botapi.rates import Rates
from tests.telegram.botapi.screens import Screens
from tests.telegram.botapi.updates import Update, Updates
from tests.telegram.botapi.webhook import Webhook
from tests.telegram.botapi.world import Account, Message, World, unix_time

BOT_ID: Final = 424242001
TOKEN: Final = f"{BOT_ID}:AAcanary-CANARY-canary-CANARY-canary0"
BOT_NAME: Final = "boards_test_bot"
# Fan-out of a board to 300 people a hundred times over; the oldest go first.
CALLS_KEPT: Final = 50_000
PRESSES_KEPT: Final = 10_000  # thirty of each person in a lecture
# Telegram says only "too old"; a client stops showing the wait on a button after about so long.
QUERY_LIVES_S: Final = 30.0


@dataclass(frozen=True)
class Query:
    """A button that was pressed and waits for its answer. at: seconds on a steady clock."""

    query_id: str
    user_id: int
    chat_id: int
    at: float


def _nothing(_: str, __: Any) -> None:
    """Nobody looks."""


def _world() -> World:
    bot = Account(BOT_ID, "Boards", username=BOT_NAME, is_bot=True)
    return World(bot)


@dataclass
class BotApi:
    """A Bot API server with one bot."""

    url: str = ""
    token: str = TOKEN
    clock: Callable[[], float] = time.monotonic
    changes: Changes = field(default_factory=Changes)
    world: World = field(default_factory=_world)
    files: Files = field(default_factory=Files)
    rates: Rates = field(default_factory=Rates)
    faults: Faults = field(default_factory=Faults)
    screens: Screens = field(default_factory=Screens)
    profile: Profile = field(default_factory=Profile)
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=CALLS_KEPT))
    answered: dict[str, dict[str, Any]] = field(default_factory=dict)
    open_queries: dict[str, Query] = field(default_factory=dict)
    query_lives_s: float = QUERY_LIVES_S
    webhook: Webhook = field(default_factory=Webhook)
    # Shown every answer ("sendMessage", ...) and every update ("Update", ...); tests check them.
    inspect: Callable[[str, Any], None] = _nothing
    updates: Updates = field(init=False)

    def __post_init__(self) -> None:
        self.updates = Updates(self.changes, lambda update: self.inspect("Update", update))

    def begin_now(self) -> None:
        """For a bot that remembers an earlier server: its people and updates are not met again."""
        self.world.number_from(unix_time())
        self.updates.number_from(unix_time())

    # --- what goes wrong
    def fail(
        self,
        method: str,
        status: int,
        description: str,
        *,
        chat_id: int | None = None,
        times: int = 1,
        **parameters: int,
    ) -> None:
        """The next `times` calls of `method` are answered so; "*": of any."""
        refusal = Refused(status, description, **parameters)
        self.faults.scripts.append(Script(method, chat_id, times, failure=refusal))

    def hang(self, method: str, *, chat_id: int | None = None) -> asyncio.Event:
        """The next call of `method` is not answered until the event that is returned is set."""
        released = asyncio.Event()
        self.faults.scripts.append(Script(method, chat_id, 1, hangs=released))
        return released

    def cut(
        self, method: str, when: Cut = "before", *, chat_id: int | None = None, times: int = 1
    ) -> None:
        """The next calls end without an answer, before or after they were carried out."""
        self.faults.scripts.append(Script(method, chat_id, times, cut=when))

    def goes_away(self, how: Literal["cut", "502"] = "cut") -> None:
        """An outage: no call is answered, or each one with 502."""
        self.faults.outage = ConnectionCut() if how == "cut" else Refused(502, "Bad Gateway")

    def comes_back(self) -> None:
        """The outage is over."""
        self.faults.outage = None

    def wait_for_answer(self, query: Query) -> None:
        """A button was pressed; of all presses the newest are remembered."""
        self.open_queries[query.query_id] = query
        for presses in (self.open_queries, self.answered):
            while len(presses) > PRESSES_KEPT:
                del presses[next(iter(presses))]

    def admit(self, chat_id: int, messages: int = 1) -> None:
        """Count what goes to a chat. Raises Refused with 429."""
        wait = self.rates.admit(chat_id, self.clock(), messages)
        if wait:
            raise too_fast(wait)

    # --- what the bot did
    def called(self, method: str, chat_id: int | None = None) -> list[Call]:
        """The calls of a method so far, failures among them."""
        return [
            call
            for call in self.calls
            if call.method == method and (chat_id is None or call.chat_id == chat_id)
        ]

    async def until(self, condition: Callable[[], bool], within_s: float = 20.0) -> None:
        """Wait until something that the bot does makes `condition` true. Raises TimeoutError."""
        await self.changes.until(condition, within_s)

    @property
    def messages(self) -> dict[tuple[int, int], Message]:
        """What the bot wrote, by chat and message, as it stands now."""
        return {
            (chat.chat_id, message_id): message
            for chat in self.world.chats.values()
            for message_id, message in chat.messages.items()
            if message["from"]["id"] == BOT_ID
        }

    def written_in(self, chat_id: int) -> list[Message]:
        """What the bot wrote in one chat, oldest first, as it stands now."""
        messages = self.world.chats[chat_id].messages.values()
        return [message for message in messages if message["from"]["id"] == BOT_ID]

    def now(self, message: Message) -> Message | None:
        """A message as it stands now; None: it was deleted."""
        return self.world.chats[message["chat"]["id"]].messages.get(message["message_id"])

    def edits_of(self, message: Message) -> list[Message]:
        """All that stood there, the first version first."""
        chat = self.world.chats[message["chat"]["id"]]
        return list(chat.versions.get(message["message_id"], []))

    def reactions_on(self, message: Message) -> list[str]:
        """The bot's emoji on a message."""
        chat = self.world.chats[message["chat"]["id"]]
        given = chat.reactions.get(message["message_id"], {}).get(BOT_ID, [])
        return [each["emoji"] for each in given]

    @property
    def confirmed(self) -> int:
        """The highest update id that the bot has confirmed."""
        return self.updates.confirmed

    # --- what the bot is to hear of
    async def put_update(self, content: dict[str, Any]) -> Update | None:
        """Something that people cannot do here, as the update that tells of it."""
        return self.updates.put(content)

    async def put_again(self, sent: Message) -> None:
        """The update that told of this message once more, as if its confirmation got lost."""
        assert sent.news is not None, "the bot never heard of it"
        self.updates.put_again(sent.news)

    def expire(self, query_id: str) -> None:
        """A press waits no longer for its answer."""
        self.open_queries.pop(query_id, None)
