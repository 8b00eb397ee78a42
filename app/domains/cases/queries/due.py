"""Which cases the clock owes something, the longest due first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domains.cases.models import Timer


def due_cases(db: Session, now: datetime, *, limit: int, without: Collection[UUID] = ()) -> Sequence[UUID]:
    """Cases with a timer whose moment has passed, however long ago."""
    due = select(Timer.case_id).where(Timer.next_at <= now, Timer.case_id.not_in(without)).group_by(Timer.case_id)
    return db.scalars(due.order_by(func.min(Timer.next_at), Timer.case_id).limit(limit)).all()


def next_due(db: Session) -> datetime | None:
    """The next moment at which the clock owes a case something."""
    found: datetime | None = db.scalar(select(func.min(Timer.next_at)))
    return found
