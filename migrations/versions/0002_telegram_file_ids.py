"""Telegram's file ids of a rendition, so that a board is sent to Telegram once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("rendition", sa.Column("telegram_photo_id", sa.Text(), nullable=True))
    op.add_column("rendition", sa.Column("telegram_document_id", sa.Text(), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("rendition", "telegram_document_id")
    op.drop_column("rendition", "telegram_photo_id")
