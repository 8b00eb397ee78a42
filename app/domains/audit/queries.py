"""Questions about the audit: who has looked at somebody's data."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.domains.audit.models import Entry
from app.kernel.access import Actor, scoped, unscoped


@unscoped("everybody may know who has opened his own data, wherever the reader sits")
def reads_about(db: Session, person_id: UUID, *, own_account: UUID | None = None, limit: int = 100) -> Sequence[Entry]:
    """What others have done with one person's data, newest first."""
    others = (Entry.person_id.is_distinct_from(person_id), Entry.account_id.is_distinct_from(own_account))
    found = select(Entry).where(Entry.about_person_id == person_id, or_(Entry.account_id.is_(None), and_(*others)))
    return db.scalars(found.order_by(Entry.at.desc(), Entry.id.desc()).limit(limit)).all()


def entries(db: Session, actor: Actor, *, after: UUID | None = None, limit: int = 30) -> Sequence[Entry]:
    """What was done in the auditor's area, newest first, a page after the given entry."""
    found = scoped(actor, "audit.read", Entry)
    if after is not None:
        found = found.where(Entry.id < after)
    return db.scalars(found.order_by(Entry.id.desc()).limit(limit)).all()
