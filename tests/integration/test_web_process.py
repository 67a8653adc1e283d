"""`python -m web` as a process: what it loads, what it logs, how it ends."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.conftest import ROOT, Room
from tests.integration.web_client import as_student
from tests.waiting import eventually

OWN = ("AUDITORIUM_", "DATABASE_", "REDIS_", "S3_")


def start_web(environment: dict[str, str], port: int) -> "subprocess.Popen[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    return subprocess.Popen(
        [sys.executable, "-m", "web"],
        cwd=ROOT,
        env=inherited | environment | {"AUDITORIUM_PORT": str(port)},
        stderr=subprocess.PIPE,
        text=True,
    )


@asynccontextmanager
async def web_process(
    environment: dict[str, str], port: int
) -> AsyncIterator[tuple["subprocess.Popen[str]", httpx.AsyncClient]]:
    process = start_web(environment, port)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:

            async def is_alive() -> bool:
                assert process.poll() is None, "the process ended"
                try:
                    return (await client.get("/healthz")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(is_alive, bool)
            yield process, client
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_ends_in_order_with_a_live_page_open_and_logs_no_secret(
    environment: dict[str, str], unused_tcp_port: int, room: Room, sent: signal.Signals
) -> None:
    code, key = room.created.code, room.created.owner_token
    async with web_process(environment, unused_tcp_port) as (process, client):
        await client.get(f"/a/{code}/admin?key={key}&other=canary-in-the-query")
        await client.get(f"/a/{code}", headers=as_student(room))
        url = f"/api/v1/auditoriums/{code}/events"
        async with client.stream("GET", url, headers=as_student(room)) as page:
            lines = page.aiter_lines()
            assert await anext(lines) == ": auditorium"
            process.send_signal(sent)
            async for _ in lines:
                pass  # until the stream ends, and not with a broken connection
        _, log = await asyncio.to_thread(process.communicate, timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in log
    assert '"route": "/a/{code}/admin"' in log
    assert '"status": 303' in log
    for secret in (key, room.student_token, "canary-in-the-query"):
        assert secret not in log
    for name in ("DATABASE_PASSWORD", "REDIS_PASSWORD", "S3_SECRET_KEY"):
        assert environment[name] not in log


async def test_a_taken_port_is_one_clear_line(
    environment: dict[str, str], unused_tcp_port: int
) -> None:
    async with web_process(environment, unused_tcp_port):
        second = start_web(environment, unused_tcp_port)
        _, log = await asyncio.to_thread(second.communicate, timeout=30)
    assert second.returncode == 1
    assert "address already in use" in log.lower()
    assert "Traceback" not in log


def test_the_web_process_loads_neither_torch_nor_the_bot_nor_the_worker() -> None:
    question = (
        "import sys, web.app, web.server;"
        "print([n for n in ('torch', 'spandrel', 'aiogram', 'worker', 'bot') if n in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", question], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
