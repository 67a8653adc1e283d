"""`python -m tests.telegram.demo`, which is `make demo-telegram`: Telegram's side and ours.

A Bot API server with four phones is started first, then the whole service as `make run` starts it,
with its bot told to talk to that server. Both die with this process, however it dies.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import aiohttp
from pydantic import ValidationError

from core.operate.children import ENDS_BEFORE_READY, Child, launched
from core.operate.folder import DataFolder, claim
from core.operate.ports import LOOPBACK, is_free
from core.operate.problems import CannotStart, PortTaken
from core.operate.programs import python_program
from core.operate.supervisor import STOP_SIGNALS
from core.operate.terminal import complain, say
from core.settings import Settings, load_settings
from tests.telegram.botapi import TOKEN
from tests.telegram.demo.server import DEFAULT_PORT

PORT_SETTING: Final = "DEMO_TELEGRAM_PORT"
# Beside a real data folder's own files, so that no room or person of it is touched.
FOLDER: Final = "demo-telegram"
READY: Final = "Ctrl-C stops everything"  # the supervisor's last line of a start
LOOK_EVERY_S: Final = 0.1
WRONG_SETTINGS: Final = 2  # as `python -m core` exits for them


def main() -> int:
    """Run until told to stop; the exit code is the service's own."""
    try:
        settings = load_settings()
        return asyncio.run(_run(settings, _port()))
    except CannotStart as problem:
        complain(f"demo-telegram: {problem}")
        return problem.exit_code
    except ValidationError as problem:
        names = [".".join(map(str, error["loc"])).upper() for error in problem.errors()]
        complain(f"demo-telegram: settings that cannot be used: {', '.join(names)}")
        return WRONG_SETTINGS


def _port() -> int:
    given = os.environ.get(PORT_SETTING, "") or str(DEFAULT_PORT)
    if not given.isdigit() or not 0 < int(given) < 2**16:
        raise CannotStart(f"{PORT_SETTING} is a port, 1 to 65535, not {given!r}.")
    port = int(given)
    if not is_free(port):
        raise PortTaken(f"Port {port} is taken: choose another with {PORT_SETTING}={port + 1}.")
    return port


async def _run(settings: Settings, port: int) -> int:
    if settings.telegram_webhook_url is not None:
        raise CannotStart("TELEGRAM_WEBHOOK_URL is set; this bot polls. Take it out of .env.")
    data = settings.auditorium_data.absolute() / FOLDER
    url = f"http://{LOOPBACK}:{port}"
    with claim(data / "telegram") as folder:
        words = ["tests.telegram.demo.server", "--port", str(port)]
        program = python_program("telegram", words, os.environ | {"PYTHONUNBUFFERED": "1"})
        server = Child(program, folder, say)
        await server.start()
        try:
            await _answers(server, url)
            say(f"Four phones: {url}/ (the bot answers when everything is started)")
            return await _serve(data, folder, url)
        finally:
            await server.stop()


async def _answers(server: Child, url: str) -> None:
    """Wait for the Bot API server. Raises ServerFailed when it keeps ending."""
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"{url}/control/state") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientError:
                pass  # not yet
            if server.ends >= ENDS_BEFORE_READY:
                raise server.failure()
            await asyncio.sleep(LOOK_EVERY_S)


async def _serve(data: Path, folder: DataFolder, url: str) -> int:
    """`python -m core up` on our terminal, to its end; its exit code."""
    environment = os.environ | {
        "AUDITORIUM_DATA": str(data),
        "BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": url,
        "PYTHONUNBUFFERED": "1",
    }
    program = python_program("core", ["core", "up"], environment)
    process = await asyncio.create_subprocess_exec(
        *launched(program),
        cwd=program.cwd,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C comes from us, once
        pass_fds=(folder.lock,),
    )
    with _passed_on(process):
        assert process.stdout is not None
        async for line in process.stdout:
            said = line.decode(errors="replace").rstrip("\n")
            say(said)
            if READY in said:
                say(f"Four phones: {url}/")
        return await process.wait()


@contextmanager
def _passed_on(process: asyncio.subprocess.Process) -> Iterator[None]:
    """Every signal to stop goes to the service, which knows what a second one means."""
    loop = asyncio.get_running_loop()

    def pass_on(number: signal.Signals) -> None:
        if process.returncode is None:
            process.send_signal(number)

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, pass_on, number)
    try:
        yield
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)


if __name__ == "__main__":
    sys.exit(main())
