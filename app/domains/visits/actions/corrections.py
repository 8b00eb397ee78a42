"""A mistake is put right within a day, by who made it; after that, and by others, only a note is added.

Whatever order they arrive in, the correction that was written last is what the visit says, and its first word is kept.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_

from app.domains.areas import actions as areas_actions
from app.domains.areas.models import Household
from app.domains.visits import rules
from app.domains.visits.actions.counting import settle_day
from app.domains.visits.errors import NotYourVisit, TooLateToCorrect, VisitNotFound
from app.domains.visits.events import Remaining, VisitCorrected, VisitVoided
from app.domains.visits.models import Correction, Visit
from app.kernel.access import reach, unscoped
from app.kernel.transaction import Tx
from app.kernel.values import first_of_month, last_of_month, month_of


def correct_visit(tx: Tx, visit_id: UUID, *, correction_id: UUID, story: rules.Story, made_at: datetime) -> Visit:
    """Put right what was heard and seen; who, where and when stay: a wrong door is voided and logged anew."""
    visit = _own(tx, visit_id, made_at=made_at)
    first = _first_word(tx, visit)
    is_newest = not _has_later(tx, visit_id, made_at=made_at, correction_id=correction_id)
    _keep(tx, visit, correction_id, kind=rules.CorrectionKind.correct, made_at=made_at, says=story, first=first)
    if is_newest:
        visit.themes, visit.problems = list(story.themes), list(story.problems)
        visit.note_sealed = tx.vault.seal(f"visits_visit.note:{visit_id}", story.note) if story.note else None
    return visit


def void_visit(tx: Tx, visit_id: UUID, *, correction_id: UUID, reason: str, made_at: datetime) -> Visit:
    """Take a mistaken visit out of all counts; the duty it fulfilled is open again."""
    visit = _own(tx, visit_id, made_at=made_at)
    _keep(tx, visit, correction_id, kind=rules.CorrectionKind.void, made_at=made_at, says=reason)
    if visit.state == rules.VisitState.logged:
        visit.state, visit.is_counted = rules.VisitState.voided, False
        tx.db.flush()
        settle_day(tx, visit.household_id, visit.visited_on)
        areas_actions.take_back_visit(tx, visit.household_id, last_visit_at=_last_visit(tx, visit.household_id))
        others = _others_of_month(tx, visit)
        tx.emit(VisitVoided(visit_id, visit.household_id, visit.area_path, visit.visited_on, others))
    return visit


def add_note(tx: Tx, visit_id: UUID, *, correction_id: UUID, words: str, made_at: datetime) -> Visit:
    """Add a note to a visit, at any time, for the visitor and for whoever answers for the household now."""
    visit = _locked(tx, visit_id)
    _keep(tx, visit, correction_id, kind=rules.CorrectionKind.note, made_at=made_at, says=words)
    return visit


def _own(tx: Tx, visit_id: UUID, *, made_at: datetime) -> Visit:
    visit = _locked(tx, visit_id)
    if visit.visitor_id != tx.actor.person_id:
        raise NotYourVisit
    limits = tx.runtime.presets["visits"]
    in_time = rules.may_put_right(
        visit.logged_at, made_at, tx.now, hours=limits.correction_hours, offline_days=limits.offline_days
    )
    if not in_time:
        raise TooLateToCorrect
    return visit


def _locked(tx: Tx, visit_id: UUID) -> Visit:
    """The visit, its household locked first, as a new visit does: so the two never wait for each other."""
    mine = reach(tx.actor, "visits.correct", Household)
    door = select(Household.id).join(Visit, Visit.household_id == Household.id).where(Visit.id == visit_id, mine)
    if tx.db.scalar(door.with_for_update(of=Household)) is None:
        raise VisitNotFound
    return tx.db.scalars(select(Visit).where(Visit.id == visit_id).with_for_update()).one()


def _keep(
    tx: Tx,
    visit: Visit,
    correction_id: UUID,
    *,
    kind: rules.CorrectionKind,
    made_at: datetime,
    says: rules.Story | str,
    first: str | None = None,
) -> None:
    words = says if isinstance(says, str) else json.dumps(asdict(says), ensure_ascii=False)
    seal = tx.vault.seal
    tx.add(
        Correction,
        id=correction_id,
        visit_id=visit.id,
        kind=kind,
        at=min(made_at, tx.now),
        by_person_id=tx.actor.person_id,
        text_sealed=seal(f"visits_correction.text:{correction_id}", words) if words else None,
        before_sealed=seal(f"visits_correction.before:{correction_id}", first) if first else None,
    )
    tx.emit(VisitCorrected(visit.id, visit.household_id, visit.area_path, kind))


def _first_word(tx: Tx, visit: Visit) -> str:
    """What the visit said before anybody corrected it."""
    earlier = tx.db.scalars(
        select(Correction)
        .where(Correction.visit_id == visit.id, Correction.kind == rules.CorrectionKind.correct)
        .limit(1)
    ).first()
    if earlier is not None and earlier.before_sealed is not None:
        return tx.vault.open(f"visits_correction.before:{earlier.id}", earlier.before_sealed)
    note = "" if visit.note_sealed is None else tx.vault.open(f"visits_visit.note:{visit.id}", visit.note_sealed)
    return json.dumps(asdict(rules.Story(tuple(visit.themes), note, tuple(visit.problems))), ensure_ascii=False)


def _has_later(tx: Tx, visit_id: UUID, *, made_at: datetime, correction_id: UUID) -> bool:
    later = select(Correction.id).where(
        Correction.visit_id == visit_id,
        Correction.kind == rules.CorrectionKind.correct,
        tuple_(Correction.at, Correction.id) > (min(made_at, tx.now), correction_id),
    )
    return tx.db.scalar(later.limit(1)) is not None


@unscoped("asks about the household whose visit the actor has just voided")
def _last_visit(tx: Tx, household_id: UUID) -> datetime | None:
    standing = select(func.max(Visit.visited_at)).where(
        Visit.household_id == household_id, Visit.state == rules.VisitState.logged
    )
    last: datetime | None = tx.db.scalar(standing)
    return last


@unscoped("asks about the household whose visit the actor has just voided")
def _others_of_month(tx: Tx, visit: Visit) -> tuple[Remaining, ...]:
    month = month_of(visit.visited_on)
    rows = tx.db.execute(
        select(Visit.visited_at, Visit.visitor_id, Visit.kind)
        .where(Visit.household_id == visit.household_id, Visit.state == rules.VisitState.logged)
        .where(Visit.visited_on.between(first_of_month(month), last_of_month(month)))
        .order_by(Visit.visited_at, Visit.id)
    )
    return tuple(Remaining(*row) for row in rows)
