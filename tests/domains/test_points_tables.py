"""The ledger's tables are as their models say, and its migration takes back everything that it made."""

from __future__ import annotations

from sqlalchemy import inspect, text

from app.adapters.database import engine_for, migrate
from app.domains.points.models import Entry, PointsAccount, Transfer
from app.kernel.runtime import Runtime
from app.settings import Database

FUNCTIONS = text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'points\\_%'")


def test_what_must_be_there_cannot_be_left_out(runtime: Runtime) -> None:
    found = inspect(runtime.engine)
    for model in (PointsAccount, Transfer, Entry):
        columns = {column["name"]: column["nullable"] for column in found.get_columns(model.__tablename__)}
        assert columns == {column.name: column.nullable for column in model.__table__.columns}, model.__tablename__


def test_the_schema_taken_back_leaves_no_function_of_the_ledger_and_can_be_made_again(database: Database) -> None:
    engine = engine_for(database, url=database.owner_url, pool_size=1)
    counts = []
    for revision in ("base", "head"):
        migrate(database, revision)
        with engine.connect() as connection:
            counts.append(connection.execute(FUNCTIONS).scalar_one())
    engine.dispose()
    assert counts == [0, 3]
