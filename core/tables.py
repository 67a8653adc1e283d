"""The tables. Invariants are constraints here, so that no code path can break them.

No Relationship(): joins are written out. Enums are stored as text with a CHECK, times with their
zone, perceptual hashes as BIT so that `bit_count(a # b)` is their distance.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import BIT, JSONB
from sqlmodel import Field, SQLModel

from core.values import (
    AttemptOutcome,
    AttemptPurpose,
    AuditoriumState,
    BoardState,
    Channel,
    DeliveryState,
    MemberState,
    RenditionKind,
    Role,
    Stage,
    VerdictName,
)

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


def _one_of(column: str, values: type[StrEnum] | Iterable[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _time(
    *, nullable: bool = False
) -> Any:  # Any: SQLModel's Field is untyped where sa_column goes
    default = None if nullable else text("now()")
    return Field(
        default=None,
        nullable=nullable,
        sa_column_kwargs={"server_default": default},
        sa_type=DateTime(timezone=True),
    )


def _bytes(*, nullable: bool = False) -> Any:
    return Field(sa_type=LargeBinary, nullable=nullable)


def _reference(target: str, *, nullable: bool = False) -> Any:
    return Field(
        default=None, foreign_key=target, ondelete="CASCADE", nullable=nullable, index=True
    )


class Auditorium(Table, table=True):
    """A shared room."""

    __tablename__ = "auditorium"
    __table_args__ = (
        _one_of("state", AuditoriumState),
        CheckConstraint("code ~ '^[2-9A-HJ-NP-Z]{6}$'", name="code"),
        CheckConstraint("length(title) BETWEEN 1 AND 120", name="title"),
        CheckConstraint("boards_made >= 0", name="boards_made"),
        CheckConstraint("quota_uploads > 0", name="quota_uploads"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(sa_type=Text, unique=True)
    title: str = Field(sa_type=Text)
    state: str = Field(default=AuditoriumState.OPEN, sa_type=Text)
    quota_uploads: int
    boards_made: int = 0  # the number of the last board; counted under the row's lock
    retention_days: int | None = None
    created_at: datetime = _time()
    closed_at: datetime | None = _time(nullable=True)


class Member(Table, table=True):
    """A person in an auditorium: a Telegram chat, or a guest whose token is kept as a hash."""

    __tablename__ = "member"
    __table_args__ = (
        _one_of("role", Role),
        _one_of("channel", Channel),
        _one_of("state", MemberState),
        CheckConstraint("length(name) BETWEEN 1 AND 64", name="name"),
        CheckConstraint("locale IN ('ru', 'en')", name="locale"),
        CheckConstraint(
            "(channel = 'telegram') = (telegram_chat_id IS NOT NULL)", name="telegram_chat_id"
        ),
        CheckConstraint("token_sha256 IS NULL OR length(token_sha256) = 32", name="token_sha256"),
        UniqueConstraint("auditorium_id", "telegram_chat_id"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    auditorium_id: UUID = _reference("auditorium.id")
    name: str = Field(sa_type=Text)
    role: str = Field(default=Role.STUDENT, sa_type=Text)
    channel: str = Field(sa_type=Text)
    state: str = Field(default=MemberState.ACTIVE, sa_type=Text)
    locale: str = Field(default="ru", sa_type=Text)
    telegram_chat_id: int | None = Field(default=None, sa_type=BigInteger, index=True)
    token_sha256: bytes | None = Field(default=None, sa_type=LargeBinary, unique=True)
    joined_at: datetime = _time()


class Board(Table, table=True):
    """One distinct picture of a board. While a lease is held, owner, attempt and end are set."""

    __tablename__ = "board"
    __table_args__ = (
        _one_of("state", BoardState),
        CheckConstraint(
            "stage IN (" + ", ".join(f"'{stage.value}'" for stage in Stage) + ")", name="stage"
        ),
        CheckConstraint("progress BETWEEN 0 AND 1", name="progress"),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint(
            "num_nonnulls(lease_attempt_id, lease_owner, lease_until) IN (0, 3)", name="lease"
        ),
        CheckConstraint("state <> 'running' OR lease_until IS NOT NULL", name="running"),
        CheckConstraint("state <> 'waiting' OR lease_until IS NULL", name="waiting"),
        CheckConstraint("(state = 'ready') = (ready_at IS NOT NULL)", name="ready"),
        CheckConstraint("(state = 'failed') = (error_code IS NOT NULL)", name="failed"),
        UniqueConstraint("auditorium_id", "number"),
        Index(
            "ix_board_unfinished",
            "queued_at",
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
        Index("ix_board_leased", "lease_until", postgresql_where=text("lease_until IS NOT NULL")),
        Index(
            "ix_board_lossless_wanted",
            "lossless_wanted_at",
            postgresql_where=text("lossless_wanted_at IS NOT NULL"),
        ),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    auditorium_id: UUID = _reference("auditorium.id")
    number: int
    state: str = Field(default=BoardState.WAITING, sa_type=Text)
    stage: str | None = Field(default=None, sa_type=Text)
    progress: float = 0.0
    attempts: int = 0
    lease_attempt_id: UUID | None = None
    lease_owner: str | None = Field(default=None, sa_type=Text)
    lease_until: datetime | None = _time(nullable=True)
    error_code: str | None = Field(default=None, sa_type=Text)
    engine: str | None = Field(default=None, sa_type=Text)
    thumbhash: bytes | None = _bytes(nullable=True)
    width: int  # of the original, upright, so that a page can reserve the place
    height: int
    created_at: datetime = _time()
    queued_at: datetime = _time()
    started_at: datetime | None = _time(nullable=True)
    ready_at: datetime | None = _time(nullable=True)
    lossless_wanted_at: datetime | None = _time(nullable=True)


class Upload(Table, table=True):
    """One act of sending. It never disappears into another: a duplicate keeps its row and bytes."""

    __tablename__ = "upload"
    __table_args__ = (
        _one_of("channel", Channel),
        _one_of("verdict", VerdictName),
        CheckConstraint("length(bytes_sha256) = 32", name="bytes_sha256"),
        CheckConstraint("length(pixels_sha256) = 32", name="pixels_sha256"),
        CheckConstraint("byte_size > 0", name="byte_size"),
        CheckConstraint("width > 0 AND height > 0", name="size"),
        CheckConstraint("length(caption) <= 1024", name="caption"),
        UniqueConstraint("member_id", "idempotency_key"),
        # The upload that a board was made from; the others are its duplicates.
        Index(
            "uq_upload_board_id_new",
            "board_id",
            unique=True,
            postgresql_where=text("verdict = 'new'"),
        ),
        Index("ix_upload_auditorium_id_bytes_sha256", "auditorium_id", "bytes_sha256"),
        Index("ix_upload_auditorium_id_pixels_sha256", "auditorium_id", "pixels_sha256"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    auditorium_id: UUID = _reference("auditorium.id")
    member_id: UUID = _reference("member.id")
    board_id: UUID = _reference("board.id")
    channel: str = Field(sa_type=Text)
    caption: str | None = Field(default=None, sa_type=Text)
    idempotency_key: str | None = Field(default=None, sa_type=Text)
    verdict: str = Field(sa_type=Text)
    evidence: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    original_key: str = Field(sa_type=Text)
    media_type: str = Field(sa_type=Text)
    byte_size: int
    width: int
    height: int
    bytes_sha256: bytes = _bytes()
    pixels_sha256: bytes = _bytes()
    phash64: str = Field(sa_column=Column(BIT(64), nullable=False))
    phash256: str = Field(sa_column=Column(BIT(256), nullable=False))
    sketch: bytes = _bytes()
    created_at: datetime = _time()


class Rendition(Table, table=True):
    """A derived picture of a board, in the object store under its content key."""

    __tablename__ = "rendition"
    __table_args__ = (
        _one_of("kind", RenditionKind),
        CheckConstraint("length(sha256) = 32", name="sha256"),
        CheckConstraint("width > 0 AND height > 0 AND byte_size > 0", name="size"),
        UniqueConstraint("board_id", "kind"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    board_id: UUID = _reference("board.id")
    kind: str = Field(sa_type=Text)
    object_key: str = Field(sa_type=Text)
    media_type: str = Field(sa_type=Text)
    width: int
    height: int
    byte_size: int
    sha256: bytes = _bytes()
    # Telegram's names for the picture once it was sent: as a photo and as a document they differ.
    telegram_photo_id: str | None = Field(default=None, sa_type=Text)
    telegram_document_id: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = _time()


class Delivery(Table, table=True):
    """One ready board owed to one member. The gallery is a web guest's delivery: SENT when made."""

    __tablename__ = "delivery"
    __table_args__ = (
        _one_of("state", DeliveryState),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("(state = 'failed') = (error_code IS NOT NULL)", name="failed"),
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="sending"),
        CheckConstraint("num_nonnulls(lease_owner, lease_until) IN (0, 2)", name="lease"),
        UniqueConstraint("board_id", "member_id"),
        Index("ix_delivery_owed", "not_before", postgresql_where=text("state = 'owed'")),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    board_id: UUID = _reference("board.id")
    member_id: UUID = _reference("member.id")
    state: str = Field(default=DeliveryState.OWED, sa_type=Text)
    attempts: int = 0
    not_before: datetime = _time()
    lease_owner: str | None = Field(default=None, sa_type=Text)
    lease_until: datetime | None = _time(nullable=True)
    telegram_message_id: int | None = Field(default=None, sa_type=BigInteger)
    error_code: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = _time()
    sent_at: datetime | None = _time(nullable=True)


class Attempt(Table, table=True):
    """One try at upscaling a board or sending a delivery, kept for figures and for the operator."""

    __tablename__ = "attempt"
    __table_args__ = (
        _one_of("purpose", AttemptPurpose),
        _one_of("outcome", AttemptOutcome),
        CheckConstraint("num_nonnulls(board_id, delivery_id) = 1", name="subject"),
        CheckConstraint("(purpose = 'send') = (delivery_id IS NOT NULL)", name="purpose_subject"),
        CheckConstraint("(outcome = 'running') = (ended_at IS NULL)", name="ended"),
        UniqueConstraint("board_id", "purpose", "number"),
        UniqueConstraint("delivery_id", "number"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    board_id: UUID | None = _reference("board.id", nullable=True)
    delivery_id: UUID | None = _reference("delivery.id", nullable=True)
    purpose: str = Field(sa_type=Text)
    number: int
    owner: str = Field(sa_type=Text)
    outcome: str = Field(default=AttemptOutcome.RUNNING, sa_type=Text)
    error_code: str | None = Field(default=None, sa_type=Text)
    stages_ms: dict[str, float] = Field(
        default_factory=dict,
        sa_column=Column(JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    )
    started_at: datetime = _time()
    ended_at: datetime | None = _time(nullable=True)


class Rating(Table, table=True):
    """A member's like (1) or dislike (-1) of a board; one each, changeable."""

    __tablename__ = "rating"
    __table_args__ = (CheckConstraint("value IN (-1, 1)", name="value"),)
    board_id: UUID = Field(
        sa_column=Column(ForeignKey("board.id", ondelete="CASCADE"), primary_key=True)
    )
    member_id: UUID = Field(
        sa_column=Column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    value: int
    created_at: datetime = _time()
    changed_at: datetime = _time()
