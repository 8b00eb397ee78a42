"""What the clock does about one appraisal: whatever its stage says is due."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.domains.appraisals import rules
from app.domains.appraisals.actions.checking import climb, end_trial
from app.domains.appraisals.actions.objecting import tell_late_answer
from app.domains.appraisals.actions.panels import replace_overdue
from app.domains.appraisals.actions.timeline import kind_of
from app.domains.appraisals.actions.verdicts import bring_into_force
from app.domains.appraisals.models import Appraisal
from app.domains.appraisals.preset import AppraisalKind
from app.kernel.access import unscoped
from app.kernel.transaction import Tx

_STAGE = rules.Stage


@unscoped("the clock looks at what is due, wherever it is")
def move_on(tx: Tx, appraisal_id: UUID) -> bool:
    """Do what is due; False when it is no longer due or another worker has it in hand."""
    found = select(Appraisal).where(Appraisal.id == appraisal_id, Appraisal.due_at <= tx.now)
    appraisal = tx.db.scalars(found.with_for_update(skip_locked=True)).one_or_none()
    if appraisal is None:
        return False
    kind = kind_of(tx, appraisal)
    if appraisal.stage == _STAGE.checking:
        climb(tx, appraisal, kind)
    elif appraisal.stage == _STAGE.trial:
        end_trial(tx, appraisal, kind)
    elif appraisal.stage == _STAGE.published:
        bring_into_force(tx, appraisal, kind)
    else:
        _press_on(tx, appraisal, kind)
    return True


def _press_on(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    """Judging, a review, or a panel that is short: late answers are told of, late seats replaced."""
    tell_late_answer(tx, appraisal, kind)
    if appraisal.stage == _STAGE.objected and kind.objection.answered_by != "panel":
        appraisal.due_at = appraisal.answer_due_at
        return
    replace_overdue(tx, appraisal, kind)
