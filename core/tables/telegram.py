"""What the bot has to remember of chats, of what it told them, and of what it was told."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from core.tables.base import Table, moment, one_of, reference
from core.values import DeliveryState, NoticeKind, Quality, ResultView


class TelegramChat(Table, table=True):
    """What a chat chose, whatever auditoriums it is in; there is a row once it chose something."""

    __tablename__ = "telegram_chat"
    __table_args__ = (
        CheckConstraint("locale IN ('ru', 'en')", name="locale"),
        one_of("quality", Quality),
        one_of("first_view", ResultView),
    )
    chat_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    locale: str | None = Field(default=None, sa_type=Text)
    quality: str = Field(default=Quality.BEST, sa_type=Text)
    first_view: str | None = Field(default=None, sa_type=Text)  # None: the service's default
    changed_at: datetime = moment()


class StatusMessage(Table, table=True):
    """The one message that tells a sender how far his photos are; it is edited, never repeated.

    key: the message or the album that it answers. message_id: None until it was sent. shown: the
    text that it has now. reply_to: the message that it is shown under. next_at: when it is looked
    at again.
    """

    __tablename__ = "status_message"
    __table_args__ = (
        CheckConstraint("locale IN ('ru', 'en')", name="locale"),
        CheckConstraint("num_nonnulls(lease_owner, lease_until) IN (0, 2)", name="lease"),
        UniqueConstraint("chat_id", "key"),
        Index("ix_status_message_open", "next_at", postgresql_where=text("NOT done")),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    chat_id: int = Field(sa_type=BigInteger)
    topic_id: int | None = Field(default=None, sa_type=BigInteger)
    key: str = Field(sa_type=Text)
    locale: str = Field(sa_type=Text)
    reply_to: int = Field(sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    shown: str | None = Field(default=None, sa_type=Text)
    done: bool = False
    failures: int = 0
    next_at: datetime = moment()
    lease_owner: str | None = Field(default=None, sa_type=Text)
    lease_until: datetime | None = moment(nullable=True)
    created_at: datetime = moment()


class Notice(Table, table=True):
    """Something other than a board that a member is to be told once. key: what makes it once."""

    __tablename__ = "notice"
    __table_args__ = (
        one_of("kind", NoticeKind),
        one_of("state", DeliveryState),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("(state = 'failed') = (error_code IS NOT NULL)", name="failed"),
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="sending"),
        CheckConstraint("num_nonnulls(lease_owner, lease_until) IN (0, 2)", name="lease"),
        UniqueConstraint("member_id", "key"),
        Index("ix_notice_owed", "not_before", postgresql_where=text("state = 'owed'")),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    member_id: UUID = reference("member.id")
    kind: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    data: dict[str, Any] = Field(
        default_factory=dict,
        sa_column=Column(JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    )
    state: str = Field(default=DeliveryState.OWED, sa_type=Text)
    attempts: int = 0
    not_before: datetime = moment()
    lease_owner: str | None = Field(default=None, sa_type=Text)
    lease_until: datetime | None = moment(nullable=True)
    telegram_message_id: int | None = Field(default=None, sa_type=BigInteger)
    error_code: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = moment()
    sent_at: datetime | None = moment(nullable=True)


class TelegramUpdate(Table, table=True):
    """An update that was begun; once it ended, the same one again has no effect.

    content: the update itself until it ended, so that what was in hand at a kill is not lost.
    """

    __tablename__ = "telegram_update"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR content IS NULL", name="content"),
        Index("ix_telegram_update_began_at", "began_at"),
        Index(
            "ix_telegram_update_unfinished",
            "bot_id",
            "update_id",
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    bot_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    update_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    owner: str = Field(sa_type=Text)
    tries: int = 1
    content: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    began_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


class OverloadWave(Table, table=True):
    """A time in which the expected wait was too long; at most one is open."""

    __tablename__ = "overload_wave"
    __table_args__ = (
        CheckConstraint("longest_wait_s >= 0", name="longest_wait_s"),
        Index(
            "uq_overload_wave_open",
            text("(ended_at IS NULL)"),
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    longest_wait_s: float
    began_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)
