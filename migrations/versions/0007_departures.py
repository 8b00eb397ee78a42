"""Since when a person or a household is gone, so that what is personal can be forgotten in time.

Who was gone before this migration counts from its day: nobody is forgotten earlier than the preset says.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("areas_person", "areas_household")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
        op.execute(f"UPDATE {table} SET left_at = now() WHERE state <> 'active'")
        op.create_index(
            f"ix_{table}_left_at", table, ["left_at"], postgresql_where=sa.text("state IN ('moved', 'removed')")
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_left_at", table)
        op.drop_column(table, "left_at")
