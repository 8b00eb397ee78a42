"""Questions about those who are gone: who has been gone for how long, ids only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from app.domains.areas.models import Household, Person
from app.domains.areas.rules.states import State
from app.kernel.access import unscoped


def left_before(
    model: type[Person | Household], *, removed_before: datetime, moved_before: datetime
) -> ColumnElement[bool]:
    """Taken back with its roll, or moved away, long enough ago."""
    removed = and_(model.state == State.removed, model.left_at < removed_before)
    return or_(removed, and_(model.state == State.moved, model.left_at < moved_before))


@unscoped("ids only, for the clock and for the operator")
def departed(db: Session, *, removed_before: datetime, moved_before: datetime) -> Sequence[UUID]:
    """Who has been gone for long enough, and is still on file; longest first."""
    over = left_before(Person, removed_before=removed_before, moved_before=moved_before)
    return db.scalars(select(Person.id).where(over).order_by(Person.left_at, Person.id)).all()
