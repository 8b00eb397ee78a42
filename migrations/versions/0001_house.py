"""The house: every table of the first stage."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "areas_area",
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent_path", sa.Text(collation="C"), nullable=True),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["parent_path"], ["areas_area.path"], name=op.f("fk_areas_area_parent_path")),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_areas_area")),
        sa.UniqueConstraint("code", name=op.f("uq_areas_area_code")),
    )
    op.create_index(op.f("ix_areas_area_parent_path"), "areas_area", ["parent_path"], unique=False)
    op.create_table(
        "areas_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("by_person_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas_batch")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("about_person_id", sa.Uuid(), nullable=True),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_about", "audit_entry", ["about_person_id", "at"], unique=False)
    op.create_table(
        "duties_period",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("preset_version", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "period", name=op.f("pk_duties_period")),
    )
    op.create_table(
        "duties_reminder",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kind", "period", "step", name=op.f("pk_duties_reminder")),
    )
    op.create_index(
        "ix_duties_reminder_due",
        "duties_reminder",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "identity_attempt",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "window_start", name=op.f("pk_identity_attempt")),
    )
    op.create_table(
        "kernel_calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_kernel_calendar_day")),
    )
    op.create_table(
        "kernel_parked",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("waits_for", sa.Uuid(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kernel_parked")),
    )
    op.create_index(op.f("ix_kernel_parked_account_id"), "kernel_parked", ["account_id"], unique=False)
    op.create_index(op.f("ix_kernel_parked_waits_for"), "kernel_parked", ["waits_for"], unique=False)
    op.create_table(
        "kernel_receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kernel_receipt")),
    )
    op.create_index(op.f("ix_kernel_receipt_at"), "kernel_receipt", ["at"], unique=False)
    op.create_table(
        "kernel_tick",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("did", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "due_at", name=op.f("pk_kernel_tick")),
    )
    op.create_table(
        "notices_envelope",
        sa.Column("nonce_key", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce_key", name=op.f("pk_notices_envelope")),
    )
    op.create_index(op.f("ix_notices_envelope_received_at"), "notices_envelope", ["received_at"], unique=False)
    op.create_table(
        "notices_heartbeat",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_notices_heartbeat")),
    )
    op.create_table(
        "notices_inbound",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices_inbound")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_inbound_key")),
    )
    op.create_index(
        "ix_notices_inbound_open",
        "notices_inbound",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "notices_lane",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("needs_operator", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_notices_lane")),
    )
    op.create_table(
        "notices_try",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("rid", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices_try")),
    )
    op.create_index(op.f("ix_notices_try_message_id"), "notices_try", ["message_id"], unique=False)
    op.create_table(
        "wechat_token",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="grows with each new token"),
        sa.Column("confirmations", sa.Integer(), nullable=False, comment="times it was doubted and handed out again"),
        sa.PrimaryKeyConstraint("app_id", name=op.f("pk_wechat_token")),
    )
    op.create_table(
        "areas_duplicate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("row_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("existing_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["areas_batch.id"], name=op.f("fk_areas_duplicate_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas_duplicate")),
    )
    op.create_index(op.f("ix_areas_duplicate_batch_id"), "areas_duplicate", ["batch_id"], unique=False)
    op.create_table(
        "areas_household",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("head_id", sa.Uuid(), nullable=True),
        sa.Column("flags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("keeper_id", sa.Uuid(), nullable=True),
        sa.Column("last_visit_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["area_path"], ["areas_area.path"], name=op.f("fk_areas_household_area_path")),
        sa.ForeignKeyConstraint(["batch_id"], ["areas_batch.id"], name=op.f("fk_areas_household_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas_household")),
    )
    op.create_index(op.f("ix_areas_household_batch_id"), "areas_household", ["batch_id"], unique=False)
    op.create_index(
        "ix_areas_household_keeper_id",
        "areas_household",
        ["keeper_id"],
        unique=False,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(
        "ix_areas_household_waiting",
        "areas_household",
        ["area_path", "last_visit_at", "keeper_id"],
        unique=False,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(
        "uq_areas_household_number",
        "areas_household",
        ["area_path", "number"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "members_branch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["area_path"], ["areas_area.path"], name=op.f("fk_members_branch_area_path")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members_branch")),
    )
    op.create_index(op.f("ix_members_branch_area_path"), "members_branch", ["area_path"], unique=False)
    op.create_table(
        "areas_door_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("token_index", sa.LargeBinary(), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["household_id"], ["areas_household.id"], name=op.f("fk_areas_door_code_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas_door_code")),
        sa.UniqueConstraint("token_index", name=op.f("uq_areas_door_code_token_index")),
    )
    op.create_index(
        "uq_areas_door_code_open",
        "areas_door_code",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "areas_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name_index", sa.LargeBinary(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_index", sa.LargeBinary(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("birth_year", sa.SmallInteger(), nullable=True),
        sa.Column("relation", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["area_path"], ["areas_area.path"], name=op.f("fk_areas_person_area_path")),
        sa.ForeignKeyConstraint(["batch_id"], ["areas_batch.id"], name=op.f("fk_areas_person_batch_id")),
        sa.ForeignKeyConstraint(["household_id"], ["areas_household.id"], name=op.f("fk_areas_person_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas_person")),
    )
    op.create_index(op.f("ix_areas_person_batch_id"), "areas_person", ["batch_id"], unique=False)
    op.create_index(op.f("ix_areas_person_household_id"), "areas_person", ["household_id"], unique=False)
    op.create_index(op.f("ix_areas_person_id_number_index"), "areas_person", ["id_number_index"], unique=False)
    op.create_index(op.f("ix_areas_person_name_index"), "areas_person", ["name_index"], unique=False)
    op.create_index(op.f("ix_areas_person_phone_index"), "areas_person", ["phone_index"], unique=False)
    op.create_table(
        "duties_duty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("keeper_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("excuse", sa.Text(), nullable=True),
        sa.Column("excused_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["household_id"], ["areas_household.id"], name=op.f("fk_duties_duty_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties_duty")),
        sa.UniqueConstraint("kind", "period", "household_id", name=op.f("uq_duties_duty_kind_period_household_id")),
    )
    op.create_index("ix_duties_duty_household_id", "duties_duty", ["household_id"], unique=False)
    op.create_index(
        "ix_duties_duty_owed",
        "duties_duty",
        ["kind", "period", "keeper_id"],
        unique=False,
        postgresql_where=sa.text("state = 'owed'"),
    )
    op.create_table(
        "visits_visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("visitor_id", sa.Uuid(), nullable=False),
        sa.Column("keeper_id", sa.Uuid(), nullable=True),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("logged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("themes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("problems", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("is_counted", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["areas_household.id"], name=op.f("fk_visits_visit_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_visit")),
    )
    op.create_index("ix_visits_visit_household", "visits_visit", ["household_id", "visited_on"], unique=False)
    op.create_index("ix_visits_visit_visitor", "visits_visit", ["visitor_id", "visited_at"], unique=False)
    op.create_table(
        "areas_deputy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("absent_id", sa.Uuid(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["absent_id"], ["areas_person.id"], name=op.f("fk_areas_deputy_absent_id")),
        sa.ForeignKeyConstraint(["deputy_id"], ["areas_person.id"], name=op.f("fk_areas_deputy_deputy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas_deputy")),
    )
    op.create_index(op.f("ix_areas_deputy_absent_id"), "areas_deputy", ["absent_id"], unique=False)
    op.create_index(op.f("ix_areas_deputy_deputy_id"), "areas_deputy", ["deputy_id"], unique=False)
    op.create_table(
        "areas_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("keeper_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("keeper_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("household_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_person_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["household_id"], ["areas_household.id"], name=op.f("fk_areas_link_household_id")),
        sa.ForeignKeyConstraint(["keeper_id"], ["areas_person.id"], name=op.f("fk_areas_link_keeper_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas_link")),
    )
    op.create_index(
        "ix_areas_link_keeper_id", "areas_link", ["keeper_id"], unique=False, postgresql_where=sa.text("until IS NULL")
    )
    op.create_index(
        "uq_areas_link_open", "areas_link", ["household_id"], unique=True, postgresql_where=sa.text("until IS NULL")
    )
    op.create_table(
        "identity_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("mp_openid_index", sa.LargeBinary(), nullable=True),
        sa.Column("mp_openid_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("oa_openid_index", sa.LargeBinary(), nullable=True),
        sa.Column("oa_openid_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("unionid_index", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["areas_person.id"], name=op.f("fk_identity_account_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_account")),
        sa.UniqueConstraint("mp_openid_index", name=op.f("uq_identity_account_mp_openid_index")),
        sa.UniqueConstraint("oa_openid_index", name=op.f("uq_identity_account_oa_openid_index")),
    )
    op.create_index(op.f("ix_identity_account_person_id"), "identity_account", ["person_id"], unique=False)
    op.create_index(op.f("ix_identity_account_unionid_index"), "identity_account", ["unionid_index"], unique=False)
    op.create_table(
        "identity_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["areas_person.id"], name=op.f("fk_identity_grant_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_grant")),
    )
    op.create_index(op.f("ix_identity_grant_person_id"), "identity_grant", ["person_id"], unique=False)
    op.create_table(
        "identity_slip",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("code_index", sa.LargeBinary(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["areas_person.id"], name=op.f("fk_identity_slip_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_slip")),
        sa.UniqueConstraint("code_index", name=op.f("uq_identity_slip_code_index")),
    )
    op.create_index(op.f("ix_identity_slip_person_id"), "identity_slip", ["person_id"], unique=False)
    op.create_table(
        "members_member",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["members_branch.id"], name=op.f("fk_members_member_branch_id")),
        sa.ForeignKeyConstraint(["person_id"], ["areas_person.id"], name=op.f("fk_members_member_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_members_member")),
    )
    op.create_index(op.f("ix_members_member_area_path"), "members_member", ["area_path"], unique=False)
    op.create_index(op.f("ix_members_member_branch_id"), "members_member", ["branch_id"], unique=False)
    op.create_table(
        "notices_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("values_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("tried", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("doubts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["areas_person.id"], name=op.f("fk_notices_message_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices_message")),
        sa.UniqueConstraint("key", "person_id", name=op.f("uq_notices_message_key_person_id")),
    )
    op.create_index(
        "ix_notices_message_dead",
        "notices_message",
        ["ended_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('failed', 'unknown')"),
    )
    op.create_index("ix_notices_message_inbox", "notices_message", ["person_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_notices_message_lease",
        "notices_message",
        ["claimed_until"],
        unique=False,
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_notices_message_ready",
        "notices_message",
        ["urgency", "next_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    op.create_index(
        "ix_notices_message_receipt",
        "notices_message",
        ["provider_id"],
        unique=False,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_table(
        "notices_preference",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("quiet_from", sa.SmallInteger(), nullable=False),
        sa.Column("quiet_to", sa.SmallInteger(), nullable=False),
        sa.Column("is_elder_view", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["areas_person.id"], name=op.f("fk_notices_preference_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notices_preference")),
    )
    op.create_table(
        "visits_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_person_id", sa.Uuid(), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("before_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_correction_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_correction")),
    )
    op.create_index(op.f("ix_visits_correction_visit_id"), "visits_correction", ["visit_id"], unique=False)
    op.create_table(
        "visits_picture",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_picture_visit_id")),
        sa.PrimaryKeyConstraint("visit_id", "file_id", name=op.f("pk_visits_picture")),
    )
    op.create_table(
        "visits_post",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("village_path", sa.Text(collation="C"), nullable=False),
        sa.Column("town_path", sa.Text(collation="C"), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("file_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("has_picture_consent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["visits_visit.id"], name=op.f("fk_visits_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_post")),
    )
    op.create_index(
        "ix_visits_post_town",
        "visits_post",
        ["town_path", "posted_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'shown'"),
    )
    op.create_index(
        "ix_visits_post_unseen",
        "visits_post",
        ["author_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('checking', 'held')"),
    )
    op.create_index(
        "ix_visits_post_village",
        "visits_post",
        ["village_path", "posted_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'shown'"),
    )
    op.create_table(
        "visits_tap",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("says_yes", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_tap_visit_id")),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_visits_tap")),
    )
    op.create_table(
        "identity_binding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["identity_account.id"], name=op.f("fk_identity_binding_account_id")),
        sa.ForeignKeyConstraint(["person_id"], ["areas_person.id"], name=op.f("fk_identity_binding_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_binding")),
    )
    op.create_index(op.f("ix_identity_binding_account_id"), "identity_binding", ["account_id"], unique=False)
    op.create_index(
        "ix_identity_binding_pending",
        "identity_binding",
        ["household_id"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "uq_identity_binding_open",
        "identity_binding",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('pending', 'active')"),
    )
    op.create_table(
        "identity_consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["identity_account.id"], name=op.f("fk_identity_consent_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_consent")),
    )
    op.create_index(op.f("ix_identity_consent_account_id"), "identity_consent", ["account_id"], unique=False)
    op.create_table(
        "identity_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["identity_account.id"], name=op.f("fk_identity_session_account_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_identity_session")),
    )
    op.create_index(op.f("ix_identity_session_account_id"), "identity_session", ["account_id"], unique=False)
    op.create_table(
        "identity_staff",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("totp_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["identity_account.id"], name=op.f("fk_identity_staff_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_identity_staff")),
        sa.UniqueConstraint("username", name=op.f("uq_identity_staff_username")),
    )
    op.create_table(
        "media_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["identity_account.id"], name=op.f("fk_media_check_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_check")),
        sa.UniqueConstraint("trace_id", name=op.f("uq_media_check_trace_id")),
    )
    op.create_index(op.f("ix_media_check_file_id"), "media_check", ["file_id"], unique=False)
    op.create_index(
        "ix_media_check_open",
        "media_check",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'asked')"),
    )
    op.create_index(op.f("ix_media_check_subject"), "media_check", ["subject"], unique=False)
    op.create_table(
        "media_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("storage_name", sa.Text(), nullable=False),
        sa.Column("thumbnail_name", sa.Text(), nullable=True),
        sa.Column("byte_count", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("look", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("fetch_index", sa.LargeBinary(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["identity_account.id"], name=op.f("fk_media_file_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_file")),
    )
    op.create_index(op.f("ix_media_file_account_id"), "media_file", ["account_id"], unique=False)
    op.create_index(op.f("ix_media_file_fetch_index"), "media_file", ["fetch_index"], unique=False)
    op.create_index(
        "ix_media_file_received",
        "media_file",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "notices_credit",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("reported", sa.Integer(), nullable=False),
        sa.Column("is_long_term", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["identity_account.id"], name=op.f("fk_notices_credit_account_id")),
        sa.PrimaryKeyConstraint("account_id", "template", name=op.f("pk_notices_credit")),
    )


def downgrade() -> None:
    op.drop_table("notices_credit")
    op.drop_index("ix_media_file_received", table_name="media_file", postgresql_where=sa.text("state = 'received'"))
    op.drop_index(op.f("ix_media_file_fetch_index"), table_name="media_file")
    op.drop_index(op.f("ix_media_file_account_id"), table_name="media_file")
    op.drop_table("media_file")
    op.drop_index(op.f("ix_media_check_subject"), table_name="media_check")
    op.drop_index(
        "ix_media_check_open", table_name="media_check", postgresql_where=sa.text("state IN ('waiting', 'asked')")
    )
    op.drop_index(op.f("ix_media_check_file_id"), table_name="media_check")
    op.drop_table("media_check")
    op.drop_table("identity_staff")
    op.drop_index(op.f("ix_identity_session_account_id"), table_name="identity_session")
    op.drop_table("identity_session")
    op.drop_index(op.f("ix_identity_consent_account_id"), table_name="identity_consent")
    op.drop_table("identity_consent")
    op.drop_index(
        "uq_identity_binding_open",
        table_name="identity_binding",
        postgresql_where=sa.text("state IN ('pending', 'active')"),
    )
    op.drop_index(
        "ix_identity_binding_pending", table_name="identity_binding", postgresql_where=sa.text("state = 'pending'")
    )
    op.drop_index(op.f("ix_identity_binding_account_id"), table_name="identity_binding")
    op.drop_table("identity_binding")
    op.drop_table("visits_tap")
    op.drop_index("ix_visits_post_village", table_name="visits_post", postgresql_where=sa.text("state = 'shown'"))
    op.drop_index(
        "ix_visits_post_unseen", table_name="visits_post", postgresql_where=sa.text("state IN ('checking', 'held')")
    )
    op.drop_index("ix_visits_post_town", table_name="visits_post", postgresql_where=sa.text("state = 'shown'"))
    op.drop_table("visits_post")
    op.drop_table("visits_picture")
    op.drop_index(op.f("ix_visits_correction_visit_id"), table_name="visits_correction")
    op.drop_table("visits_correction")
    op.drop_table("notices_preference")
    op.drop_index(
        "ix_notices_message_receipt", table_name="notices_message", postgresql_where=sa.text("provider_id IS NOT NULL")
    )
    op.drop_index(
        "ix_notices_message_ready",
        table_name="notices_message",
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    op.drop_index(
        "ix_notices_message_lease", table_name="notices_message", postgresql_where=sa.text("state = 'sending'")
    )
    op.drop_index("ix_notices_message_inbox", table_name="notices_message")
    op.drop_index(
        "ix_notices_message_dead",
        table_name="notices_message",
        postgresql_where=sa.text("state IN ('failed', 'unknown')"),
    )
    op.drop_table("notices_message")
    op.drop_index(op.f("ix_members_member_branch_id"), table_name="members_member")
    op.drop_index(op.f("ix_members_member_area_path"), table_name="members_member")
    op.drop_table("members_member")
    op.drop_index(op.f("ix_identity_slip_person_id"), table_name="identity_slip")
    op.drop_table("identity_slip")
    op.drop_index(op.f("ix_identity_grant_person_id"), table_name="identity_grant")
    op.drop_table("identity_grant")
    op.drop_index(op.f("ix_identity_account_unionid_index"), table_name="identity_account")
    op.drop_index(op.f("ix_identity_account_person_id"), table_name="identity_account")
    op.drop_table("identity_account")
    op.drop_index("uq_areas_link_open", table_name="areas_link", postgresql_where=sa.text("until IS NULL"))
    op.drop_index("ix_areas_link_keeper_id", table_name="areas_link", postgresql_where=sa.text("until IS NULL"))
    op.drop_table("areas_link")
    op.drop_index(op.f("ix_areas_deputy_deputy_id"), table_name="areas_deputy")
    op.drop_index(op.f("ix_areas_deputy_absent_id"), table_name="areas_deputy")
    op.drop_table("areas_deputy")
    op.drop_index("ix_visits_visit_visitor", table_name="visits_visit")
    op.drop_index("ix_visits_visit_household", table_name="visits_visit")
    op.drop_table("visits_visit")
    op.drop_index("ix_duties_duty_owed", table_name="duties_duty", postgresql_where=sa.text("state = 'owed'"))
    op.drop_index("ix_duties_duty_household_id", table_name="duties_duty")
    op.drop_table("duties_duty")
    op.drop_index(op.f("ix_areas_person_phone_index"), table_name="areas_person")
    op.drop_index(op.f("ix_areas_person_name_index"), table_name="areas_person")
    op.drop_index(op.f("ix_areas_person_id_number_index"), table_name="areas_person")
    op.drop_index(op.f("ix_areas_person_household_id"), table_name="areas_person")
    op.drop_index(op.f("ix_areas_person_batch_id"), table_name="areas_person")
    op.drop_table("areas_person")
    op.drop_index(
        "uq_areas_door_code_open", table_name="areas_door_code", postgresql_where=sa.text("revoked_at IS NULL")
    )
    op.drop_table("areas_door_code")
    op.drop_index(op.f("ix_members_branch_area_path"), table_name="members_branch")
    op.drop_table("members_branch")
    op.drop_index(
        "uq_areas_household_number", table_name="areas_household", postgresql_where=sa.text("state = 'active'")
    )
    op.drop_index(
        "ix_areas_household_waiting", table_name="areas_household", postgresql_where=sa.text("state = 'active'")
    )
    op.drop_index(
        "ix_areas_household_keeper_id", table_name="areas_household", postgresql_where=sa.text("state = 'active'")
    )
    op.drop_index(op.f("ix_areas_household_batch_id"), table_name="areas_household")
    op.drop_table("areas_household")
    op.drop_index(op.f("ix_areas_duplicate_batch_id"), table_name="areas_duplicate")
    op.drop_table("areas_duplicate")
    op.drop_table("wechat_token")
    op.drop_index(op.f("ix_notices_try_message_id"), table_name="notices_try")
    op.drop_table("notices_try")
    op.drop_table("notices_lane")
    op.drop_index(
        "ix_notices_inbound_open", table_name="notices_inbound", postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_table("notices_inbound")
    op.drop_table("notices_heartbeat")
    op.drop_index(op.f("ix_notices_envelope_received_at"), table_name="notices_envelope")
    op.drop_table("notices_envelope")
    op.drop_table("kernel_tick")
    op.drop_index(op.f("ix_kernel_receipt_at"), table_name="kernel_receipt")
    op.drop_table("kernel_receipt")
    op.drop_index(op.f("ix_kernel_parked_waits_for"), table_name="kernel_parked")
    op.drop_index(op.f("ix_kernel_parked_account_id"), table_name="kernel_parked")
    op.drop_table("kernel_parked")
    op.drop_table("kernel_calendar_day")
    op.drop_table("identity_attempt")
    op.drop_index("ix_duties_reminder_due", table_name="duties_reminder", postgresql_where=sa.text("done_at IS NULL"))
    op.drop_table("duties_reminder")
    op.drop_table("duties_period")
    op.drop_index("ix_audit_entry_about", table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_table("areas_batch")
    op.drop_index(op.f("ix_areas_area_parent_path"), table_name="areas_area")
    op.drop_table("areas_area")
