"""A duty is fulfilled by a visit, open again when the visit was a mistake, and goes along when the keeper changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CursorResult, case, delete, text, update

from app.domains.duties.models import Duty
from app.domains.duties.preset import KEEPERS_OWN
from app.domains.duties.rules import DutyState
from app.kernel.access import unscoped
from app.kernel.transaction import Tx
from app.kernel.values import local_day

# The earliest visit of the period is the one that did it, in whatever order visits arrive.
_FULFIL = """
UPDATE duties_duty SET state = 'done', done_at = visit.at, done_by = visit.by
FROM (VALUES (%s::timestamptz, %s::uuid)) AS visit (at, by)
WHERE kind = %s AND period = %s AND household_id = %s AND (state IN ('owed', 'excused') OR done_at > visit.at)
"""
_UNFULFIL = text("""
UPDATE duties_duty SET done_at = :at, done_by = :by,
    state = CASE WHEN CAST(:at AS timestamptz) IS NOT NULL THEN 'done'
                 WHEN excuse IS NOT NULL THEN 'excused' ELSE 'owed' END
WHERE kind = :kind AND period = :period AND household_id = :household_id AND state = 'done'
""")


@unscoped("follows from a visit to a household that the visitor may log for")
def fulfil(tx: Tx, kind: str, period: str, *, household_id: UUID, at: datetime, by: UUID) -> None:
    """A visit fulfils the duty of its month, if there is one and no earlier visit did it. Part of the hot path."""
    tx.add_change(_FULFIL, at, by, kind, period, household_id)


@unscoped("follows from a visit that the visitor has voided")
def unfulfil(tx: Tx, kind: str, period: str, *, household_id: UUID, instead: tuple[datetime, UUID] | None) -> int:
    """A visit was a mistake: another visit of the period stands for it, or the duty is open again."""
    at, by = instead or (None, None)
    facts = {"kind": kind, "period": period, "household_id": household_id, "at": at, "by": by}
    done = tx.db.execute(_UNFULFIL, facts)
    assert isinstance(done, CursorResult)
    return done.rowcount


@unscoped("follows from a change of keepers that areas has allowed")
def hand_over(tx: Tx, household_ids: Sequence[UUID], *, to_id: UUID | None) -> int:
    """What is not done yet in a running period goes to the new keeper; None when nobody keeps the household now.

    An excuse that lay with the old keeper (his age, his illness) stays with him: the new one owes the visit.
    """
    was_personal = Duty.excuse.startswith(KEEPERS_OWN)
    moved = tx.db.execute(
        update(Duty)
        .where(Duty.household_id.in_(household_ids), Duty.state != DutyState.done)
        .where(Duty.due_on >= local_day(tx.now))
        .values(
            keeper_id=to_id,
            state=case((was_personal, DutyState.owed), else_=Duty.state),
            excuse=case((was_personal, None), else_=Duty.excuse),
        )
        .execution_options(synchronize_session=False)
    )
    assert isinstance(moved, CursorResult)
    return moved.rowcount


@unscoped("follows from an import that was taken back")
def drop_duties(tx: Tx, household_ids: Sequence[UUID]) -> None:
    """Households that are no longer on file owe nothing and are owed nothing."""
    tx.db.execute(
        delete(Duty)
        .where(Duty.household_id.in_(household_ids), Duty.state != DutyState.done)
        .execution_options(synchronize_session=False)
    )
