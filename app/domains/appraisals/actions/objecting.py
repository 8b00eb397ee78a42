"""Objections: by anybody of the village while it is published, answered by a panel drawn anew or by the office of the kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from app.domains.appraisals import rules
from app.domains.appraisals.actions.ending import refuse
from app.domains.appraisals.actions.offices import all_officers, officers
from app.domains.appraisals.actions.panels import ON_PANEL, fill_panel, open_panel
from app.domains.appraisals.actions.timeline import about, kind_of, write_down
from app.domains.appraisals.actions.verdicts import answer_objections
from app.domains.appraisals.errors import (
    AlreadyMoved,
    AlreadyObjected,
    AppraisalNotFound,
    JudgesDoNotObject,
    NotOpenForObjections,
    OwnHousehold,
    ReasonUnknown,
)
from app.domains.appraisals.events import AnswerLate, AppraisalObjected
from app.domains.appraisals.models import Appraisal, Objection, Panel, Seat
from app.domains.appraisals.preset import AppraisalKind
from app.kernel.access import scoped
from app.kernel.clocks import due_after_working_days
from app.kernel.errors import Forbidden
from app.kernel.transaction import Tx


@dataclass(frozen=True, slots=True)
class Said:
    """An objection as somebody says it."""

    id: UUID
    reason: str
    words: str = field(default="", repr=False)


def object_to(tx: Tx, appraisal_id: UUID, said: Said) -> Objection:
    """A villager objects; from now on nothing comes into force before there is an answer."""
    appraisal = _open_to_objections(tx, appraisal_id)
    kind = kind_of(tx, appraisal)
    if said.reason not in kind.objection.reasons:
        raise ReasonUnknown(field="reason")
    _check_objector(tx, appraisal)
    objection = _write(tx, appraisal, said)
    write_down(tx, appraisal, rules.Step.objected, reason=said.reason)
    if appraisal.stage == rules.Stage.published:
        _begin_review(tx, appraisal, kind)
    else:
        _let_go_of_seat(tx, appraisal, kind)
    answerers = () if kind.objection.answered_by == "panel" else _answerers(tx, appraisal, kind)
    assert appraisal.answer_due_at
    tx.emit(
        AppraisalObjected(about(tx, appraisal), objection.id, objection.person_id, answerers, appraisal.answer_due_at)
    )
    return objection


def _open_to_objections(tx: Tx, appraisal_id: UUID) -> Appraisal:
    found = scoped(tx.actor, "appraisals.object", Appraisal).where(Appraisal.id == appraisal_id).with_for_update()
    appraisal: Appraisal | None = tx.db.scalars(found).one_or_none()
    if appraisal is None or appraisal.published_at is None:
        raise AppraisalNotFound
    is_over = appraisal.publish_until is None or appraisal.publish_until <= tx.now
    if appraisal.stage in rules.ENDED or is_over:
        raise NotOpenForObjections
    return appraisal


def _check_objector(tx: Tx, appraisal: Appraisal) -> None:
    """One objection for each publication, and none from who has already voted on it in the present review."""
    if tx.actor.person_id is None:
        raise Forbidden
    mine = select(Objection.id).where(
        Objection.appraisal_id == appraisal.id,
        Objection.publication == appraisal.publication,
        Objection.person_id == tx.actor.person_id,
    )
    if tx.db.scalar(mine) is not None:
        raise AlreadyObjected
    panel = tx.db.get_one(Panel, (appraisal.id, appraisal.round))
    voted = select(Seat.id).where(
        Seat.appraisal_id == appraisal.id,
        Seat.round == appraisal.round,
        Seat.person_id == tx.actor.person_id,
        Seat.state == rules.SeatState.voted,
    )
    if panel.decided_at is None and tx.db.scalar(voted) is not None:
        raise JudgesDoNotObject


def _write(tx: Tx, appraisal: Appraisal, said: Said) -> Objection:
    objection = Objection(
        id=said.id,
        appraisal_id=appraisal.id,
        publication=appraisal.publication,
        person_id=tx.actor.person_id,
        reason=said.reason,
        words_sealed=tx.vault.seal(f"appraisals_objection.words:{said.id}", said.words) if said.words else None,
        at=tx.now,
        state=rules.ObjectionState.open,
    )
    tx.db.add(objection)
    tx.db.flush()
    return objection


def _begin_review(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    days = kind.objection.working_days
    appraisal.answer_due_at = due_after_working_days(tx.now, days, tx.runtime.calendar)
    if kind.objection.answered_by == "panel":
        open_panel(tx, appraisal, kind, is_review=True)
        return
    appraisal.stage, appraisal.due_at = rules.Stage.objected, appraisal.answer_due_at


def _let_go_of_seat(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    """Who objects while he is drawn for the review makes room for somebody else."""
    mine = select(Seat).where(
        Seat.appraisal_id == appraisal.id,
        Seat.round == appraisal.round,
        Seat.person_id == tx.actor.person_id,
        Seat.state.in_(ON_PANEL),
    )
    seat = tx.db.scalars(mine).one_or_none()
    if seat is not None and seat.state == rules.SeatState.asked:
        seat.state, seat.ended_at = rules.SeatState.stood_aside, tx.now
        tx.db.flush()
        fill_panel(tx, appraisal, kind)


def _answerers(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> tuple[UUID, ...]:
    """The office that answers; when nobody is in it, those who would be told that it is late."""
    found = tuple(officers(tx, kind.objection.answered_by, appraisal))
    return found or all_officers(tx, kind.objection.late_tell, appraisal)


def answer(tx: Tx, appraisal_id: UUID, *, is_upheld: bool, reason: str = "") -> Appraisal:
    """The office answers: the result stands, or it falls with a reason that says what would help."""
    found = scoped(tx.actor, "appraisals.answer", Appraisal).where(Appraisal.id == appraisal_id).with_for_update()
    appraisal: Appraisal | None = tx.db.scalars(found).one_or_none()
    if appraisal is None:
        raise AppraisalNotFound
    kind = kind_of(tx, appraisal)
    if appraisal.stage != rules.Stage.objected or kind.objection.answered_by == "panel":
        raise AlreadyMoved
    _check_answerer(tx, appraisal)
    if is_upheld and reason not in kind.refusal:
        raise ReasonUnknown(field="reason")
    answer_objections(tx, appraisal, is_upheld=is_upheld)
    if is_upheld:
        refuse(tx, appraisal, kind, reason=reason)
        return appraisal
    assert appraisal.publish_until
    appraisal.stage, appraisal.due_at = rules.Stage.published, max(appraisal.publish_until, tx.now)
    return appraisal


def _check_answerer(tx: Tx, appraisal: Appraisal) -> None:
    """Not the household's own, not who declared it, and not who objected."""
    parties = select(Objection.person_id).where(
        Objection.appraisal_id == appraisal.id, Objection.publication == appraisal.publication
    )
    person = tx.actor.person_id
    is_party = person == appraisal.declared_by or person in set(tx.db.scalars(parties))
    if appraisal.household_id == tx.actor.household_id or is_party:
        raise OwnHousehold


def tell_late_answer(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    """Nobody has answered in time: those above are told, and again after as many working days."""
    late = appraisal.answer_due_at
    if late is None or late > tx.now:
        return
    persons = all_officers(tx, kind.objection.late_tell, appraisal)
    appraisal.answer_due_at = due_after_working_days(tx.now, kind.objection.working_days, tx.runtime.calendar)
    write_down(tx, appraisal, rules.Step.answer_late)
    tx.emit(AnswerLate(about(tx, appraisal), persons, late))
