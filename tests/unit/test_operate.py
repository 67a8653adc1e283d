"""The supervisor's parts that need no server: ports, folder, logs, accounts, children."""

import asyncio
import fcntl
import io
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.operate import kept as keeping
from core.operate import ports
from core.operate.account import Account, closed_folder
from core.operate.children import ENDS_BEFORE_READY, Child, Program
from core.operate.cli import main
from core.operate.folder import DataFolder, check_free_space, claim
from core.operate.kept import DemoLecture
from core.operate.logfiles import bound, last_line
from core.operate.problems import AlreadyRunning, DiskFull, FolderUnusable, PortTaken
from core.operate.terminal import Progress, qr_code
from core.settings import load_settings

STRANGER = Account("stranger", 54_321, 54_321)
WITHIN_S = 15


@pytest.fixture
def listener() -> Iterator[int]:
    """A port that is taken."""
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    with claim(tmp_path / "data") as claimed:
        yield claimed


def test_a_taken_port_is_told_with_the_setting_that_helps(listener: int) -> None:
    with pytest.raises(PortTaken, match=f"{listener}.*AUDITORIUM_PORT"):
        ports.check_web_port(ports.LOOPBACK, listener)


def test_free_ports_are_distinct_and_avoid_those_in_use() -> None:
    found = ports.free_ports()
    first = next(found)
    others = ports.free_ports(avoid=[first])
    assert len({first, next(found), next(found)} | {next(others)}) >= 3
    assert first not in {next(others) for _ in range(20)}


def test_a_kept_port_stays_and_a_taken_one_is_replaced(tmp_path: Path, listener: int) -> None:
    before = keeping.load_or_make(tmp_path)
    content = json.loads((tmp_path / keeping.NAME).read_bytes())
    content["ports"]["valkey"] = listener
    (tmp_path / keeping.NAME).write_text(json.dumps(content))
    after = keeping.load_or_make(tmp_path)
    assert after.ports["valkey"] != listener
    assert after.ports["postgres"] == before.ports["postgres"]
    assert after.database_password == before.database_password


def test_kept_values_are_for_their_owner_only_and_never_shown(tmp_path: Path) -> None:
    kept = keeping.load_or_make(tmp_path)
    demo = DemoLecture(auditorium_id="1", code="ABC234", admin_token="canary-token")
    keeping.save(tmp_path, replace(kept, demo=demo))
    path = tmp_path / keeping.NAME
    assert path.stat().st_mode & 0o777 == 0o600
    loaded = keeping.load(tmp_path)
    assert loaded is not None
    assert loaded.demo == demo
    for secret in (kept.database_password, kept.s3_secret_key, "canary-token"):
        assert secret not in repr(loaded)


def test_a_damaged_file_of_kept_values_is_told_and_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / keeping.NAME
    path.write_text('{"folder_id": ')
    with pytest.raises(FolderUnusable, match="damaged"):
        keeping.load_or_make(tmp_path)
    assert path.read_text() == '{"folder_id": '


def test_lost_passwords_of_an_existing_cluster_are_told_and_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(FolderUnusable, match="backup"):
        keeping.load_or_make(tmp_path)
    assert not (tmp_path / keeping.NAME).exists()


def test_a_data_folder_is_claimed_once_and_free_again_afterwards(tmp_path: Path) -> None:
    with claim(tmp_path), pytest.raises(AlreadyRunning, match=str(os.getpid())), claim(tmp_path):
        pytest.fail("claimed twice")
    with claim(tmp_path):
        pass


def test_a_claim_waits_for_the_children_of_a_killed_supervisor(tmp_path: Path) -> None:
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    os.write(lock, b"4194305")  # above the kernel's largest process id: nobody
    fcntl.flock(lock, fcntl.LOCK_EX)
    holder = os.fork()
    if holder == 0:  # a child that ends by itself a little later
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        signal.pause()
    os.close(lock)
    with claim(tmp_path) as claimed:
        assert claimed.path == tmp_path
    os.waitpid(holder, 0)


def test_a_folder_below_a_file_is_told_with_the_setting_that_helps(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(FolderUnusable, match="AUDITORIUM_DATA"),
        claim(tmp_path / "file" / "data"),
    ):
        pytest.fail("made a folder in a file")


def test_too_little_disk_is_told_with_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match=r"\d+ MB are free .* 1000000000000 MB are needed"):
        check_free_space(tmp_path, 1_000_000_000_000)
    check_free_space(tmp_path, 0)


def test_a_log_is_bounded_and_keeps_one_predecessor(tmp_path: Path) -> None:
    log = tmp_path / "s3.log"
    log.write_text("old\n")
    assert not bound(log, largest_bytes=10)
    log.write_text("a line too many\n")
    assert bound(log, largest_bytes=10)
    assert log.read_text() == ""
    assert (tmp_path / "s3.log.1").read_text() == "a line too many\n"


def test_the_last_line_that_says_something_is_found(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    assert last_line(log) == ""
    log.write_text("x" * 10_000 + "\nFATAL: no room\n\n  \n")
    assert last_line(log) == "FATAL: no room"


def test_the_first_folder_that_bars_an_account_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    inner = tmp_path / "closed" / "open"
    inner.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    assert closed_folder(Path("/usr"), STRANGER) is None
    barred = closed_folder(inner, STRANGER)
    assert barred is not None
    assert inner.is_relative_to(barred)
    owner = inner.stat()
    (tmp_path / "closed").chmod(0o070)
    mine = closed_folder(inner, Account("owner", owner.st_uid, owner.st_gid))
    assert mine == tmp_path / "closed"  # the owner's bit decides, not the group's


def program(words: str, **more: str) -> Program:
    return Program(
        name="child",
        command=(sys.executable, "-c", words),
        cwd=Path("/"),
        environment=dict(os.environ) | more,
        stop_within_s=1.0,
    )


async def test_a_child_that_keeps_ending_is_restarted_and_its_last_words_are_told(
    folder: DataFolder,
) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    child = Child(program("raise SystemExit('no such model')"), folder, said.put_nowait)
    await child.start()
    lines = [await asyncio.wait_for(said.get(), WITHIN_S) for _ in range(ENDS_BEFORE_READY)]
    await child.stop()
    assert all("exit code 1" in line and "no such model" in line for line in lines)
    assert child.ends == ENDS_BEFORE_READY
    assert "no such model" in str(child.failure())


async def test_a_child_that_ignores_the_signal_is_killed_with_its_own_children(
    folder: DataFolder, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    words = (
        "import os, signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "own = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
        f"open({str(told)!r}, 'w').write(str(own.pid))\n"
        "signal.pause()\n"
    )
    child = Child(program(words), folder, lambda _line: None)
    await child.start()
    grandchild = int(await asyncio.to_thread(told.read_text))
    watched = os.pidfd_open(grandchild)
    try:
        await child.stop()
        assert child.pid is None
        gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(watched, gone.set)
        await asyncio.wait_for(gone.wait(), WITHIN_S)
    finally:
        asyncio.get_running_loop().remove_reader(watched)
        os.close(watched)


def test_progress_is_one_line_a_stage_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    with Progress(out) as progress:
        for share in (0.1, 0.5, 0.9):
            progress.show("upscale", 1.25, share)
        progress.show("store", 2.0)
    assert out.getvalue() == "  upscale (1.2 s)\n  store (2.0 s)\n"


def test_the_qr_code_is_drawn_with_its_quiet_zone() -> None:
    lines = qr_code("http://127.0.0.1:8000/join/ABC234").splitlines()
    assert len({len(line) for line in lines}) == 1
    assert set(lines[0]) == {"█"}


def test_a_wrong_setting_is_one_line_without_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUDITORIUM_PORT", "canary")
    load_settings.cache_clear()
    assert main(["up"]) == 2
    load_settings.cache_clear()
    complaint = capsys.readouterr().err
    assert re.fullmatch(r"auditorium: setting AUDITORIUM_PORT: [^\n]+\n", complaint)
    assert "canary" not in complaint
