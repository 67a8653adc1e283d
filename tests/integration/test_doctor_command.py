"""`python -m core doctor` as an operator runs it: beside running servers, and with faults."""

import json
import os
import pty
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.operate import kept as keeping
from core.settings import Settings
from tests.conftest import ROOT

CANARY = "canary-" * 5
WITHIN_S = 60  # the command needs 20 at most; a busy machine starts processes slowly


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that PostgreSQL's account can enter: pytest's own belong to root alone."""
    folder = Path(tempfile.mkdtemp(prefix="auditorium-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def closed_port() -> int:
    """A port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def surroundings(data: Path, **settings: str) -> dict[str, str]:
    """No setting of this machine, no worker, no model."""
    names = {name.upper() for name in Settings.model_fields}
    clean = {name: value for name, value in os.environ.items() if name not in names}
    ours = {"AUDITORIUM_DATA": str(data), "AUDITORIUM_WORKERS": "0", "PYTHONPATH": str(ROOT)}
    return clean | ours | settings


def run(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "core", "doctor", *words],
        cwd="/",  # where no .env is
        env=environment,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


def found(done: "subprocess.CompletedProcess[str]") -> dict[str, dict[str, Any]]:
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert told["ok"] is (done.returncode == 0)
    return {finding["code"]: finding for finding in told["findings"]}


@contextmanager
def running_servers(data: Path) -> Iterator[dict[str, str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "core", "servers", "--data", str(data)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        environment: dict[str, str] = json.loads(process.stdout.readline())
        yield environment
        process.stdin.close()


def test_beside_running_servers_it_finds_them_by_the_data_folder(data: Path) -> None:
    with running_servers(data) as addresses:
        first = run(surroundings(data), "--json")
        assert first.returncode == 1
        findings = found(first)
        assert findings["not_migrated"]["level"] == "failed"
        assert findings["works"]["says"].startswith(f"{addresses['S3_URL'][7:]}/auditorium")
        subprocess.run(
            [sys.executable, "-m", "core", "migrate"],
            cwd=ROOT,
            env=surroundings(data) | addresses,
            check=True,
            capture_output=True,
        )
        second = run(surroundings(data))
        assert second.returncode == 0, second.stdout
        assert second.stderr == ""
        named = run(surroundings(data, REDIS_URL="redis://127.0.0.1:1/0"), "--json")
        assert found(named)["refused"]["says"].startswith("127.0.0.1:1: ")
    lines = second.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "Nothing failed, 1 warning."
    kept = keeping.load(data)
    assert kept is not None
    for secret in (kept.database_password, kept.redis_password, kept.s3_secret_key):
        assert secret not in first.stdout + second.stdout
    after = run(surroundings(data), "--json")
    assert found(after)["nothing_runs"]["advice"].startswith("`make run`")


def test_where_nothing_runs_it_says_so_once_and_makes_nothing(data: Path, closed_port: int) -> None:
    place = f"127.0.0.1:{closed_port}"
    done = run(
        surroundings(
            data / "var",
            DATABASE_URL=f"postgresql://u@{place}/a",
            REDIS_URL=f"redis://{place}",
            S3_URL=f"http://{place}",
        )
    )
    assert done.returncode == 1
    assert "nothing is running" in done.stdout
    assert done.stdout.count("FAILED") == 1
    assert list(data.iterdir()) == []


def test_no_secret_is_printed_whatever_fails(data: Path, closed_port: int) -> None:
    place = f"127.0.0.1:{closed_port}"
    settings = {
        "BOT_TOKEN": f"123456789:{CANARY}",
        "TELEGRAM_API_URL": f"http://u:{CANARY}@{place}/{CANARY}",
        "TELEGRAM_WEBHOOK_URL": f"https://u:{CANARY}@{place}/{CANARY}",
        "TELEGRAM_WEBHOOK_SECRET": CANARY,
        "AUDITORIUM_PUBLIC_URL": f"http://u:{CANARY}@{place}/",
        "DATABASE_URL": f"postgresql://u:{CANARY}@{place}/a",
        "REDIS_URL": f"redis://u:{CANARY}@{place}/0",
        "S3_URL": f"http://u:{CANARY}@{place}/",
        "S3_ACCESS_KEY": CANARY,
        "S3_SECRET_KEY": CANARY,
    }
    for words in ((), ("--json",)):
        done = run(surroundings(data, **settings), *words)
        assert done.returncode == 1
        assert CANARY not in done.stdout + done.stderr
        assert "password_in_url" in done.stdout or "DATABASE_PASSWORD" in done.stdout


def test_settings_that_cannot_be_loaded_are_told_in_the_same_form(data: Path) -> None:
    wrong = surroundings(data, AUDITORIUM_PORT=CANARY, TELEGRAM_WEBHOOK_URL="https://a.example")
    done = run(wrong, "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)["findings"]
    assert [finding["says"].partition(":")[0] for finding in told] == [
        "AUDITORIUM_PORT",
        "TELEGRAM_WEBHOOK_SECRET",
    ]
    assert CANARY not in done.stdout + done.stderr


def test_a_damaged_file_of_the_data_folder_is_told_and_left_as_it_is(data: Path) -> None:
    (data / keeping.NAME).write_text("{")
    done = run(surroundings(data), "--json")
    assert found(done)["folder_unusable"]["level"] == "failed"
    assert (data / keeping.NAME).read_text() == "{"


def test_on_a_terminal_words_are_coloured_unless_no_color_is_set(data: Path) -> None:
    def on_terminal(**more: str) -> str:
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "core", "doctor"],
            cwd="/",
            env=surroundings(data, TERM="xterm", AUDITORIUM_PORT="0", **more),
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            told = b""
            try:
                while piece := os.read(ours, 4096):
                    told += piece
            except OSError:  # the other side has ended
                pass
            finally:
                os.close(ours)
            assert process.wait(WITHIN_S) == 1
        return told.decode()

    assert "\x1b[31mFAILED\x1b[0m" in on_terminal(NO_COLOR="")
    assert "\x1b" not in on_terminal(NO_COLOR="1")
