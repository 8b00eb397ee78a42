"""Life in the feed: likes, comments, reports, posts that a reader does not want to see, and what waits for a cadre's eye."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NEW_TABLES = ("visits_like", "visits_comment", "visits_report", "visits_mute")
NEW_COLUMNS = ("like_count", "comment_count", "report_count", "waits_since", "hidden_reason")


def upgrade() -> None:
    for name in NEW_COLUMNS[:3]:
        op.add_column("visits_post", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column("visits_post", sa.Column("waits_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visits_post", sa.Column("hidden_reason", sa.Text(), nullable=True))
    op.execute("UPDATE visits_post SET waits_since = posted_at WHERE state = 'held'")
    op.create_index(
        "ix_visits_post_waits",
        "visits_post",
        ["waits_since", "id"],
        postgresql_where=sa.text("waits_since IS NOT NULL"),
    )
    _likes_and_mutes()
    _comments()
    _reports()


def _likes_and_mutes() -> None:
    op.create_table(
        "visits_like",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["visits_post.id"], name=op.f("fk_visits_like_post_id")),
        sa.PrimaryKeyConstraint("post_id", "person_id", name=op.f("pk_visits_like")),
    )
    op.create_index("ix_visits_like_at", "visits_like", ["at"], postgresql_using="brin")
    op.create_table(
        "visits_mute",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["visits_post.id"], name=op.f("fk_visits_mute_post_id")),
        sa.PrimaryKeyConstraint("person_id", "post_id", name=op.f("pk_visits_mute")),
    )


def _comments() -> None:
    op.create_table(
        "visits_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("commented_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("waits_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["visits_post.id"], name=op.f("fk_visits_comment_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_comment")),
    )
    op.create_index("ix_visits_comment_post", "visits_comment", ["post_id", "commented_at", "id"])
    op.create_index("ix_visits_comment_at", "visits_comment", ["commented_at"], postgresql_using="brin")
    op.create_index("ix_visits_comment_author", "visits_comment", ["author_id"])
    op.create_index(
        "ix_visits_comment_waits",
        "visits_comment",
        ["waits_since", "id"],
        postgresql_where=sa.text("waits_since IS NOT NULL"),
    )


def _reports() -> None:
    op.create_table(
        "visits_report",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject_id", "person_id", name=op.f("pk_visits_report")),
    )


def downgrade() -> None:
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    op.drop_index("ix_visits_post_waits", "visits_post")
    for name in reversed(NEW_COLUMNS):
        op.drop_column("visits_post", name)
