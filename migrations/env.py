"""How Alembic runs here: as the owner, in the county's schema, under an advisory lock, one transaction per migration."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from app.adapters.database import engine_for, import_models
from app.kernel.tables import metadata

LOCK = 0x6C69616E  # "lian": two machines that start at once migrate one after the other


def run() -> None:
    """Migrate the database named in the configuration's attributes."""
    database = context.config.attributes["database"]
    import_models()
    engine = engine_for(database, url=database.owner_url, pool_size=1)
    try:
        with engine.connect() as connection:
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{database.schema}"'))
            connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
            connection.commit()
            context.configure(
                connection=connection,
                target_metadata=metadata,
                transaction_per_migration=True,
                compare_type=True,
            )
            with context.begin_transaction():
                context.run_migrations()
    finally:
        engine.dispose()


run()
