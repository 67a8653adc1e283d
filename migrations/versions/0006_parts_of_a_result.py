"""Parts of results that take long are kept, so that the next attempt goes on with them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "part",
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("top", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_of", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("byte_size", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("top >= 0", name=op.f("ck_part_top")),
        sa.CheckConstraint("byte_size > 0", name=op.f("ck_part_byte_size")),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.id"], name=op.f("fk_part_board_id_board"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("board_id", "top", name=op.f("pk_part")),
    )


def downgrade() -> None:
    """Undo; what was half made is made anew."""
    op.drop_table("part")
