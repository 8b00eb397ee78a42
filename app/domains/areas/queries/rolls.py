"""Compares a roll of households with what is on file: what is new, what is there, what looks like somebody there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domains.areas.models import Area, Household, Person
from app.domains.areas.preset import Households
from app.domains.areas.queries.divisions import villages_by_code_or_name
from app.domains.areas.rules.divisions import village_of
from app.domains.areas.rules.plans import Held, Likeness, Plan, part_new_household
from app.domains.areas.rules.relations import HEAD
from app.domains.areas.rules.rolls import (
    ID_NUMBER,
    RELATION,
    Ground,
    HouseholdLines,
    Key,
    PersonLine,
    Problem,
    Roll,
    note_missing_heads,
)
from app.domains.areas.rules.states import State
from app.kernel.access import unscoped
from app.kernel.crypto import Vault

_CHUNK = 5000
_Item = TypeVar("_Item")
_Mark = tuple[str, bytes, int | None]


def ground_for_rolls(db: Session, preset: Households, *, within: str, today: date) -> Ground:
    """What a roll for this part of the county is judged by."""
    places = villages_by_code_or_name(db, within)
    return Ground(places, preset.flag_words(), preset.never_recorded, today)


class _OnFile(NamedTuple):
    """A person of a household that the roll names too."""

    name_index: bytes
    id_index: bytes | None
    is_head: bool


def compare(db: Session, vault: Vault, roll: Roll) -> Plan:
    """What taking in this roll would do; what is on file is never changed by a roll. Notes missing and second heads."""
    known = households_on_file(db, roll.households)
    note_missing_heads(roll, known)
    there = _persons_of(db, known.values())
    plan = Plan()
    fresh: list[tuple[HouseholdLines, UUID | None, list[PersonLine]]] = []
    for key, household in roll.households.items():
        household_id = known.get(key)
        persons = (
            household.persons if household_id is None else _missing(vault, household, there[household_id], roll=roll)
        )
        plan.unchanged_households += household_id is not None
        plan.unchanged_persons += len(household.persons) - len(persons)
        fresh.append((household, household_id, persons))
    alike = _alike(db, vault, [(household, person) for household, _, persons in fresh for person in persons])
    for household, household_id, persons in fresh:
        _settle(plan, household, household_id=household_id, persons=persons, alike=alike)
    return plan


def _settle(
    plan: Plan,
    household: HouseholdLines,
    *,
    household_id: UUID | None,
    persons: Sequence[PersonLine],
    alike: dict[int, Held],
) -> None:
    held = [alike[p.line] for p in persons if p.line in alike]
    if household_id is not None:
        plan.held += held
        plan.joining += [(household_id, household.path, p) for p in persons if p.line not in alike]
        return
    kept, waiting = part_new_household(household, held)
    plan.held += waiting
    if kept is not None:
        plan.new_households.append(kept)


@unscoped("an import compares with the whole village; who may import was checked before")
def households_on_file(db: Session, keys: Collection[Key]) -> dict[Key, UUID]:
    """Which of these households are on file: village and number → id."""
    villages = {village for village, _ in keys}
    paths = [path for path in db.scalars(select(Area.path)) if village_of(path) in villages]
    rows = select(Household.id, Household.area_path, Household.number)
    found = db.execute(rows.where(Household.area_path.in_(paths), Household.state == State.active))
    return {key: id_ for id_, path, number in found if (key := (village_of(path), number)) in keys}


@unscoped("an import compares with the whole village; who may import was checked before")
def _persons_of(db: Session, household_ids: Iterable[UUID]) -> defaultdict[UUID, list[_OnFile]]:
    there: defaultdict[UUID, list[_OnFile]] = defaultdict(list)
    rows = select(Person.household_id, Person.name_index, Person.id_number_index, Person.relation)
    rows = rows.where(Person.state == State.active)
    for chunk in _chunks(list(household_ids)):
        for household_id, name_index, id_index, relation in db.execute(rows.where(_among(Person.household_id, chunk))):
            assert household_id is not None
            there[household_id].append(_OnFile(name_index, id_index, relation == HEAD))
    return there


def _missing(vault: Vault, household: HouseholdLines, there: Sequence[_OnFile], *, roll: Roll) -> list[PersonLine]:
    """Who of a household is not on file there yet. The same number, or the same name where one has no number, is there."""
    ids = {p.id_index for p in there if p.id_index}
    names = {p.name_index: p.id_index for p in there}
    missing = []
    for person in household.persons:
        id_index = _id_index(vault, person)
        if id_index in ids:
            continue
        name_index = vault.index("areas_person.name", person.name)
        if name_index not in names or (id_index and names[name_index]):
            missing.append(person)
        elif id_index:
            says = "册上这个人还没有身份证号，这次没有补上：请在户册里改"
            roll.note(Problem(person.line, ID_NUMBER, says, is_error=False))
    _note_second_head(missing, there, roll=roll)
    return missing


def _note_second_head(missing: Sequence[PersonLine], there: Sequence[_OnFile], *, roll: Roll) -> None:
    """A new head for a household that has one is a wrong household number, or a change that a roll cannot make."""
    if not any(p.is_head for p in there):
        return
    for person in missing:
        if person.relation == HEAD:
            says = "册上这一户的户主是别人：请核对户号；真的换了户主，请先在户册里改"
            roll.note(Problem(person.line, RELATION, says))


def _alike(db: Session, vault: Vault, fresh: Sequence[tuple[HouseholdLines, PersonLine]]) -> dict[int, Held]:
    """New persons who look like somebody on file in another household, by their line."""
    by_id = {index: (h, p) for h, p in fresh if (index := _id_index(vault, p))}
    held: dict[int, Held] = {}
    for index, existing in _with_ids(db, by_id):
        household, person = by_id[index]
        held[person.line] = Held(household, person, Likeness.same_id, existing)
    marks = {_mark(vault, h, p): (h, p) for h, p in fresh if p.birth_year and p.line not in held}
    for mark, existing, has_id in _with_marks(db, marks):
        household, person = marks[mark]
        if not (has_id and person.id_number):
            held[person.line] = Held(household, person, Likeness.same_name, existing)
    return held


@unscoped("an import compares with everybody on file; only the id of the other comes back")
def _with_ids(db: Session, indexes: Collection[bytes]) -> Iterator[tuple[bytes, UUID]]:
    rows = select(Person.id_number_index, Person.id).where(Person.state == State.active)
    for chunk in _chunks(list(indexes)):
        for index, person_id in db.execute(rows.where(_among(Person.id_number_index, chunk))):
            assert index is not None
            yield index, person_id


@unscoped("an import compares with everybody of the village; only the id of the other comes back")
def _with_marks(db: Session, marks: Collection[_Mark]) -> Iterator[tuple[_Mark, UUID, bool]]:
    """Who on file shares village, name and birth year; those with a number matter only to lines without one."""
    rows = select(Person.area_path, Person.name_index, Person.birth_year, Person.id, Person.id_number_index)
    rows = rows.where(Person.state == State.active)
    for chunk in _chunks(list({name_index for _, name_index, _ in marks})):
        for path, name_index, year, person_id, id_index in db.execute(rows.where(_among(Person.name_index, chunk))):
            mark = (village_of(path), name_index, year)
            if mark in marks:
                yield mark, person_id, id_index is not None


def _mark(vault: Vault, household: HouseholdLines, person: PersonLine) -> _Mark:
    return household.key[0], vault.index("areas_person.name", person.name), person.birth_year


def _id_index(vault: Vault, person: PersonLine) -> bytes | None:
    return vault.index("areas_person.id_number", person.id_number) if person.id_number else None


def _among(column: InstrumentedAttribute[Any], items: Sequence[_Item]) -> ColumnElement[bool]:
    """One array instead of thousands of values of their own: the driver writes it twice as fast."""
    return column == any_(bindparam(None, list(items), type_=ARRAY(column.type)))


def _chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
