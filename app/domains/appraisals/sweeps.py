"""What the clock does about appraisals: each due one in a transaction of its own. Two clocks at once do no harm."""

from __future__ import annotations

import logging
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from app.domains.appraisals import actions, queries
from app.kernel import log
from app.kernel.access import SYSTEM
from app.kernel.errors import Refusal
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction

BATCH = 1000
# what a record or its rules can get wrong; a fault of another kind reaches the edge of the process
FAILURES = (Refusal, SQLAlchemyError, LookupError, ValueError)


def move_due(runtime: Runtime, *, limit: int = BATCH) -> int:
    """Climb, replace, tell and bring into force whatever is due; answers how many moved.

    One that fails is reported, left as it was for the next beat, and holds up none of the others.
    """
    moved, failed = 0, set[UUID]()
    while True:
        with reading(runtime) as db:
            due = queries.due_ids(db, runtime.clock.now(), limit=limit, without=failed)
        before = moved + len(failed)
        for appraisal_id in due:
            moved += _move(runtime, appraisal_id, failed)
        if moved + len(failed) == before or len(due) < limit:
            return moved


def _move(runtime: Runtime, appraisal_id: UUID, failed: set[UUID]) -> bool:
    try:
        with transaction(runtime, SYSTEM) as tx:
            return actions.move_on(tx, appraisal_id)
    except FAILURES:
        # its transaction is undone, those behind it are not its fault
        log.say("appraisals", "clock failed", level=logging.ERROR, error=True, id=appraisal_id)
        failed.add(appraisal_id)
        return False
