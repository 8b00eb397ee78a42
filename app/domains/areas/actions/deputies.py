"""Somebody stands in for an absent keeper: he sees the zone and acts in it as if it were his, for that time only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update

from app.domains.areas.errors import AlreadyDeputised, BadPeriod, DeputyNotFound, PersonNotFound, SamePerson
from app.domains.areas.events import DeputyEnded, DeputyNamed
from app.domains.areas.models import Deputy, Person
from app.domains.areas.rules.states import State
from app.domains.audit import actions as audit
from app.kernel.access import require, unscoped
from app.kernel.transaction import Tx


def name_deputy(tx: Tx, *, absent_id: UUID, deputy_id: UUID, since: datetime, until: datetime, reason: str) -> UUID:
    """Name who stands in: the absent keeper says so himself, or a cadre of the place. One at a time."""
    if absent_id == deputy_id:
        raise SamePerson
    if not max(since, tx.now) < until:
        raise BadPeriod(field="until")
    path = _place_of(tx, absent_id, deputy_id)
    _may_speak_for(tx, absent_id, path)
    overlapping = select(Deputy.id).where(
        Deputy.absent_id == absent_id, Deputy.ended_at.is_(None), Deputy.since < until, Deputy.until > since
    )
    if tx.db.scalar(overlapping) is not None:
        raise AlreadyDeputised
    row = {"absent_id": absent_id, "deputy_id": deputy_id, "area_path": path, "since": since, "until": until}
    deputy_row_id = tx.new_id()
    tx.add(Deputy, id=deputy_row_id, **row, reason=reason, ended_at=None)
    _audited(tx, "deputies.named", deputy_row_id, path=path, reason=reason)
    tx.emit(DeputyNamed(deputy_id, absent_id, path, since, until))
    return deputy_row_id


def end_deputy(tx: Tx, deputy_row_id: UUID) -> None:
    """The keeper is back before the day that was named."""
    wanted = select(Deputy).where(Deputy.id == deputy_row_id, Deputy.ended_at.is_(None), Deputy.until > tx.now)
    deputy = tx.db.scalar(wanted.with_for_update())
    if deputy is None:
        raise DeputyNotFound
    _may_speak_for(tx, deputy.absent_id, deputy.area_path)
    _end(tx, deputy)


def end_deputies_of(tx: Tx, person_id: UUID) -> int:
    """Whoever leaves neither stands in nor is stood in for; called by whoever lets him leave."""
    either = or_(Deputy.deputy_id == person_id, Deputy.absent_id == person_id)
    wanted = select(Deputy).where(either, Deputy.ended_at.is_(None), Deputy.until > tx.now)
    found = tx.db.scalars(wanted.order_by(Deputy.id).with_for_update()).all()
    for deputy in found:
        _end(tx, deputy)
    return len(found)


def _end(tx: Tx, deputy: Deputy) -> None:
    tx.db.execute(update(Deputy).where(Deputy.id == deputy.id).values(ended_at=tx.now))
    _audited(tx, "deputies.ended", deputy.id, path=deputy.area_path, reason=None)
    tx.emit(DeputyEnded(deputy.deputy_id, deputy.absent_id, deputy.area_path))


@unscoped("who may speak for the absent keeper is checked just after, by the place found here")
def _place_of(tx: Tx, absent_id: UUID, deputy_id: UUID) -> str:
    """Where the absent keeper lives; locked by name, so that two deputies are not named at once."""
    tx.db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(absent_id), 0))))
    both = select(Person.id, Person.area_path).where(
        Person.id.in_([absent_id, deputy_id]), Person.state == State.active
    )
    found: dict[UUID, str] = {row.id: row.area_path for row in tx.db.execute(both)}
    if len(found) < 2:
        raise PersonNotFound
    return found[absent_id]


def _may_speak_for(tx: Tx, absent_id: UUID, path: str) -> None:
    if tx.actor.person_id != absent_id:
        require(tx.actor, "links.write", within=path)


def _audited(tx: Tx, action: str, row_id: UUID, *, path: str, reason: str | None) -> None:
    audit.record(tx, action=action, subject="deputy", subject_id=row_id, area_path=path, reason=reason)
