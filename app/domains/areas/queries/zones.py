"""Questions about zones: for whom somebody stands, what he keeps, and which households nobody keeps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domains.areas.models import Deputy, Household, Link
from app.domains.areas.rules.states import State
from app.kernel.access import Actor, below, reach, scoped, unscoped

_ABSENT = select(Deputy.absent_id).where(
    Deputy.deputy_id == bindparam("person_id"),
    Deputy.since <= bindparam("now"),
    Deputy.until > bindparam("now"),
    Deputy.ended_at.is_(None),
)


def stands_for(db: Session, person_id: UUID, now: datetime) -> tuple[UUID, ...]:
    """The person himself and those whose deputy he is at this moment."""
    absent = db.scalars(_ABSENT, {"person_id": person_id, "now": now}).all()
    return (person_id, *absent)


@unscoped("asked by the machine itself, to tell whoever stands in for the absent")
def absences(db: Session, person_ids: Collection[UUID], now: datetime) -> dict[UUID, UUID]:
    """Which of these persons are absent at this moment, and who stands in for each."""
    away = select(Deputy.absent_id, Deputy.deputy_id).where(
        Deputy.absent_id.in_(list(person_ids)), Deputy.since <= now, Deputy.until > now, Deputy.ended_at.is_(None)
    )
    return {absent: deputy for absent, deputy in db.execute(away.order_by(Deputy.since.desc(), Deputy.id))}  # noqa: C416


@unscoped("asked by the machine itself, for the keeper's own duties and reminders")
def kept_households(db: Session, keeper_id: UUID) -> Sequence[UUID]:
    """The households that a person keeps today."""
    kept = select(Household.id).where(Household.keeper_id == keeper_id, Household.state == State.active)
    return db.scalars(kept.order_by(Household.id)).all()


class Coverage(NamedTuple):
    """How far a place is covered: households, those with a keeper, those where both sides have said yes."""

    household_count: int
    covered_count: int
    confirmed_count: int


def coverage(db: Session, actor: Actor, path: str) -> Coverage:
    """The coverage of a place, for those who may look at it."""
    is_mutual = and_(Link.keeper_confirmed_at.is_not(None), Link.household_confirmed_at.is_not(None))
    counts = (
        select(func.count(), func.count(Household.keeper_id), func.count().filter(is_mutual))
        .select_from(Household)
        .outerjoin(Link, and_(Link.household_id == Household.id, Link.until.is_(None)))
        .where(reach(actor, "coverage.read", Household), below(Household.area_path, path))
        .where(Household.state == State.active)
    )
    return Coverage(*db.execute(counts).one())


class Uncovered(NamedTuple):
    """A household that nobody keeps."""

    household_id: UUID
    area_path: str
    group_name: str
    number: str


def uncovered(
    db: Session, actor: Actor, path: str, *, after: UUID | None = None, limit: int = 30
) -> Sequence[Uncovered]:
    """Households of a place that nobody keeps, in the order of the villages, a page after the given household."""
    rows = scoped(
        actor, "coverage.read", Household, Household.id, Household.area_path, Household.group_name, Household.number
    ).where(below(Household.area_path, path), Household.keeper_id.is_(None), Household.state == State.active)
    if after is not None:
        last = aliased(Household)
        last_path = select(last.area_path).where(last.id == after).scalar_subquery()
        later = and_(Household.area_path == last_path, Household.id > after)
        rows = rows.where(or_(Household.area_path > last_path, later))
    page = rows.order_by(Household.area_path, Household.id).limit(limit)
    return [Uncovered(*row) for row in db.execute(page)]


class Keeping(NamedTuple):
    """One stretch of time in which somebody kept a household."""

    link_id: UUID
    keeper_id: UUID
    since: datetime
    until: datetime | None
    reason: str
    is_mutual: bool


def keepings(db: Session, actor: Actor, household_id: UUID) -> Sequence[Keeping]:
    """Who has kept a household from when to when, the present keeper first."""
    is_mutual = and_(Link.keeper_confirmed_at.is_not(None), Link.household_confirmed_at.is_not(None))
    columns = (Link.id, Link.keeper_id, Link.since, Link.until, Link.reason, is_mutual)
    rows = scoped(actor, "links.read", Link, *columns).where(Link.household_id == household_id)
    return [Keeping(*row) for row in db.execute(rows.order_by(Link.until.desc().nulls_first(), Link.since.desc()))]


class PlaceCoverage(NamedTuple):
    """The coverage of one place inside a larger one."""

    path: str
    household_count: int
    covered_count: int


def coverage_by_place(db: Session, actor: Actor, path: str) -> Sequence[PlaceCoverage]:
    """The coverage of each place one step below, in the order of their codes."""
    steps = path.count("/") + 1
    place = func.substring(Household.area_path, f"^(?:[^/]+/){{1,{steps}}}")
    counts = scoped(actor, "coverage.read", Household, place, func.count(), func.count(Household.keeper_id))
    inside = counts.where(below(Household.area_path, path), Household.state == State.active)
    return [PlaceCoverage(*row) for row in db.execute(inside.group_by(place).order_by(place))]


class OpenLink(NamedTuple):
    """The link that a household has today, and who has said yes to it."""

    link_id: UUID
    keeper_id: UUID
    keeper_confirmed_at: datetime | None
    household_confirmed_at: datetime | None


def open_link(db: Session, actor: Actor, household_id: UUID) -> OpenLink | None:
    """Today's link of a household, for its two sides."""
    columns = (Link.id, Link.keeper_id, Link.keeper_confirmed_at, Link.household_confirmed_at)
    mine = scoped(actor, "links.confirm", Link, *columns).where(Link.household_id == household_id, Link.until.is_(None))
    row = db.execute(mine).first()
    return None if row is None else OpenLink(*row)
