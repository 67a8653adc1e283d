"""Views of a result: more pictures of a board, why they are so, and which of them people choose."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KINDS = ("upright", "upscaled", "preview", "thumbnail", "lossless")
_VIEWS = ("original", "composed", "clean", "sharp", "straight")
_NEW_KINDS = ("clean", "sharp", "straight")


def _one_of(column: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"


def upgrade() -> None:
    """Apply. Boards made before have two views, the photo and what was made of it."""
    op.drop_constraint("ck_rendition_kind", "rendition")
    op.create_check_constraint(
        op.f("ck_rendition_kind"), "rendition", _one_of("kind", _KINDS + _NEW_KINDS)
    )
    op.add_column(
        "board",
        sa.Column(
            "record",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
    )
    for table, column in (
        ("member", "first_view"),
        ("telegram_chat", "first_view"),
        ("rating", "view"),
    ):
        op.add_column(table, sa.Column(column, sa.Text(), nullable=True))
        op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, _one_of(column, _VIEWS))
    op.create_table(
        "view_choice",
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(_one_of("view", _VIEWS), name=op.f("ck_view_choice_view")),
        sa.CheckConstraint("use IN ('opened', 'kept')", name=op.f("ck_view_choice_use")),
        sa.ForeignKeyConstraint(
            ["board_id"],
            ["board.id"],
            name=op.f("fk_view_choice_board_id_board"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_view_choice_member_id_member"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "board_id", "member_id", "view", "use", name=op.f("pk_view_choice")
        ),
    )
    op.create_index(op.f("ix_view_choice_member_id"), "view_choice", ["member_id"], unique=False)


def downgrade() -> None:
    """Undo; pictures of the views go, what was chosen is forgotten."""
    op.drop_index(op.f("ix_view_choice_member_id"), table_name="view_choice")
    op.drop_table("view_choice")
    for table, column in (
        ("rating", "view"),
        ("telegram_chat", "first_view"),
        ("member", "first_view"),
    ):
        op.drop_column(table, column)
    op.drop_column("board", "record")
    op.execute(sa.text(f"DELETE FROM rendition WHERE {_one_of('kind', _NEW_KINDS)}"))  # noqa: S608 -- words of this file
    op.drop_constraint("ck_rendition_kind", "rendition")
    op.create_check_constraint(op.f("ck_rendition_kind"), "rendition", _one_of("kind", _KINDS))
