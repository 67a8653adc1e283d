"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "auditorium",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("quota_uploads", sa.Integer(), nullable=False),
        sa.Column("boards_made", sa.Integer(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("code ~ '^[2-9A-HJ-NP-Z]{6}$'", name=op.f("ck_auditorium_code")),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_auditorium_state")),
        sa.CheckConstraint("boards_made >= 0", name=op.f("ck_auditorium_boards_made")),
        sa.CheckConstraint("length(title) BETWEEN 1 AND 120", name=op.f("ck_auditorium_title")),
        sa.CheckConstraint("quota_uploads > 0", name=op.f("ck_auditorium_quota_uploads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auditorium")),
        sa.UniqueConstraint("code", name=op.f("uq_auditorium_code")),
    )
    op.create_table(
        "board",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("auditorium_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_attempt_id", sa.Uuid(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("engine", sa.Text(), nullable=True),
        sa.Column("thumbhash", sa.LargeBinary(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "queued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lossless_wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'failed') = (error_code IS NOT NULL)", name=op.f("ck_board_failed")
        ),
        sa.CheckConstraint(
            "(state = 'ready') = (ready_at IS NOT NULL)", name=op.f("ck_board_ready")
        ),
        sa.CheckConstraint(
            "stage IN ('fetch', 'decode', 'upscale', 'encode', 'store')",
            name=op.f("ck_board_stage"),
        ),
        sa.CheckConstraint(
            "state <> 'running' OR lease_until IS NOT NULL", name=op.f("ck_board_running")
        ),
        sa.CheckConstraint(
            "state <> 'waiting' OR lease_until IS NULL", name=op.f("ck_board_waiting")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'ready', 'failed')", name=op.f("ck_board_state")
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_board_attempts")),
        sa.CheckConstraint(
            "num_nonnulls(lease_attempt_id, lease_owner, lease_until) IN (0, 3)",
            name=op.f("ck_board_lease"),
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name=op.f("ck_board_progress")),
        sa.ForeignKeyConstraint(
            ["auditorium_id"],
            ["auditorium.id"],
            name=op.f("fk_board_auditorium_id_auditorium"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board")),
        sa.UniqueConstraint("auditorium_id", "number", name=op.f("uq_board_auditorium_id_number")),
    )
    op.create_index(op.f("ix_board_auditorium_id"), "board", ["auditorium_id"], unique=False)
    op.create_index(
        "ix_board_leased",
        "board",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.create_index(
        "ix_board_lossless_wanted",
        "board",
        ["lossless_wanted_at"],
        unique=False,
        postgresql_where=sa.text("lossless_wanted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_board_unfinished",
        "board",
        ["queued_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.create_table(
        "member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("auditorium_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("telegram_chat_id", sa.BigInteger(), nullable=True),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=True),
        sa.Column(
            "joined_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "(channel = 'telegram') = (telegram_chat_id IS NOT NULL)",
            name=op.f("ck_member_telegram_chat_id"),
        ),
        sa.CheckConstraint("channel IN ('telegram', 'web', 'api')", name=op.f("ck_member_channel")),
        sa.CheckConstraint("locale IN ('ru', 'en')", name=op.f("ck_member_locale")),
        sa.CheckConstraint(
            "role IN ('owner', 'moderator', 'student')", name=op.f("ck_member_role")
        ),
        sa.CheckConstraint("state IN ('active', 'inactive')", name=op.f("ck_member_state")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 64", name=op.f("ck_member_name")),
        sa.CheckConstraint(
            "token_sha256 IS NULL OR length(token_sha256) = 32", name=op.f("ck_member_token_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["auditorium_id"],
            ["auditorium.id"],
            name=op.f("fk_member_auditorium_id_auditorium"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint(
            "auditorium_id",
            "telegram_chat_id",
            name=op.f("uq_member_auditorium_id_telegram_chat_id"),
        ),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_member_token_sha256")),
    )
    op.create_index(op.f("ix_member_auditorium_id"), "member", ["auditorium_id"], unique=False)
    op.create_index(
        op.f("ix_member_telegram_chat_id"), "member", ["telegram_chat_id"], unique=False
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
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
            "(state = 'failed') = (error_code IS NOT NULL)", name=op.f("ck_delivery_failed")
        ),
        sa.CheckConstraint(
            "(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_delivery_sending")
        ),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_delivery_sent")
        ),
        sa.CheckConstraint(
            "state IN ('owed', 'sending', 'sent', 'failed')", name=op.f("ck_delivery_state")
        ),
        sa.CheckConstraint(
            "num_nonnulls(lease_owner, lease_until) IN (0, 2)", name=op.f("ck_delivery_lease")
        ),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.id"], name=op.f("fk_delivery_board_id_board"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_delivery_member_id_member"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("board_id", "member_id", name=op.f("uq_delivery_board_id_member_id")),
    )
    op.create_index(op.f("ix_delivery_board_id"), "delivery", ["board_id"], unique=False)
    op.create_index(op.f("ix_delivery_member_id"), "delivery", ["member_id"], unique=False)
    op.create_index(
        "ix_delivery_owed",
        "delivery",
        ["not_before"],
        unique=False,
        postgresql_where=sa.text("state = 'owed'"),
    )
    op.create_table(
        "rating",
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("value IN (-1, 1)", name=op.f("ck_rating_value")),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.id"], name=op.f("fk_rating_board_id_board"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_rating_member_id_member"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("board_id", "member_id", name=op.f("pk_rating")),
    )
    op.create_index(op.f("ix_rating_member_id"), "rating", ["member_id"], unique=False)
    op.create_table(
        "rendition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("byte_size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('upright', 'upscaled', 'preview', 'thumbnail', 'lossless')",
            name=op.f("ck_rendition_kind"),
        ),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_rendition_sha256")),
        sa.CheckConstraint(
            "width > 0 AND height > 0 AND byte_size > 0", name=op.f("ck_rendition_size")
        ),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.id"], name=op.f("fk_rendition_board_id_board"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rendition")),
        sa.UniqueConstraint("board_id", "kind", name=op.f("uq_rendition_board_id_kind")),
    )
    op.create_index(op.f("ix_rendition_board_id"), "rendition", ["board_id"], unique=False)
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("auditorium_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("original_key", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("byte_size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("pixels_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("phash64", postgresql.BIT(length=64), nullable=False),
        sa.Column("phash256", postgresql.BIT(length=256), nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("channel IN ('telegram', 'web', 'api')", name=op.f("ck_upload_channel")),
        sa.CheckConstraint("verdict IN ('new', 'duplicate')", name=op.f("ck_upload_verdict")),
        sa.CheckConstraint("byte_size > 0", name=op.f("ck_upload_byte_size")),
        sa.CheckConstraint("length(bytes_sha256) = 32", name=op.f("ck_upload_bytes_sha256")),
        sa.CheckConstraint("length(caption) <= 1024", name=op.f("ck_upload_caption")),
        sa.CheckConstraint("length(pixels_sha256) = 32", name=op.f("ck_upload_pixels_sha256")),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_upload_size")),
        sa.ForeignKeyConstraint(
            ["auditorium_id"],
            ["auditorium.id"],
            name=op.f("fk_upload_auditorium_id_auditorium"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.id"], name=op.f("fk_upload_board_id_board"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_upload_member_id_member"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint(
            "member_id", "idempotency_key", name=op.f("uq_upload_member_id_idempotency_key")
        ),
    )
    op.create_index(op.f("ix_upload_auditorium_id"), "upload", ["auditorium_id"], unique=False)
    op.create_index(
        "ix_upload_auditorium_id_bytes_sha256",
        "upload",
        ["auditorium_id", "bytes_sha256"],
        unique=False,
    )
    op.create_index(
        "ix_upload_auditorium_id_pixels_sha256",
        "upload",
        ["auditorium_id", "pixels_sha256"],
        unique=False,
    )
    op.create_index(op.f("ix_upload_board_id"), "upload", ["board_id"], unique=False)
    op.create_index(op.f("ix_upload_member_id"), "upload", ["member_id"], unique=False)
    op.create_index(
        "uq_upload_board_id_new",
        "upload",
        ["board_id"],
        unique=True,
        postgresql_where=sa.text("verdict = 'new'"),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=True),
        sa.Column("delivery_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column(
            "stages_ms",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(outcome = 'running') = (ended_at IS NULL)", name=op.f("ck_attempt_ended")
        ),
        sa.CheckConstraint(
            "(purpose = 'send') = (delivery_id IS NOT NULL)",
            name=op.f("ck_attempt_purpose_subject"),
        ),
        sa.CheckConstraint(
            "outcome IN ('running', 'succeeded', 'failed', 'lost')", name=op.f("ck_attempt_outcome")
        ),
        sa.CheckConstraint(
            "purpose IN ('render', 'lossless', 'send')", name=op.f("ck_attempt_purpose")
        ),
        sa.CheckConstraint(
            "num_nonnulls(board_id, delivery_id) = 1", name=op.f("ck_attempt_subject")
        ),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.id"], name=op.f("fk_attempt_board_id_board"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["delivery.id"],
            name=op.f("fk_attempt_delivery_id_delivery"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint(
            "board_id", "purpose", "number", name=op.f("uq_attempt_board_id_purpose_number")
        ),
        sa.UniqueConstraint("delivery_id", "number", name=op.f("uq_attempt_delivery_id_number")),
    )
    op.create_index(op.f("ix_attempt_board_id"), "attempt", ["board_id"], unique=False)
    op.create_index(op.f("ix_attempt_delivery_id"), "attempt", ["delivery_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_attempt_delivery_id"), table_name="attempt")
    op.drop_index(op.f("ix_attempt_board_id"), table_name="attempt")
    op.drop_table("attempt")
    op.drop_index(
        "uq_upload_board_id_new", table_name="upload", postgresql_where=sa.text("verdict = 'new'")
    )
    op.drop_index(op.f("ix_upload_member_id"), table_name="upload")
    op.drop_index(op.f("ix_upload_board_id"), table_name="upload")
    op.drop_index("ix_upload_auditorium_id_pixels_sha256", table_name="upload")
    op.drop_index("ix_upload_auditorium_id_bytes_sha256", table_name="upload")
    op.drop_index(op.f("ix_upload_auditorium_id"), table_name="upload")
    op.drop_table("upload")
    op.drop_index(op.f("ix_rendition_board_id"), table_name="rendition")
    op.drop_table("rendition")
    op.drop_index(op.f("ix_rating_member_id"), table_name="rating")
    op.drop_table("rating")
    op.drop_index(
        "ix_delivery_owed", table_name="delivery", postgresql_where=sa.text("state = 'owed'")
    )
    op.drop_index(op.f("ix_delivery_member_id"), table_name="delivery")
    op.drop_index(op.f("ix_delivery_board_id"), table_name="delivery")
    op.drop_table("delivery")
    op.drop_index(op.f("ix_member_telegram_chat_id"), table_name="member")
    op.drop_index(op.f("ix_member_auditorium_id"), table_name="member")
    op.drop_table("member")
    op.drop_index(
        "ix_board_unfinished",
        table_name="board",
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.drop_index(
        "ix_board_lossless_wanted",
        table_name="board",
        postgresql_where=sa.text("lossless_wanted_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_board_leased", table_name="board", postgresql_where=sa.text("lease_until IS NOT NULL")
    )
    op.drop_index(op.f("ix_board_auditorium_id"), table_name="board")
    op.drop_table("board")
    op.drop_table("auditorium")
