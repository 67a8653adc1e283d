"""How tests reach the web application: in process where that is enough, else a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import httpx
from fastapi import FastAPI

from core.services import Services
from core.settings import Settings
from tests.conftest import Room
from web.app import create_app
from web.parts import parts_of_app
from web.server import Server, make_server

BASE = "http://auditorium.test"


class Served(NamedTuple):
    """An application on a real socket."""

    app: FastAPI
    client: httpx.AsyncClient
    server: Server


@asynccontextmanager
async def in_process(services: Services, **options: object) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application itself, without sockets."""
    app = create_app(services.settings, services)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE, **options) as client:  # type: ignore[arg-type]  # httpx's own options
        yield client
    await parts_of_app(app).hub.aclose()


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Served]:
    """The application on a real socket, opening its own services, and a client of it."""
    app = create_app(settings)
    server = make_server(app, settings)
    server.config.port = 0
    running = asyncio.create_task(server.serve(), name="served")
    try:
        async with asyncio.timeout(20):
            while not server.started:
                assert not running.done(), "the server did not start"
                await asyncio.sleep(0.01)  # uvicorn has no event for it
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield Served(app, client, server)
    finally:
        server.should_exit = True
        await asyncio.wait_for(running, 20)


def as_student(room: Room) -> dict[str, str]:
    """The header that makes a request the student's."""
    return {"Authorization": f"Bearer {room.student_token}"}


def as_owner(room: Room) -> dict[str, str]:
    """The header that makes a request the owner's."""
    return {"Authorization": f"Bearer {room.created.owner_token}"}
