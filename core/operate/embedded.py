"""The three embedded servers together: start, readiness, failures on purpose, stop."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from core.operate import kept as keeping
from core.operate.children import ENDS_BEFORE_READY, Child
from core.operate.folder import DataFolder, claim
from core.operate.logfiles import bound
from core.operate.places import find_places
from core.operate.postgres import Postgres
from core.operate.problems import FolderUnusable, ServerFailed
from core.operate.seaweed import Seaweed
from core.operate.server import NotReady, Server
from core.operate.valkey import Valkey

# Ready after 1 to 2 s; recovery of PostgreSQL after a crash replays at most 256 MB of WAL.
READY_WITHIN_S = 60.0
PROBE_EVERY_S = 0.05
# 5 MB of log cannot be written much faster than this.
BOUND_LOGS_EVERY_S = 5.0


class EmbeddedServers:
    """The running servers of a data folder. Names: "postgres", "valkey", "s3"."""

    def __init__(
        self, servers: list[Server], folder: DataFolder, say: Callable[[str], None]
    ) -> None:
        self._servers = {server.name: server for server in servers}
        self._children = {
            name: Child(server.program(), folder, say) for name, server in self._servers.items()
        }

    def environment(self) -> dict[str, str]:
        """The settings (core.settings) by which our programs find the servers; with passwords."""
        found: dict[str, str] = {}
        for server in self._servers.values():
            found |= server.environment()
        return found

    def pid(self, name: str) -> int | None:
        """The process id of a server while it runs."""
        return self._children[name].pid

    async def start(self, name: str) -> None:
        """Start a stopped server and wait until it can be used. Raises CannotStart."""
        try:
            await asyncio.to_thread(self._servers[name].prepare)
            await self._children[name].start()
        except OSError as problem:  # a full disk, a file that is another account's
            raise FolderUnusable(f"{name} cannot be set up: {problem}.") from problem
        await self.ready(name)

    async def ready(self, name: str) -> None:
        """Wait until a server can be used. Raises ServerFailed."""
        server, child = self._servers[name], self._children[name]
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                await asyncio.to_thread(server.make_ready)
            except NotReady as problem:
                if child.ends >= ENDS_BEFORE_READY:
                    raise child.failure() from problem
                if time.monotonic() > deadline:
                    raise ServerFailed(f"{name} is not ready: {problem} ({child.log})") from problem
                await asyncio.sleep(PROBE_EVERY_S)
            else:
                return

    async def stop(self, name: str) -> None:
        """Stop a server in order; it stays down until start()."""
        await self._children[name].stop()
        await asyncio.to_thread(self._servers[name].tidy)

    def kill(self, name: str) -> None:
        """Kill -9 of a server, which then starts again by itself, as after a crash."""
        self._children[name].kill()

    def kill_all(self) -> None:
        """Kill -9 of all; for the operator's second Ctrl-C."""
        for child in self._children.values():
            child.kill()

    async def start_all(self) -> None:
        """Start all at once. The first failure is raised, after the others have come to an end."""
        await _all(self.start(name) for name in self._servers)

    async def stop_all(self) -> None:
        """Stop all at once."""
        await _all(self.stop(name) for name in self._servers)


@asynccontextmanager
async def embedded_servers(
    data: Path, say: Callable[[str], None] = lambda _line: None
) -> AsyncIterator[EmbeddedServers]:
    """Claim a data folder and run its servers, ready to use, until the block ends.

    Enter it on the main thread. say: is given lines for the operator. Raises CannotStart.
    """
    with claim(data) as folder:
        async with servers_of(folder, say) as servers:
            yield servers


@asynccontextmanager
async def servers_of(
    folder: DataFolder, say: Callable[[str], None]
) -> AsyncIterator[EmbeddedServers]:
    """Like embedded_servers, for a folder that is claimed already."""
    kept = await asyncio.to_thread(keeping.load_or_make, folder.path)
    places, kept = await asyncio.to_thread(find_places, folder, kept, say)
    servers = EmbeddedServers(
        [Postgres(folder, kept, places), Valkey(folder, kept), Seaweed(folder, kept)], folder, say
    )
    logs = asyncio.create_task(_bound_logs(folder.logs), name="bound logs")
    try:
        await servers.start_all()
        yield servers
    finally:
        logs.cancel()
        await servers.stop_all()
        with suppress(asyncio.CancelledError):
            await logs


async def _bound_logs(logs: Path) -> None:
    while True:
        for path in await asyncio.to_thread(lambda: list(logs.glob("*.log"))):
            await asyncio.to_thread(bound, path)
        await asyncio.sleep(BOUND_LOGS_EVERY_S)


async def _all(steps: Iterable[Coroutine[None, None, None]]) -> None:
    """Run steps at once, all of them to their end; then raise the first problem, if any."""
    results = await asyncio.gather(*steps, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
