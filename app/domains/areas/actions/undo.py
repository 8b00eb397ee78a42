"""An import is taken back: what nobody has worked with since goes, what has a life of its own stays and is counted."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import aliased

from app.domains.areas.errors import BatchAlreadyUndone, BatchNotFound
from app.domains.areas.events import BatchUndone
from app.domains.areas.models import Batch, DoorCode, Duplicate, Household, Link, Person
from app.domains.areas.rules.states import BatchState, DuplicateState, State
from app.domains.audit import actions as audit
from app.kernel.access import require, unscoped
from app.kernel.transaction import Tx


class Undone(NamedTuple):
    """What an undo did."""

    households: int
    persons: int
    households_kept: int
    persons_kept: int


def undo_batch(tx: Tx, batch_id: UUID, *, spare_persons: Collection[UUID] = ()) -> Undone:
    """Take an import back. A household stays when it was visited since, when somebody of it keeps a zone or is among
    `spare_persons` (whom the caller knows to be in use elsewhere), or when others have joined it; its persons stay with it.
    """
    batch = tx.db.scalar(select(Batch).where(Batch.id == batch_id).with_for_update())
    if batch is None:
        raise BatchNotFound
    path = str(batch.counts["path"])
    require(tx.actor, "households.write", within=path)
    if batch.state != BatchState.done:
        raise BatchAlreadyUndone
    households = _remove_households(tx, batch_id, spare_persons)
    persons = _remove_persons(tx, batch_id, spare_persons)
    _close_what_hangs_on(tx, batch_id)
    done = Undone(len(households), len(persons), *_kept(tx, batch_id))
    tx.db.execute(update(Batch).where(Batch.id == batch_id).values(state=BatchState.undone.value, undone_at=tx.now))
    audit.record(
        tx, action="households.undone", subject="batch", subject_id=batch_id, area_path=path, detail=done._asdict()
    )
    tx.emit(BatchUndone(batch_id, path, households, persons))
    return done


def _in_use(person: type[Person], spare: Collection[UUID]) -> ColumnElement[bool]:
    """A person whom others count on."""
    keeps = exists().where(Link.keeper_id == person.id, Link.until.is_(None))
    return or_(keeps, person.id.in_(list(spare)))


@unscoped("the whole import is taken back; who may was checked")
def _remove_households(tx: Tx, batch_id: UUID, spare: Collection[UUID]) -> tuple[UUID, ...]:
    member = aliased(Person)
    came_later = or_(member.batch_id.is_(None), member.batch_id != batch_id)
    lives_on = exists().where(
        member.household_id == Household.id, member.state == State.active, or_(came_later, _in_use(member, spare))
    )
    gone = (
        update(Household)
        .where(Household.batch_id == batch_id, Household.state == State.active)
        .where(Household.last_visit_at.is_(None), ~lives_on)
        .values(state=State.removed.value, keeper_id=None, left_at=tx.now)
        .returning(Household.id)
    )
    return tuple(tx.db.scalars(gone))


@unscoped("the whole import is taken back; who may was checked")
def _remove_persons(tx: Tx, batch_id: UUID, spare: Collection[UUID]) -> tuple[UUID, ...]:
    """Persons of removed households, and those of the import who had joined households that were there before."""
    home = aliased(Household)
    stays = exists().where(home.id == Person.household_id, home.batch_id == batch_id, home.state == State.active)
    gone = (
        update(Person)
        .where(Person.batch_id == batch_id, Person.state == State.active, ~stays, ~_in_use(Person, spare))
        .values(state=State.removed.value, left_at=tx.now)
        .returning(Person.id)
    )
    return tuple(tx.db.scalars(gone))


@unscoped("the whole import is taken back; who may was checked")
def _close_what_hangs_on(tx: Tx, batch_id: UUID) -> None:
    removed = select(Household.id).where(Household.batch_id == batch_id, Household.state == State.removed)
    links = update(Link).where(Link.household_id.in_(removed), Link.until.is_(None))
    tx.db.execute(links.values(until=tx.now, reason=Link.reason + "；导入撤回"))
    codes = update(DoorCode).where(DoorCode.household_id.in_(removed), DoorCode.revoked_at.is_(None))
    tx.db.execute(codes.values(revoked_at=tx.now, reason="导入撤回"))
    open_ones = and_(Duplicate.batch_id == batch_id, Duplicate.state == DuplicateState.proposed)
    tx.db.execute(update(Duplicate).where(open_ones).values(state=DuplicateState.dropped.value, decided_at=tx.now))


@unscoped("counts only, no person")
def _kept(tx: Tx, batch_id: UUID) -> tuple[int, int]:
    households = select(Household.id).where(Household.batch_id == batch_id, Household.state == State.active)
    persons = select(Person.id).where(Person.batch_id == batch_id, Person.state == State.active)
    return len(tx.db.scalars(households).all()), len(tx.db.scalars(persons).all())
