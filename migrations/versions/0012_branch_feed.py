"""The feed of one's branch, and the matters that visits carried: found by who posted, and by the visit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_visits_post_author",
        "visits_post",
        ["author_id", "posted_at", "id"],
        postgresql_where=sa.text("state = 'shown'"),
    )
    op.create_index("ix_cases_case_visit", "cases_case", ["visit_id"], postgresql_where=sa.text("visit_id IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_cases_case_visit", "cases_case")
    op.drop_index("ix_visits_post_author", "visits_post")
