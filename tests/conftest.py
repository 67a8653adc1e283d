"""Real servers for the tests: started once a session, a migrated database for every test."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from core.access import Viewer, viewer_by_token
from core.rooms import Created, create_auditorium, join_as_guest
from core.services import Services, open_services
from core.settings import Settings
from core.values import Channel

ROOT = Path(__file__).parents[1]
# Each waits up to 5 s until nobody is in the database.
DROP_TRIES = 5


@dataclass
class Servers:
    """The embedded servers as a child process of the test session, with failures on purpose."""

    environment: dict[str, str]
    _process: "subprocess.Popen[str]"
    _down: set[str] = field(default_factory=set)

    def stop(self, name: str) -> None:
        """Stop "postgres", "valkey" or "s3"; it stays down until start() or the end of the test."""
        self._down.add(name)
        self._command(f"stop {name}")

    def start(self, name: str) -> None:
        """Start it again and wait until it can be used."""
        self._command(f"start {name}")
        self._down.discard(name)

    def restore(self) -> None:
        """Start whatever a test left stopped."""
        for name in tuple(self._down):
            self.start(name)

    def _command(self, line: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer == {"done": line}, answer


@pytest.fixture(scope="session")
def embedded() -> Iterator[Servers]:
    """PostgreSQL, Valkey and the S3 server for the whole session."""
    # Not pytest's own folder: as root, PostgreSQL's account could not reach it.
    data = Path(tempfile.mkdtemp(prefix="auditorium-tests-"))
    data.chmod(0o711)
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "servers", "--data", str(data)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready, "the servers did not start"
        yield Servers(json.loads(ready), process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait(timeout=30)
        if process.stdout is not None:
            process.stdout.close()
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def servers(embedded: Servers) -> Iterator[Servers]:
    """The servers, all running again after the test."""
    yield embedded
    embedded.restore()


def as_admin(environment: dict[str, str]) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection from which databases are made and dropped."""
    url = make_url(environment["DATABASE_URL"])
    return psycopg.connect(
        host=url.host,
        port=url.port,
        user=url.username,
        password=environment["DATABASE_PASSWORD"],
        dbname="postgres",
        autocommit=True,
    )


def drop_database(environment: dict[str, str], name: str) -> None:
    """Remove a database, whoever is connected to it.

    FORCE ends connections, but is refused while an autovacuum worker, the superuser's, is in there;
    that one only a drop without FORCE sends away.
    """
    with as_admin(environment) as admin:
        for _ in range(DROP_TRIES):
            with suppress(psycopg.errors.InsufficientPrivilege):
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
                return
            with suppress(psycopg.errors.ObjectInUse):
                admin.execute(f"DROP DATABASE {name}")
                return


def with_database(environment: dict[str, str], name: str) -> dict[str, str]:
    """The same servers, another database."""
    url = make_url(environment["DATABASE_URL"]).set(database=name)
    return environment | {"DATABASE_URL": url.render_as_string(hide_password=False)}


@pytest.fixture(scope="session")
def migrated(embedded: Servers) -> str:
    """The name of a database with all migrations, from which each test gets a copy."""
    name = "migrated"
    with as_admin(embedded.environment) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=ROOT,
        env=os.environ | with_database(embedded.environment, name),
        check=True,
        capture_output=True,
    )
    return name


@pytest.fixture
def environment(servers: Servers, migrated: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of one test's processes: a database of its own and an empty Redis."""
    name = f"test_{uuid4().hex}"
    with as_admin(servers.environment) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {migrated}")
    yield with_database(servers.environment, name) | {"AUDITORIUM_DATA": str(tmp_path)}
    servers.restore()
    drop_database(servers.environment, name)


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    """The settings of one test, read as a process reads them but from no .env file."""
    fields = {
        name.lower(): SecretStr(value) if name.endswith(("PASSWORD", "SECRET_KEY")) else value
        for name, value in environment.items()
    }
    return Settings(_env_file=None, **fields)  # type: ignore[arg-type]  # validated on the way in


@pytest.fixture
async def services(settings: Settings) -> AsyncIterator[Services]:
    """Services on the real servers, with nothing left in Redis by the test before."""
    async with open_services(settings) as opened:
        await opened.redis.flushdb()
        yield opened


@dataclass(frozen=True)
class Room:
    """An auditorium with its owner and one student."""

    created: Created
    owner: Viewer
    student: Viewer
    student_token: str


async def make_room(services: Services, title: str = "Algebra, 14:00") -> Room:
    """A fresh auditorium with an owner and a student."""
    created = await create_auditorium(services, title=title, owner_name="Ada", locale="en")
    joined = await join_as_guest(
        services, code=created.code, name="Grace", channel=Channel.WEB, locale="en"
    )
    assert joined.token is not None
    return Room(
        created=created,
        owner=await viewer_by_token(services, created.owner_token),
        student=await viewer_by_token(services, joined.token),
        student_token=joined.token,
    )


@pytest.fixture
async def room(services: Services) -> Room:
    """An auditorium with an owner and a student."""
    return await make_room(services)
