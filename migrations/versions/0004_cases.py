"""Cases: what must be solved, by whom, by when; and the versions of the presets that records are frozen to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPEND_ONLY = ("kernel_preset", "cases_entry", "cases_answer", "cases_file")
_PATH = sa.Text(collation="C")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "kernel_preset",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("first_seen_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "version", name=op.f("pk_kernel_preset")),
    )
    _case()
    _parties()
    _timeline()
    _clockwork()
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM lianxin_app")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute("REVOKE INSERT ON kernel_preset FROM lianxin_app")  # only the operator registers, never a web process


def _case() -> None:
    op.create_table(
        "cases_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("area_path", _PATH, nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("stage_since", _MOMENT, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("rung", sa.SmallInteger(), nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("is_area_seen", sa.Boolean(), nullable=False),
        sa.Column("rating", sa.Text(), nullable=True),
        sa.Column("entry_count", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["area_path"], ["areas_area.path"], name=op.f("fk_cases_case_area_path")),
        sa.ForeignKeyConstraint(["household_id"], ["areas_household.id"], name=op.f("fk_cases_case_household_id")),
        sa.ForeignKeyConstraint(["merged_into"], ["cases_case.id"], name=op.f("fk_cases_case_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_case")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_case_number")),
    )
    op.create_index("ix_cases_case_area", "cases_case", ["area_path", "opened_at", "id"])
    op.create_index(op.f("ix_cases_case_household_id"), "cases_case", ["household_id"])
    op.create_index(
        "ix_cases_case_near",
        "cases_case",
        ["area_path", "kind", "category"],
        postgresql_where=sa.text("outcome IS NULL"),
    )


def _parties() -> None:
    op.create_table(
        "cases_party",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases_case.id"], name=op.f("fk_cases_party_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["areas_person.id"], name=op.f("fk_cases_party_person_id")),
        sa.PrimaryKeyConstraint("case_id", "party", "person_id", name=op.f("pk_cases_party")),
    )
    op.create_index("ix_cases_party_person", "cases_party", ["person_id", "case_id"])


def _timeline() -> None:
    op.create_table(
        "cases_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("from_stage", sa.Text(), nullable=False),
        sa.Column("to_stage", sa.Text(), nullable=False),
        sa.Column("by_party", sa.Text(), nullable=False),
        sa.Column("by_person_id", sa.Uuid(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases_case.id"], name=op.f("fk_cases_entry_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_entry")),
    )
    op.create_index("ix_cases_entry_case", "cases_entry", ["case_id", "position"], unique=True)
    op.create_table(
        "cases_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases_case.id"], name=op.f("fk_cases_answer_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_answer")),
    )
    op.create_index(op.f("ix_cases_answer_case_id"), "cases_answer", ["case_id"])
    op.create_table(
        "cases_file",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("by_person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases_case.id"], name=op.f("fk_cases_file_case_id")),
        sa.PrimaryKeyConstraint("entry_id", "file_id", name=op.f("pk_cases_file")),
    )
    op.create_index(op.f("ix_cases_file_case_id"), "cases_file", ["case_id"])
    op.create_index(op.f("ix_cases_file_file_id"), "cases_file", ["file_id"])


def _clockwork() -> None:
    op.create_table(
        "cases_timer",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("next_at", _MOMENT, nullable=True),
        sa.Column("reminded", sa.SmallInteger(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=True),
        sa.Column("extended", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases_case.id"], name=op.f("fk_cases_timer_case_id")),
        sa.PrimaryKeyConstraint("case_id", "name", name=op.f("pk_cases_timer")),
    )
    op.create_index("ix_cases_timer_next", "cases_timer", ["next_at"], postgresql_where=sa.text("next_at IS NOT NULL"))
    op.create_table(
        "cases_serial",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("town_path", _PATH, nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "town_path", "year", name=op.f("pk_cases_serial")),
    )


def downgrade() -> None:
    for table in ("serial", "timer", "file", "answer", "entry", "party", "case"):
        op.drop_table(f"cases_{table}")
    op.drop_table("kernel_preset")
