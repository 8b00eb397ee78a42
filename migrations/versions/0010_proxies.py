"""Proxies: who may act for whom, in what and until when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_FOREIGN = (
    ("for_person_id", "areas_person.id"),
    ("household_id", "areas_household.id"),
    ("holder_id", "areas_person.id"),
)


def upgrade() -> None:
    op.create_table(
        "identity_proxy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("for_person_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("powers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("witness_id", sa.Uuid(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        *(sa.ForeignKeyConstraint([name], [there], name=op.f(f"fk_identity_proxy_{name}")) for name, there in _FOREIGN),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_proxy")),
    )
    op.create_index(op.f("ix_identity_proxy_for_person_id"), "identity_proxy", ["for_person_id"])
    op.create_index(op.f("ix_identity_proxy_household_id"), "identity_proxy", ["household_id"])
    op.create_index(
        "ix_identity_proxy_holder", "identity_proxy", ["holder_id"], postgresql_where=sa.text("ended_at IS NULL")
    )


def downgrade() -> None:
    op.drop_table("identity_proxy")
