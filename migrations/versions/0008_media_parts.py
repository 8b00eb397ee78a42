"""Files that come in parts: what of a file has arrived before it is whole."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "media_part",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("byte_count", sa.Integer(), nullable=False),
        sa.Column("whole_bytes", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("storage_name", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "start >= 0 AND byte_count > 0 AND start + byte_count <= whole_bytes", name=op.f("ck_media_part_inside")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["identity_account.id"], name=op.f("fk_media_part_account_id")),
        sa.PrimaryKeyConstraint("account_id", "file_id", "start", name=op.f("pk_media_part")),
        sa.UniqueConstraint("storage_name", name=op.f("uq_media_part_storage_name")),
    )
    op.create_index("ix_media_part_received_at", "media_part", ["received_at"])


def downgrade() -> None:
    op.drop_table("media_part")
