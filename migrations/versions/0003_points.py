"""The ledger of points: accounts, transfers, entries, and the one function that moves points.

The product may look at all three tables and open an empty account. Balances, transfers and entries are written by
`points_move` alone, which runs with the owner's rights; what it has written nobody changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("points_account", "points_transfer", "points_entry")
APPEND_ONLY = ("points_transfer", "points_entry")
OPENED_BY_THE_PRODUCT = "id, kind, household_id, area_path, opened_at"

# A session keeps the plan that it made when the tables were empty: without `enable_seqscan = off` it would read them whole
# for each transfer, until somebody analyses them.
CHECK_BALANCE = """
CREATE FUNCTION points_check_sum() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = "{schema}", pg_temp SET enable_seqscan = off AS $$
BEGIN
    IF (SELECT sum(points) FROM points_entry WHERE transfer_id = NEW.transfer_id) <> 0 THEN
        RAISE EXCEPTION 'points: the entries of % do not sum to zero', NEW.transfer_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$
"""

# Accounts are locked in the order of their ids, before anything else, whoever asks for whatever.
LOCK = """
CREATE FUNCTION points_lock(p_ids uuid[]) RETURNS TABLE (id uuid, balance bigint, version bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = "{schema}", pg_temp AS $$
    SELECT a.id, a.balance, a.version FROM points_account AS a WHERE a.id = ANY(p_ids) ORDER BY a.id FOR UPDATE
$$
"""

MOVE = """
CREATE FUNCTION points_move(
    p_id uuid, p_kind text, p_from uuid, p_to uuid, p_points bigint, p_at timestamptz,
    p_area_path text, p_household_id uuid, p_deed_by_id uuid, p_rule text, p_rule_name text, p_rule_version text,
    p_subject text, p_subject_id uuid, p_claimed bigint, p_cut_by text, p_caps_version text, p_counted_on date,
    p_original_id uuid, p_reason_sealed bytea, p_made_by_id uuid
) RETURNS TABLE (from_balance bigint, to_balance bigint, is_replay boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = "{schema}", pg_temp SET enable_seqscan = off AS $$
DECLARE
    made points_transfer;
    giver points_account;
    v_from bigint;
    v_to bigint;
BEGIN
    IF p_points < 0 OR p_from = p_to THEN
        RAISE EXCEPTION 'points: a transfer moves some points from one account to another' USING ERRCODE = 'PT001';
    END IF;
    PERFORM 1 FROM points_account AS a WHERE a.id IN (p_from, p_to) ORDER BY a.id FOR UPDATE;
    SELECT * INTO giver FROM points_account AS a WHERE a.id = p_from;
    IF giver.id IS NULL OR NOT EXISTS (SELECT FROM points_account AS a WHERE a.id = p_to) THEN
        RAISE EXCEPTION 'points: no such account' USING ERRCODE = 'PT002';
    END IF;
    INSERT INTO points_transfer (
        id, kind, from_id, to_id, points, at, area_path, household_id, deed_by_id, rule, rule_name, rule_version,
        subject, subject_id, claimed, cut_by, caps_version, counted_on, original_id, reason_sealed, made_by_id
    ) VALUES (
        p_id, p_kind, p_from, p_to, p_points, p_at, p_area_path, p_household_id, p_deed_by_id, p_rule, p_rule_name,
        p_rule_version, p_subject, p_subject_id, p_claimed, p_cut_by, p_caps_version, p_counted_on, p_original_id,
        p_reason_sealed, p_made_by_id
    ) ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        SELECT * INTO made FROM points_transfer AS t WHERE t.id = p_id;
        IF (made.kind, made.from_id, made.to_id, made.points, made.rule, made.rule_version, made.subject,
            made.subject_id, made.claimed, made.counted_on, made.original_id)
            IS DISTINCT FROM (p_kind, p_from, p_to, p_points, p_rule, p_rule_version, p_subject, p_subject_id,
            p_claimed, p_counted_on, p_original_id) THEN
            RAISE EXCEPTION 'points: % was another transfer', p_id USING ERRCODE = 'PT003';
        END IF;
        RETURN QUERY SELECT
            (SELECT e.balance FROM points_entry AS e WHERE e.transfer_id = p_id AND e.account_id = p_from),
            (SELECT e.balance FROM points_entry AS e WHERE e.transfer_id = p_id AND e.account_id = p_to),
            true;
        RETURN;
    END IF;
    IF giver.kind <> 'fund' AND giver.balance < p_points THEN
        RAISE EXCEPTION 'points: not enough' USING ERRCODE = 'PT004', DETAIL = giver.balance::text;
    END IF;
    UPDATE points_account AS a SET balance = a.balance - p_points, version = a.version + 1
        WHERE a.id = p_from RETURNING a.balance INTO v_from;
    UPDATE points_account AS a SET balance = a.balance + p_points, version = a.version + 1
        WHERE a.id = p_to RETURNING a.balance INTO v_to;
    INSERT INTO points_entry (account_id, version, transfer_id, points, balance, counted_on, at)
        SELECT a.id, a.version, p_id, CASE WHEN a.id = p_to THEN p_points ELSE -p_points END, a.balance, p_counted_on, p_at
        FROM points_account AS a WHERE a.id IN (p_from, p_to);
    RETURN QUERY SELECT v_from, v_to, false;
END $$
"""

_MOVE_TYPES = (
    "uuid, text, uuid, uuid, bigint, timestamptz, text, uuid, uuid, text, text, text, "
    "text, uuid, bigint, text, text, date, uuid, bytea, uuid"
)
FUNCTIONS = ("points_check_sum()", "points_lock(uuid[])", f"points_move({_MOVE_TYPES})")


def upgrade() -> None:
    _tables()
    schema = op.get_bind().exec_driver_sql("SELECT current_schema()").scalar()
    for function in (CHECK_BALANCE, LOCK, MOVE):
        op.execute(function.replace("{schema}", str(schema)))
    for function in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    for function in FUNCTIONS[1:]:
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO lianxin_app")
    op.execute(
        "CREATE CONSTRAINT TRIGGER sums_to_zero AFTER INSERT ON points_entry "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION points_check_sum()"
    )
    _guards()


def _tables() -> None:
    op.create_table(
        "points_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("balance", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind = 'fund' OR balance >= 0", name=op.f("ck_points_account_no_overdraft")),
        sa.CheckConstraint("(kind = 'household') = (household_id IS NOT NULL)", name=op.f("ck_points_account_owner")),
        sa.ForeignKeyConstraint(["household_id"], ["areas_household.id"], name=op.f("fk_points_account_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_account")),
        sa.UniqueConstraint("household_id", name=op.f("uq_points_account_household_id")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(op.f("ix_points_account_area_path"), "points_account", ["area_path"], unique=False)
    op.create_table(
        "points_transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_path", sa.Text(collation="C"), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("deed_by_id", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_name", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("claimed", sa.BigInteger(), nullable=False),
        sa.Column("cut_by", sa.Text(), nullable=False),
        sa.Column("caps_version", sa.Text(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("original_id", sa.Uuid(), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("points >= 0", name=op.f("ck_points_transfer_not_negative")),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_points_transfer_two_accounts")),
        sa.CheckConstraint("(kind = 'reversal') = (original_id IS NOT NULL)", name=op.f("ck_points_transfer_reversal")),
        sa.ForeignKeyConstraint(["original_id"], ["points_transfer.id"], name=op.f("fk_points_transfer_original_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_transfer")),
        sa.UniqueConstraint("original_id", name=op.f("uq_points_transfer_original_id")),
    )
    op.create_table(
        "points_entry",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["points_account.id"], name=op.f("fk_points_entry_account_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["points_transfer.id"], name=op.f("fk_points_entry_transfer_id")),
        sa.PrimaryKeyConstraint("account_id", "version", name=op.f("pk_points_entry")),
        sa.UniqueConstraint("transfer_id", "account_id", name=op.f("uq_points_entry_transfer_id_account_id")),
    )
    op.create_index("ix_points_entry_counted", "points_entry", ["account_id", "counted_on"], unique=False)


def _guards() -> None:
    for table in TABLES:
        op.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM lianxin_app")
    op.execute(f"GRANT INSERT ({OPENED_BY_THE_PRODUCT}) ON points_account TO lianxin_app")
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON points_account "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for function in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {function}")
