"""Appraisals: who deserves what, judged by neighbours; nobody sits over his own household, votes and timeline only grow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPEND_ONLY = ("appraisals_vote", "appraisals_entry")
TABLES = (
    "appraisals_vote",
    "appraisals_seat",
    "appraisals_title",
    "appraisals_photo",
    "appraisals_panel",
    "appraisals_objection",
    "appraisals_item",
    "appraisals_flag",
    "appraisals_entry",
    "appraisals_appraisal",
)


def upgrade() -> None:
    _create_appraisals()
    _create_parts()
    _create_panels()
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM lianxin_app")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _create_appraisals() -> None:
    op.create_table(
        "appraisals_appraisal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("doer_id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("declared_by", sa.Uuid(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("words_state", sa.Text(), nullable=False),
        sa.Column("has_picture_consent", sa.Boolean(), nullable=False),
        sa.Column("has_plate_consent", sa.Boolean(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("publication", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publish_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "stage <> 'in_force' OR (publish_until IS NOT NULL AND ended_at >= publish_until)",
            name=op.f("ck_appraisals_appraisal_published_first"),
        ),
        sa.CheckConstraint(
            "publish_until IS NULL OR publish_until > published_at",
            name=op.f("ck_appraisals_appraisal_published_for_some_time"),
        ),
        sa.ForeignKeyConstraint(["declared_by"], ["areas_person.id"], name=op.f("fk_appraisals_appraisal_declared_by")),
        sa.ForeignKeyConstraint(["doer_id"], ["areas_person.id"], name=op.f("fk_appraisals_appraisal_doer_id")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["areas_household.id"], name=op.f("fk_appraisals_appraisal_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisals_appraisal")),
    )
    op.create_index(
        "ix_appraisals_appraisal_checking",
        "appraisals_appraisal",
        ["area_path", "declared_at"],
        unique=False,
        postgresql_where=sa.text("stage = 'checking'"),
    )
    op.create_index(op.f("ix_appraisals_appraisal_declared_by"), "appraisals_appraisal", ["declared_by"], unique=False)
    op.create_index("ix_appraisals_appraisal_doer", "appraisals_appraisal", ["doer_id", "done_on"], unique=False)
    op.create_index(
        "ix_appraisals_appraisal_due",
        "appraisals_appraisal",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_appraisals_appraisal_household_id"), "appraisals_appraisal", ["household_id"], unique=False
    )
    op.create_index(
        "ix_appraisals_appraisal_shown",
        "appraisals_appraisal",
        ["area_path", "published_at", "id"],
        unique=False,
        postgresql_where=sa.text("stage IN ('published', 'objected', 'in_force')"),
    )
    op.create_index(
        "uq_appraisals_appraisal_period",
        "appraisals_appraisal",
        ["household_id", "kind", "period"],
        unique=True,
        postgresql_where=sa.text("period <> '' AND stage NOT IN ('refused', 'withdrawn', 'declined')"),
    )


def _create_parts() -> None:
    op.create_table(
        "appraisals_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appraisal_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("by_person_id", sa.Uuid(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraisal_id"], ["appraisals_appraisal.id"], name=op.f("fk_appraisals_entry_appraisal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisals_entry")),
    )
    op.create_index(op.f("ix_appraisals_entry_appraisal_id"), "appraisals_entry", ["appraisal_id"], unique=False)
    op.create_table(
        "appraisals_flag",
        sa.Column("appraisal_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraisal_id"], ["appraisals_appraisal.id"], name=op.f("fk_appraisals_flag_appraisal_id")
        ),
        sa.ForeignKeyConstraint(["other_id"], ["appraisals_appraisal.id"], name=op.f("fk_appraisals_flag_other_id")),
        sa.PrimaryKeyConstraint("appraisal_id", "kind", "other_id", name=op.f("pk_appraisals_flag")),
    )
    op.create_table(
        "appraisals_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appraisal_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=True),
        sa.Column("cut_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraisal_id"], ["appraisals_appraisal.id"], name=op.f("fk_appraisals_item_appraisal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisals_item")),
        sa.UniqueConstraint("appraisal_id", "key", name=op.f("uq_appraisals_item_appraisal_id_key")),
    )
    op.create_table(
        "appraisals_objection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appraisal_id", sa.Uuid(), nullable=False),
        sa.Column("publication", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["appraisal_id"], ["appraisals_appraisal.id"], name=op.f("fk_appraisals_objection_appraisal_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["areas_person.id"], name=op.f("fk_appraisals_objection_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisals_objection")),
        sa.UniqueConstraint(
            "appraisal_id",
            "publication",
            "person_id",
            name=op.f("uq_appraisals_objection_appraisal_id_publication_person_id"),
        ),
    )
    op.create_table(
        "appraisals_photo",
        sa.Column("appraisal_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("look", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appraisal_id"], ["appraisals_appraisal.id"], name=op.f("fk_appraisals_photo_appraisal_id")
        ),
        sa.PrimaryKeyConstraint("appraisal_id", "file_id", name=op.f("pk_appraisals_photo")),
    )
    op.create_index("ix_appraisals_photo_file_id", "appraisals_photo", ["file_id"], unique=False)
    op.create_index(
        "ix_appraisals_photo_look",
        "appraisals_photo",
        ["look"],
        unique=False,
        postgresql_where=sa.text("look IS NOT NULL"),
    )
    op.create_table(
        "appraisals_title",
        sa.Column("appraisal_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("has_plate_consent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraisal_id"], ["appraisals_appraisal.id"], name=op.f("fk_appraisals_title_appraisal_id")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["areas_household.id"], name=op.f("fk_appraisals_title_household_id")
        ),
        sa.PrimaryKeyConstraint("appraisal_id", name=op.f("pk_appraisals_title")),
    )
    op.create_index(op.f("ix_appraisals_title_household_id"), "appraisals_title", ["household_id"], unique=False)


def _create_panels() -> None:
    op.create_table(
        "appraisals_panel",
        sa.Column("appraisal_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("is_review", sa.Boolean(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_yes", sa.Boolean(), nullable=True),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("yes_count", sa.Integer(), nullable=True),
        sa.Column("no_count", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appraisal_id"], ["appraisals_appraisal.id"], name=op.f("fk_appraisals_panel_appraisal_id")
        ),
        sa.PrimaryKeyConstraint("appraisal_id", "round", name=op.f("pk_appraisals_panel")),
    )
    op.create_table(
        "appraisals_seat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appraisal_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("judged_household_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "household_id IS NULL OR household_id <> judged_household_id", name=op.f("ck_appraisals_seat_not_ones_own")
        ),
        sa.ForeignKeyConstraint(
            ["appraisal_id", "round"],
            ["appraisals_panel.appraisal_id", "appraisals_panel.round"],
            name="fk_appraisals_seat_panel",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["areas_person.id"], name=op.f("fk_appraisals_seat_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisals_seat")),
        sa.UniqueConstraint(
            "appraisal_id", "round", "person_id", name=op.f("uq_appraisals_seat_appraisal_id_round_person_id")
        ),
    )
    op.create_index(
        "ix_appraisals_seat_asked",
        "appraisals_seat",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_table(
        "appraisals_vote",
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("is_yes", sa.Boolean(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["seat_id"], ["appraisals_seat.id"], name=op.f("fk_appraisals_vote_seat_id")),
        sa.PrimaryKeyConstraint("seat_id", name=op.f("pk_appraisals_vote")),
    )
