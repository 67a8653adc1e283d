"""What conversations need: choices of chats, status messages, notices, surveys, one-time links."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CHECKS = (
    ("board", "quality", "quality IN ('fast', 'best')"),
    ("member", "hears", "hears IN ('all', 'own', 'nothing')"),
    ("member", "inactive_reason", "inactive_reason IN ('blocked', 'left', 'kicked')"),
    (
        "member",
        "inactive_has_reason",
        "(state = 'inactive') = (inactive_reason IS NOT NULL)",
    ),
    (
        "member",
        "telegram_topic_id",
        "telegram_topic_id IS NULL OR telegram_chat_id IS NOT NULL",
    ),
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "overload_wave",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("longest_wait_s", sa.Float(), nullable=False),
        sa.Column(
            "began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("longest_wait_s >= 0", name=op.f("ck_overload_wave_longest_wait_s")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overload_wave")),
    )
    op.create_index(
        "uq_overload_wave_open",
        "overload_wave",
        [sa.literal_column("(ended_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "status_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("shown", sa.Text(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column(
            "next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("locale IN ('ru', 'en')", name=op.f("ck_status_message_locale")),
        sa.CheckConstraint(
            "num_nonnulls(lease_owner, lease_until) IN (0, 2)", name=op.f("ck_status_message_lease")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_message")),
        sa.UniqueConstraint("chat_id", "key", name=op.f("uq_status_message_chat_id_key")),
    )
    op.create_index(
        "ix_status_message_open",
        "status_message",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("NOT done"),
    )
    op.create_table(
        "telegram_chat",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("locale IN ('ru', 'en')", name=op.f("ck_telegram_chat_locale")),
        sa.CheckConstraint("quality IN ('fast', 'best')", name=op.f("ck_telegram_chat_quality")),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_telegram_chat")),
    )
    op.create_table(
        "telegram_update",
        sa.Column("bot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "ended_at IS NULL OR content IS NULL", name=op.f("ck_telegram_update_content")
        ),
        sa.PrimaryKeyConstraint("bot_id", "update_id", name=op.f("pk_telegram_update")),
    )
    op.create_index(
        "ix_telegram_update_unfinished",
        "telegram_update",
        ["bot_id", "update_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_telegram_update_began_at", "telegram_update", ["began_at"], unique=False)
    op.create_table(
        "access_token",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind IN ('link', 'session')", name=op.f("ck_access_token_kind")),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_access_token_sha256")),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_access_token_member_id_member"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_access_token")),
    )
    op.create_index(op.f("ix_access_token_member_id"), "access_token", ["member_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column(
            "not_before",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("telegram_message_id", sa.BigInteger(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'failed') = (error_code IS NOT NULL)", name=op.f("ck_notice_failed")
        ),
        sa.CheckConstraint(
            "(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_notice_sending")
        ),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_notice_sent")),
        sa.CheckConstraint(
            "kind IN ('survey', 'overload', 'overload_over', 'kicked')", name=op.f("ck_notice_kind")
        ),
        sa.CheckConstraint(
            "state IN ('owed', 'sending', 'sent', 'failed')", name=op.f("ck_notice_state")
        ),
        sa.CheckConstraint(
            "num_nonnulls(lease_owner, lease_until) IN (0, 2)", name=op.f("ck_notice_lease")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_notice_member_id_member"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("member_id", "key", name=op.f("uq_notice_member_id_key")),
    )
    op.create_index(op.f("ix_notice_member_id"), "notice", ["member_id"], unique=False)
    op.create_index(
        "ix_notice_owed",
        "notice",
        ["not_before"],
        unique=False,
        postgresql_where=sa.text("state = 'owed'"),
    )
    op.create_table(
        "survey",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("readable", sa.Text(), nullable=True),
        sa.Column("fast", sa.Text(), nullable=True),
        sa.Column("missing", sa.Text(), nullable=True),
        sa.Column(
            "asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("fast IN ('yes', 'partly', 'no')", name=op.f("ck_survey_fast")),
        sa.CheckConstraint("readable IN ('yes', 'partly', 'no')", name=op.f("ck_survey_readable")),
        sa.CheckConstraint("length(missing) BETWEEN 1 AND 1000", name=op.f("ck_survey_missing")),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_survey_member_id_member"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_survey")),
    )
    op.add_column("board", sa.Column("quality", sa.Text(), server_default="best", nullable=False))
    op.add_column("member", sa.Column("inactive_reason", sa.Text(), nullable=True))
    op.add_column("member", sa.Column("hears", sa.Text(), server_default="all", nullable=False))
    op.add_column("member", sa.Column("telegram_topic_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "member",
        sa.Column(
            "chosen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
    )
    # Until now only those became inactive who had blocked the bot.
    op.execute("UPDATE member SET inactive_reason = 'blocked' WHERE state = 'inactive'")
    # The last joined auditorium was the current one.
    op.execute("UPDATE member SET chosen_at = joined_at")
    for table, name, condition in CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    op.add_column("upload", sa.Column("status_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_upload_status_id"), "upload", ["status_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_upload_status_id_status_message"),
        "upload",
        "status_message",
        ["status_id"],
        ["id"],
        ondelete="SET NULL",
    )


def downgrade() -> None:
    """Undo."""
    op.drop_constraint(op.f("fk_upload_status_id_status_message"), "upload", type_="foreignkey")
    op.drop_index(op.f("ix_upload_status_id"), table_name="upload")
    op.drop_column("upload", "status_id")
    for table, name, _ in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.drop_column("member", "chosen_at")
    op.drop_column("member", "telegram_topic_id")
    op.drop_column("member", "hears")
    op.drop_column("member", "inactive_reason")
    op.drop_column("board", "quality")
    op.drop_table("survey")
    op.drop_index("ix_notice_owed", table_name="notice", postgresql_where=sa.text("state = 'owed'"))
    op.drop_index(op.f("ix_notice_member_id"), table_name="notice")
    op.drop_table("notice")
    op.drop_index(op.f("ix_access_token_member_id"), table_name="access_token")
    op.drop_table("access_token")
    op.drop_index(
        "ix_telegram_update_unfinished",
        table_name="telegram_update",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index("ix_telegram_update_began_at", table_name="telegram_update")
    op.drop_table("telegram_update")
    op.drop_table("telegram_chat")
    op.drop_index(
        "ix_status_message_open", table_name="status_message", postgresql_where=sa.text("NOT done")
    )
    op.drop_table("status_message")
    op.drop_index(
        "uq_overload_wave_open",
        table_name="overload_wave",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("overload_wave")
