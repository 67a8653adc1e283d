"""`make demo-telegram`: the Bot API server and the whole service start, answer and end together."""

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.processes import Started, started
from tests.waiting import eventually

WITHIN_S = 120  # the service's imports on a busy machine
STOP_WITHIN_S = 13  # the service's ten seconds, and the server after it


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that PostgreSQL's account can enter: pytest's own belong to root alone."""
    folder = Path(tempfile.mkdtemp(prefix="auditorium-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def _settings(data: Path, port: int) -> dict[str, str]:
    return {
        "AUDITORIUM_DATA": str(data),
        "AUDITORIUM_PORT": str(_free_port()),
        "AUDITORIUM_WORKERS": "0",
        "DEMO_TELEGRAM_PORT": str(port),
    }


def _children(running: Started) -> list[psutil.Process]:
    return psutil.Process(running.pid).children(recursive=True)


def _names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def _says(running: Started, words: str) -> str:
    async def said() -> str:
        return running.said

    return await eventually(said, lambda text: words in text, within_s=WITHIN_S)


async def test_a_student_is_answered_at_every_start_until_ctrl_c_ends_it(
    data: Path, tmp_path: Path
) -> None:
    for start in ("first", "second"):
        await _play(data, tmp_path / start)
    # A real data folder keeps what it has: the demo lives in a folder of its own inside.
    assert _names_in(data) == ["demo-telegram"]


async def _play(data: Path, log: Path) -> None:
    port = _free_port()
    control = f"http://127.0.0.1:{port}/control"
    with started(["tests.telegram.demo"], _settings(data, port), log) as running:
        text = await _says(running, "Ctrl-C stops everything")
        assert f"Four phones: http://127.0.0.1:{port}/" in text
        async with httpx.AsyncClient(timeout=WITHIN_S) as page:
            emmy = (await page.get(f"{control}/state")).json()["people"][1]["user_id"]
            await page.post(f"{control}/people/{emmy}/starts", json={})

            async def answers() -> int:
                messages = (await page.get(f"{control}/chats/{emmy}/messages")).json()
                return len(messages)

            await eventually(answers, lambda count: count > 1, within_s=WITHIN_S)
        children = _children(running)
        running.send_signal(signal.SIGINT)
        assert running.wait(STOP_WITHIN_S) == 0
        assert "Stopped." in running.said
        assert not [child for child in children if child.is_running()]


async def test_kill_9_leaves_no_process(data: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with started(["tests.telegram.demo"], _settings(data, _free_port()), log) as running:
        await _says(running, "Web and 0 workers are started")
        children = _children(running)
        assert len(children) > 5
        os.kill(running.pid, signal.SIGKILL)
        _, alive = psutil.wait_procs(children, WITHIN_S)
        assert alive == []


async def test_a_taken_port_is_refused_in_one_line(data: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        log = tmp_path / "log"
        with started(["tests.telegram.demo"], _settings(data, port), log) as running:
            assert running.wait(WITHIN_S) == 4
            assert running.said.count("\n") == 1
            assert f"DEMO_TELEGRAM_PORT={port + 1}" in running.said


async def test_a_webhook_of_the_real_bot_is_not_called(data: Path, tmp_path: Path) -> None:
    settings = _settings(data, _free_port()) | {
        "TELEGRAM_WEBHOOK_URL": "https://boards.example/hook",
        "TELEGRAM_WEBHOOK_SECRET": "a" * 32,
    }
    with started(["tests.telegram.demo"], settings, tmp_path / "log") as running:
        assert running.wait(WITHIN_S) == 1
        assert "TELEGRAM_WEBHOOK_URL" in running.said
