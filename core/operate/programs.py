"""Our own programs as children: which there are, their environment, and when the web is ready."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import urllib3

import core
from core.operate.children import ENDS_BEFORE_READY, Child, Program
from core.operate.folder import DataFolder
from core.operate.problems import ServerFailed
from core.settings import Settings

REPOSITORY = Path(core.__file__).resolve().parent.parent

# Importing FastAPI takes 1 s; a cold page cache on a slow disk many times that.
WEB_READY_WITHIN_S = 90.0
PROBE_EVERY_S = 0.1
PROBE_S = 2.0

# A board being upscaled is given up and taken over later, a page under way is finished. With the
# servers' 3.5 s after it a stop stays below the ten seconds that it may take.
STOP_WITHIN_S = 4.5


def program_environment(folder: DataFolder, servers: Mapping[str, str]) -> dict[str, str]:
    """Ours, with the servers' addresses and passwords in place of whatever it said of them."""
    return {
        **os.environ,
        **servers,
        "AUDITORIUM_DATA": str(folder.path),
        "PYTHONUNBUFFERED": "1",  # a log line is in its file when it is written
    }


def python_program(name: str, words: Sequence[str], environment: Mapping[str, str]) -> Program:
    """`python -m WORDS` in the repository, where the packages with bare names lie."""
    return Program(
        name=name,
        command=(sys.executable, "-m", *words),
        cwd=REPOSITORY,
        environment=environment,
        stop_within_s=STOP_WITHIN_S,
    )


class Programs:
    """web, the workers, and the bot when it has a token, kept running."""

    def __init__(
        self,
        settings: Settings,
        folder: DataFolder,
        environment: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self._url = _local_url(settings)
        names = ["web"]
        names += [f"worker-{number}" for number in range(1, settings.auditorium_workers + 1)]
        if settings.bot_token is not None:
            names.append("bot")
        self._children = {
            name: Child(python_program(name, [name.partition("-")[0]], environment), folder, say)
            for name in names
        }

    def pid(self, name: str) -> int | None:
        """The process id of a program while it runs."""
        return self._children[name].pid

    async def start(self) -> None:
        """Start all of them at once, without waiting."""
        for child in self._children.values():
            await child.start()

    async def web_ready(self) -> None:
        """Wait until web says that it and its servers are ready. Raises ServerFailed."""
        web = self._children["web"]
        deadline = time.monotonic() + WEB_READY_WITHIN_S
        with urllib3.PoolManager(timeout=PROBE_S, retries=False) as http:
            while True:
                answer = await asyncio.to_thread(_ask, http, f"{self._url}/readyz")
                if answer == "200":
                    return
                if web.ends >= ENDS_BEFORE_READY:
                    raise web.failure()
                if time.monotonic() > deadline:
                    raise ServerFailed(f"web is not ready ({answer}); see {web.log}")
                await asyncio.sleep(PROBE_EVERY_S)

    async def watch_first_start(self) -> None:
        """Never returns; raises ServerFailed when a program keeps ending, as with a wrong MODEL."""
        while True:
            for child in self._children.values():
                if child.ends >= ENDS_BEFORE_READY:
                    raise child.failure()
            await asyncio.sleep(PROBE_EVERY_S)

    def kill_all(self) -> None:
        """Kill -9 of all; for the operator's second Ctrl-C."""
        for child in self._children.values():
            child.kill()

    async def stop(self) -> None:
        """Stop all at once, each within STOP_WITHIN_S."""
        await asyncio.gather(*(child.stop() for child in self._children.values()))


def _local_url(settings: Settings) -> str:
    address = settings.auditorium_bind
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104  # compared
    host = f"[{address}]" if ":" in address else address
    return f"http://{host}:{settings.auditorium_port}"


def _ask(http: urllib3.PoolManager, url: str) -> str:
    with suppress(urllib3.exceptions.HTTPError):
        return str(http.request("GET", url).status)
    return "no answer"
