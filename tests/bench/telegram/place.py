"""Where the bot is measured: the embedded servers, a migrated database, a Bot API server.

The bot is a process of its own, `python -m bot`; Telegram and people are in this one.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psutil
from pydantic import SecretStr

from core.services import Services, open_services
from core.settings import Settings
from tests.conftest import ROOT, Room, as_admin, make_room, with_database
from tests.telegram.botapi import TOKEN, BotApi, bot_api

_STARTS_WITHIN_S: Final = 60.0


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """PostgreSQL, Valkey and the S3 server on a throw-away folder: their environment."""
    data = Path(tempfile.mkdtemp(prefix="auditorium-bench-"))
    data.chmod(0o711)  # as root, PostgreSQL's account has to reach it
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "servers", "--data", str(data)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        if not ready:
            raise RuntimeError("the servers did not start")
        yield json.loads(ready) | {"AUDITORIUM_DATA": str(data)}
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait(timeout=30)
        if process.stdout is not None:
            process.stdout.close()
        shutil.rmtree(data, ignore_errors=True)


@dataclass
class Place:
    """One scenario's services, room, Telegram, and the answers that people got, with their times.

    answers: (method, chat, seconds on the server's clock), as Telegram carried them out.
    """

    environment: dict[str, str]
    services: Services
    room: Room
    api: BotApi
    answers: deque[tuple[str, int, float]] = field(default_factory=deque)

    def note(self, method: str, answer: Any) -> None:
        """Telegram has carried out a method."""
        if isinstance(answer, dict) and "chat" in answer:
            self.answers.append((method, answer["chat"]["id"], self.api.clock()))

    def first_answers(self, method: str, since: float) -> dict[int, float]:
        """When each chat got its first one by this method."""
        found: dict[int, float] = {}
        for name, chat_id, at in self.answers:
            if name == method and at >= since:
                found.setdefault(chat_id, at)
        return found


@asynccontextmanager
async def place(environment: dict[str, str], *, latency_s: float = 0.0) -> AsyncIterator[Place]:
    """A database of its own, an empty Redis, a Bot API server. latency_s: before its answers."""
    name = f"bench_{uuid4().hex}"
    with as_admin(environment) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    own = with_database(environment, name)
    subprocess.run(  # noqa: ASYNC221 -- nothing is measured yet
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=ROOT,
        env=os.environ | own,
        check=True,
        capture_output=True,
    )
    fields = {
        key.lower(): SecretStr(value) if key.endswith(("PASSWORD", "SECRET_KEY")) else value
        for key, value in own.items()
    }
    settings = Settings(_env_file=None, **fields)  # type: ignore[arg-type]  # validated on the way in
    async with open_services(settings) as services, bot_api() as api:
        await services.redis.flushdb()
        made = Place(own, services, await make_room(services), api)
        api.inspect = made.note
        api.faults.latency_s = latency_s
        yield made


class BotProcess:
    """A running `python -m bot`; what it says goes to a file."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process = process
        self._seen = psutil.Process(process.pid)
        self.log = log

    def kill(self) -> None:
        """Kill -9, and it is gone."""
        self._process.kill()
        self._process.wait()

    @property
    def memory_mb(self) -> float:
        """Resident memory (RSS) now, in MB."""
        return float(self._seen.memory_info().rss / 1e6)

    @property
    def busy_s(self) -> float:
        """Processor time since its start, in seconds."""
        used = self._seen.cpu_times()
        return float(used.user + used.system)


@asynccontextmanager
async def bot_process(at: Place) -> AsyncIterator[BotProcess]:
    """A bot that has begun to poll; killed at the end if it still runs."""
    polls = len(at.api.called("getUpdates"))
    log = Path(at.environment["AUDITORIUM_DATA"]) / f"bot-{uuid4().hex[:8]}.log"
    own = {"TELEGRAM_API_URL": at.api.url, "BOT_TOKEN": TOKEN}
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220 -- nothing is measured yet
            [sys.executable, "-m", "bot"],
            cwd=ROOT,
            env=os.environ | at.environment | own,
            stderr=output,
        )
    try:
        await at.api.until(lambda: len(at.api.called("getUpdates")) > polls, _STARTS_WITHIN_S)
        yield BotProcess(process, log)
    finally:
        process.kill()
        process.wait()


def load() -> str:
    """What else the machine does: the load average of the last minute."""
    return f"{os.getloadavg()[0]:.1f} at {time.strftime('%H:%M')}"
