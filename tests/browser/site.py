"""The web process and a worker as children of the tests, each to be stopped and started again."""

import asyncio
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
from pydantic import SecretStr

from core.access import viewer_by_token
from core.intake import RENDITIONS, rendition_row
from core.removal import remove_upload
from core.services import Services, open_services
from core.settings import Settings
from core.values import Picture

ROOT: Final = Path(__file__).parents[2]
# The worker imports torch and converts its weights first, on a machine that is busy with tests.
START_S: Final = 120
STOP_S: Final = 10  # the grace that core.operate gives


class Program:
    """`python -m NAME`, whose lines are read until it has said that it is ready."""

    def __init__(self, name: str, ready: str, environment: dict[str, str]) -> None:
        self._command = [sys.executable, "-m", name]
        self._ready = ready
        self._environment = os.environ | environment
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Start it; returns when it is ready."""
        lines: queue.Queue[str | None] = queue.Queue()
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=_read, args=(self._process, lines), daemon=True)
        self._reader.start()
        said = []
        while (line := lines.get(timeout=START_S)) is not None:
            said.append(line)
            if self._ready in line:
                return
        raise AssertionError(f"{self._command} ended: {''.join(said)}")

    def stop(self) -> None:
        """End it as its supervisor does: a signal, and after the grace a kill."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        if self._reader is not None:
            self._reader.join(STOP_S)


def _read(process: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
    # To the end: a full pipe would stop the program.
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            lines.put(line)
    lines.put(None)


@dataclass(frozen=True)
class Lecture:
    """An auditorium made for one test."""

    code: str
    join_url: str
    gallery_url: str
    admin_url: str


@dataclass(frozen=True)
class Site:
    """The running site. url: without a trailing slash. environment: of its programs."""

    url: str
    web: Program
    worker: Program
    environment: dict[str, str]

    def new_lecture(self, title: str = "Calculus, lecture 7") -> Lecture:
        """A fresh auditorium."""
        answer = httpx.post(f"{self.url}/api/v1/auditoriums", json={"title": title}, timeout=30)
        answer.raise_for_status()
        body = answer.json()
        return Lecture(
            code=body["code"],
            join_url=body["join_url"],
            gallery_url=f"{self.url}/a/{body['code']}",
            admin_url=body["admin_url"],
        )

    def send(self, lecture: Lecture, name: str, content: bytes) -> tuple[str, UUID]:
        """A guest of this name sends a photo by the API; his token and the upload's id."""
        rooms = f"{self.url}/api/v1/auditoriums/{lecture.code}"
        joined = httpx.post(f"{rooms}/members", json={"name": name}, timeout=30)
        token: str = joined.raise_for_status().json()["token"]
        sent = httpx.post(
            f"{rooms}/uploads",
            files={"file": ("board.jpg", content)},
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        return token, UUID(sent.raise_for_status().json()["upload_id"])

    def take_back(self, token: str, upload_id: UUID) -> None:
        """Who has this token deletes his upload, as he does in Telegram."""

        async def remove(services: Services) -> None:
            await remove_upload(services, await viewer_by_token(services, token), upload_id)

        self._act(remove)

    def add_pictures(self, board_id: UUID, pictures: Sequence[Picture]) -> None:
        """A board that is ready gets pictures that it lacks, as if the worker had made them."""

        async def add(services: Services) -> None:
            for picture in pictures:
                stored = await services.store.put(RENDITIONS, picture.content, picture.media_type)
                async with services.sessions.begin() as session:
                    session.add(rendition_row(board_id, picture, stored))

        self._act(add)

    def _act(self, act: Callable[[Services], Awaitable[None]]) -> None:
        async def run() -> None:
            async with open_services(Settings(_env_file=None, **self._settings())) as services:
                await act(services)

        # A thread of its own: in this one Playwright keeps an event loop running.
        with ThreadPoolExecutor(1) as threads:
            threads.submit(lambda: asyncio.run(run())).result(START_S)

    def _settings(self) -> dict[str, Any]:
        """The environment as keyword arguments, which are validated on the way in."""
        return {
            name.lower(): SecretStr(value) if name.endswith(("PASSWORD", "SECRET_KEY")) else value
            for name, value in self.environment.items()
            if value
        }
