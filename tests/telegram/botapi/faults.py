"""What goes wrong on purpose: failures of one method, cut connections, delays, outages."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal

from tests.telegram.botapi.calls import Call
from tests.telegram.botapi.errors import Refused

Cut = Literal["before", "after"]


class ConnectionCut(Exception):
    """The connection is to be closed without an answer."""


@dataclass
class Script:
    """A fault that is to come: in this method, in this chat or in any, so many times."""

    method: str
    chat_id: int | None
    times: int
    failure: Refused | None = None
    hangs: asyncio.Event | None = None
    cut: Cut | None = None

    def meets(self, call: Call) -> bool:
        """Whether this call is one of those."""
        return (
            self.times > 0
            and self.method in {call.method, "*"}
            and (self.chat_id is None or self.chat_id == call.chat_id)
        )


@dataclass
class Faults:
    """latency_s: before each answer. outage: while set, every call ends so."""

    latency_s: float = 0.0
    outage: Refused | ConnectionCut | None = None
    scripts: list[Script] = field(default_factory=list)

    async def before(self, call: Call) -> Script | None:
        """What happens before the call is carried out; the script that also has a word after it.

        Raises Refused, ConnectionCut.
        """
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        if self.outage is not None:
            raise self.outage
        script = next((each for each in self.scripts if each.meets(call)), None)
        if script is None:
            return None
        script.times -= 1
        if script.hangs is not None:
            await script.hangs.wait()
        if script.failure is not None:
            raise script.failure
        if script.cut == "before":
            raise ConnectionCut
        return script

    @staticmethod
    def after(script: Script | None) -> None:
        """What happens when the call was carried out. Raises ConnectionCut."""
        if script is not None and script.cut == "after":
            raise ConnectionCut
