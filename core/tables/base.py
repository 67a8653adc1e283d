"""What all tables share: one metadata with the naming convention, and kinds of columns.

No Relationship(): joins are written out. Enums are stored as text with a CHECK, times with their
zone, perceptual hashes as BIT so that `bit_count(a # b)` is their distance.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, LargeBinary, MetaData, text
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """The base of all tables: one metadata with the naming convention."""

    metadata = MetaData(naming_convention=NAMING)


def one_of(column: str, values: type[StrEnum] | Iterable[StrEnum]) -> CheckConstraint:
    """The column holds one of these words, or nothing where it may."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def moment(
    *, nullable: bool = False
) -> Any:  # Any: SQLModel's Field is untyped where sa_column goes
    """A time with its zone; the database's now() unless it may be missing."""
    default = None if nullable else text("now()")
    return Field(
        default=None,
        nullable=nullable,
        sa_column_kwargs={"server_default": default},
        sa_type=DateTime(timezone=True),
    )


def binary(*, nullable: bool = False) -> Any:
    """Bytes."""
    return Field(sa_type=LargeBinary, nullable=nullable)


def reference(target: str, *, nullable: bool = False) -> Any:
    """A row of another table; this one goes with it."""
    return Field(
        default=None, foreign_key=target, ondelete="CASCADE", nullable=nullable, index=True
    )
