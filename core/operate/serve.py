"""`python -m core servers`: only the embedded servers, for tests and for work on one program.

It prints one JSON line, the environment by which programs find the servers, when they are ready,
and stops at the end of its input or at SIGTERM. Each line of its input is a command: `stop s3`,
`start s3`, `kill postgres`; each is answered with a JSON line, {"done": ...} or {"error": ...}.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path

from core.operate.embedded import EmbeddedServers, embedded_servers
from core.operate.problems import CannotStart
from core.operate.terminal import complain, say

NAMES = ("postgres", "valkey", "s3")


def serve(data: Path) -> int:
    """Run until the input ends or a signal comes. Raises CannotStart."""
    asyncio.run(_serve(data))
    return 0


async def _serve(data: Path) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    async with embedded_servers(data, complain) as servers:
        _answer(servers.environment())
        reading = asyncio.create_task(_obey(servers), name="commands")
        stopped = asyncio.create_task(ended.wait(), name="signals")
        await asyncio.wait({reading, stopped}, return_when=asyncio.FIRST_COMPLETED)
        reading.cancel()
        stopped.cancel()


async def _obey(servers: EmbeddedServers) -> None:
    """Carry out one command a line, until the input ends."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    while line := (await lines.readline()).decode().strip():
        match line.split():
            case ["stop", name] if name in NAMES:
                await servers.stop(name)
            case ["start", name] if name in NAMES:
                try:
                    await servers.start(name)
                except CannotStart as problem:
                    _answer({"error": str(problem)})
                    continue
            case ["kill", name] if name in NAMES:
                servers.kill(name)
            case _:
                _answer({"error": f"stop, start or kill, and one of {', '.join(NAMES)}"})
                continue
        _answer({"done": line})


def _answer(content: dict[str, str]) -> None:
    say(json.dumps(content))
