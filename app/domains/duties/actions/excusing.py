"""A cadre lifts a duty for a reason that the preset knows, or puts it back."""

from __future__ import annotations

from uuid import UUID

from app.domains.duties.errors import DutyAlreadyDone, DutyNotFound, UnknownExcuse
from app.domains.duties.events import DutyExcused
from app.domains.duties.models import Duty
from app.domains.duties.rules import DutyState
from app.kernel.access import scoped
from app.kernel.transaction import Tx


def excuse(tx: Tx, duty_id: UUID, *, reason: str) -> Duty:
    """Lift a duty of this period."""
    duty = _open(tx, duty_id)
    if reason not in tx.runtime.presets["duties"][duty.kind].excuses:
        raise UnknownExcuse(field="reason")
    duty.state, duty.excuse, duty.excused_by = DutyState.excused, reason, tx.actor.person_id
    tx.emit(DutyExcused(duty.id, duty.household_id, duty.area_path, reason))
    return duty


def lift_excuse(tx: Tx, duty_id: UUID) -> Duty:
    """The reason is gone: the visit is owed again."""
    duty = _open(tx, duty_id)
    duty.state, duty.excuse, duty.excused_by = DutyState.owed, None, None
    tx.emit(DutyExcused(duty.id, duty.household_id, duty.area_path, None))
    return duty


def _open(tx: Tx, duty_id: UUID) -> Duty:
    mine = scoped(tx.actor, "duties.excuse", Duty).where(Duty.id == duty_id)
    duty: Duty | None = tx.db.scalars(mine.with_for_update()).one_or_none()
    if duty is None:
        raise DutyNotFound
    if duty.state == DutyState.done:
        raise DutyAlreadyDone
    return duty
