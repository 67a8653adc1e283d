"""`python -m core up`, which is `make run`: everything on one machine, in order, until Ctrl-C."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager

from core.operate.children import launched
from core.operate.embedded import servers_of
from core.operate.folder import DataFolder, check_free_space, claim
from core.operate.ports import check_web_port
from core.operate.problems import CannotStart
from core.operate.programs import Programs, program_environment, python_program
from core.operate.terminal import complain, say
from core.settings import Settings

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
KILLED_EXIT = 130  # as shells tell of a command that Ctrl-C ended


def up(settings: Settings) -> int:
    """Run until told to stop; the exit code. Raises CannotStart."""
    return asyncio.run(_up(settings))


async def _up(settings: Settings) -> int:
    started = time.monotonic()
    try:
        with claim(settings.auditorium_data) as folder:
            check_free_space(folder.path, settings.auditorium_least_free_mb)
            check_web_port(settings.auditorium_bind, settings.auditorium_port)
            kill_now: list[Callable[[], None]] = []
            with _told_to_stop(kill_now):
                await _run(settings, folder, kill_now, started)
    except asyncio.CancelledError:
        say("Stopped.")
    return 0


async def _run(
    settings: Settings,
    folder: DataFolder,
    kill_now: list[Callable[[], None]],
    started: float,
) -> None:
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(servers_of(folder, say))
        kill_now.append(servers.kill_all)
        say(f"PostgreSQL, Valkey and the S3 server are ready ({_since(started)}).")
        environment = program_environment(folder, servers.environment())
        await _run_once(folder, environment, "migrate")
        programs = Programs(settings, folder, environment, say)
        stack.push_async_callback(programs.stop)
        kill_now.append(programs.kill_all)
        await programs.start()
        if settings.bot_token is None:
            say("The Telegram bot is not started: set BOT_TOKEN, which @BotFather gives.")
        await programs.web_ready()
        say(f"Web and {_workers(settings.auditorium_workers)} are started ({_since(started)}).")
        await _while_programs_live(programs, _run_once(folder, environment, "demo"))
        say(f"Ready in {_since(started)}. Logs are in {folder.logs}. Ctrl-C stops everything.")
        await asyncio.Event().wait()


async def _run_once(folder: DataFolder, environment: dict[str, str], command: str) -> None:
    """Run one of our own commands on our terminal to its end. Raises CannotStart.

    Processes of their own: what they import does not stay in the supervisor's memory.
    """
    program = python_program(command, ["core", command], environment)
    process = await asyncio.create_subprocess_exec(
        *launched(program),
        cwd=program.cwd,
        env=dict(program.environment),
        stdin=asyncio.subprocess.DEVNULL,
        pass_fds=(folder.lock,),
        start_new_session=True,
    )
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if code != 0:
        raise CannotStart(f"`python -m core {command}` ended with exit code {code}.")


async def _while_programs_live(programs: Programs, work: Coroutine[None, None, None]) -> None:
    """Do the work, unless a program keeps ending: then raise why."""
    doing = asyncio.create_task(work)
    watching = asyncio.create_task(programs.watch_first_start())
    try:
        done, _ = await asyncio.wait({doing, watching}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            await task
    finally:
        for task in (doing, watching):
            task.cancel()
        await asyncio.gather(doing, watching, return_exceptions=True)


@contextmanager
def _told_to_stop(kill_now: list[Callable[[], None]]) -> Iterator[None]:
    """The first Ctrl-C, SIGTERM or SIGHUP cancels the running task; a second one kills at once."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    told = False

    def stop() -> None:
        nonlocal told
        if told or task is None:
            complain("Killing everything.")
            for kill in kill_now:
                kill()
            os._exit(KILLED_EXIT)  # what was started a moment ago dies with us: PR_SET_PDEATHSIG
        told = True
        say("Stopping: at most 10 s; Ctrl-C again kills.")
        task.cancel()

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s"


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"
