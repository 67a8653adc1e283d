"""Auditoriums, their members, and what members say and hold."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field

from core.tables.base import Table, moment, one_of, reference
from core.values import (
    AuditoriumState,
    Channel,
    Hears,
    InactiveReason,
    MemberState,
    ResultView,
    Role,
    SurveyAnswer,
    TokenKind,
    ViewUse,
)


class Auditorium(Table, table=True):
    """A shared room."""

    __tablename__ = "auditorium"
    __table_args__ = (
        one_of("state", AuditoriumState),
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
    created_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)


class Member(Table, table=True):
    """A person in an auditorium: a Telegram chat, or a guest whose token is kept as a hash."""

    __tablename__ = "member"
    __table_args__ = (
        one_of("role", Role),
        one_of("channel", Channel),
        one_of("state", MemberState),
        one_of("inactive_reason", InactiveReason),
        one_of("hears", Hears),
        one_of("first_view", ResultView),
        CheckConstraint(
            "(state = 'inactive') = (inactive_reason IS NOT NULL)", name="inactive_has_reason"
        ),
        CheckConstraint(
            "telegram_topic_id IS NULL OR telegram_chat_id IS NOT NULL", name="telegram_topic_id"
        ),
        CheckConstraint("length(name) BETWEEN 1 AND 64", name="name"),
        CheckConstraint("locale IN ('ru', 'en')", name="locale"),
        CheckConstraint(
            "(channel = 'telegram') = (telegram_chat_id IS NOT NULL)", name="telegram_chat_id"
        ),
        CheckConstraint("token_sha256 IS NULL OR length(token_sha256) = 32", name="token_sha256"),
        UniqueConstraint("auditorium_id", "telegram_chat_id"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    auditorium_id: UUID = reference("auditorium.id")
    name: str = Field(sa_type=Text)
    role: str = Field(default=Role.STUDENT, sa_type=Text)
    channel: str = Field(sa_type=Text)
    state: str = Field(default=MemberState.ACTIVE, sa_type=Text)
    inactive_reason: str | None = Field(default=None, sa_type=Text)
    hears: str = Field(
        default=Hears.ALL, sa_type=Text, sa_column_kwargs={"server_default": Hears.ALL.value}
    )
    locale: str = Field(default="ru", sa_type=Text)
    # A guest's own default; a Telegram chat's stands in telegram_chat. None: the service's.
    first_view: str | None = Field(default=None, sa_type=Text)
    telegram_chat_id: int | None = Field(default=None, sa_type=BigInteger, index=True)
    telegram_topic_id: int | None = Field(default=None, sa_type=BigInteger)  # of a forum
    token_sha256: bytes | None = Field(default=None, sa_type=LargeBinary, unique=True)
    joined_at: datetime = moment()
    chosen_at: datetime = moment()  # of a chat's auditoriums, the last chosen is the current one


class Rating(Table, table=True):
    """A member's like (1) or dislike (-1) of a board; one each, changeable."""

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("value IN (-1, 1)", name="value"),
        one_of("view", ResultView),
    )
    board_id: UUID = Field(
        sa_column=Column(ForeignKey("board.id", ondelete="CASCADE"), primary_key=True)
    )
    member_id: UUID = Field(
        sa_column=Column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    value: int
    view: str | None = Field(default=None, sa_type=Text)  # what he was looking at, if that is known
    created_at: datetime = moment()
    changed_at: datetime = moment()


class ViewChoice(Table, table=True):
    """That a member opened or kept a view of a board: one row each, however often he did.

    Which view people choose decides what is shown first. Nothing else of their looking is kept.
    """

    __tablename__ = "view_choice"
    __table_args__ = (one_of("view", ResultView), one_of("use", ViewUse))
    board_id: UUID = Field(
        sa_column=Column(ForeignKey("board.id", ondelete="CASCADE"), primary_key=True)
    )
    member_id: UUID = Field(
        sa_column=Column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    view: str = Field(sa_type=Text, primary_key=True)
    use: str = Field(sa_type=Text, primary_key=True)
    created_at: datetime = moment()


class Survey(Table, table=True):
    """What a member says of the lecture; once per member, and a member is of one lecture."""

    __tablename__ = "survey"
    __table_args__ = (
        one_of("readable", SurveyAnswer),
        one_of("fast", SurveyAnswer),
        CheckConstraint("length(missing) BETWEEN 1 AND 1000", name="missing"),
    )
    member_id: UUID = Field(
        sa_column=Column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    )
    readable: str | None = Field(default=None, sa_type=Text)
    fast: str | None = Field(default=None, sa_type=Text)
    missing: str | None = Field(default=None, sa_type=Text)
    asked_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


class AccessToken(Table, table=True):
    """A Telegram member's way to the pages: a link that works once, then a browser's session."""

    __tablename__ = "access_token"
    __table_args__ = (
        one_of("kind", TokenKind),
        CheckConstraint("length(sha256) = 32", name="sha256"),
    )
    sha256: bytes = Field(sa_type=LargeBinary, primary_key=True)
    member_id: UUID = reference("member.id")
    kind: str = Field(sa_type=Text)
    created_at: datetime = moment()
    expires_at: datetime = moment()
