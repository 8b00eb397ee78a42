"""Questions about households: the facts at a door, the names of their heads, who keeps them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.domains.areas.models import Area, Household, Person
from app.domains.areas.rules.divisions import short_name
from app.domains.areas.rules.relations import HEAD
from app.domains.areas.rules.states import State
from app.kernel.access import Actor, below, reach, unscoped
from app.kernel.crypto import Vault


class DoorFacts(NamedTuple):
    """What one must know of a household to log something about it."""

    household_id: UUID
    area_path: str
    keeper_id: UUID | None
    last_visit_at: datetime | None


class HouseholdPerson(NamedTuple):
    """Somebody of a household."""

    person_id: UUID
    name: str
    relation: str | None


class HouseholdFacts(NamedTuple):
    """A household without anything personal."""

    household_id: UUID
    area_path: str
    number: str
    group_name: str
    flags: tuple[str, ...]
    keeper_id: UUID | None
    head_id: UUID | None
    last_visit_at: datetime | None


_HEADS = (
    select(Household.id, Person.id, Person.name_sealed)
    .join(Person, Person.id == Household.head_id)
    .where(Household.id.in_(bindparam("ids", expanding=True)))
)


@unscoped("names are asked for households that the caller has already reached")
def households_named(db: Session, vault: Vault, household_ids: Collection[UUID]) -> dict[UUID, str]:
    """The heads' names of these households."""
    if not household_ids:
        return {}
    rows = db.execute(_HEADS, {"ids": list(set(household_ids))})
    return {household: vault.open(f"areas_person.name:{person}", sealed) for household, person, sealed in rows}


@unscoped("who answers for a household is asked by the machine itself, to tell that person")
def keeper_of(db: Session, household_id: UUID) -> UUID | None:
    """The person who keeps a household today."""
    found: UUID | None = db.scalar(select(Household.keeper_id).where(Household.id == household_id))
    return found


@unscoped("holds nothing personal; the caller decides what of it a person may see")
def household_facts(db: Session, household_id: UUID) -> HouseholdFacts | None:
    """A household that is on file, without anything personal."""
    row = db.execute(
        select(
            Household.id,
            Household.area_path,
            Household.number,
            Household.group_name,
            Household.flags,
            Household.keeper_id,
            Household.head_id,
            Household.last_visit_at,
        ).where(Household.id == household_id, Household.state == State.active)
    ).first()
    return None if row is None else HouseholdFacts(*row[:4], tuple(row.flags), *row[5:])


@unscoped("a place and a number, nothing personal; asked for persons that the caller has been pointed to")
def place_of_persons(db: Session, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """Where these persons are on file: 山口村 0315."""
    rows = db.execute(
        select(Person.id, Area.name, Household.number)
        .join(Household, Household.id == Person.household_id)
        .join(Area, Area.path == Household.area_path)
        .where(Person.id.in_(list(person_ids)))
    )
    return {person: f"{short_name(name)} {number}" for person, name, number in rows}


@unscoped("an operator's command names households by their numbers; only ids come back")
def households_numbered(db: Session, path: str, numbers: Collection[str]) -> dict[str, UUID]:
    """The households of a village or grid that have these numbers."""
    rows = select(Household.number, Household.id).where(
        below(Household.area_path, path), Household.number.in_(numbers), Household.state == State.active
    )
    return {row.number: row.id for row in db.execute(rows)}


def people_of(db: Session, vault: Vault, actor: Actor, *, household_id: UUID) -> list[HouseholdPerson]:
    """Everybody of a household, its head first, for those who may see its persons; for others nobody."""
    rows = (
        select(Person.id, Person.name_sealed, Person.relation)
        .join(Household, Household.id == Person.household_id)
        .where(reach(actor, "persons.read", Household), Household.id == household_id, Person.state == State.active)
        .order_by(Person.relation.is_distinct_from(HEAD), Person.id)
    )
    return [
        HouseholdPerson(row.id, vault.open(f"areas_person.name:{row.id}", row.name_sealed), row.relation)
        for row in db.execute(rows)
    ]
