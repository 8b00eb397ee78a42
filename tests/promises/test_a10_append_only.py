"""A10: whoever has the product's own rights in the database cannot change, remove or invent a line of the ledger."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.adapters.database import engine_for
from app.domains.points import actions as points
from app.domains.points import queries
from app.domains.points.models import Entry, PointsAccount, Transfer
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.settings import Database
from tests.makers.areas import VILLAGE, make_household
from tests.makers.points import give, make_homes

pytestmark = pytest.mark.promise
TABLES = (PointsAccount.__table__, Transfer.__table__, Entry.__table__)
_FINGERPRINT = (
    "SELECT md5(string_agg(t, '|' ORDER BY t)) FROM (SELECT a::text AS t FROM points_account AS a "
    "UNION ALL SELECT b::text FROM points_transfer AS b UNION ALL SELECT c::text FROM points_entry AS c) AS every_row"
)
_MOVE = (
    "SELECT * FROM points_move({id}, 'award', {giver}, {taker}, {points}, now(), '419001/', NULL, NULL, 'x', 'x', 'x', "
    "'x', NULL, 1, '', '', current_date, NULL, NULL, NULL)"
)
_FUNCTIONS = "SELECT proname, has_function_privilege('public', oid, 'EXECUTE') FROM pg_proc WHERE prosecdef"
_GIVER, _TAKER = (
    f"(SELECT id FROM points_account WHERE kind = '{kind}' ORDER BY id LIMIT 1)" for kind in ("household", "fund")
)


def attacks() -> Iterator[str]:
    """Everything that could change a line, by every way that SQL has."""
    for table in TABLES:
        name = str(table.name)
        for column in table.columns:
            yield f"UPDATE {name} SET {column.name} = {column.name}"
            yield f"UPDATE ONLY {name} SET {column.name} = {column.name} WHERE false"
        key = str(next(iter(table.primary_key)).name)
        yield f"DELETE FROM {name}"
        yield f"DELETE FROM {name} WHERE false"
        yield f"TRUNCATE {name}"
        yield f"TRUNCATE {name} CASCADE"
        yield f"INSERT INTO {name} SELECT * FROM {name}"
        yield f"COPY {name} FROM STDIN"
        yield f"SELECT 1 FROM {name} FOR UPDATE"
        yield f"WITH gone AS (DELETE FROM {name} RETURNING 1) SELECT count(*) FROM gone"
        yield f"MERGE INTO {name} AS t USING {name} AS s ON t.{key} = s.{key} WHEN MATCHED THEN DELETE"
        yield f"ALTER TABLE {name} DISABLE TRIGGER ALL"
        yield f"ALTER TABLE {name} ADD COLUMN more int"
        yield f"CREATE TRIGGER mine BEFORE INSERT ON {name} EXECUTE FUNCTION refuse_change()"
        yield f"CREATE RULE mine AS ON SELECT TO {name} DO INSTEAD NOTHING"
        yield f"DROP TABLE {name} CASCADE"
        yield f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"
    yield "INSERT INTO points_account (id, kind, area_path, balance, opened_at) VALUES (gen_random_uuid(), 'fund', '419001/', 9, now())"
    yield "INSERT INTO points_account (id, kind, area_path, version, opened_at) VALUES (gen_random_uuid(), 'fund', '419001/', 9, now())"
    yield "INSERT INTO points_account SELECT * FROM points_account ON CONFLICT (id) DO UPDATE SET balance = 9"
    yield "SET session_replication_role = replica"
    yield "DROP FUNCTION refuse_change() CASCADE"
    yield "CREATE OR REPLACE FUNCTION points_check_sum() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    yield "DROP FUNCTION points_lock(uuid[])"
    yield "SELECT points_check_sum()"
    yield "ALTER FUNCTION points_lock(uuid[]) SECURITY INVOKER"
    yield _MOVE.format(id="gen_random_uuid()", giver=_GIVER, taker=_TAKER, points=-1)
    yield _MOVE.format(id="gen_random_uuid()", giver=_GIVER, taker=_TAKER, points=1_000_000)
    yield _MOVE.format(id="gen_random_uuid()", giver=_GIVER, taker=_GIVER, points=1)
    yield _MOVE.format(id="gen_random_uuid()", giver="gen_random_uuid()", taker=_TAKER, points=1)
    yield _MOVE.format(id="(SELECT id FROM points_transfer LIMIT 1)", giver=_GIVER, taker=_TAKER, points=2)


@pytest.fixture
def product(database: Database) -> Iterator[Engine]:
    """A connection with the product's own rights."""
    engine = engine_for(database)
    yield engine
    engine.dispose()


@pytest.fixture
def owner(database: Database) -> Iterator[Engine]:
    """A connection of the tables' owner."""
    engine = engine_for(database, url=database.owner_url)
    yield engine
    engine.dispose()


@pytest.fixture
def filled(runtime: Runtime) -> Runtime:
    """A ledger with something in it."""
    for home in make_homes(runtime, 3):
        give(runtime, home, 5)
    return runtime


def fingerprint(runtime: Runtime) -> str:
    with reading(runtime) as db:
        return str(db.scalar(text(_FINGERPRINT)))


def is_refused(engine: Engine, statement: str) -> bool:
    """Whether the database says no, in a transaction that would be committed."""
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except DBAPIError:
        return True
    return False


def test_a10_nothing_that_the_product_may_say_changes_a_line(filled: Runtime, product: Engine) -> None:
    before, tried = fingerprint(filled), list(attacks())
    for table in TABLES:  # PostgreSQL answers this with a warning; if it did more, what follows would be let through
        is_refused(product, f"GRANT ALL ON {table.name} TO lianxin_app")
    let_through = [statement for statement in tried if not is_refused(product, statement)]
    print(f"A10: {len(tried)} statements by the product's role, {len(let_through)} let through")
    assert let_through == []
    assert fingerprint(filled) == before
    assert len(tried) > 100


@pytest.mark.parametrize("table", ["points_transfer", "points_entry"])
def test_a10_not_even_the_owner_changes_a_line_by_mistake(filled: Runtime, owner: Engine, table: str) -> None:
    with transaction(filled, SYSTEM) as tx:
        points.open_accounts(tx, {make_household(tx): VILLAGE})
    before = fingerprint(filled)
    for statement in (f"UPDATE {table} SET at = now()", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        assert is_refused(owner, statement), statement
    assert is_refused(owner, "DELETE FROM points_account WHERE version = 0"), "not even one that is empty"
    assert fingerprint(filled) == before


def test_a10_nobody_else_may_call_the_functions_that_run_with_the_owners_rights(owner: Engine) -> None:
    with owner.connect() as connection:
        functions = connection.exec_driver_sql(_FUNCTIONS).all()
    assert {name for name, _ in functions} >= {"points_move", "points_lock", "points_check_sum"}
    assert [name for name, is_open in functions if is_open] == []


def test_a10_a_table_of_the_same_name_does_not_lead_the_function_astray(
    filled: Runtime, product: Engine, owner: Engine
) -> None:
    assert is_refused(product, "CREATE TEMP TABLE points_account (id uuid)")
    with owner.begin() as connection:  # as if somebody had allowed it
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(f'GRANT TEMP ON DATABASE "{name}" TO lianxin_app')
    move = _MOVE.format(id="gen_random_uuid()", giver=_GIVER, taker=_TAKER, points=1)
    with product.begin() as connection:
        giver, taker = (connection.exec_driver_sql(f"SELECT {one}").scalar_one() for one in (_GIVER, _TAKER))
        for table in TABLES:
            connection.exec_driver_sql(f"CREATE TEMP TABLE {table.name} AS SELECT * FROM lianxin.{table.name}")
        connection.exec_driver_sql("UPDATE points_account SET balance = 1000000")
        connection.exec_driver_sql(move.replace(_GIVER, f"'{giver}'").replace(_TAKER, f"'{taker}'"))
    with reading(filled) as db:
        assert queries.balance_of(db, giver) == 4
        assert queries.health(db).is_well


def test_a10_statements_that_are_allowed_are_let_through(filled: Runtime, product: Engine) -> None:
    """The check itself: it can tell a yes from a no."""
    assert not is_refused(product, "SELECT * FROM points_entry")
    assert not is_refused(product, _MOVE.format(id="gen_random_uuid()", giver=_GIVER, taker=_TAKER, points=1))
    with reading(filled) as db:
        assert queries.health(db).is_well
