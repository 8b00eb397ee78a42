"""A broadcast that is in doubt is kept and looked at, not written again; one that goes to many goes in rounds.

What was held until now was told to be written again, so it is refused, not let loose years later.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notices_broadcast", sa.Column("waits_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("notices_broadcast", sa.Column("refused_reason", sa.Text(), nullable=True))
    op.add_column("notices_broadcast", sa.Column("told_up_to", sa.Uuid(), nullable=True))
    op.execute(
        "UPDATE notices_broadcast SET state = 'refused', refused_reason = '有的话不能公开说' WHERE state = 'held'"
    )
    op.create_index(
        "ix_notices_broadcast_waits",
        "notices_broadcast",
        ["waits_since", "id"],
        postgresql_where=sa.text("waits_since IS NOT NULL"),
    )
    op.create_index(
        "ix_notices_broadcast_open",
        "notices_broadcast",
        ["written_at"],
        postgresql_where=sa.text("told_up_to IS NOT NULL"),
    )


def downgrade() -> None:
    op.execute("UPDATE notices_broadcast SET state = 'held' WHERE state IN ('refused', 'withdrawn')")
    op.drop_index("ix_notices_broadcast_open", "notices_broadcast")
    op.drop_index("ix_notices_broadcast_waits", "notices_broadcast")
    for column in ("told_up_to", "refused_reason", "waits_since"):
        op.drop_column("notices_broadcast", column)
