"""The whole service as `make run` starts it, on a throw-away folder."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.operate.ports import is_free

ROOT = Path(__file__).parents[2]
START_LIMIT_S = 300
_LAST_LINE = re.compile(r"/admin\?key=")


@dataclass
class Running:
    """ready_s: from the start to the last line of the start. stop_s: from Ctrl-C to the end."""

    url: str
    pid: int
    ready_s: float
    lines: list[str]
    stop_s: float = field(default=0.0)


def free_port() -> int:
    """A port that nothing listens on."""
    return next(port for port in range(18000, 19000) if is_free(port))


@contextmanager
def running(data: Path) -> Iterator[Running]:
    """Start, wait for the last line, and stop with Ctrl-C at the end."""
    port = free_port()
    environment = os.environ | {"AUDITORIUM_DATA": str(data), "AUDITORIUM_PORT": str(port)}
    # A bot that cannot reach Telegram idles as one that hears nothing does.
    environment |= {"BOT_TOKEN": f"1:{'b' * 35}", "TELEGRAM_API_URL": "http://127.0.0.1:9"}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "up"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    lines: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if _LAST_LINE.search(line):
                break
            assert time.perf_counter() - started < START_LIMIT_S, "".join(lines)
        else:
            raise RuntimeError("".join(lines))
        shown = Running(
            f"http://127.0.0.1:{port}", process.pid, time.perf_counter() - started, lines
        )
        yield shown
        stopping = time.perf_counter()
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        process.wait(30)
        shown.stop_s = time.perf_counter() - stopping
    finally:
        process.kill()
        if process.stdout is not None:
            process.stdout.close()
        process.wait()
