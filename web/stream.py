"""Frames of the hub as server-sent events. Keep-alive comments every 15 s are FastAPI's own."""

from collections.abc import AsyncIterator
from typing import Final, assert_never

from fastapi.sse import ServerSentEvent

from core.access import Viewer
from core.events import Received
from web.listener import Reset
from web.live import Hub

# Soon enough not to be noticed, late enough for a server that restarts with 300 pages open.
_RETRY_MS: Final = 2000
RESET: Final = "reset"


async def server_sent_events(
    hub: Hub, viewer: Viewer, after: str | None
) -> AsyncIterator[ServerSentEvent]:
    """The auditorium's events for one page. after: see Hub.listen."""
    yield ServerSentEvent(retry=_RETRY_MS, comment="auditorium")
    async for frame in hub.listen(viewer.auditorium_id, after):
        match frame:
            case Received(event_id, event):
                yield ServerSentEvent(id=event_id, event=event.name.value, data=dict(event.data))
            case Reset(event_id):
                yield ServerSentEvent(id=event_id, event=RESET, data={})
            case _:
                assert_never(frame)
