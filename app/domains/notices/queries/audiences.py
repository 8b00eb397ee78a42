"""Who of a place is meant by an audience, and how many of them a message would reach now."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from app.domains.areas.models import Household, Person
from app.domains.identity.models import RoleGrant
from app.domains.notices.queries.operation import Reach, is_heard
from app.domains.notices.rules import Audience
from app.kernel.access import below, unscoped
from app.kernel.values import local_day

_MEMBER = "party_member"


@unscoped("names nobody: the machine tells these persons, or counts them for whoever may write to the place")
def persons_in(path: str, audience: Audience, *, now: datetime, adult_age: int) -> Select[UUID]:
    """The persons of an audience, each once, in the order of their ids."""
    match audience:
        case Audience.everybody:
            meant = _grown_up(path, local_day(now).year - adult_age)
        case Audience.members:
            meant = Person.id.in_(_members(path, now))
        case Audience.keepers:
            meant = Person.id.in_(_keepers(path))
    return select(Person.id).where(Person.state == "active", meant).order_by(Person.id)


def audience_reach(
    db: Session, path: str, audience: Audience, *, now: datetime, adult_age: int, without: UUID | None = None
) -> Reach:
    """How many people an audience has, and how many of them would hear it by some channel other than the inbox."""
    found = persons_in(path, audience, now=now, adult_age=adult_age).where(Person.id.is_distinct_from(without))
    counted = found.order_by(None).with_only_columns(func.count(), func.count().filter(is_heard(db)))
    return Reach(*db.execute(counted).one())


def _grown_up(path: str, born_until: int) -> ColumnElement[bool]:
    return below(Person.area_path, path) & or_(Person.birth_year.is_(None), Person.birth_year <= born_until)


@unscoped("ids only, for the two questions above")
def _members(path: str, now: datetime) -> Select[UUID]:
    return select(RoleGrant.person_id).where(
        RoleGrant.role == _MEMBER,
        below(RoleGrant.area_path, path),
        RoleGrant.revoked_at.is_(None),
        RoleGrant.since <= now,
        or_(RoleGrant.until.is_(None), RoleGrant.until > now),
    )


@unscoped("ids only, for the two questions above")
def _keepers(path: str) -> Select[UUID | None]:
    kept = below(Household.area_path, path) & (Household.state == "active") & Household.keeper_id.is_not(None)
    return select(Household.keeper_id).where(kept)
