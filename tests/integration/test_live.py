"""Live events over server-sent events, on a real socket and a real stream."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from core.events import (
    REPLAY_LIMIT,
    Event,
    EventName,
    Received,
    board_event,
    last_id,
    progress_event,
    publish,
    stream_key,
)
from core.rooms import set_open
from core.services import Services
from core.settings import Settings
from core.values import BoardState, Stage
from tests.conftest import Room, Servers, make_room
from tests.integration.web_client import as_student, served
from tests.waiting import eventually
from web.listener import QUEUE_LENGTH, Reset
from web.live import Hub
from web.parts import parts_of_app

PATIENCE_S = 20


@dataclass
class Told:
    """One event as a browser reads it."""

    name: str = "message"
    id: str = ""
    data: dict[str, Any] = field(default_factory=dict)


class Page:
    """An EventSource: parses the wire format."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()
        self.comments: list[str] = []

    async def next(self) -> Told:
        """The next event that has data. Raises EOFError at the end of the stream."""
        async with asyncio.timeout(PATIENCE_S):
            told, has_data = Told(), False
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if line.startswith(":"):
                    self.comments.append(value)
                elif name == "event":
                    told.name = value
                elif name == "id":
                    told.id = value
                elif name == "data":
                    told.data, has_data = json.loads(value), True
                elif line == "":
                    if has_data:
                        return told
                    told = Told()
            raise EOFError

    async def numbers(self, count: int) -> list[int]:
        return [(await self.next()).data["number"] for _ in range(count)]

    async def opened(self) -> None:
        """Wait for the greeting, which comes before the events."""
        async with asyncio.timeout(PATIENCE_S):
            async for line in self._lines:
                if line == "":
                    return


@asynccontextmanager
async def watching(client: httpx.AsyncClient, room: Room, **options: Any) -> AsyncIterator[Page]:
    headers = as_student(room) | options.pop("headers", {})
    url = f"/api/v1/auditoriums/{room.created.code}/events"
    async with client.stream("GET", url, headers=headers, **options) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Page(response)


async def tell(services: Services, room: Room, number: int) -> None:
    event = board_event(uuid4(), number, BoardState.WAITING)
    assert await publish(services.redis, room.created.auditorium_id, event)


async def until(app: FastAPI, listeners: int) -> None:
    """Wait until so many pages listen."""

    async def count() -> int:
        return parts_of_app(app).hub.listeners

    await eventually(count, lambda now: now == listeners, PATIENCE_S)


async def until_read(hub: Hub, room: Room) -> None:
    """Wait until what is published from now on is heard."""

    async def is_read() -> bool:
        return hub.is_reading(room.created.auditorium_id)

    await eventually(is_read, bool, PATIENCE_S)


async def test_a_page_hears_what_happens_in_its_auditorium_and_of_no_other(
    settings: Settings, services: Services, room: Room
) -> None:
    other = await make_room(services, "Physics")
    start = {"after": "0-0"}
    async with served(settings) as (_, client, _), watching(client, room, params=start) as page:
        await tell(services, other, 7)
        await tell(services, room, 1)
        board_id = uuid4()
        await publish(
            services.redis,
            room.created.auditorium_id,
            progress_event(board_id, Stage.UPSCALE, 0.5),
        )
        await set_open(services, room.owner, is_open=False)
        first, second, third = [await page.next() for _ in range(3)]
    assert (first.name, first.data["number"], first.data["state"]) == ("board", 1, "waiting")
    assert second.name == "progress"
    assert second.data == {"board_id": str(board_id), "stage": "upscale", "progress": 0.5}
    assert (third.name, third.data) == ("auditorium", {"state": "closed"})


async def test_a_reconnect_with_the_last_id_loses_nothing_and_repeats_nothing(
    settings: Settings, services: Services, room: Room
) -> None:
    async with served(settings) as (app, client, _):
        async with watching(client, room, params={"after": "0-0"}) as page:
            await tell(services, room, 1)
            await tell(services, room, 2)
            seen = [await page.next(), await page.next()]
        await until(app, 0)
        for number in (3, 4, 5):
            await tell(services, room, number)
        # The header goes before the address, which an EventSource repeats from the start.
        options = {"params": {"after": "0-0"}, "headers": {"Last-Event-ID": seen[-1].id}}
        async with watching(client, room, **options) as page:
            missed = await page.numbers(3)
            for number in (6, 7):
                await tell(services, room, number)
            missed += await page.numbers(2)
    assert [told.data["number"] for told in seen] == [1, 2]
    assert missed == [3, 4, 5, 6, 7]


async def test_events_during_the_replay_come_once_and_in_order(services: Services) -> None:
    room = await make_room(services)
    hub = Hub(services.redis)
    total = 120

    async def send() -> None:
        for number in range(1, total + 1):
            await tell(services, room, number)

    async def hear() -> list[int]:
        numbers: list[int] = []
        async for frame in hub.listen(room.created.auditorium_id, "0-0"):
            assert isinstance(frame, Received)
            numbers.append(frame.event.data["number"])
            if len(numbers) == total:
                break
        return numbers

    try:
        async with asyncio.timeout(PATIENCE_S):
            sending = asyncio.create_task(send())
            heard = await asyncio.gather(*(hear() for _ in range(20)))
            await sending
    finally:
        await hub.aclose()
    assert heard == [list(range(1, total + 1))] * 20


async def test_without_an_id_a_stream_begins_now(
    settings: Settings, services: Services, room: Room
) -> None:
    await tell(services, room, 1)
    async with served(settings) as (app, client, _), watching(client, room) as page:
        await page.opened()
        await until(app, 1)
        await until_read(parts_of_app(app).hub, room)
        await tell(services, room, 2)
        assert await page.numbers(1) == [2]


async def test_an_id_that_is_no_longer_held_gives_a_reset_and_then_what_is_new(
    settings: Settings, services: Services, room: Room
) -> None:
    await tell(services, room, 1)
    now = await last_id(services.redis, room.created.auditorium_id)
    async with served(settings) as (_, client, _):
        for after in ("1-1", "", "nonsense", f"{2**64}-0"):
            async with watching(client, room, params={"after": after}) as page:
                reset = await page.next()
                assert (reset.name, reset.id, reset.data) == ("reset", now, {})
        async with watching(client, room, headers={"Last-Event-ID": reset.id}) as page:
            await tell(services, room, 2)
            assert await page.numbers(1) == [2]


async def test_who_missed_very_much_reloads_instead(services: Services, room: Room) -> None:
    hub = Hub(services.redis)
    for number in range(REPLAY_LIMIT + 1):
        await tell(services, room, number)
    try:
        async for frame in hub.listen(room.created.auditorium_id, "0-0"):
            assert isinstance(frame, Reset)
            break
    finally:
        await hub.aclose()


async def test_a_page_stays_open_while_the_queue_is_away_and_is_reset_when_it_is_back(
    settings: Settings, services: Services, room: Room, servers: Servers
) -> None:
    start = {"after": "0-0"}
    async with served(settings) as (_, client, _), watching(client, room, params=start) as page:
        await tell(services, room, 1)
        assert await page.numbers(1) == [1]
        servers.stop("valkey")
        async with watching(client, room, headers={"Last-Event-ID": "0-0"}) as late:
            servers.start("valkey")
            for each in (page, late):
                assert (await each.next()).name == "reset"
            await tell(services, room, 2)
            for each in (page, late):
                assert await each.numbers(1) == [2]


async def test_a_page_that_does_not_keep_up_is_ended_and_the_others_are_not(
    services: Services, room: Room
) -> None:
    hub = Hub(services.redis)
    auditorium_id = room.created.auditorium_id
    slow, quick = (hub.listen(auditorium_id, "0-0") for _ in range(2))
    try:
        async with asyncio.timeout(PATIENCE_S):
            await tell(services, room, 0)
            assert isinstance(await anext(slow), Received)
            for number in range(1, QUEUE_LENGTH + 2):
                await tell(services, room, number)
                # What comes to `quick` has been offered to `slow` as well.
                assert isinstance(await anext(quick), Received)
            assert isinstance(await anext(quick), Received)
            assert await anext(slow, None) is None
            assert hub.listeners == 1
    finally:
        await quick.aclose()
        await hub.aclose()


async def test_a_fault_in_the_reader_ends_the_pages_which_come_back_to_a_new_one(
    services: Services, room: Room
) -> None:
    hub = Hub(services.redis)
    auditorium_id = room.created.auditorium_id
    try:
        async with asyncio.timeout(PATIENCE_S):
            page = hub.listen(auditorium_id, "0-0")
            await tell(services, room, 1)
            assert isinstance(await anext(page), Received)
            await services.redis.xadd(stream_key(auditorium_id), {"event": b"no json"})
            assert await anext(page, None) is None
            await services.redis.delete(stream_key(auditorium_id))
            page = hub.listen(auditorium_id, None)
            heard = asyncio.ensure_future(anext(page))
            await until_read(hub, room)
            event = Event(EventName.AUDITORIUM, {"state": "open"})
            await publish(services.redis, auditorium_id, event)
            assert isinstance(await heard, Received)
            await page.aclose()
    finally:
        await hub.aclose()


async def test_a_page_that_goes_away_is_forgotten(settings: Settings, room: Room) -> None:
    async with served(settings) as (app, client, _):
        async with watching(client, room) as page:
            await page.opened()
            await until(app, 1)
        await until(app, 0)


async def test_streams_end_cleanly_when_the_server_stops(settings: Settings, room: Room) -> None:
    async with served(settings) as (app, client, server), watching(client, room) as page:
        await page.opened()
        await until(app, 1)
        server.should_exit = True
        # The end of the stream, and not a broken one (httpx would raise RemoteProtocolError).
        with pytest.raises(EOFError):
            await page.next()


async def test_events_are_for_members_only(settings: Settings, services: Services) -> None:
    room, other = await make_room(services), await make_room(services)
    async with served(settings) as (_, client, _):
        url = f"/api/v1/auditoriums/{room.created.code}/events"
        assert (await client.get(url)).status_code == 401
        assert (await client.get(url, headers=as_student(other))).status_code == 401
