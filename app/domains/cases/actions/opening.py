"""A matter is raised: its place is found, whoever answers for it is asked, its clocks start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from app.domains.areas import queries as areas
from app.domains.areas.errors import HouseholdNotFound, PersonNotFound
from app.domains.cases.actions import timers
from app.domains.cases.actions.climbing import retry_later, tell_passed
from app.domains.cases.actions.matter import Matter
from app.domains.cases.errors import KindNotFound, MayNotOpen, NoPlace
from app.domains.cases.events import CaseOpened
from app.domains.cases.models import Case
from app.domains.cases.preset.model import CaseKind
from app.domains.cases.preset.words import AREA, fill
from app.domains.cases.queries import seats
from app.domains.cases.queries.seats import Asking, Place
from app.domains.cases.rules import Happened, Seat
from app.domains.cases.rules import clocks as clock_rules
from app.domains.cases.rules.forms import Filled, filled
from app.domains.cases.rules.ladder import Found, Stop, last_resort, stops_ahead
from app.kernel.access import Actor
from app.kernel.errors import Forbidden
from app.kernel.policies import policy_of
from app.kernel.transaction import Tx
from app.kernel.values import local_day

_NEXT_NUMBER = text(
    """
    INSERT INTO cases_serial (kind, town_path, year, last) VALUES (:kind, :town_path, :year, 1)
    ON CONFLICT (kind, town_path, year) DO UPDATE SET last = cases_serial.last + 1 RETURNING last
    """
)


@dataclass(frozen=True, slots=True)
class Opening:
    """A matter as somebody raises it; the household is the opener's own unless one is named or the form is about somebody."""

    id: UUID
    kind: str
    category: str
    form: Mapping[str, Any] = field(repr=False)
    household_id: UUID | None = None
    visit_id: UUID | None = None


class Opened(NamedTuple):
    """What the opener is told."""

    id: UUID
    number: str
    stage: str
    told: Found


def open_case(tx: Tx, opening: Opening) -> Opened:
    """Raise a matter; whoever answers for the place is told in the same transaction."""
    opener_id = tx.actor.person_id
    if opener_id is None:
        raise Forbidden
    version = _version(tx, opening.kind)
    kind = policy_of(tx.db, CaseKind, f"cases/{opening.kind}", version=version)
    said = check_opening(tx, kind, opening)
    case = _add_case(tx, kind, opening, place=said.place, version=version)
    matter = Matter(tx, case, kind)
    matter.seat(_party(kind, "opener"), [opener_id], Seat.holds)
    for party, person_id in said.persons.items():
        matter.seat(party, [person_id], Seat.holds)
    for person_id in sorted(said.kept_out):
        matter.seat(_party(kind, "route"), [person_id], Seat.kept_out)
    found = seats.answerers(tx.db, kind, opening.category, asking=matter.asking)
    entry_id = matter.write(Happened.opened, by_party=_party(kind, "opener"), by_person_id=opener_id)
    matter.keep_form(kind.opens_with, said.form, entry_id=entry_id)
    timers.follow(matter)
    _ask(matter, found)
    tx.emit(CaseOpened(matter.about(), tuple(matter.tellings)))
    return Opened(case.id, case.number, case.stage, found)


class Preview(NamedTuple):
    """Who would be asked and until when, who would be passed over, and who is told when nobody takes it."""

    found: Found
    due_at: datetime
    stops: tuple[Stop, ...]
    strict: bool  # names are guarded


def preview_case(tx: Tx, opening: Opening) -> Preview:
    """Who would be asked if this were raised now, who would be passed over and why, what follows; nothing is written."""
    if tx.actor.person_id is None:
        raise Forbidden
    version = _version(tx, opening.kind)
    kind = policy_of(tx.db, CaseKind, f"cases/{opening.kind}", version=version)
    said = check_opening(tx, kind, opening, is_preview=True)
    asking = Asking(said.place, tx.now, said.kept_out, template=kind.tell["new"])
    found = seats.answerers(tx.db, kind, opening.category, asking=asking)
    due_at, level = _first_due(tx, kind, opening.category), kind.category[opening.category].level
    above = found.step.rung if found.step else -1
    stops = stops_ahead(kind.ladder, level, above=above, first_at=due_at)
    return Preview(found, due_at, stops, AREA not in kind.eyes(opening.category) or bool(said.kept_out))


def _first_due(tx: Tx, kind: CaseKind, category: str) -> datetime:
    clock = kind.clock[kind.stage[kind.opens_in].clock or ""]
    amount = clock.due[kind.category[category].level]
    return clock_rules.due_after(clock.unit, amount, start=tx.now, calendar=tx.runtime.calendar)


class Checked(NamedTuple):
    """An opening that may be done: where it lies, what was written, who has a place, who must not hear of it."""

    place: Place
    form: Filled
    persons: Mapping[str, UUID]
    kept_out: frozenset[UUID]


def check_opening(tx: Tx, kind: CaseKind, opening: Opening, *, is_preview: bool = False) -> Checked:
    """Whether somebody may raise this here; a preview does not look at what is missing in the form."""
    if opening.category not in kind.category:
        raise KindNotFound(field="category")
    if not {grant.role for grant in tx.actor.grants} & set(kind.open_by):
        raise MayNotOpen
    form = _form(kind, opening, is_preview=is_preview)
    persons = {
        name: UUID(form.values[source.field])
        for name, party in kind.party.items()
        if (source := fill(party.fill)) and source.form == kind.opens_with and source.field in form.values
    }
    place = _place(tx, opening, persons)
    for person_id in persons.values():
        _reached_person(tx, person_id)
    return Checked(place, form, persons, kept_out(tx, kind, opening.category, form=form, place=place))


def _form(kind: CaseKind, opening: Opening, *, is_preview: bool) -> Filled:
    fields = kind.form[kind.opens_with]
    if not is_preview:
        return filled(fields, opening.form, may_be_empty=False)
    return filled({n: f.model_copy(update={"required": False}) for n, f in fields.items()}, opening.form)


def kept_out(tx: Tx, kind: CaseKind, category: str, *, form: Filled, place: Place) -> frozenset[UUID]:
    """Who must not hear of the case: offices that the category leaves out, and those who are complained of."""
    fields = kind.form[kind.opens_with]
    named = [each for name, one in fields.items() if one.type == "units" for each in form.values.get(name, [])]
    return seats.persons_in(tx.db, [*kind.category[category].without, *named], place, now=tx.now)


def _version(tx: Tx, kind: str) -> str:
    if kind not in tx.runtime.presets["cases"]:
        raise KindNotFound(field="kind")
    version: str = tx.runtime.presets["cases_versions"][kind]
    return version


def _party(kind: CaseKind, way: str) -> str:
    return next(name for name, party in kind.party.items() if party.fill == way)


def _place(tx: Tx, opening: Opening, persons: Mapping[str, UUID]) -> Place:
    """The household that was named, else that of whom it is about, else the opener's own; always within his reach."""
    about = next(iter(persons.values()), None)
    household_id = opening.household_id
    if household_id is None and about is not None and (facts := areas.person_facts(tx.db, about)):
        household_id = facts.household_id
    household_id = household_id or tx.actor.household_id
    if household_id is None:
        raise NoPlace(field="household_id")
    found = areas.household_facts(tx.db, household_id)
    if found is None or not _reaches(tx.actor, found):
        raise HouseholdNotFound
    return Place(found.area_path, household_id)


def _reaches(actor: Actor, found: areas.HouseholdFacts) -> bool:
    return actor.covers("cases.open", found.area_path, keeper_id=found.keeper_id, household_id=found.household_id)


def _reached_person(tx: Tx, person_id: UUID) -> None:
    """Somebody of one's own household, or of a household that one answers for."""
    facts = areas.person_facts(tx.db, person_id)
    home = areas.household_facts(tx.db, facts.household_id) if facts and facts.household_id else None
    if home is None or not _reaches(tx.actor, home):
        raise PersonNotFound


def _add_case(tx: Tx, kind: CaseKind, opening: Opening, *, place: Place, version: str) -> Case:
    year = local_day(tx.now).year
    town = seats.path_at(place.area_path, "town")
    last = tx.db.execute(_NEXT_NUMBER, {"kind": kind.kind, "town_path": town, "year": year}).scalar_one()
    number = kind.number.format(year=year, town=town.rstrip("/").rsplit("/", maxsplit=1)[-1], serial=f"{last:04d}")
    case = Case(
        id=opening.id,
        kind=kind.kind,
        version=version,
        category=opening.category,
        level=kind.category[opening.category].level,
        number=number,
        area_path=place.area_path,
        household_id=place.household_id,
        stage=kind.opens_in,
        stage_since=tx.now,
        outcome=None,
        rung=-1,
        opened_at=tx.now,
        closed_at=None,
        visit_id=opening.visit_id,
        merged_into=None,
        is_area_seen=AREA in kind.eyes(opening.category),
        rating=None,
        entry_count=0,
    )
    tx.db.add(case)
    tx.db.flush()
    return case


def _ask(matter: Matter, found: Found) -> None:
    """Ask whoever was found; when nobody can be told at all, those who are there find it in their inbox, and it is tried again."""
    owner = _party(matter.kind, "route")
    step = found.step or last_resort(found.passed)
    if step is not None:
        matter.case.rung = step.rung
        asked = matter.seat(owner, [h.person_id for h in step.able], Seat.asked, office=step.office)
        matter.tell("new", asked)
    if found.step is None:
        retry_later(matter)
    tell_passed(matter, found)
