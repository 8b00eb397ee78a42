"""Somebody is no longer here: he moves away or dies, and after the time that the preset names what was personal is forgotten.

The rows stay, without anything by which a person could be known again: ledger, timelines and audit name him by an id that
leads nowhere.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, select, update

from app.domains.areas import errors
from app.domains.areas.events import PersonForgotten, PersonLeft
from app.domains.areas.models import DoorCode, Duplicate, Household, Link, Person
from app.domains.areas.queries.departures import left_before
from app.domains.areas.rules.persons import FORGOTTEN_NAME
from app.domains.areas.rules.states import GONE, DuplicateState, State
from app.domains.audit import actions as audit
from app.kernel.access import scoped, unscoped
from app.kernel.transaction import Tx


def let_person_leave(tx: Tx, person_id: UUID, *, reason: str, head_id: UUID | None = None) -> None:
    """Take somebody who moved away or died off the roll; when he was the head, say who of the household follows him."""
    reached = scoped(tx.actor, "households.write", Person).where(Person.id == person_id, Person.state == State.active)
    person: Person | None = tx.db.scalar(reached.with_for_update())
    if person is None:
        raise errors.PersonNotFound
    if _keeps_a_zone(tx, person_id):
        raise errors.StillKeepsHouseholds
    if person.household_id is not None:
        _leave_household(tx, person.household_id, person_id, head_id=head_id, reason=reason)
    person.state, person.left_at = State.moved.value, tx.now
    path = person.area_path
    audit.record(
        tx,
        action="persons.left",
        subject="person",
        subject_id=person_id,
        area_path=path,
        about_person_id=person_id,
        reason=reason,
    )
    tx.emit(PersonLeft(person_id, path))


@unscoped("the person was reached and locked just before")
def _keeps_a_zone(tx: Tx, person_id: UUID) -> bool:
    keeps = select(Link.id).where(Link.keeper_id == person_id, Link.until.is_(None)).limit(1)
    return tx.db.scalar(keeps) is not None


@unscoped("a person of the household was reached and locked just before")
def _leave_household(tx: Tx, household_id: UUID, person_id: UUID, *, head_id: UUID | None, reason: str) -> None:
    household = tx.db.scalar(select(Household).where(Household.id == household_id).with_for_update())
    if household is None or household.head_id != person_id:
        return
    others = select(Person.id).where(Person.household_id == household_id, Person.state == State.active)
    staying = set(tx.db.scalars(others)) - {person_id}
    if staying and head_id not in staying:
        raise errors.WhoIsHeadNow(field="head_id")
    household.head_id = head_id if staying else None
    if not staying:
        _close_household(tx, household, reason=reason)


@unscoped("the household was reached and locked just before")
def _close_household(tx: Tx, household: Household, *, reason: str) -> None:
    """Nobody lives here any more: no keeper, no code, no visit owed."""
    household.state, household.left_at, household.keeper_id = State.moved.value, tx.now, None
    links = update(Link).where(Link.household_id == household.id, Link.until.is_(None))
    tx.db.execute(links.values(until=tx.now, reason=Link.reason + "；搬走"))
    codes = update(DoorCode).where(DoorCode.household_id == household.id, DoorCode.revoked_at.is_(None))
    tx.db.execute(codes.values(revoked_at=tx.now, reason=reason))


@unscoped("the clock forgets who is gone, wherever it was")
def forget_person(tx: Tx, person_id: UUID) -> None:
    """Nothing on file says any more who this was; only his id is left, where others' books need one."""
    gone = (Person.id == person_id, Person.state.in_(GONE))
    person = tx.db.scalar(select(Person).where(*gone).with_for_update(skip_locked=True))
    if person is None:
        return
    person.name_sealed = tx.vault.seal(f"areas_person.name:{person_id}", FORGOTTEN_NAME)
    person.name_index = tx.vault.index("areas_person.forgotten", str(person_id))
    person.phone_sealed = person.phone_index = person.id_number_sealed = person.id_number_index = None
    person.sex = person.birth_year = person.relation = person.household_id = None
    person.state = State.forgotten.value
    tx.db.flush()
    audit.record(tx, action="persons.forgotten", subject="person", subject_id=person_id, area_path=person.area_path)
    tx.emit(PersonForgotten(person_id))


@unscoped("the clock forgets what is gone, wherever it was")
def forget_empty_households(tx: Tx, *, removed_before: datetime, moved_before: datetime) -> int:
    """Address, marks and code of households that are long gone and in which nobody is remembered any more."""
    still_remembered = exists().where(Person.household_id == Household.id)
    over = left_before(Household, removed_before=removed_before, moved_before=moved_before)
    gone = update(Household).where(over, ~still_remembered).returning(Household.id)
    blank = gone.values(address_sealed=None, flags=[], head_id=None, state=State.forgotten.value)
    forgotten = tx.db.scalars(blank.execution_options(synchronize_session=False)).all()
    return len(forgotten)


@unscoped("the clock forgets what was decided, wherever it was")
def forget_decided_duplicates(tx: Tx, *, decided_before: datetime) -> int:
    """Lines of a roll that were held back hold somebody's data; once decided they are needed for undoing only."""
    decided = (Duplicate.state != DuplicateState.proposed, Duplicate.decided_at < decided_before)
    gone = delete(Duplicate).where(*decided).returning(Duplicate.id).execution_options(synchronize_session=False)
    return len(tx.db.scalars(gone).all())
