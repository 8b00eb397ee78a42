"""What the clock does about cases. Nothing is ever too old: a row whose moment has passed is due until it was acted on."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from app.domains.cases import actions
from app.domains.cases.queries.due import due_cases
from app.domains.cases.queries.seats import Known
from app.kernel import log
from app.kernel.access import SYSTEM
from app.kernel.errors import Refusal
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction

BATCH = 500
_AHEAD = 4  # out of how many batches one is drawn
_AT_A_TIME = 3
# what a record or its rules can get wrong; a fault of another kind reaches the edge of the process
FAILURES = (Refusal, SQLAlchemyError, LookupError, ValueError)


def escalate_overdue(runtime: Runtime, *, limit: int = BATCH) -> int:
    """Act on every case with a due moment, each in a transaction of its own; answers how many were acted on.

    Several processes may do it at once: each takes some of those longest due, by lot, so that they seldom meet, and leaves
    a case that another is at to that one. Who is in which office is looked up once a batch, so a change of the roster
    counts from the next batch on.
    A case that fails is reported, left as it was for the next beat, and holds up none of the others.
    """
    done, failed = 0, set[UUID]()
    while True:
        with reading(runtime) as db:
            due = due_cases(db, runtime.clock.now(), limit=limit * _AHEAD, without=failed)
        before = done + len(failed)
        done += _act_on(runtime, random.sample(due, min(limit, len(due))), failed)
        if done + len(failed) == before or len(due) < limit:
            return done


def _act_on(runtime: Runtime, case_ids: Sequence[UUID], failed: set[UUID]) -> int:
    """A few at a time: while one waits for the disk, another is thought about."""
    known: Known = {}
    with ThreadPoolExecutor(_AT_A_TIME) as hands:
        return sum(hands.map(partial(_attempt, runtime, known=known, failed=failed), case_ids))


def _attempt(runtime: Runtime, case_id: UUID, *, known: Known, failed: set[UUID]) -> bool:
    try:
        return _act(runtime, case_id, known)
    except FAILURES:
        # its transaction is undone, those behind it are not its fault
        log.say("cases", "clock failed", level=logging.ERROR, error=True, id=case_id)
        failed.add(case_id)
        return False


def _act(runtime: Runtime, case_id: UUID, known: Known) -> bool:
    try:
        with transaction(runtime, SYSTEM) as tx:
            return actions.beat_case(tx, case_id, known=known) > 0
    except Refusal:
        with transaction(runtime, SYSTEM) as tx:
            actions.give_up_for_now(tx, case_id)
        return True
