"""Typical times of boards are read from the latest attempts, among many that sent something."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_attempt_rendered",
        "attempt",
        ["ended_at"],
        unique=False,
        postgresql_where=sa.text("purpose = 'render'"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(
        "ix_attempt_rendered",
        table_name="attempt",
        postgresql_where=sa.text("purpose = 'render'"),
    )
