"""What the product may do to which table: rights of lianxin_app, and tables that only grow.

PostgreSQL itself refuses to change or remove a row of an append-only table, whoever asks.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_entry", "identity_consent", "notices_try", "visits_correction")

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: %', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def upgrade() -> None:
    schema = op.get_bind().exec_driver_sql("SELECT current_schema()").scalar()
    op.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO lianxin_app')
    op.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{schema}" TO lianxin_app')
    op.execute("REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM lianxin_app")
    op.execute(
        f'ALTER DEFAULT PRIVILEGES IN SCHEMA "{schema}" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO lianxin_app'
    )
    op.execute(REFUSE_CHANGE)
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM lianxin_app")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER append_only ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
    schema = op.get_bind().exec_driver_sql("SELECT current_schema()").scalar()
    op.execute(f'ALTER DEFAULT PRIVILEGES IN SCHEMA "{schema}" REVOKE ALL ON TABLES FROM lianxin_app')
    op.execute(f'REVOKE ALL ON ALL TABLES IN SCHEMA "{schema}" FROM lianxin_app')
    op.execute(f'REVOKE USAGE ON SCHEMA "{schema}" FROM lianxin_app')
