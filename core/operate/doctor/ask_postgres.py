"""Asks PostgreSQL for its version, its migrations, its connections and its clock. Reads only."""

import time
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from alembic.script import ScriptDirectory
from psycopg.rows import TupleRow

from core.db import database_url
from core.operate.doctor.reach import Unreachable, Why
from core.operate.migrate import alembic_config
from core.settings import Settings

CONNECT_S: Final = 3
STATEMENT_MS: Final = 3000

# What only the server's sentences tell: a refused connection has no SQLSTATE.
_SENTENCES: Final = (
    ("connection refused", Why.REFUSED),
    ("could not translate host name", Why.NO_SUCH_HOST),
    ("failed to resolve host", Why.NO_SUCH_HOST),
    ("name or service not known", Why.NO_SUCH_HOST),
    ("timeout expired", Why.SILENT),
    ("timed out", Why.SILENT),
    ("password", Why.DENIED),
    ("authentication", Why.DENIED),
    ("pg_hba.conf", Why.DENIED),
    ("does not exist", Why.DENIED),
    ("ssl", Why.TLS),
)
_DETAILS: Final = (
    ("too many clients", "it has no connection left"),
    ("remaining connection slots", "it has no connection left"),
    ("starting up", "it is starting"),
    ("shutting down", "it is stopping"),
    ("does not exist", "no such role or database"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresFacts:
    """version: server_version_num, as 180003. revisions: None without any migration.

    connections_free: those that our role may still open. clock_ahead_s: the database's clock before
    this machine's, within the time that asking took.
    """

    version: int
    revisions: tuple[str, ...] | None
    connections: int
    connections_most: int
    clock_ahead_s: float
    took_s: float


@dataclass(frozen=True, slots=True)
class Migrations:
    """heads: where the database should be. known: all revisions of this program."""

    heads: frozenset[str]
    known: frozenset[str]


def read_migrations() -> Migrations:
    """The revisions in migrations/."""
    scripts = ScriptDirectory.from_config(alembic_config())
    known = frozenset(script.revision for script in scripts.walk_revisions())
    return Migrations(frozenset(scripts.get_heads()), known)


def where_of(settings: Settings) -> str:
    """Host, port and database, without user and password."""
    url = database_url(settings)
    port = f":{url.port}" if url.port else ""
    return f"{url.host or 'localhost'}{port}/{url.database}"


def ask_postgres(settings: Settings) -> PostgresFacts | Unreachable:
    """One connection, read only. Blocks."""
    url = database_url(settings)
    # Any: parameters of libpq by name, sslmode and the like among them.
    where: dict[str, Any] = {
        **url.query,
        **url.translate_connect_args(username="user", database="dbname"),
    }
    began = time.monotonic()
    try:
        with psycopg.connect(
            **where,
            connect_timeout=CONNECT_S,
            application_name="auditorium doctor",
            options=f"-c statement_timeout={STATEMENT_MS} -c default_transaction_read_only=on",
            autocommit=True,
        ) as connection:
            return _facts(connection, time.monotonic() - began)
    except psycopg.Error as error:
        return _problem(error)


def _facts(connection: "psycopg.Connection[TupleRow]", took_s: float) -> PostgresFacts:
    before = time.time()
    (theirs,) = _row(connection, "SELECT extract(epoch FROM clock_timestamp())::float8")
    ours = (before + time.time()) / 2
    connections, most = _row(
        connection,
        "SELECT (SELECT sum(numbackends) FROM pg_stat_database)::int,"
        " current_setting('max_connections')::int"
        " - current_setting('superuser_reserved_connections')::int"
        " - coalesce(current_setting('reserved_connections', true), '0')::int",
    )
    return PostgresFacts(
        version=connection.info.server_version,
        revisions=_revisions(connection),
        connections=connections,
        connections_most=most,
        clock_ahead_s=theirs - ours,
        took_s=took_s,
    )


def _revisions(connection: "psycopg.Connection[TupleRow]") -> tuple[str, ...] | None:
    (table,) = _row(connection, "SELECT to_regclass('alembic_version')::text")
    if table is None:
        return None
    rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return tuple(str(row[0]) for row in rows)


def _row(connection: "psycopg.Connection[TupleRow]", query: str) -> TupleRow:
    row = connection.execute(query.encode()).fetchone()
    if row is None:
        raise psycopg.DataError("no row")
    return row


def _problem(error: psycopg.Error) -> Unreachable:
    told = str(error).lower()
    why = next((why for words, why in _SENTENCES if words in told), Why.STRANGE)
    detail = next((detail for words, detail in _DETAILS if words in told), "")
    if why is Why.STRANGE and not detail:
        detail = type(error).__name__
    return Unreachable(why, detail)
