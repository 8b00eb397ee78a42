"""Broadcasts: words to everybody of a place, and who was told and has read them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notices_broadcast",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["area_path"], ["areas_area.path"], name=op.f("fk_notices_broadcast_area_path")),
        sa.ForeignKeyConstraint(["author_id"], ["areas_person.id"], name=op.f("fk_notices_broadcast_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices_broadcast")),
    )
    op.create_index("ix_notices_broadcast_area", "notices_broadcast", ["area_path", "written_at", "id"])
    op.create_index("ix_notices_broadcast_author", "notices_broadcast", ["author_id", "written_at"])
    op.create_table(
        "notices_recipient",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["notices_broadcast.id"], name=op.f("fk_notices_recipient_broadcast_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["areas_person.id"], name=op.f("fk_notices_recipient_person_id")),
        sa.PrimaryKeyConstraint("broadcast_id", "person_id", name=op.f("pk_notices_recipient")),
    )


def downgrade() -> None:
    op.drop_table("notices_recipient")
    op.drop_table("notices_broadcast")
