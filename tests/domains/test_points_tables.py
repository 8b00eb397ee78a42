"""The ledger's tables are as their models say."""

from __future__ import annotations

from sqlalchemy import inspect

from app.domains.points.models import Entry, PointsAccount, Transfer
from app.kernel.runtime import Runtime


def test_what_must_be_there_cannot_be_left_out(runtime: Runtime) -> None:
    found = inspect(runtime.engine)
    for model in (PointsAccount, Transfer, Entry):
        columns = {column["name"]: column["nullable"] for column in found.get_columns(model.__tablename__)}
        assert columns == {column.name: column.nullable for column in model.__table__.columns}, model.__tablename__
