"""What the clock has to look at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.appraisals.models import Appraisal
from app.kernel.access import unscoped


@unscoped("the clock looks at what is due, wherever it is; only ids")
def due_ids(db: Session, now: datetime, *, limit: int, without: Collection[UUID] = ()) -> Sequence[UUID]:
    """The appraisals about which something is due, those longest due first."""
    due = (
        select(Appraisal.id)
        .where(Appraisal.due_at <= now, Appraisal.id.not_in(without))
        .order_by(Appraisal.due_at, Appraisal.id)
    )
    return db.scalars(due.limit(limit)).all()
