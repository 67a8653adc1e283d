"""One child process: started, tied to our life, started again when it ends alone, and stopped."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.operate import launch
from core.operate.account import Account
from core.operate.folder import DataFolder
from core.operate.logfiles import last_line, open_log
from core.operate.problems import ServerFailed

# A child that ends alone starts again after 0.2 s, then 0.4 s and so on up to 10 s; one that lived
# for 30 s counts as healthy and begins with 0.2 s again.
FIRST_DELAY_S = 0.2
LONGEST_DELAY_S = 10.0
HEALTHY_AFTER_S = 30.0

# Before its first readiness a child may end this often (a port or a lock of a dying predecessor);
# then its start has failed.
ENDS_BEFORE_READY = 3

# How long SIGKILL may take; longer only in uninterruptible disk waits.
KILLED_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run. command[0] is an absolute path; environment is all that it gets.

    stop_signal asks it to end, and after stop_within_s seconds it is killed. death_signal is what
    the kernel sends when we die.
    """

    name: str
    command: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str] = field(repr=False)
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    stop_within_s: float = 5.0


def launched(program: Program) -> list[str]:
    """The full command line: our launcher first, which becomes the program."""
    account = program.account
    uid, gid = (account.uid, account.gid) if account else (launch.KEEP, launch.KEEP)
    words = (os.getpid(), int(program.death_signal), uid, gid)
    return [
        sys.executable,
        "-I",
        "-S",
        str(Path(launch.__file__)),
        *map(str, words),
        *program.command,
    ]


class Child:
    """A program that is kept running until it is stopped. Use it from the main thread's event loop.

    The thread matters: the kernel ties a child to the thread that started it, not to the process.
    """

    def __init__(self, program: Program, folder: DataFolder, say: Callable[[str], None]) -> None:
        self.program = program
        self.log = folder.logs / f"{program.name}.log"
        self.ends = 0
        self._lock = folder.lock
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._wanted = False

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start it and keep it running; nothing if it is kept running already."""
        if self._wanted:
            return
        self._wanted = True
        self.ends = 0
        self._process = await self._spawn()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.program.name}")

    async def stop(self) -> None:
        """Ask it to end, and kill it and what it left behind at the deadline."""
        self._wanted = False
        if self._keeper is None or self._process is None:
            return
        keeper, self._keeper = self._keeper, None
        try:
            if self._process.returncode is None:
                with suppress(ProcessLookupError):
                    self._process.send_signal(self.program.stop_signal)
            await asyncio.wait({keeper}, timeout=self.program.stop_within_s)
        finally:
            self.kill()
            keeper.cancel()  # it may be waiting to start the next one
            with suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(self._process.wait(), KILLED_WITHIN_S)

    def kill(self) -> None:
        """SIGKILL it and its process group, at once. Unless stopped before, it starts again."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def failure(self) -> ServerFailed:
        """Why it is not running, as one line with the end of its log."""
        line = last_line(self.log)
        return ServerFailed(f"{self.program.name} does not start: {line or 'no word'} ({self.log})")

    async def _spawn(self) -> asyncio.subprocess.Process:
        log = open_log(self.log)
        try:
            return await asyncio.create_subprocess_exec(
                *launched(self.program),
                cwd=self.program.cwd,
                env=dict(self.program.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C on the terminal is ours alone
                pass_fds=(self._lock,),
            )
        finally:
            os.close(log)

    async def _keep(self) -> None:
        delay = FIRST_DELAY_S
        while self._process is not None:
            started = time.monotonic()
            code = await self._process.wait()
            if not self._wanted:
                return
            self.kill()  # what it left in its group
            self.ends += 1
            if time.monotonic() - started > HEALTHY_AFTER_S:
                delay = FIRST_DELAY_S
            line = await asyncio.to_thread(last_line, self.log)
            self._say(
                f"{self.program.name} ended ({_told(code)}) and starts again in {delay:.1f} s: "
                f"{line or 'no word'} ({self.log})"
            )
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY_S)
            self._process = await self._spawn()


def _told(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
