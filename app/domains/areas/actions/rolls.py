"""A roll of households is taken in as a whole or not at all, and can be taken back as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.domains.areas.errors import BadFile
from app.domains.areas.events import HouseholdsImported
from app.domains.areas.models import Batch, Duplicate, Household, Person
from app.domains.areas.queries.rolls import compare
from app.domains.areas.rules.divisions import common_path
from app.domains.areas.rules.plans import Held, Plan, as_text, without_line
from app.domains.areas.rules.rolls import HouseholdLines, PersonLine, Roll
from app.domains.areas.rules.states import BatchState, DuplicateState, State
from app.domains.audit import actions as audit
from app.kernel.access import require, unscoped
from app.kernel.bulk import copy_rows
from app.kernel.transaction import Tx

Progress = Callable[[int], None]
ONE_IMPORT_AT_A_TIME = 0x4C58_0001
_HOUSEHOLD = (
    "id",
    "area_path",
    "number",
    "group_name",
    "address_sealed",
    "head_id",
    "flags",
    "batch_id",
    "state",
    "created_at",
)
_PERSON = (
    "id",
    "household_id",
    "area_path",
    "name_sealed",
    "name_index",
    "phone_sealed",
    "phone_index",
    "id_number_sealed",
    "id_number_index",
    "sex",
    "birth_year",
    "relation",
    "batch_id",
    "state",
    "created_at",
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; without a batch it had nothing to do."""

    batch_id: UUID | None
    households: int
    persons: int
    held: int
    unchanged_households: int
    unchanged_persons: int


def import_roll(tx: Tx, roll: Roll, *, file_hash: bytes, progress: Progress | None = None) -> Imported:
    """Take in a roll: only adds, never changes what is on file; the same roll again adds nothing. Errors stop all of it."""
    for village in {village for village, _ in roll.households}:
        require(tx.actor, "households.write", within=village)
    tx.db.execute(select(func.pg_advisory_xact_lock(ONE_IMPORT_AT_A_TIME)))
    plan = compare(tx.db, tx.vault, roll)
    if roll.error_count:
        raise BadFile(f"有 {roll.error_count} 处要改，还什么都没动。")
    held = _not_proposed_yet(tx, plan.held)
    unchanged = (plan.unchanged_households, plan.unchanged_persons)
    if not (plan.new_households or plan.joining or held):
        return Imported(None, 0, 0, 0, *unchanged)
    batch_id, path = tx.new_id(), common_path([village for village, _ in roll.households])
    done = Imported(batch_id, len(plan.new_households), plan.new_persons, len(held), *unchanged)
    _open_batch(tx, done, file_hash=file_hash, path=path)
    bring_in(tx, plan, batch_id=batch_id, progress=progress)
    _propose(tx, held, batch_id=batch_id)
    tx.emit(HouseholdsImported(batch_id, path, done.households, done.persons))
    return done


def _open_batch(tx: Tx, done: Imported, *, file_hash: bytes, path: str) -> None:
    assert done.batch_id is not None
    counts = {"households": done.households, "persons": done.persons, "held": done.held, "path": path}
    tx.add(
        Batch,
        id=done.batch_id,
        kind="households",
        file_hash=file_hash,
        state=BatchState.done.value,
        counts=counts,
        by_person_id=tx.actor.person_id,
        at=tx.now,
        undone_at=None,
    )
    audit.record(
        tx, action="households.imported", subject="batch", subject_id=done.batch_id, area_path=path, detail=counts
    )


def bring_in(tx: Tx, plan: Plan, *, batch_id: UUID, progress: Progress | None = None) -> None:
    """Write the new rows by COPY; households first, because persons point to them."""
    heads = [(household, tx.new_id(), tx.new_id()) for household in plan.new_households]
    households = (_household_row(tx, h, ids=(id_, head_id), batch_id=batch_id) for h, id_, head_id in heads)
    copy_rows(tx.db, Household, columns=_HOUSEHOLD, rows=_counted(households, progress))
    persons = _person_rows(tx, plan, heads, batch_id=batch_id)
    copy_rows(tx.db, Person, columns=_PERSON, rows=_counted(persons, progress))


def _counted(rows: Iterator[Sequence[Any]], progress: Progress | None) -> Iterator[Sequence[Any]]:
    for count, row in enumerate(rows, start=1):
        if progress is not None and count % 500 == 0:
            progress(500)
        yield row


def _household_row(tx: Tx, household: HouseholdLines, *, ids: tuple[UUID, UUID], batch_id: UUID) -> Sequence[Any]:
    id_, head_id = ids
    address = household.address
    sealed = None if address is None else tx.vault.seal(f"areas_household.address:{id_}", address)
    place = (household.path, household.number, household.group, sealed)
    return (id_, *place, head_id, household.flags, batch_id, State.active.value, tx.now)


def _person_rows(
    tx: Tx, plan: Plan, heads: Sequence[tuple[HouseholdLines, UUID, UUID]], *, batch_id: UUID
) -> Iterator[Sequence[Any]]:
    for household, household_id, head_id in heads:
        head = household.head
        for person in household.persons:
            person_id = head_id if person is head else tx.new_id()
            yield _person_row(tx, person, ids=(person_id, household_id), path=household.path, batch_id=batch_id)
    for household_id, path, person in plan.joining:
        yield _person_row(tx, person, ids=(tx.new_id(), household_id), path=path, batch_id=batch_id)


def _person_row(tx: Tx, person: PersonLine, *, ids: tuple[UUID, UUID], path: str, batch_id: UUID) -> Sequence[Any]:
    name = _kept(tx, ids[0], field="name", text=person.name)
    phone = _kept(tx, ids[0], field="phone", text=person.phone)
    number = _kept(tx, ids[0], field="id_number", text=person.id_number)
    about = (person.sex, person.birth_year, person.relation)
    return (*ids, path, *name, *phone, *number, *about, batch_id, State.active.value, tx.now)


def _kept(tx: Tx, person_id: UUID, *, field: str, text: str | None) -> tuple[bytes | None, bytes | None]:
    if text is None:
        return None, None
    return tx.vault.seal(f"areas_person.{field}:{person_id}", text), tx.vault.index(f"areas_person.{field}", text)


@unscoped("looks only whether this very line was proposed before; who may import was checked")
def _not_proposed_yet(tx: Tx, held: Sequence[Held]) -> list[Held]:
    existing = {h.existing_id for h in held}
    before = tx.db.scalars(select(Duplicate).where(Duplicate.existing_id.in_(existing))) if existing else ()
    known = {(d.existing_id, without_line(tx.vault.open(f"areas_duplicate.row:{d.id}", d.row_sealed))) for d in before}
    return [h for h in held if (h.existing_id, without_line(as_text(h))) not in known]


def _propose(tx: Tx, held: Sequence[Held], *, batch_id: UUID) -> None:
    for one in held:
        id_ = tx.new_id()
        tx.add(
            Duplicate,
            id=id_,
            batch_id=batch_id,
            area_path=one.household.path,
            line=one.person.line,
            kind=one.likeness.value,
            row_sealed=tx.vault.seal(f"areas_duplicate.row:{id_}", as_text(one)),
            existing_id=one.existing_id,
            state=DuplicateState.proposed.value,
            decided_at=None,
            decided_by=None,
        )
