"""What comes next in one case for whoever looks at it: his moves, the clock with the way up, what was promised, whether he may urge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.cases.errors import CaseNotFound
from app.domains.cases.models import Case, CaseEntry, Party, Timer
from app.domains.cases.preset.model import CaseKind
from app.domains.cases.queries.lists import kind_of, sitting_of, visible
from app.domains.cases.queries.timeline import urged_at
from app.domains.cases.rules import LADDER, LIVE, TASK, Happened, TimerState
from app.domains.cases.rules.ladder import Stop, stops_ahead
from app.domains.cases.rules.offers import Course, Offer, offers
from app.domains.cases.rules.sight import Sitting, is_mine, places_of
from app.kernel.access import Actor, unscoped


@dataclass(frozen=True, slots=True)
class Ticking:
    """The clock of the stage that a case is in, and who is told when it runs out."""

    key: str
    name: str
    state: TimerState
    started_at: datetime
    due_at: datetime
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Extension:
    """A clock that whoever looks may move on, and by how much."""

    clock: str
    name: str
    amount: int
    unit: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """What comes next."""

    kind: CaseKind
    waits_on: str
    is_mine: bool
    offers: tuple[Offer, ...]
    clock: Ticking | None
    promised_at: datetime | None
    urge_from: datetime | None
    extension: Extension | None


@unscoped("through visible(): the actor's places, and what his area may see")
def ahead_of(db: Session, actor: Actor, case_id: UUID, *, now: datetime) -> Ahead:
    """What comes next in a case that somebody may see; for others it does not exist."""
    case = db.scalar(select(Case).where(Case.id == case_id, visible(actor)))
    if case is None:
        raise CaseNotFound
    kind = kind_of(db, case)
    sittings = [sitting_of(p) for p in db.scalars(select(Party).where(Party.case_id == case_id))]
    entries = db.scalars(select(CaseEntry).where(CaseEntry.case_id == case_id).order_by(CaseEntry.position)).all()
    timers = {t.name: t for t in db.scalars(select(Timer).where(Timer.case_id == case_id, Timer.state.in_(LIVE)))}
    mine = places_of(sittings, actor.person_id, actor.stands_for)
    own = mine if actor.through_id is None else frozenset[str]()  # whoever acts for another looks on
    waits_on = kind.stage[case.stage].waits_on or ""
    return Ahead(
        kind=kind,
        waits_on=waits_on,
        is_mine=waits_on in mine,
        offers=tuple(offers(kind, _course(kind, case, sittings, entries=entries, actor=actor), own, now=now)),
        clock=_ticking(kind, case, timers, entries=entries),
        promised_at=min((t.due_at for name, t in timers.items() if name.startswith(TASK)), default=None)
        if mine
        else None,
        urge_from=_urge_from(db, kind, case, mine=own),
        extension=_extension(kind, timers, mine=own, now=now),
    )


def _course(
    kind: CaseKind, case: Case, sittings: Sequence[Sitting], *, entries: Sequence[CaseEntry], actor: Actor
) -> Course:
    worked = (s for s in sittings if s.party not in kind.close.word_of)
    return Course(
        stage=case.stage,
        moves_made=tuple(entry.move for entry in entries),
        consents=frozenset(str(e.detail["consent"]) for e in entries if "consent" in e.detail),
        closed_at=case.closed_at,
        has_worked=any(is_mine(s, actor.person_id, actor.stands_for) for s in worked),
    )


def _ticking(
    kind: CaseKind, case: Case, timers: Mapping[str, Timer], *, entries: Sequence[CaseEntry]
) -> Ticking | None:
    key = kind.stage[case.stage].clock or ""
    timer = timers.get(key)
    if timer is None:
        return None
    ladder = timers.get(LADDER)
    first_at = ladder.due_at if ladder is not None else timer.due_at
    told = {int(e.detail["rung"]): e.at for e in entries if e.kind == Happened.climbed and "rung" in e.detail}
    climbs = kind.clock[key].on_due == "climb"
    stops = stops_ahead(kind.ladder, case.level, above=case.rung, first_at=first_at, told=told) if climbs else ()
    return Ticking(key, kind.clock[key].name, TimerState(timer.state), timer.started_at, timer.due_at, stops)


def _urge_from(db: Session, kind: CaseKind, case: Case, *, mine: frozenset[str]) -> datetime | None:
    """From when somebody may ask whoever is waited on to hurry; None when it is not his to ask, or nobody's to hurry."""
    waits_on = kind.stage[case.stage].waits_on
    if kind.urge is None or not set(kind.urge.by) & mine or not waits_on or waits_on in kind.close.word_of:
        return None
    last = urged_at(db, case.id)
    return case.opened_at if last is None else last + timedelta(hours=kind.urge.hours)


def _extension(kind: CaseKind, timers: Mapping[str, Timer], *, mine: frozenset[str], now: datetime) -> Extension | None:
    for name, clock in kind.clock.items():
        timer = timers.get(name)
        if clock.extend is None or timer is None or clock.extend.by not in mine:
            continue
        if timer.state == TimerState.running and timer.due_at > now and timer.extended < clock.extend.times:
            return Extension(name, clock.name, clock.extend.amount, clock.unit)
    return None
