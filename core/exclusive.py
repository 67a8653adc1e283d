"""Being the only one: a PostgreSQL advisory lock held for as long as a connection lives.

In PostgreSQL and not in Redis, because the lock must end exactly with its owner: a killed process
loses its connection at once, while an expiring key either outlives it or runs out under a process
that was only slow. Both would let two processes poll Telegram.
"""

from hashlib import sha256
from types import TracebackType
from typing import Self

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db import make_engine
from core.errors import DatabaseUnavailable
from core.settings import Settings

_KEY_BYTES = 8  # advisory locks are named by a signed 64-bit number


class Exclusive:
    """The lock of this name, on a connection of its own. Used as an asynchronous context."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._engine = make_engine(settings)
        self._connection: AsyncConnection | None = None
        self._key = int.from_bytes(sha256(name.encode()).digest()[:_KEY_BYTES], signed=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._let_go()
        await self._engine.dispose()

    async def acquire(self) -> bool:
        """Whether the lock is now ours; does not wait. Raises DatabaseUnavailable."""
        try:
            if self._connection is None:
                connection = await self._engine.connect()
                # No transaction stays open while the lock is held.
                self._connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            return bool(
                await self._connection.scalar(
                    text("SELECT pg_try_advisory_lock(:key)"), {"key": self._key}
                )
            )
        except SQLAlchemyError as error:
            await self._let_go()
            raise DatabaseUnavailable(type(error).__name__) from error

    async def still_held(self) -> bool:
        """Whether the connection, and with it the lock, is still there."""
        if self._connection is None:
            return False
        try:
            await self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            await self._let_go()
            return False
        return True

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Closed and not pooled: the lock goes with the server's end of the connection.
            await connection.invalidate()
            await connection.close()
