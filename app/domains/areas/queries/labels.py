"""What is printed on the doors of a village: the code, where it is, the head's masked name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_
from sqlalchemy.orm import Session

from app.domains.areas.models import DoorCode, Household, Person
from app.domains.areas.queries.divisions import place_names
from app.domains.areas.rules.divisions import village_of
from app.domains.areas.rules.needs import in_order
from app.domains.areas.rules.states import State
from app.kernel.access import Actor, below, scoped
from app.kernel.crypto import Vault
from app.kernel.values import mask_name


class DoorLabel(NamedTuple):
    """One door."""

    household_id: UUID
    token: str
    village: str
    group_name: str
    number: str
    head_masked: str


def door_labels(db: Session, vault: Vault, actor: Actor, *, path: str) -> Sequence[DoorLabel]:
    """The labels of a place's households that have a code, by village, group and number as people count."""
    columns = (Household.id, Household.area_path, Household.group_name, Household.number)
    sealed = (DoorCode.id, DoorCode.token_sealed, Person.id, Person.name_sealed)
    rows = db.execute(
        scoped(actor, "codes.issue", Household, *columns, *sealed)
        .join(DoorCode, and_(DoorCode.household_id == Household.id, DoorCode.revoked_at.is_(None)))
        .outerjoin(Person, Person.id == Household.head_id)
        .where(below(Household.area_path, path), Household.state == State.active)
    ).all()
    in_turn = sorted(rows, key=lambda row: (village_of(row[1]), in_order(row[2]), in_order(row[3])))
    names = place_names(db, {village_of(row[1]) for row in rows})
    return [
        DoorLabel(
            household_id,
            vault.open(f"areas_door_code.token:{code}", token),
            names[village_of(place)],
            group,
            number,
            mask_name(vault.open(f"areas_person.name:{head}", name)) if head else "",
        )
        for household_id, place, group, number, code, token, head, name in in_turn
    ]
