"""The embedded servers: closed to strangers, unharmed by kill -9, and never left behind."""

import asyncio
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import redis
import urllib3
from minio import Minio
from sqlalchemy.engine import make_url

from core.operate import kept as keeping
from core.operate.embedded import EmbeddedServers, embedded_servers
from core.operate.problems import AlreadyRunning

ROOT = Path(__file__).parents[2]
NAMES = ("postgres", "valkey", "s3")
WITHIN_S = 20


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that PostgreSQL's account can enter: pytest's own belong to root alone."""
    folder = Path(tempfile.mkdtemp(prefix="auditorium-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def connect(
    environment: dict[str, str], password: str | None = None
) -> "psycopg.Connection[tuple[object, ...]]":
    url = make_url(environment["DATABASE_URL"])
    return psycopg.connect(
        host=url.host,
        port=url.port,
        user=url.username,
        dbname=url.database,
        password=environment["DATABASE_PASSWORD"] if password is None else password,
        autocommit=True,
    )


def store_of(environment: dict[str, str]) -> Minio:
    return Minio(
        urlsplit(environment["S3_URL"]).netloc,
        access_key=environment["S3_ACCESS_KEY"],
        secret_key=environment["S3_SECRET_KEY"],
        secure=False,
    )


def fill(environment: dict[str, str]) -> None:
    """Leave a row and an object."""
    with connect(environment) as connection:
        connection.execute("CREATE TABLE mark (word text)")
        connection.execute("INSERT INTO mark VALUES ('kept')")
    store_of(environment).put_object(environment["S3_BUCKET"], "mark", io.BytesIO(b"kept"), 4)


def found(environment: dict[str, str]) -> tuple[object, bytes]:
    """The row and the object that fill() left."""
    with connect(environment) as connection:
        row = connection.execute("SELECT word FROM mark").fetchone()
    answer = store_of(environment).get_object(environment["S3_BUCKET"], "mark")
    try:
        return (row[0] if row else None), answer.read()
    finally:
        answer.close()
        answer.release_conn()


def processes_of(data: Path) -> list[psutil.Process]:
    """All processes but ours that hold the data folder's lock, which every child inherits.

    Not told by their environment: Valkey writes its title over that.
    """
    lock = str(data / "lock")
    return [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and lock in _open_paths(process.pid)
    ]


def _open_paths(pid: int) -> set[str]:
    paths = set()
    with suppress(OSError):  # it ended meanwhile, or is another account's
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            paths.add(str(descriptor.readlink()))
    return paths


async def ended(pids: list[int | None]) -> None:
    """Wait until these processes are gone."""
    processes = [psutil.Process(pid) for pid in pids if pid and psutil.pid_exists(pid)]
    _, alive = await asyncio.to_thread(psutil.wait_procs, processes, WITHIN_S)
    assert not alive


async def kill_and_wait(servers: EmbeddedServers, names: tuple[str, ...]) -> None:
    """SIGKILL, and wait until the servers have started again by themselves."""
    pids = [servers.pid(name) for name in names]
    for name in names:
        servers.kill(name)
    await ended(pids)
    for name in names:
        await asyncio.wait_for(servers.ready(name), WITHIN_S)
        assert servers.pid(name) not in pids


async def test_no_server_answers_without_its_password(data: Path) -> None:
    async with embedded_servers(data) as servers:
        environment = servers.environment()
        with pytest.raises(psycopg.OperationalError, match="password"):
            connect(environment, password="guessed")  # pragma: allowlist secret
        with (
            redis.Redis.from_url(environment["REDIS_URL"]) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()
        kept = keeping.load(data)
        assert kept is not None
        with urllib3.PoolManager(retries=False) as http:
            assert http.request("GET", f"{environment['S3_URL']}/auditorium/mark").status == 403
            filer = f"http://127.0.0.1:{kept.ports['s3.filer']}/buckets/auditorium/mark"
            assert http.request("GET", filer).status == 401
            assert http.request("POST", filer, body=b"planted").status == 401


async def test_servers_listen_on_the_loopback_address_only(data: Path) -> None:
    async with embedded_servers(data) as servers:
        listening = {
            (connection.laddr.ip, connection.laddr.port)
            for process in processes_of(data)
            for connection in process.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        }
        ports = {url.port for url in map(urlsplit, servers.environment().values()) if url.port}
    assert {address for address, _ in listening} == {"127.0.0.1"}
    assert ports <= {port for _, port in listening}


async def test_everything_is_found_again_after_kill_9_of_all_servers(data: Path) -> None:
    async with embedded_servers(data) as servers:
        fill(servers.environment())
        await kill_and_wait(servers, NAMES)
        assert found(servers.environment()) == ("kept", b"kept")


async def test_a_server_that_was_stopped_stays_down_until_it_is_started(data: Path) -> None:
    async with embedded_servers(data) as servers:
        await servers.stop("valkey")
        assert servers.pid("valkey") is None
        with (
            redis.Redis.from_url(servers.environment()["REDIS_URL"]) as client,
            pytest.raises(redis.ConnectionError),
        ):
            client.ping()
        await servers.start("valkey")
        assert servers.pid("valkey") is not None


def sockets_of_stores() -> set[str]:
    return {str(path) for path in Path("/tmp").glob("seaweedfs-*.sock")}  # noqa: S108  # where it puts them


async def test_a_stopped_store_leaves_no_socket_outside_its_folder(data: Path) -> None:
    # Stores that were killed earlier, in other folders, may have left theirs at any port.
    before = await asyncio.to_thread(sockets_of_stores)
    async with embedded_servers(data):
        kept = keeping.load(data)
        assert kept is not None
        ports = {port for name, port in kept.ports.items() if name.startswith("s3")}
        ports.add(kept.ports["s3.admin"] + 10_000)

        def ours() -> set[str]:
            new = sockets_of_stores() - before
            return {path for path in new if int(Path(path).stem.rpartition("-")[2]) in ports}

        assert await asyncio.to_thread(ours)
    assert await asyncio.to_thread(ours) == set()


async def test_a_second_start_on_the_same_data_folder_is_refused_by_name(data: Path) -> None:
    async with embedded_servers(data):
        with pytest.raises(AlreadyRunning, match=str(data)):
            async with embedded_servers(data):
                pytest.fail("two supervisors held one data folder")


async def test_servers_find_everything_on_other_ports(data: Path) -> None:
    async with embedded_servers(data) as servers:
        fill(servers.environment())
        before = servers.environment()
    kept = keeping.load(data)
    assert kept is not None
    keeping.save(data, replace(kept, ports={}))
    async with embedded_servers(data) as servers:
        after = servers.environment()
        assert after["DATABASE_URL"] != before["DATABASE_URL"]
        assert after["S3_URL"] != before["S3_URL"]
        assert found(after) == ("kept", b"kept")


async def test_a_first_start_that_was_cut_off_is_begun_anew(data: Path) -> None:
    (data / "postgres.new").mkdir()
    (data / "postgres.new" / "half").write_text("of a cluster")
    async with embedded_servers(data) as servers:
        connect(servers.environment()).close()
    assert not (data / "postgres.new").exists()


def start_servers(data: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "core", "servers", "--data", str(data)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_kill_9_of_the_supervisor_leaves_no_process_and_loses_nothing(data: Path) -> None:
    with start_servers(data) as supervisor:
        assert supervisor.stdout is not None
        fill(json.loads(supervisor.stdout.readline()))
        children = processes_of(data)
        assert len(children) >= len(NAMES)
        supervisor.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(children, WITHIN_S)
    assert not alive
    with start_servers(data) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdin is not None
        assert found(json.loads(supervisor.stdout.readline())) == ("kept", b"kept")
        supervisor.stdin.close()
        assert supervisor.wait(WITHIN_S) == 0
    assert processes_of(data) == []


def test_the_servers_command_stops_at_sigterm(data: Path) -> None:
    with start_servers(data) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline()
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(WITHIN_S) == 0
    assert processes_of(data) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has an account that a folder can bar")
async def test_root_keeps_the_cluster_where_its_account_can_enter(data: Path) -> None:
    barred = data / "closed" / "data"
    barred.mkdir(parents=True)
    barred.parent.chmod(0o700)
    said: list[str] = []
    async with embedded_servers(barred, said.append) as servers:
        fill(servers.environment())
    kept = keeping.load(barred)
    assert kept is not None
    assert kept.cluster is not None
    try:
        assert len([line for line in said if kept.cluster in line]) == 1
        assert not (barred / "postgres").exists()
        assert barred.parent.stat().st_mode & 0o777 == 0o700  # nothing was opened to others
        async with embedded_servers(barred) as servers:
            assert found(servers.environment()) == ("kept", b"kept")
    finally:
        shutil.rmtree(Path(kept.cluster).parent)
