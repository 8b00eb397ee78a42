"""Who is in an office for a place, who of them can be told, and among whom a lot may fall."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.areas.models import Household, Person
from app.domains.cases.preset.model import CaseKind
from app.domains.cases.preset.words import ZONE_OFFICE, Office, office
from app.domains.cases.rules.draws import Candidate
from app.domains.cases.rules.ladder import Found, Holder, Step, Why, first_able
from app.domains.identity import queries as identities
from app.domains.notices import queries as notices
from app.kernel.access import unscoped

Known = dict[Any, Any]  # what was looked up already, for as long as one sweep lasts
_DEPTH = {"county": 1, "town": 2, "village": 3}


class Place(NamedTuple):
    """Where a case lies."""

    area_path: str
    household_id: UUID


class Asking(NamedTuple):
    """For which place it is asked who answers, at which moment, who must not hear of it, and by which message he is asked."""

    place: Place
    now: datetime
    kept_out: frozenset[UUID] = frozenset()
    known: Known | None = None
    template: str | None = None


class _Roster(NamedTuple):
    """Who is in an office, who of them is away and who stands in, who of these is away himself, who hears."""

    persons: tuple[UUID, ...]
    away: Mapping[UUID, UUID]
    gone: frozenset[UUID]
    heard: frozenset[UUID]


def path_at(area_path: str, level: str) -> str:
    """The path of the village, town or county in which a place lies."""
    return "".join(f"{step}/" for step in area_path.split("/")[: _DEPTH[level]] if step)


def step_at(db: Session, said: str, asking: Asking, *, rung: int = -1) -> Step:
    """An office with those who are in it for a place, and who of them can be asked now."""
    seat = office(said)
    assert seat is not None
    return Step(rung, said, _holders(db, seat, asking))


def way_up(db: Session, kind: CaseKind, category: str, *, asking: Asking) -> Iterator[Step]:
    """Everybody who may come to answer first: the route of the category, then the ladder; found one by one."""
    for said in kind.category[category].route:
        yield step_at(db, said, asking)
    yield from rungs_above(db, kind, -1, asking=asking)


def rungs_above(db: Session, kind: CaseKind, rung: int, *, asking: Asking) -> Iterator[Step]:
    """The rungs of the ladder above this one."""
    for number in range(rung + 1, len(kind.ladder)):
        yield step_at(db, kind.ladder[number].who, asking, rung=number)


def answerers(db: Session, kind: CaseKind, category: str, *, asking: Asking) -> Found:
    """Who will be asked first when such a case is opened here, and who is passed over and why."""
    return first_able(way_up(db, kind, category, asking=asking))


def persons_in(
    db: Session, offices: Collection[str], place: Place, *, now: datetime, known: Known | None = None
) -> frozenset[UUID]:
    """Everybody who is in one of these offices for a place, able or not, with those who stand in for them."""
    steps = [step_at(db, said, Asking(place, now, known=known)) for said in offices]
    holders = [holder for step in steps for holder in step.holders]
    return frozenset([h.person_id for h in holders] + [h.stands_for for h in holders if h.stands_for])


def _holders(db: Session, seat: Office, asking: Asking) -> tuple[Holder, ...]:
    persons, away, gone, heard = _roster(db, seat, asking)
    found = []
    for person in persons:
        deputy = away.get(person) if str(seat) == ZONE_OFFICE else None
        one = deputy or person
        is_away = person in away if deputy is None else deputy in gone
        is_out = bool({one, person} & asking.kept_out)
        why = Why.kept_out if is_out else Why.absent if is_away else Why.unreachable if one not in heard else None
        found.append(Holder(one, why, person if deputy else None))
    return tuple(found)


def _roster(db: Session, seat: Office, asking: Asking) -> _Roster:
    """Who is in an office, looked up once for all cases of a place that a sweep has in hand."""
    is_zone = str(seat) == ZONE_OFFICE
    path = asking.place.area_path if is_zone else path_at(asking.place.area_path, seat.level)
    key = (seat, asking.place.household_id if is_zone else path, asking.template)
    known = {} if asking.known is None else asking.known
    if key not in known:
        known[key] = _looked_up(db, seat, asking, path=path)
    found: _Roster = known[key]
    return found


def _looked_up(db: Session, seat: Office, asking: Asking, *, path: str) -> _Roster:
    if str(seat) == ZONE_OFFICE:
        keeper = areas.keeper_of(db, asking.place.household_id)
        persons: Sequence[UUID] = [] if keeper is None else [keeper]
    else:
        persons = identities.holders(db, seat.role, path=path, now=asking.now)
    if not persons:
        return _Roster((), {}, frozenset(), frozenset())
    away = areas.absences(db, persons, asking.now)
    gone = frozenset(areas.absences(db, away.values(), asking.now)) if away else frozenset[UUID]()
    heard = notices.reachable(db, [*persons, *away.values()], template=asking.template)
    return _Roster(tuple(persons), away, gone, heard)


@unscoped("asked by the machine: among whom a lot may fall; only ids")
def candidates(db: Session, role: str, *, path: str, now: datetime, template: str | None = None) -> list[Candidate]:
    """Those of an office at or below a place who can be told now, with their household and its keeper."""
    persons = identities.holders_below(db, role, path=path, now=now)
    if not persons:
        return []
    away, heard = areas.absences(db, persons, now), notices.reachable(db, persons, template=template)
    rows = db.execute(
        select(Person.id, Person.household_id, Household.keeper_id)
        .outerjoin(Household, Household.id == Person.household_id)
        .where(Person.id.in_([p for p in persons if p in heard and p not in away]))
    )
    return [Candidate(*row) for row in rows]


@unscoped("asked by the machine, to keep kin out of a lot; only ids")
def households_of(db: Session, person_ids: Collection[UUID]) -> frozenset[UUID]:
    """The households of these persons."""
    found = select(Person.household_id).where(Person.id.in_(list(person_ids)), Person.household_id.is_not(None))
    return frozenset(one for one in db.scalars(found) if one is not None)
