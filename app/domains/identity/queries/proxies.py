"""Who may act for whom now: for those whose household it is, for the one who acts, and for each of his requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.areas.models import Household, Person
from app.domains.identity.models import Proxy
from app.domains.identity.preset import VILLAGER, Proxies
from app.kernel.access import Actor, Grant, scoped, unscoped
from app.kernel.crypto import Vault


@dataclass(frozen=True, slots=True)
class Left:
    """What is left to whom: both by their names, which both know."""

    proxy_id: UUID
    for_person_id: UUID
    for_name: str = field(repr=False)
    holder_id: UUID
    holder_name: str = field(repr=False)
    household_id: UUID
    place: str
    powers: tuple[str, ...]
    way: str
    since: datetime
    until: datetime


def proxies_over(db: Session, vault: Vault, *, actor: Actor, household_id: UUID, now: datetime) -> Sequence[Left]:
    """Who may act for somebody of one's household."""
    found = scoped(actor, "proxies.give", Proxy).where(Proxy.household_id == household_id, *_in_force(now))
    return _left(db, vault, db.scalars(found.order_by(Proxy.since, Proxy.id)).all())


@unscoped("one's own: by who holds it")
def proxies_held(db: Session, vault: Vault, *, person_id: UUID, now: datetime) -> Sequence[Left]:
    """For whom somebody may act."""
    found = select(Proxy).where(Proxy.holder_id == person_id, *_in_force(now), *_still_there())
    rows = db.scalars(found.join(Person, Person.id == Proxy.for_person_id).order_by(Proxy.since, Proxy.id)).all()
    return _left(db, vault, rows)


@unscoped("this is where the reach of somebody who acts for another comes from")
def acting_for(db: Session, actor: Actor, for_person_id: UUID, *, now: datetime, limits: Proxies) -> Actor | None:
    """The person one acts for, with nothing but what was left to one; None when nothing was, or it is over."""
    if actor.person_id is None:
        return None
    found = (
        select(Proxy.powers, Proxy.household_id, Person.area_path)
        .join(Person, Person.id == Proxy.for_person_id)
        .join(Household, Household.id == Proxy.household_id)
        .where(Proxy.holder_id == actor.person_id, Proxy.for_person_id == for_person_id)
        .where(*_in_force(now), *_still_there(), Household.state == "active")
    )
    row = db.execute(found.order_by(Proxy.since.desc()).limit(1)).first()
    if row is None:
        return None
    powers, household_id, path = row
    grant = Grant(VILLAGER, areas.village_of(path), limits.permissions(powers))
    return Actor(actor.kind, actor.account_id, for_person_id, household_id, grants=(grant,), through_id=actor.person_id)


@unscoped("conditions only")
def _in_force(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Proxy.ended_at.is_(None), Proxy.since <= now, Proxy.until > now


@unscoped("conditions only")
def _still_there() -> tuple[ColumnElement[bool], ...]:
    """Whoever has moved, left or died is acted for no more."""
    return Person.state == "active", Person.household_id == Proxy.household_id


def _left(db: Session, vault: Vault, rows: Sequence[Proxy]) -> Sequence[Left]:
    names = areas.names_of(db, vault, {one for row in rows for one in (row.for_person_id, row.holder_id)})
    places = areas.place_names(db, {areas.village_of(row.area_path) for row in rows})
    return [
        Left(
            row.id,
            row.for_person_id,
            names.get(row.for_person_id, ""),
            row.holder_id,
            names.get(row.holder_id, ""),
            row.household_id,
            places.get(areas.village_of(row.area_path), ""),
            tuple(row.powers),
            row.way,
            row.since,
            row.until,
        )
        for row in rows
    ]
