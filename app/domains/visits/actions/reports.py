"""A reader says that something in the feed is wrong; when enough households say so it is held until a cadre has looked."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.visits.actions.likes import reader_of
from app.domains.visits.errors import UnknownReason
from app.domains.visits.models import Report
from app.kernel.transaction import Tx


def check_reason(tx: Tx, reason: str) -> str:
    """The words for a reason of the list."""
    words: str | None = tx.runtime.presets["feed"].reasons.get(reason)
    if words is None:
        raise UnknownReason(field="reason")
    return words


def keep_report(tx: Tx, subject_id: UUID, reason: str) -> int:
    """Keep one reader's report, once; answers how many households have reported since a cadre last looked.

    The caller has locked what is reported, so that two reports are counted one after the other.
    """
    check_reason(tx, reason)
    told = insert(Report).values(
        subject_id=subject_id,
        person_id=reader_of(tx),
        household_id=tx.actor.household_id,
        reason=reason,
        at=tx.now,
    )
    tx.db.execute(told.on_conflict_do_nothing())
    homes = func.count(func.coalesce(Report.household_id, Report.person_id).distinct())
    return tx.db.scalar(select(homes).where(Report.subject_id == subject_id, Report.settled_at.is_(None))) or 0


def settle_reports(tx: Tx, subject_id: UUID) -> None:
    """A cadre has looked: what was reported until now is answered."""
    answered = update(Report).where(Report.subject_id == subject_id, Report.settled_at.is_(None))
    tx.db.execute(answered.values(settled_at=tx.now).execution_options(synchronize_session=False))
