"""Answers are kept 72 hours, ids for ever."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.receipts import Receipt, forget_answers, keep
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction


def test_an_answer_is_dropped_after_72_hours_and_its_id_stays(runtime: Runtime, clock: MovableClock) -> None:
    done = uuid4()
    with transaction(runtime, SYSTEM) as tx:
        keep(tx, done, route="/x", body_hash=b"h", status=201, answer="{}")
    assert dropped_after(runtime, clock, hours=71) == 0
    assert dropped_after(runtime, clock, hours=2) == 1
    with reading(runtime) as db:
        row = db.get_one(Receipt, done)
    assert row.answer_sealed is None
    assert row.body_hash == b"h"


def dropped_after(runtime: Runtime, clock: MovableClock, *, hours: int) -> int:
    clock.set(clock.now() + timedelta(hours=hours), rate=0)
    with transaction(runtime, SYSTEM) as tx:
        return forget_answers(tx)
