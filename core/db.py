"""PostgreSQL: the engine and the sessions. A use case opens one transaction and commits it once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Result, func, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from core.errors import DatabaseUnavailable
from core.settings import Settings

# A connection attempt that takes longer means that the server is away; people wait for the answer.
CONNECT_TIMEOUT_S = 3
# A statement that takes longer holds locks that fifty others wait for.
STATEMENT_TIMEOUT_MS = 10_000
# Waiting longer for a connection from the pool is overload, to be told and not hidden.
POOL_TIMEOUT_S = 5

Sessions = async_sessionmaker[AsyncSession]


def database_url(settings: Settings) -> URL:
    """The URL with its password; its text form shows *** instead."""
    url = make_url(str(settings.database_url))
    password = settings.database_password.get_secret_value()
    return url.set(
        drivername="postgresql+psycopg",
        password=password or url.password,
    )


def make_engine(settings: Settings) -> AsyncEngine:
    """An engine that notices dead connections, so that a restarted server is met by a fresh one."""
    return create_async_engine(
        database_url(settings),
        pool_size=settings.database_pool,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "auditorium",
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC",
        },
    )


def make_sessions(engine: AsyncEngine) -> Sessions:
    """Sessions whose rows stay readable after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def transaction(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """One unit of work: committed at the end, rolled back on any error.

    Raises DatabaseUnavailable when PostgreSQL is away or goes away.
    """
    try:
        async with sessions.begin() as session:
            yield session
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise DatabaseUnavailable(type(error).__name__) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseUnavailable(type(error).__name__) from error
        raise


async def ping(sessions: Sessions) -> None:
    """Raises DatabaseUnavailable unless PostgreSQL answers."""
    async with transaction(sessions) as session:
        await session.execute(text("SELECT 1"))


def in_seconds(seconds: float) -> ColumnElement[datetime]:
    """The database's clock, that many seconds from now (before now, if negative).

    Leases and pauses compare with no other clock, so that those of machines may differ.
    """
    return func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)


def rows_changed(result: Result[Any]) -> int:
    """How many rows an UPDATE or DELETE has changed."""
    return result.rowcount if isinstance(result, CursorResult) else 0
