"""uvicorn as we run it: our own logs, no trust in proxies' headers, a quick and clean end."""

import socket
from typing import Final

import uvicorn
from fastapi import FastAPI

from core.settings import Settings
from web.parts import parts_of_app

# An upload of 20 MB under way may end; the supervisor kills after 10 s.
_GRACE_S: Final = 5


class Server(uvicorn.Server):
    """Ends the live streams first, which would otherwise keep the connections open."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._web = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, end the streams, let requests under way finish within the grace."""
        parts_of_app(self._web).hub.close()
        await super().shutdown(sockets)


def make_server(app: FastAPI, settings: Settings) -> Server:
    """A server on the settings' address and port."""
    config = uvicorn.Config(
        app,
        host=settings.auditorium_bind,
        port=settings.auditorium_port,
        log_config=None,  # core.logs has set logging up
        access_log=False,  # web.request_log writes it, without queries
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        lifespan="on",
        ws="none",  # live events are server-sent
    )
    return Server(config, app)
