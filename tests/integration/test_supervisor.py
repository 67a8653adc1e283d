"""`python -m core up` as an operator meets it: what it refuses, how it stops, what it leaves."""

import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
STARTED = "Web and 0 workers are started"
READY = "Ctrl-C stops everything"
WITHIN_S = 90  # the web's imports on a busy machine
STOP_WITHIN_S = 10  # promised in the README


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that PostgreSQL's account can enter: pytest's own belong to root alone."""
    folder = Path(tempfile.mkdtemp(prefix="auditorium-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def environment(data: Path, **settings: str) -> dict[str, str]:
    """Without workers: a start is quick, and the demo's board waits."""
    return os.environ | {
        "AUDITORIUM_DATA": str(data),
        "AUDITORIUM_BIND": "127.0.0.1",
        "AUDITORIUM_PORT": str(free_port()),
        "AUDITORIUM_WORKERS": "0",
        "BOT_TOKEN": "",
        **settings,
    }


class Up:
    """A running `python -m core up`, with its lines."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[str] = []
        self._coming: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._coming.put(line.rstrip("\n"))
        self._coming.put(None)

    def until(self, words: str) -> str:
        """The first line that has these words; all lines before it are in `lines`."""
        while True:
            line = self._coming.get(timeout=WITHIN_S)
            assert line is not None, f"ended without {words!r}: {self.lines}"
            self.lines.append(line)
            if words in line:
                return line

    def has_said(self, words: str) -> bool:
        return any(words in line for line in self.lines)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def up(settings: dict[str, str]) -> Iterator[Up]:
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "up"],
        cwd=ROOT,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    running = Up(process)
    try:
        yield running
    finally:
        running.close()


def refused(settings: dict[str, str]) -> tuple[int, str]:
    """The exit code and the only line of a start that has to be refused."""
    done = subprocess.run(
        [sys.executable, "-m", "core", "up"],
        cwd=ROOT,
        env=settings,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.stdout == ""
    assert done.stderr.startswith("auditorium: ")
    assert done.stderr.count("\n") == 1
    return done.returncode, done.stderr


def test_a_taken_port_is_refused_in_one_line(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        code, line = refused(environment(data, AUDITORIUM_PORT=port))
    assert code == 4
    assert port in line


def test_too_little_disk_is_refused_in_one_line(data: Path) -> None:
    code, line = refused(environment(data, AUDITORIUM_LEAST_FREE_MB="1000000000000"))
    assert code == 6
    assert str(data) in line


def test_a_data_folder_that_cannot_be_made_is_refused_in_one_line(data: Path) -> None:
    (data / "file").write_text("")
    code, line = refused(environment(data / "file" / "var"))
    assert code == 5
    assert "AUDITORIUM_DATA" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_a_read_only_data_folder_is_refused_in_one_line(data: Path) -> None:
    data.chmod(0o500)
    code, line = refused(environment(data / "var"))
    data.chmod(0o700)
    assert code == 5
    assert "AUDITORIUM_DATA" in line


def test_ctrl_c_stops_everything_and_a_second_start_finds_it_as_it_was(data: Path) -> None:
    settings = environment(data)
    with up(settings) as first:
        first.until(READY)
        assert first.has_said("BOT_TOKEN")
        assert first.has_said("Demo lecture: 1 board, 2 uploads")
        code, line = refused(environment(data))
        assert code == 3
        assert str(first.process.pid) in line
        children = first.children()
        os.kill(first.process.pid, signal.SIGINT)
        assert first.process.wait(STOP_WITHIN_S) == 0
        assert not [child for child in children if child.is_running()]
    with up(settings) as second:
        second.until(READY)
        for kind in ("Join:", "Gallery:", "Admin:", "Demo lecture: 1 board, 2 uploads"):
            said = [line for line in first.lines if line.startswith(kind)]
            assert said
            assert [line for line in second.lines if line.startswith(kind)] == said
        os.kill(second.process.pid, signal.SIGTERM)
        assert second.process.wait(STOP_WITHIN_S) == 0


def test_the_first_start_upscales_the_demo_board_once(data: Path) -> None:
    with up(environment(data, AUDITORIUM_WORKERS="1")) as running:
        line = running.until("Demo lecture: 1 board")
        assert re.fullmatch(r"Demo lecture: 1 board, 2 uploads, upscaled once in \d+\.\d s", line)
        assert running.has_said("upscale (")
        running.until(READY)
        os.kill(running.process.pid, signal.SIGTERM)
        assert running.process.wait(STOP_WITHIN_S) == 0


def test_kill_9_of_the_supervisor_leaves_no_process(data: Path) -> None:
    with up(environment(data)) as running:
        running.until(STARTED)
        children = running.children()
        assert {"web"} <= {child.cmdline()[-1] for child in children if child.cmdline()}
        running.process.kill()
        _, alive = psutil.wait_procs(children, WITHIN_S)
        assert not alive


def test_a_web_process_that_dies_alone_is_started_again(data: Path) -> None:
    with up(environment(data)) as running:
        running.until(READY)
        (web,) = [child for child in running.children() if child.cmdline()[-2:] == ["-m", "web"]]
        web.kill()
        assert "SIGKILL" in running.until("web ended")
        os.kill(running.process.pid, signal.SIGTERM)
        assert running.process.wait(STOP_WITHIN_S) == 0


def test_a_second_ctrl_c_kills_at_once(data: Path) -> None:
    with up(environment(data)) as running:
        running.until(STARTED)
        children = running.children()
        os.kill(running.process.pid, signal.SIGINT)
        running.until("Stopping")
        os.kill(running.process.pid, signal.SIGINT)
        assert running.process.wait(STOP_WITHIN_S) in {0, 130}
        _, alive = psutil.wait_procs(children, WITHIN_S)
        assert not alive
