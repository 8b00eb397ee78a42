"""Very many cases that come due in one second: a few are raised by the product's own action, the rest are copies of their rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, text

from app.domains.cases.models import Case, CaseEntry, Party, Timer
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction

_COPY_ID = "md5({key} || twin.number)::uuid"
_MANY = "CROSS JOIN generate_series(1, :copies) AS twin (number)"
_DUE = text(
    """
    UPDATE cases_timer SET reminded = 2, due_at = v.due_at, next_at = v.due_at
    FROM (
        SELECT case_id, cast(:first AS timestamptz) + (row_number() OVER (ORDER BY case_id)) * cast(:step AS interval) AS due_at
        FROM cases_timer WHERE name = 'accept'
    ) AS v
    WHERE cases_timer.case_id = v.case_id AND cases_timer.name = 'accept'
    """
)
_CLIMBED = "SELECT count(*) FROM (SELECT case_id FROM cases_entry WHERE kind = 'climbed' GROUP BY case_id{more}) AS v"
CLIMBED = text(_CLIMBED.format(more=""))
TWICE = text(_CLIMBED.format(more=" HAVING count(*) > 1"))
TOLD = text("SELECT count(*) FROM notices_message WHERE template = 'case_climbed'")
_TABLES: tuple[tuple[Any, dict[str, str]], ...] = (
    (Case, {"id": _COPY_ID.format(key="one.id::text"), "number": "one.number || '-' || twin.number"}),
    (Party, {"case_id": _COPY_ID.format(key="one.case_id::text")}),
    (CaseEntry, {"id": _COPY_ID.format(key="one.id::text"), "case_id": _COPY_ID.format(key="one.case_id::text")}),
    (Timer, {"case_id": _COPY_ID.format(key="one.case_id::text")}),
)


def copied(runtime: Runtime, copies: int) -> None:
    """Every case that there is, and so many copies of each."""
    with transaction(runtime, SYSTEM) as tx:
        for model, own in _TABLES:
            tx.db.execute(_copy(model, own), {"copies": copies})


def made_due(runtime: Runtime, count: int, *, first: datetime) -> None:
    """Nobody has accepted any of them, and all are due within the second from `first` on."""
    with transaction(runtime, SYSTEM) as tx:
        tx.db.execute(_DUE, {"first": first, "step": timedelta(seconds=1) / count})


def counted(runtime: Runtime, what: Executable) -> int:
    """A number from the database."""
    with reading(runtime) as db:
        return int(db.scalar(what) or 0)


def _copy(model: Any, own: dict[str, str]) -> Executable:
    table, names = model.__tablename__, [column.name for column in model.__table__.columns]
    told = ", ".join(own.get(name, f'one."{name}"') for name in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    # names of our own tables and columns, nothing that somebody has said
    return text(f"INSERT INTO {table} ({quoted}) SELECT {told} FROM {table} AS one {_MANY}")
