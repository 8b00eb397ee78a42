"""How an appraisal ends: refused with what would help, taken back, turned down; and what is let go then."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from app.domains.appraisals import rules
from app.domains.appraisals.actions.timeline import about, write_down
from app.domains.appraisals.errors import AppraisalNotFound, NotNominated, TooLateToDecline, TooLateToWithdraw
from app.domains.appraisals.events import AppraisalEnded, AppraisalRefused
from app.domains.appraisals.models import Appraisal, Objection, Seat
from app.domains.appraisals.preset import AppraisalKind
from app.kernel.access import scoped, unscoped
from app.kernel.transaction import Tx


def end(tx: Tx, appraisal: Appraisal, stage: rules.Stage, *, reason: str = "") -> None:
    """Nothing is due any more; seats that have not voted are let go, objections without an answer are void."""
    appraisal.stage, appraisal.reason = stage, reason
    appraisal.due_at = appraisal.answer_due_at = None
    appraisal.ended_at = tx.now
    tx.db.flush()
    tx.db.execute(
        update(Seat)
        .where(Seat.appraisal_id == appraisal.id, Seat.state == rules.SeatState.asked)
        .values(state=rules.SeatState.released, ended_at=tx.now)
        .execution_options(synchronize_session="fetch")
    )
    tx.db.execute(
        update(Objection)
        .where(Objection.appraisal_id == appraisal.id, Objection.state == rules.ObjectionState.open)
        .values(state=rules.ObjectionState.void, answered_at=tx.now)
        .execution_options(synchronize_session="fetch")
    )


def refuse(tx: Tx, appraisal: Appraisal, kind: AppraisalKind, *, reason: str) -> None:
    """A no that says what would help; it is told to the household alone and never published."""
    end(tx, appraisal, rules.Stage.refused, reason=reason)
    write_down(tx, appraisal, rules.Step.refused, reason=reason)
    said = kind.refusal[reason]
    tx.emit(AppraisalRefused(about(tx, appraisal), reason, said.name, said.help))


@unscoped("who declared it takes it back; for everybody else it does not exist")
def withdraw(tx: Tx, appraisal_id: UUID) -> Appraisal:
    """Who declared it takes it back, as long as nobody has begun to judge."""
    found = select(Appraisal).where(Appraisal.id == appraisal_id, Appraisal.declared_by == tx.actor.person_id)
    appraisal = tx.db.scalars(found.with_for_update()).one_or_none()
    if appraisal is None:
        raise AppraisalNotFound
    if appraisal.stage == rules.Stage.withdrawn:
        return appraisal
    if appraisal.stage not in rules.BEFORE_JUDGING:
        raise TooLateToWithdraw
    _leave(tx, appraisal, stage=rules.Stage.withdrawn, step=rules.Step.withdrawn)
    return appraisal


def decline(tx: Tx, appraisal_id: UUID) -> Appraisal:
    """A household that others have named says no, thank you: at any time before it is in force."""
    found = scoped(tx.actor, "appraisals.decline", Appraisal).where(Appraisal.id == appraisal_id).with_for_update()
    appraisal: Appraisal | None = tx.db.scalars(found).one_or_none()
    if appraisal is None:
        raise AppraisalNotFound
    if appraisal.way == rules.Way.villager:
        raise NotNominated
    if appraisal.stage == rules.Stage.declined:
        return appraisal
    if appraisal.stage in rules.ENDED:
        raise TooLateToDecline
    _leave(tx, appraisal, stage=rules.Stage.declined, step=rules.Step.declined)
    return appraisal


def _leave(tx: Tx, appraisal: Appraisal, *, stage: rules.Stage, step: rules.Step) -> None:
    end(tx, appraisal, stage)
    write_down(tx, appraisal, step)
    tx.emit(AppraisalEnded(about(tx, appraisal), stage))
