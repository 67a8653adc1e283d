"""Bodies that are too large, on a real socket: the answer comes, and reading stops."""

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from core.settings import Settings
from tests.conftest import Room
from tests.integration.test_api import check_problem
from tests.integration.web_client import as_student, served
from web.limits import LINGER_BYTES

HALF_A_GIGABYTE = 500_000_000
CHUNK = bytes(1_000_000)
HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
FORM = {"Content-Type": "multipart/form-data; boundary=x"}


@dataclass
class Answered:
    """What a client got that listens while it sends, as browsers and curl do."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    sent: int  # bytes until the server closed, or all of them


async def send_half_a_gigabyte(
    url: httpx.URL, path: str, headers: dict[str, str], *, declares_length: bool
) -> Answered:
    reader, writer = await asyncio.open_connection(url.host, url.port)
    length = (
        f"Content-Length: {HALF_A_GIGABYTE}" if declares_length else "Transfer-Encoding: chunked"
    )
    lines = [f"POST {path} HTTP/1.1", "Host: auditorium.test", length]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    sent = 0

    async def send() -> None:
        nonlocal sent
        writer.write("\r\n".join([*lines, "", ""]).encode())
        piece = HEAD + bytes(1_000_000 - len(HEAD))
        with suppress(ConnectionError):
            while sent < HALF_A_GIGABYTE:
                writer.write(piece if declares_length else b"%x\r\n%b\r\n" % (len(piece), piece))
                await writer.drain()
                sent += len(piece)

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(60):
            first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            told = dict(line.lower().split(": ", 1) for line in rest if line)
            body = json.loads(await reader.readexactly(int(told["content-length"])))
            await sending
    finally:
        sending.cancel()
        writer.transport.abort()
    return Answered(int(first.split()[1]), told, body, sent)


@pytest.mark.parametrize("declares_length", [True, False], ids=["length", "chunked"])
@pytest.mark.parametrize("member", [True, False], ids=["member", "stranger"])
async def test_half_a_gigabyte_is_refused_early_and_told_so(
    settings: Settings, room: Room, *, declares_length: bool, member: bool
) -> None:
    headers = FORM | (as_student(room) if member else {})
    path = f"/api/v1/auditoriums/{room.created.code}/uploads"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with served(settings) as (_, client, _):
        answer = await send_half_a_gigabyte(
            client.base_url, path, headers, declares_length=declares_length
        )
        healthy = await client.get("/healthz")
    if member or declares_length:
        assert (answer.status, answer.body["code"]) == (413, "too_many_bytes")
        assert answer.body["limit_mb"] == settings.upload_limit_mb
    else:
        # Nothing of a stranger's body is looked at.
        assert (answer.status, answer.body["code"]) == (401, "not_a_member")
    assert answer.headers["connection"] == "close"
    sockets = 30_000_000  # what the buffers of a connection may hold besides
    assert answer.sent < settings.upload_limit_bytes + LINGER_BYTES + sockets
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 100_000_000
    assert healthy.status_code == 200


async def test_a_photo_somewhat_over_the_limit_is_answered_though_it_is_sent_in_one_go(
    settings: Settings, room: Room
) -> None:
    """A client that sends all before it reads: the body is read to its end and dropped."""
    body = HEAD + bytes(settings.upload_limit_bytes + 10_000_000)
    async with served(settings) as (_, client, _):
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        head = (
            f"POST /a/{room.created.code}/uploads HTTP/1.1\r\nHost: auditorium.test\r\n"
            f"Content-Type: {FORM['Content-Type']}\r\nContent-Length: {len(body)}\r\n"
            f"Cookie: member={room.student_token}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        async with asyncio.timeout(30):
            await writer.drain()
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"too_many_bytes"' in answer


async def test_a_request_that_is_no_upload_may_be_small_only(settings: Settings) -> None:
    async with served(settings) as (_, client, _):
        long = {"title": "x" * 100_000}
        answer = await client.post("/api/v1/auditoriums", json=long)
        check_problem(answer, 413, "body_too_large")

        async def pieces() -> AsyncIterator[bytes]:
            yield b'{"title": "'
            for _ in range(100):
                yield b"x" * 1000

        check_problem(
            await client.post("/api/v1/auditoriums", content=pieces()), 413, "body_too_large"
        )


async def test_a_sender_who_goes_away_in_mid_body_leaves_nothing_behind(
    settings: Settings, room: Room
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield HEAD
        yield CHUNK
        raise ConnectionAbortedError

    async with served(settings) as (_, client, _):
        url = f"/api/v1/auditoriums/{room.created.code}/uploads"
        with pytest.raises(ConnectionAbortedError):
            await client.post(url, content=broken(), headers=FORM | as_student(room))
        boards = await client.get(
            f"/api/v1/auditoriums/{room.created.code}/boards", headers=as_student(room)
        )
    assert boards.json()["boards"] == []
