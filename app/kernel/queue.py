"""Rows that workers take in turn: claimed with a lease in the database's time, fenced by the attempt number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Interval, cast, func, literal, or_, select, update
from sqlalchemy.orm import Session

_DB_NOW = func.clock_timestamp()


def claim(
    db: Session, model: Any, *, ready: ColumnElement[bool], now: datetime, limit: int, seconds: int, **values: Any
) -> Sequence[Any]:
    """Take up to `limit` due rows that nobody holds, for `seconds`; the attempt number goes up by one.

    What is due is told by `now` (which a desk may move); the lease runs in the database's own time.
    """
    free = or_(model.claimed_until.is_(None), model.claimed_until < _DB_NOW)
    due = (
        select(model.id)
        .where(ready, model.next_at <= now, free)
        .order_by(model.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    until = _DB_NOW + cast(literal(f"{seconds} seconds"), Interval)
    taken = (
        update(model)
        .where(model.id.in_(due.scalar_subquery()))
        .values(claimed_until=until, attempt=model.attempt + 1, **values)
        .returning(model)
        .execution_options(synchronize_session=False)
    )
    return db.scalars(taken).all()


def mine(model: Any, row_id: Any, attempt: int) -> ColumnElement[bool]:
    """The condition under which a worker may still write about a row: nobody has taken it since."""
    condition: ColumnElement[bool] = (model.id == row_id) & (model.attempt == attempt)
    return condition
