"""Cases in lists: one's own, one's queue, one's area; what everybody who may see a case sees of it, and who may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.cases.models import Case, Party, Timer
from app.domains.cases.preset.model import CaseKind
from app.domains.cases.preset.words import ZONE_OFFICE
from app.domains.cases.rules import ACTIVE, LIVE, Phase, Seat, TimerState
from app.domains.cases.rules.sight import Sitting, places_of
from app.kernel.access import Actor, below, reach, unscoped
from app.kernel.policies import policy_of

PAGE = 30
_NEXT_UNIT = "next_unit"


@dataclass(frozen=True, slots=True)
class Brief:
    """A case in a list: what everybody who may see its stage sees."""

    id: UUID
    kind: str
    kind_name: str
    number: str
    category_name: str
    level: str
    stage: str
    stage_name: str
    outcome: str | None
    place: str
    opened_at: datetime
    started_at: datetime | None
    due_at: datetime | None
    is_late: bool
    places: tuple[str, ...]
    is_mine: bool
    phase: Phase
    quick: tuple[str, str] | None
    hand_on: str | None


def has_place(actor: Actor) -> ColumnElement[bool]:
    """Cases in which somebody has a place, of his own or of an absent keeper's; who acts for him sees none of his offices."""
    is_me = Party.person_id == actor.person_id
    if actor.through_id is not None:
        is_me = and_(is_me, Party.office == "")
    if actor.stands_for:
        is_me = or_(is_me, and_(Party.office == ZONE_OFFICE, Party.person_id.in_(actor.stands_for)))
    is_seated = exists().where(Party.case_id == Case.id, is_me, Party.state.in_(ACTIVE))
    return and_(is_seated, ~keeps_out(actor))


def keeps_out(actor: Actor) -> ColumnElement[bool]:
    """Cases in which somebody is complained of: they do not exist for him."""
    return exists().where(Party.case_id == Case.id, Party.person_id == actor.person_id, Party.state == Seat.kept_out)


def visible(actor: Actor) -> ColumnElement[bool]:
    """Every case of which somebody may see anything: where he has a place, and what his area may see of the others."""
    if actor.is_system:
        return reach(actor, "cases.read", Case)
    through_area = and_(reach(actor, "cases.read", Case), Case.is_area_seen, ~keeps_out(actor))
    return or_(has_place(actor), through_area)


@unscoped("through the places that the actor has in cases, never through an area")
def my_cases(db: Session, actor: Actor, *, after: tuple[datetime, UUID] | None = None) -> Sequence[Brief]:
    """The cases in which somebody has a place because the matter is his (or was raised by him), the newest first."""
    return _briefs(db, actor, _page(select(Case).where(has_place(actor), _is_concerned(actor)), after))


@unscoped("through the places that the actor has in cases, never through an area")
def my_queue(db: Session, actor: Actor, *, after: tuple[datetime, UUID] | None = None) -> Sequence[Brief]:
    """The open cases in which somebody has an office's place, the newest first."""
    office = exists().where(
        Party.case_id == Case.id, Party.person_id.in_(_persons(actor)), Party.state.in_(ACTIVE), Party.office != ""
    )
    return _briefs(db, actor, _page(select(Case).where(has_place(actor), office, Case.outcome.is_(None)), after))


def area_cases(db: Session, actor: Actor, *, path: str, after: tuple[datetime, UUID] | None = None) -> Sequence[Brief]:
    """The cases of a place that its cadres may know of, the newest first."""
    seen = and_(reach(actor, "cases.read", Case), Case.is_area_seen, ~keeps_out(actor))
    return _briefs(db, actor, _page(select(Case).where(seen, below(Case.area_path, path)), after))


def _persons(actor: Actor) -> list[UUID]:
    return [p for p in (actor.person_id, *actor.stands_for) if p is not None]


def _is_concerned(actor: Actor) -> ColumnElement[bool]:
    return exists().where(
        Party.case_id == Case.id, Party.person_id == actor.person_id, Party.state.in_(ACTIVE), Party.office == ""
    )


def _page(found: Select[Any], after: tuple[datetime, UUID] | None) -> Select[Any]:
    if after is not None:
        found = found.where(tuple_(Case.opened_at, Case.id) < after)
    return found.order_by(Case.opened_at.desc(), Case.id.desc()).limit(PAGE)


def _briefs(db: Session, actor: Actor, page: Select[Any]) -> Sequence[Brief]:
    cases = db.scalars(page).all()
    return briefs_of(db, actor, cases)


@unscoped("the cases were reached before")
def briefs_of(db: Session, actor: Actor, cases: Sequence[Case]) -> list[Brief]:
    """Cases as lines of a list, for somebody who has reached them."""
    ids = [case.id for case in cases]
    parties = db.scalars(select(Party).where(Party.case_id.in_(ids))).all()
    timers = db.scalars(select(Timer).where(Timer.case_id.in_(ids), Timer.state.in_(LIVE))).all()
    places = areas.place_names(db, {areas.village_of(case.area_path) for case in cases})
    found = []
    for case in cases:
        sittings = [sitting_of(p) for p in parties if p.case_id == case.id]
        mine = places_of(sittings, actor.person_id, actor.stands_for)
        own = {t.name: t for t in timers if t.case_id == case.id}
        found.append(
            brief_of(
                case, kind_of(db, case), timers=own, place=places.get(areas.village_of(case.area_path), ""), mine=mine
            )
        )
    return found


def kind_of(db: Session, case: Case) -> CaseKind:
    """The rules that a case was opened under."""
    return policy_of(db, CaseKind, f"cases/{case.kind}", version=case.version)


def sitting_of(party: Party) -> Sitting:
    """A place in a case as a value."""
    return Sitting(party.party, party.person_id, Seat(party.state), party.office)


def brief_of(case: Case, kind: CaseKind, *, timers: Mapping[str, Timer], place: str, mine: frozenset[str]) -> Brief:
    """A case as a line of a list."""
    stage = kind.stage[case.stage]
    timer = timers.get(stage.clock or "")
    return Brief(
        id=case.id,
        kind=case.kind,
        kind_name=kind.name,
        number=case.number,
        category_name=kind.category[case.category].name,
        level=case.level,
        stage=case.stage,
        stage_name=stage.name,
        outcome=case.outcome,
        place=place,
        opened_at=case.opened_at,
        started_at=timer.started_at if timer else None,
        due_at=timer.due_at if timer else None,
        is_late=any(t.state == TimerState.overdue for t in timers.values()),
        places=tuple(sorted(mine)),
        is_mine=stage.waits_on in mine,
        phase=_phase(kind, case),
        quick=_quick(kind, case.stage, mine),
        hand_on=_hand_on(kind, case.stage, mine),
    )


def _phase(kind: CaseKind, case: Case) -> Phase:
    if case.outcome is not None:
        return Phase.ended
    if kind.stage[case.stage].waits_on in kind.close.word_of:
        return Phase.word
    return Phase.asked if case.stage == kind.opens_in else Phase.working


def _quick(kind: CaseKind, stage: str, mine: frozenset[str]) -> tuple[str, str] | None:
    """The first move of whoever is waited on, when it can be made from a list: it asks nothing and needs nothing."""
    waits_on = kind.stage[stage].waits_on
    for key, move in kind.move.items():
        if stage in move.from_ and waits_on in mine and waits_on in move.by:
            is_bare = move.form is None and not move.needs and not getattr(kind.stage.get(move.to), "outcome", None)
            return (key, move.name) if is_bare else None
    return None


def _hand_on(kind: CaseKind, stage: str, mine: frozenset[str]) -> str | None:
    """The move by which whoever is waited on hands it to the next unit."""
    waits_on = kind.stage[stage].waits_on
    return next(
        (
            key
            for key, move in kind.move.items()
            if stage in move.from_ and waits_on in mine and waits_on in move.by and _NEXT_UNIT in move.needs
        ),
        None,
    )
