"""Boards and what is made, sent and tried of them."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import BIT, JSONB
from sqlmodel import Field

from core.tables.base import Table, binary, moment, one_of, reference
from core.values import (
    AttemptOutcome,
    AttemptPurpose,
    BoardState,
    Channel,
    DeliveryState,
    Quality,
    RenditionKind,
    Stage,
    VerdictName,
)


class Board(Table, table=True):
    """One distinct picture of a board. While a lease is held, owner, attempt and end are set."""

    __tablename__ = "board"
    __table_args__ = (
        one_of("state", BoardState),
        one_of("stage", Stage),
        one_of("quality", Quality),
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
    auditorium_id: UUID = reference("auditorium.id")
    number: int
    state: str = Field(default=BoardState.WAITING, sa_type=Text)
    quality: str = Field(
        default=Quality.BEST, sa_type=Text, sa_column_kwargs={"server_default": Quality.BEST.value}
    )
    stage: str | None = Field(default=None, sa_type=Text)
    progress: float = 0.0
    attempts: int = 0
    lease_attempt_id: UUID | None = None
    lease_owner: str | None = Field(default=None, sa_type=Text)
    lease_until: datetime | None = moment(nullable=True)
    error_code: str | None = Field(default=None, sa_type=Text)
    engine: str | None = Field(default=None, sa_type=Text)
    # What the worker estimated and chose, and why: worker.record says what is in it.
    record: dict[str, Any] = Field(
        default_factory=dict,
        sa_column=Column(JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    )
    thumbhash: bytes | None = binary(nullable=True)
    width: int  # of the original, upright, so that a page can reserve the place
    height: int
    created_at: datetime = moment()
    queued_at: datetime = moment()
    started_at: datetime | None = moment(nullable=True)
    ready_at: datetime | None = moment(nullable=True)
    lossless_wanted_at: datetime | None = moment(nullable=True)


class Upload(Table, table=True):
    """One act of sending. It never disappears into another: a duplicate keeps its row and bytes."""

    __tablename__ = "upload"
    __table_args__ = (
        one_of("channel", Channel),
        one_of("verdict", VerdictName),
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
    auditorium_id: UUID = reference("auditorium.id")
    member_id: UUID = reference("member.id")
    board_id: UUID = reference("board.id")
    # Where its sender reads in Telegram how far it is; many uploads of one album share one.
    status_id: UUID | None = Field(
        default=None, foreign_key="status_message.id", ondelete="SET NULL", index=True
    )
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
    bytes_sha256: bytes = binary()
    pixels_sha256: bytes = binary()
    phash64: str = Field(sa_column=Column(BIT(64), nullable=False))
    phash256: str = Field(sa_column=Column(BIT(256), nullable=False))
    sketch: bytes = binary()
    created_at: datetime = moment()


class Rendition(Table, table=True):
    """A derived picture of a board, in the object store under its content key."""

    __tablename__ = "rendition"
    __table_args__ = (
        one_of("kind", RenditionKind),
        CheckConstraint("length(sha256) = 32", name="sha256"),
        CheckConstraint("width > 0 AND height > 0 AND byte_size > 0", name="size"),
        UniqueConstraint("board_id", "kind"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    board_id: UUID = reference("board.id")
    kind: str = Field(sa_type=Text)
    object_key: str = Field(sa_type=Text)
    media_type: str = Field(sa_type=Text)
    width: int
    height: int
    byte_size: int
    sha256: bytes = binary()
    # Telegram's names for the picture once it was sent: as a photo and as a document they differ.
    telegram_photo_id: str | None = Field(default=None, sa_type=Text)
    telegram_document_id: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = moment()


class Part(Table, table=True):
    """Rows of a result that takes long, kept until it is whole: the next attempt goes on below."""

    __tablename__ = "part"
    __table_args__ = (
        CheckConstraint("top >= 0", name="top"),
        CheckConstraint("byte_size > 0", name="byte_size"),
    )
    board_id: UUID = Field(
        sa_column=Column(ForeignKey("board.id", ondelete="CASCADE"), primary_key=True)
    )
    top: int = Field(primary_key=True)
    made_of: str = Field(sa_type=Text)  # worker.parts: parts of other pixels or engines are no use
    object_key: str = Field(sa_type=Text)
    byte_size: int
    created_at: datetime = moment()


class Delivery(Table, table=True):
    """One ready board owed to one member. The gallery is a web guest's delivery: SENT when made."""

    __tablename__ = "delivery"
    __table_args__ = (
        one_of("state", DeliveryState),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("(state = 'failed') = (error_code IS NOT NULL)", name="failed"),
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="sending"),
        CheckConstraint("num_nonnulls(lease_owner, lease_until) IN (0, 2)", name="lease"),
        UniqueConstraint("board_id", "member_id"),
        Index("ix_delivery_owed", "not_before", postgresql_where=text("state = 'owed'")),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    board_id: UUID = reference("board.id")
    member_id: UUID = reference("member.id")
    state: str = Field(default=DeliveryState.OWED, sa_type=Text)
    attempts: int = 0
    not_before: datetime = moment()
    lease_owner: str | None = Field(default=None, sa_type=Text)
    lease_until: datetime | None = moment(nullable=True)
    telegram_message_id: int | None = Field(default=None, sa_type=BigInteger)
    error_code: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = moment()
    sent_at: datetime | None = moment(nullable=True)


class Attempt(Table, table=True):
    """One try at upscaling a board or sending a delivery, kept for figures and for the operator."""

    __tablename__ = "attempt"
    __table_args__ = (
        one_of("purpose", AttemptPurpose),
        one_of("outcome", AttemptOutcome),
        CheckConstraint("num_nonnulls(board_id, delivery_id) = 1", name="subject"),
        CheckConstraint("(purpose = 'send') = (delivery_id IS NOT NULL)", name="purpose_subject"),
        CheckConstraint("(outcome = 'running') = (ended_at IS NULL)", name="ended"),
        UniqueConstraint("board_id", "purpose", "number"),
        UniqueConstraint("delivery_id", "number"),
        # Typical times are read from the latest boards, and each has hundreds of deliveries.
        Index("ix_attempt_rendered", "ended_at", postgresql_where=text("purpose = 'render'")),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    board_id: UUID | None = reference("board.id", nullable=True)
    delivery_id: UUID | None = reference("delivery.id", nullable=True)
    purpose: str = Field(sa_type=Text)
    number: int
    owner: str = Field(sa_type=Text)
    outcome: str = Field(default=AttemptOutcome.RUNNING, sa_type=Text)
    error_code: str | None = Field(default=None, sa_type=Text)
    stages_ms: dict[str, float] = Field(
        default_factory=dict,
        sa_column=Column(JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    )
    started_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)
