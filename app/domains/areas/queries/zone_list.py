"""My zone: every household that somebody keeps or stands in for, in one query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.domains.areas.models import Household, Link, Person
from app.domains.areas.rules.states import State
from app.kernel.access import Actor, reach
from app.kernel.crypto import Vault

_MOST = 1000


class ZoneHousehold(NamedTuple):
    """One household of a zone, with its head's name."""

    household_id: UUID
    area_path: str
    group_name: str
    number: str
    flags: Sequence[str]
    keeper_id: UUID
    last_visit_at: datetime | None
    head_name: str
    link_id: UUID | None
    keeper_confirmed_at: datetime | None
    household_confirmed_at: datetime | None


def zone_households(db: Session, vault: Vault, actor: Actor) -> Sequence[ZoneHousehold]:
    """The households of the actor's own zone and of those for whom he stands in."""
    rows = (
        select(
            Household.id,
            Household.area_path,
            Household.group_name,
            Household.number,
            Household.flags,
            Household.keeper_id,
            Household.last_visit_at,
            Link.id.label("link_id"),
            Link.keeper_confirmed_at,
            Link.household_confirmed_at,
            Person.id.label("head_id"),
            Person.name_sealed,
        )
        .outerjoin(Link, and_(Link.household_id == Household.id, Link.until.is_(None)))
        .outerjoin(Person, Person.id == Household.head_id)
        .where(reach(actor, "households.read", Household), Household.keeper_id.in_(actor.stands_for))
        .where(Household.state == State.active)
        .limit(_MOST)
    )
    return [
        ZoneHousehold(
            household_id=row.id,
            area_path=row.area_path,
            group_name=row.group_name,
            number=row.number,
            flags=row.flags,
            keeper_id=row.keeper_id,
            last_visit_at=row.last_visit_at,
            head_name=vault.open(f"areas_person.name:{row.head_id}", row.name_sealed) if row.head_id else "",
            link_id=row.link_id,
            keeper_confirmed_at=row.keeper_confirmed_at,
            household_confirmed_at=row.household_confirmed_at,
        )
        for row in db.execute(rows)
    ]
