"""Questions about persons: names and phones opened for those who may see them, and who is meant by a phone or a name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from app.domains.areas.errors import PersonNotFound
from app.domains.areas.models import Household, Person
from app.domains.areas.rules.states import State
from app.kernel.access import Actor, below, scoped, unscoped
from app.kernel.crypto import Vault
from app.kernel.values import plain

_ADULT = 18
_NAMES = select(Person.id, Person.name_sealed).where(Person.id.in_(bindparam("ids", expanding=True)))


class PersonFacts(NamedTuple):
    """A person without anything personal: where, in which household."""

    person_id: UUID
    household_id: UUID | None
    area_path: str
    birth_year: int | None
    relation: str | None


class Called(NamedTuple):
    """Somebody with a name, by his household, for whoever has to say which one he means."""

    person_id: UUID
    group_name: str
    number: str
    birth_year: int | None
    relation: str | None


def persons_called(db: Session, vault: Vault, actor: Actor, *, path: str, name: str) -> Sequence[Called]:
    """Everybody of a place with exactly this name."""
    columns = (Person.id, Household.group_name, Household.number, Person.birth_year, Person.relation)
    index = vault.index("areas_person.name", plain(name))
    named = scoped(actor, "households.write", Person, *columns).where(
        Person.name_index == index, Person.state == State.active, below(Person.area_path, path)
    )
    with_home = named.outerjoin(Household, Household.id == Person.household_id).order_by(Household.number, Person.id)
    return [Called(i, group or "", number or "", *more) for i, group, number, *more in db.execute(with_home)]


@unscoped("names are asked for persons whom the caller has already reached")
def names_of(db: Session, vault: Vault, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of these persons; who is unknown is left out."""
    if not person_ids:
        return {}
    rows = db.execute(_NAMES, {"ids": list(set(person_ids))})
    return {person: vault.open(f"areas_person.name:{person}", sealed) for person, sealed in rows}


def name_of(db: Session, vault: Vault, person_id: UUID) -> str:
    """One person's name."""
    names = names_of(db, vault, [person_id])
    if person_id not in names:
        raise PersonNotFound
    return names[person_id]


@unscoped("asked by the machine itself, to call or text this person")
def phone_of(db: Session, vault: Vault, person_id: UUID) -> str | None:
    """One person's phone number, if there is one on file."""
    sealed = db.scalar(select(Person.phone_sealed).where(Person.id == person_id))
    return None if sealed is None else vault.open(f"areas_person.phone:{person_id}", sealed)


@unscoped("the columns only; each question that uses them says for whom it is asked")
def _facts() -> Select[UUID, UUID | None, str, int | None, str | None]:
    columns = select(Person.id, Person.household_id, Person.area_path, Person.birth_year, Person.relation)
    return columns.where(Person.state == State.active)


@unscoped("holds nothing personal; asked for a person that the caller already has")
def person_facts(db: Session, person_id: UUID) -> PersonFacts | None:
    """One person on file."""
    row = db.execute(_facts().where(Person.id == person_id)).first()
    return None if row is None else PersonFacts(*row)


@unscoped("asked at sign-in, before there is an actor: WeChat has proven the number")
def persons_with_phone(db: Session, vault: Vault, phone: str) -> Sequence[PersonFacts]:
    """Who has this phone number on file; a phone that a family shares has several."""
    index = vault.index("areas_person.phone", phone)
    return [PersonFacts(*row) for row in db.execute(_facts().where(Person.phone_index == index).order_by(Person.id))]


@unscoped("asked at sign-in by somebody who stands at the door and names himself")
def persons_named(db: Session, vault: Vault, household_id: UUID, *, name: str) -> Sequence[PersonFacts]:
    """Who of one household has this name."""
    index = vault.index("areas_person.name", plain(name))
    of_household = _facts().where(Person.household_id == household_id, Person.name_index == index)
    return [PersonFacts(*row) for row in db.execute(of_household.order_by(Person.id))]


@unscoped("asked by a villager about his own village, with a name that he knows; only ids come back")
def people_named(db: Session, vault: Vault, path: str, *, name: str) -> Sequence[PersonFacts]:
    """Who of a place has exactly this name."""
    named = _facts().where(Person.name_index == vault.index("areas_person.name", plain(name)))
    return [PersonFacts(*row) for row in db.execute(named.where(below(Person.area_path, path)).order_by(Person.id))]


@unscoped("holds nothing personal; asked for a household that the caller has already reached")
def persons_of(db: Session, household_id: UUID) -> Sequence[PersonFacts]:
    """Everybody of one household, in the order in which they were recorded."""
    return [
        PersonFacts(*row) for row in db.execute(_facts().where(Person.household_id == household_id).order_by(Person.id))
    ]


def is_adult_of(db: Session, person_id: UUID, *, household_id: UUID, this_year: int) -> bool:
    """Whether a person is of age and of this household; an unknown age is not an adult's."""
    facts = person_facts(db, person_id)
    if facts is None or facts.household_id != household_id or facts.birth_year is None:
        return False
    return this_year - facts.birth_year > _ADULT
