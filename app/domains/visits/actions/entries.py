"""A visit is written down: the hottest path of the house, so it reads nothing but the door and gathers its rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select

from app.domains.areas import actions as areas_actions
from app.domains.areas import queries as areas
from app.domains.areas.errors import CodeNotFound
from app.domains.visits import rules
from app.domains.visits.actions.counting import settle_day
from app.domains.visits.actions.posts import share_visit
from app.domains.visits.errors import DoorUnknown, VisitInFuture, VisitTooOld, WrongDoor
from app.domains.visits.events import VisitLogged
from app.domains.visits.models import Picture, Visit
from app.kernel.access import unscoped
from app.kernel.errors import Forbidden
from app.kernel.transaction import Tx
from app.kernel.values import local_day

_IS_COUNTED = select(Visit.__table__.c.is_counted).where(Visit.__table__.c.id == bindparam("id"))


class LoggedVisit(NamedTuple):
    """What the visitor is told of the visit that he wrote down."""

    id: UUID
    household_id: UUID
    visited_at: datetime
    visited_on: date
    proof: str
    is_late: bool
    is_counted: bool
    has_post: bool


def log_visit(tx: Tx, entry: rules.Entry, *, arrived_at: datetime | None = None) -> LoggedVisit:
    """Write down a visit to a household of the actor's zone; `arrived_at` is when it first reached us."""
    visitor_id = tx.actor.person_id
    if visitor_id is None:
        raise Forbidden
    is_late = _timing(tx, entry.visited_at, arrived_at or tx.now) is rules.Timing.late
    household_id, proof = _door(tx, entry)
    facts = areas_actions.touch_household(tx, household_id, permission="visits.log", visited_at=entry.visited_at)
    visited_on = local_day(entry.visited_at)
    is_first = rules.is_surely_first(visited_on, facts.last_visit_at)
    _add_rows(tx, entry, facts=facts, visitor_id=visitor_id, proof=proof, is_late=is_late, is_counted=is_first)
    if entry.share is not None:
        share_visit(tx, entry.id, household_id=household_id, area_path=facts.area_path, share=entry.share)
    is_counted = is_first or _counted_after_all(tx, entry.id, household_id=household_id, visited_on=visited_on)
    tx.emit(
        VisitLogged(
            visit_id=entry.id,
            household_id=household_id,
            area_path=facts.area_path,
            keeper_id=facts.keeper_id,
            visitor_id=visitor_id,
            visited_at=entry.visited_at,
            visited_on=visited_on,
            kind=entry.kind,
            proof=proof,
            is_late=is_late,
            is_counted=is_counted,
        )
    )
    return LoggedVisit(
        entry.id, household_id, entry.visited_at, visited_on, proof, is_late, is_counted, entry.share is not None
    )


def _timing(tx: Tx, visited_at: datetime, arrived_at: datetime) -> rules.Timing:
    limits = tx.runtime.presets["visits"]
    timing = rules.timing_of(
        visited_at, arrived_at, backdate_days=limits.backdate_days, skew_minutes=limits.skew_minutes
    )
    if timing is rules.Timing.in_future:
        raise VisitInFuture(field="visited_at")
    if timing is rules.Timing.too_old:
        raise VisitTooOld(field="visited_at")
    return timing


def _door(tx: Tx, entry: rules.Entry) -> tuple[UUID, rules.Proof]:
    """Which household, and whether its code was scanned; a revoked code proves nothing but does not undo a named door."""
    if entry.door_code is None:
        if entry.household_id is None:
            raise DoorUnknown(field="household_id")
        return entry.household_id, rules.Proof.one_sided
    found = areas.resolve_code(tx.db, tx.vault, entry.door_code)
    if found is None:
        if entry.household_id is None:
            raise CodeNotFound(field="door_code")
        return entry.household_id, rules.Proof.one_sided
    if entry.household_id not in (None, found.household_id):
        raise WrongDoor(field="door_code")
    return found.household_id, rules.Proof.scanned


def _add_rows(
    tx: Tx,
    entry: rules.Entry,
    *,
    facts: areas.DoorFacts,
    visitor_id: UUID,
    proof: rules.Proof,
    is_late: bool,
    is_counted: bool,
) -> None:
    story = entry.story
    tx.add(
        Visit,
        id=entry.id,
        household_id=facts.household_id,
        area_path=facts.area_path,
        visitor_id=visitor_id,
        keeper_id=facts.keeper_id,
        visited_at=entry.visited_at,
        visited_on=local_day(entry.visited_at),
        logged_at=tx.now,
        kind=entry.kind,
        themes=list(story.themes),
        note_sealed=tx.vault.seal(f"visits_visit.note:{entry.id}", story.note) if story.note else None,
        problems=list(story.problems),
        proof=proof,
        is_late=is_late,
        is_counted=is_counted,
        state=rules.VisitState.logged,
    )
    for position, file_id in enumerate(entry.file_ids):
        tx.add(Picture, visit_id=entry.id, file_id=file_id, position=position)


@unscoped("asks about the visit that this very transaction has written")
def _counted_after_all(tx: Tx, visit_id: UUID, *, household_id: UUID, visited_on: date) -> bool:
    """The slow way: another visit of the day may be on file, so the day is counted anew."""
    settle_day(tx, household_id, visited_on)
    return bool(tx.db.scalar(_IS_COUNTED, {"id": visit_id}))
