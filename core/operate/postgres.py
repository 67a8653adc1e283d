"""PostgreSQL out of its wheel: the cluster, its account, the role and the database."""

import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from core.operate.children import Program, launched
from core.operate.folder import DataFolder
from core.operate.kept import POSTGRES_PORT, Kept
from core.operate.places import Places, own_folder
from core.operate.ports import LOOPBACK
from core.operate.problems import CannotStart, ServerFailed
from core.operate.server import STOP_WITHIN_S, NotReady, server_environment, write_private

NAME = "auditorium"  # the role of our programs, and their database
SUPERUSER = "postgres"
PROBE_S = 3
INITDB_S = 120  # it takes 1 s; a slow network disk takes its time for 1,000 small files

OPTIONS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # TCP is enough, and a socket's path may have 107 bytes at most
    "shared_buffers": "64MB",  # rows are small, pictures are elsewhere
    "max_connections": "100",
    "max_wal_size": "256MB",  # instead of 1 GB: a laptop's disk
    "min_wal_size": "32MB",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def environment(port: int, password: str) -> dict[str, str]:
    """The settings by which our programs find it."""
    return {
        "DATABASE_URL": f"postgresql+psycopg://{NAME}@{LOOPBACK}:{port}/{NAME}",
        "DATABASE_PASSWORD": password,
    }


class Postgres:
    """The `postgres` server of a data folder. fsync stays on: it is the truth."""

    name = "postgres"

    def __init__(self, folder: DataFolder, kept: Kept, places: Places) -> None:
        self._folder = folder
        self._places = places
        self._port = kept.ports[POSTGRES_PORT]
        self._password = kept.database_password
        self._superuser_password = kept.superuser_password

    def prepare(self) -> None:
        """Make the cluster, whole or not at all. Raises FolderUnusable, ServerFailed."""
        cluster = self._places.cluster
        if cluster.exists():
            return
        work = cluster.with_name(cluster.name + ".new")
        password = cluster.with_name("password.new")
        shutil.rmtree(work, ignore_errors=True)  # of a start that was cut off
        own_folder(work, self._places.account)
        try:
            write_private(password, self._superuser_password)
            if self._places.account is not None:
                shutil.chown(password, self._places.account.uid, self._places.account.gid)
            self._initdb(work, password)
            work.rename(cluster)
        finally:
            password.unlink(missing_ok=True)

    def program(self) -> Program:
        """The postmaster. SIGINT is its fast shutdown, SIGQUIT (at our death) the immediate one."""
        options = [f"--{name}={value}" for name, value in OPTIONS.items()]
        command = ("-D", str(self._places.cluster), f"--port={self._port}", *options)
        return self._as_account(
            "postgres", command, self._places.cluster, stop=signal.SIGINT, death=signal.SIGQUIT
        )

    def make_ready(self) -> None:
        """Connect; make the role and the database if they are missing; connect as the role."""
        try:
            with self._connect(SUPERUSER, self._superuser_password, "postgres") as connection:
                self._make_role(connection)
            self._connect(NAME, self._password, NAME).close()
        except psycopg.OperationalError as problem:
            raise NotReady(str(problem)) from problem

    def tidy(self) -> None:
        """It leaves nothing elsewhere."""

    def environment(self) -> dict[str, str]:
        """DATABASE_URL and DATABASE_PASSWORD."""
        return environment(self._port, self._password)

    def _initdb(self, work: Path, password: Path) -> None:
        command = (
            f"--pgdata={work}",
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",  # sorts the same on every machine
            "--builtin-locale=C.UTF-8",
        )
        log = self._folder.logs / "initdb.log"
        try:
            with log.open("wb") as output:
                subprocess.run(  # noqa: S603  # our own words, no shell
                    launched(self._as_account("initdb", command, work)),
                    cwd=work,
                    env=server_environment(self._folder.path),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=(self._folder.lock,),
                    timeout=INITDB_S,
                    check=True,
                )
        except OSError as problem:
            raise CannotStart(f"initdb cannot be run: {problem}") from problem
        except subprocess.SubprocessError as problem:
            raise ServerFailed(f"PostgreSQL's files could not be made; see {log}") from problem

    def _as_account(
        self,
        name: str,
        command: tuple[str, ...],
        cwd: Path,
        *,
        stop: signal.Signals = signal.SIGTERM,
        death: signal.Signals = signal.SIGKILL,
    ) -> Program:
        return Program(
            name=name,
            command=(str(self._places.binaries / name), *command),
            cwd=cwd,
            environment=server_environment(self._folder.path),
            account=self._places.account,
            stop_signal=stop,
            death_signal=death,
            stop_within_s=STOP_WITHIN_S,
        )

    def _connect(self, user: str, password: str, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=LOOPBACK,
            port=self._port,
            user=user,
            password=password,
            dbname=database,
            connect_timeout=PROBE_S,
            autocommit=True,
        )

    def _make_role(self, connection: psycopg.Connection) -> None:
        """CREATEDB: tests make their own databases; more is not given."""
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (NAME,)).fetchone()
        if found is None:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                    sql.Identifier(NAME), sql.Literal(self._password)
                )
            )
        found = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", (NAME,)
        ).fetchone()
        if found is None:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(NAME), sql.Identifier(NAME)
                )
            )
