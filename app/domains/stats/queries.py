"""The month of a place in figures, each counted through the reader's own reach, and the same for the places one step below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from app.domains.appraisals.models import Appraisal
from app.domains.appraisals.rules import ENDED, Stage
from app.domains.areas import queries as areas
from app.domains.areas.models import Household, Person
from app.domains.cases.models import Case, Party, Timer
from app.domains.cases.rules import Seat, TimerState
from app.domains.duties import queries as duties
from app.domains.duties.models import Duty
from app.domains.duties.rules import DutyState
from app.domains.notices import queries as notices
from app.domains.notices.queries import Reach
from app.kernel.access import Actor, below, reach, scoped, unscoped
from app.kernel.crypto import Vault

_MONTHLY = "monthly_visit"


class Matters(NamedTuple):
    """Open matters, and how many of them are late."""

    open_count: int
    late_count: int


class Deeds(NamedTuple):
    """Appraisals under way, by what they wait for."""

    checking: int
    judging: int
    published: int


@dataclass(frozen=True, slots=True)
class Part:
    """The same figures for one place inside a larger one."""

    path: str
    name: str
    visits_total: int
    visits_done: int
    matters: Matters


@dataclass(frozen=True, slots=True)
class Numbers:
    """The month of a place."""

    path: str
    name: str
    visits: duties.Progress
    coverage: areas.Coverage
    matters: Matters
    deeds: Deeds
    members: Reach
    parts: tuple[Part, ...]


class Unreached(NamedTuple):
    """A keeper whom nothing but the inbox would reach now."""

    person_id: UUID
    name: str
    area_path: str
    households: int


class Waiting(NamedTuple):
    """A household that the month still owes a visit, and who keeps it."""

    duty_id: UUID
    area_path: str
    group_name: str
    number: str
    keeper: str


def numbers(db: Session, actor: Actor, path: str, *, period: str) -> Numbers:
    """What a month has brought in a place, for those who answer for it."""
    matters = _matters_by_place(db, actor, path)
    open_, late = (sum(one[n] for one in matters.values()) for n in (0, 1))
    return Numbers(
        path=path,
        name=areas.place_name(db, path),
        visits=duties.progress_below(db, actor, path, kind=_MONTHLY, period=period),
        coverage=areas.coverage(db, actor, path),
        matters=Matters(open_, late),
        deeds=_deeds(db, actor, path),
        members=notices.reachability(db, path),
        parts=tuple(_parts(db, actor, path, period=period, matters=matters)),
    )


def _parts(db: Session, actor: Actor, path: str, *, period: str, matters: Mapping[str, Matters]) -> Sequence[Part]:
    visits = _visits_by_place(db, actor, path, period=period)
    paths = sorted({*visits, *matters} - {path})
    names = areas.place_names(db, paths)
    none = (0, 0)
    return [Part(one, names.get(one, ""), *visits.get(one, none), matters.get(one, Matters(0, 0))) for one in paths]


def _visits_by_place(db: Session, actor: Actor, path: str, *, period: str) -> dict[str, tuple[int, int]]:
    place, done = _step_below(Duty.area_path, path), func.count().filter(Duty.state == DutyState.done)
    counts = scoped(actor, "duties.read", Duty, place, func.count(), done)
    inside = counts.where(below(Duty.area_path, path), Duty.kind == _MONTHLY, Duty.period == period)
    return {one: (total, seen) for one, total, seen in db.execute(inside.group_by(place))}


def _matters_by_place(db: Session, actor: Actor, path: str) -> dict[str, Matters]:
    """Open matters of which the reader's area may know; where he is complained of himself they do not exist for him."""
    overdue = select(Timer.case_id).where(Timer.state == TimerState.overdue)
    kept_out = select(Party.case_id).where(Party.person_id == actor.person_id, Party.state == Seat.kept_out)
    place, late = _step_below(Case.area_path, path), func.count().filter(Case.id.in_(overdue))
    counts = scoped(actor, "cases.read", Case, place, func.count(), late)
    seen = counts.where(
        below(Case.area_path, path), Case.is_area_seen, Case.outcome.is_(None), Case.id.not_in(kept_out)
    )
    return {one: Matters(total, overdue_count) for one, total, overdue_count in db.execute(seen.group_by(place))}


def _deeds(db: Session, actor: Actor, path: str) -> Deeds:
    judged = (Stage.trial, Stage.judging, Stage.short, Stage.objected)
    counted = [
        func.count().filter(Appraisal.stage.in_(stages)) for stages in ((Stage.checking,), judged, (Stage.published,))
    ]
    counts = scoped(actor, "appraisals.read", Appraisal, *counted)
    return Deeds(*db.execute(counts.where(below(Appraisal.area_path, path), Appraisal.stage.not_in(ENDED))).one())


def owed(
    db: Session, vault: Vault, *, actor: Actor, path: str, period: str, after: UUID | None = None, limit: int = 30
) -> Sequence[Waiting]:
    """The households of a place that were not visited yet, a page after the given duty."""
    columns = (Duty.id, Duty.area_path, Household.group_name, Household.number, Duty.keeper_id)
    rows = scoped(actor, "duties.read", Duty, *columns).join(Household, Household.id == Duty.household_id)
    waiting = rows.where(
        below(Duty.area_path, path), Duty.kind == _MONTHLY, Duty.period == period, Duty.state == DutyState.owed
    )
    if after is not None:
        waiting = waiting.where(Duty.id > after)
    page = db.execute(waiting.order_by(Duty.id).limit(limit)).all()
    names = areas.names_of(db, vault, {row[4] for row in page if row[4]})
    return [Waiting(row[0], row[1], row[2], row[3], names.get(row[4], "")) for row in page]


def _step_below(column: ColumnElement[str] | object, path: str) -> ColumnElement[str]:
    """The place one step below a path in which a row lies."""
    steps = path.count("/") + 1
    return func.substring(column, f"^(?:[^/]+/){{1,{steps}}}")


def unreached(db: Session, vault: Vault, *, actor: Actor, path: str, limit: int = 200) -> Sequence[Unreached]:
    """The keepers of a place whom a message would not reach now, those with most households first."""
    found = db.execute(_keepers(actor, path).limit(limit)).all()
    heard = notices.reachable(db, [person for person, *_ in found])
    silent = [row for row in found if row[0] not in heard]
    names = areas.names_of(db, vault, [person for person, *_ in silent])
    return [Unreached(person, names.get(person, ""), place, kept) for person, place, kept in silent]


@unscoped("through the households whose coverage the reader may see")
def _keepers(actor: Actor, path: str) -> Select[UUID, str, int]:
    kept = func.count(Household.id)
    return (
        select(Person.id, Person.area_path, kept)
        .join(Household, Household.keeper_id == Person.id)
        .where(reach(actor, "coverage.read", Household), below(Household.area_path, path))
        .where(Household.state == "active", Person.state == "active")
        .group_by(Person.id, Person.area_path)
        .order_by(kept.desc(), Person.id)
    )
