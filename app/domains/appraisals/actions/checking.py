"""The first look: by the office that the kind names, climbing when nobody looks; then the trial, if there is one."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from app.domains.appraisals import rules
from app.domains.appraisals.actions.ending import refuse
from app.domains.appraisals.actions.offices import all_officers, officers
from app.domains.appraisals.actions.panels import begin_judging
from app.domains.appraisals.actions.pictures import recognise_pictures
from app.domains.appraisals.actions.timeline import about, kind_of, write_down
from app.domains.appraisals.errors import AlreadyMoved, AppraisalNotFound, LookedInToday, OwnHousehold, ReasonUnknown
from app.domains.appraisals.events import CheckAwaited, LooksAwaited
from app.domains.appraisals.models import Appraisal, TimelineEntry
from app.domains.appraisals.preset import AppraisalKind
from app.domains.media import actions as media_actions
from app.kernel.access import scoped
from app.kernel.clocks import due_after_calendar_days, due_after_working_days
from app.kernel.transaction import Tx
from app.kernel.values import local_day


def await_check(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    """Ask the first office of the ladder in which there is anybody; an empty rung is skipped at once."""
    if kind.check is None:
        after_check(tx, appraisal, kind)
        return
    rungs = (kind.check.by, *kind.check.then)
    asked = [(n, tuple(officers(tx, office, appraisal))) for n, office in enumerate(rungs) if n >= appraisal.rung]
    rung, persons = next(((n, who) for n, who in asked if who), (len(rungs) - 1, ()))
    appraisal.rung = rung
    appraisal.due_at = due_after_working_days(tx.now, kind.check.working_days, tx.runtime.calendar)
    tx.emit(CheckAwaited(about(tx, appraisal), persons, rung, appraisal.due_at))


def climb(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    """Nobody has looked in time: the next office is told as well; at the top it is told again."""
    assert kind.check
    write_down(tx, appraisal, rules.Step.check_late, rung=appraisal.rung)
    appraisal.rung = min(appraisal.rung + 1, len(kind.check.then))
    await_check(tx, appraisal, kind)


def check(tx: Tx, appraisal_id: UUID, *, is_fine: bool, reason: str = "") -> Appraisal:
    """The clerk's look: on it goes, or it is refused with a reason that says what would help."""
    appraisal = _to_be_checked(tx, appraisal_id)
    kind = kind_of(tx, appraisal)
    recognise_pictures(tx, appraisal)
    if not is_fine:
        if reason not in kind.refusal:
            raise ReasonUnknown(field="reason")
        write_down(tx, appraisal, rules.Step.checked, is_fine=False, reason=reason)
        refuse(tx, appraisal, kind, reason=reason)
        return appraisal
    if appraisal.words_state == rules.WordsState.held and media_actions.release_checks(
        tx, f"{rules.SUBJECT}{appraisal.id}"
    ):
        appraisal.words_state = rules.WordsState.passed
    write_down(tx, appraisal, rules.Step.checked, is_fine=True)
    after_check(tx, appraisal, kind)
    return appraisal


def _to_be_checked(tx: Tx, appraisal_id: UUID) -> Appraisal:
    found = scoped(tx.actor, "appraisals.check", Appraisal).where(Appraisal.id == appraisal_id).with_for_update()
    appraisal: Appraisal | None = tx.db.scalars(found).one_or_none()
    if appraisal is None:
        raise AppraisalNotFound
    if appraisal.stage != rules.Stage.checking:
        raise AlreadyMoved
    if appraisal.household_id == tx.actor.household_id or appraisal.declared_by == tx.actor.person_id:
        raise OwnHousehold
    return appraisal


def after_check(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    """What comes after the first look: the trial, or the panel at once."""
    if kind.trial is None:
        begin_judging(tx, appraisal, kind)
        return
    appraisal.stage = rules.Stage.trial
    appraisal.due_at = due_after_calendar_days(tx.now, kind.trial.days, tx.runtime.calendar)
    write_down(tx, appraisal, rules.Step.trial_began, days=kind.trial.days, looks=kind.trial.looks)


def look_in(tx: Tx, appraisal_id: UUID, *, on: date | None = None) -> Appraisal:
    """Somebody of the council or an office has been at the door of a household that is being tried, today or lately."""
    found = scoped(tx.actor, "appraisals.look", Appraisal).where(Appraisal.id == appraisal_id).with_for_update()
    appraisal: Appraisal | None = tx.db.scalars(found).one_or_none()
    if appraisal is None:
        raise AppraisalNotFound
    if appraisal.stage != rules.Stage.trial:
        raise AlreadyMoved
    if appraisal.household_id == tx.actor.household_id:
        raise OwnHousehold
    day = on or local_day(tx.now)
    mine = select(TimelineEntry).where(
        TimelineEntry.appraisal_id == appraisal.id,
        TimelineEntry.step == rules.Step.looked_in,
        TimelineEntry.by_person_id == tx.actor.person_id,
    )
    if day in {rules.day_of_look(line.at, line.detail) for line in tx.db.scalars(mine)}:
        raise LookedInToday
    appraisal.looks += 1
    write_down(tx, appraisal, rules.Step.looked_in, **{rules.LOOKED_ON: day.isoformat()})
    return appraisal


def end_trial(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    """The days are over: to the panel, unless nobody has looked in often enough; then those who should have are told."""
    assert kind.trial
    missing = kind.trial.looks - appraisal.looks
    if missing <= 0:
        begin_judging(tx, appraisal, kind)
        return
    appraisal.due_at = due_after_working_days(tx.now, kind.trial.grace_working_days, tx.runtime.calendar)
    write_down(tx, appraisal, rules.Step.trial_short, missing=missing)
    offices = (*((kind.check.by,) if kind.check else ()), kind.panel.of)
    tx.emit(LooksAwaited(about(tx, appraisal), all_officers(tx, offices, appraisal), missing, tx.now))
