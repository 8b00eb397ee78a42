"""Every migration can be taken back: a step down leaves the schema as it was before that step up, and all can be made again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from app.adapters.database import MIGRATIONS, _config, engine_for, import_models
from app.adapters.embedded import EmbeddedPostgres
from app.kernel.tables import metadata
from app.settings import Database
from tests.conftest import database_of

_LOOKS = {
    "columns": """
        SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name, is_identity
        FROM information_schema.columns WHERE table_schema = :schema""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = cast(:schema AS regnamespace)""",
    "indexes": "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = :schema",
    "triggers": """
        SELECT tgrelid::regclass::text, pg_get_triggerdef(t.oid) FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = tgrelid
        WHERE NOT tgisinternal AND relnamespace = cast(:schema AS regnamespace)""",
    "functions": """
        SELECT proname, pg_get_functiondef(oid), proacl::text FROM pg_proc
        WHERE pronamespace = cast(:schema AS regnamespace)""",
    "options": """
        SELECT relname, reloptions::text FROM pg_class
        WHERE relkind = 'r' AND relnamespace = cast(:schema AS regnamespace)""",
    "rights": """
        SELECT table_name, column_name, privilege_type FROM information_schema.column_privileges
        WHERE table_schema = :schema AND grantee = 'lianxin_app'""",
    "rights of whole tables": """
        SELECT table_name, privilege_type FROM information_schema.table_privileges
        WHERE table_schema = :schema AND grantee = 'lianxin_app'""",
    "rights to come": "SELECT defaclobjtype::text, defaclacl::text FROM pg_default_acl",
}
_OWN_TABLE = "alembic_version"  # stays when everything is taken back

Schema = Mapping[str, frozenset[tuple[object, ...]]]


def schema_of(database: Database) -> Schema:
    """Everything that a migration may make, as PostgreSQL tells it."""
    engine = engine_for(database, url=database.owner_url, pool_size=1)
    with engine.connect() as connection:
        found = {
            what: frozenset(tuple(row) for row in connection.execute(text(look), {"schema": database.schema}))
            for what, look in _LOOKS.items()
        }
    engine.dispose()
    return {what: frozenset(row for row in rows if row[0] != _OWN_TABLE) for what, rows in found.items()}


@pytest.fixture
def empty(cluster: EmbeddedPostgres) -> Iterator[Database]:
    """A database in which nothing was ever migrated."""
    cluster.create_database("bare")
    yield database_of(cluster, "bare")
    cluster.drop_database("bare")


def test_each_step_down_leaves_the_schema_as_it_was_and_everything_can_be_made_again(empty: Database) -> None:
    revisions = [path.name.partition("_")[0] for path in sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))]
    config = _config(empty)
    below: dict[str, Schema] = {}
    command.upgrade(config, revisions[0])
    command.downgrade(config, "base")
    last = schema_of(empty)
    for revision in revisions:
        below[revision] = last
        command.upgrade(config, revision)
        last = schema_of(empty)
        assert last != below[revision], f"{revision} changes nothing"
    for revision in reversed(revisions):
        command.downgrade(config, "-1")
        assert schema_of(empty) == below[revision], f"{revision} is not wholly taken back"
    command.upgrade(config, "head")
    assert schema_of(empty) == last


def test_the_tables_are_as_their_models_say(database: Database) -> None:
    import_models()
    engine = engine_for(database, url=database.owner_url, pool_size=1)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []
