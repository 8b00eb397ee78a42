"""The clock and its troubles: one appraisal that cannot be moved holds up none of those behind it."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.domains.appraisals import sweeps
from app.domains.appraisals.models import Appraisal
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from tests.makers.appraisals import declared, make_village, now_of, published, wait_until


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_an_appraisal_that_fails_stops_neither_the_beat_nor_those_behind_it(
    runtime: Runtime, clock: MovableClock, caplog: pytest.LogCaptureFixture, limit: int
) -> None:
    village = make_village(runtime)
    broken = [declared(runtime, village.villager) for _ in range(2)]
    sound = published(runtime, village)
    until = now_of(runtime, sound).due_at
    assert until
    with transaction(runtime, SYSTEM) as tx:
        lost = update(Appraisal).where(Appraisal.id.in_(broken))
        tx.db.execute(lost.values(version="0" * 12, due_at=tx.now))
    before = [now_of(runtime, each).due_at for each in broken]
    clock.set(until, rate=0)
    assert sweeps.move_due(runtime, limit=limit) == 1
    assert now_of(runtime, sound).stage == "in_force"
    assert [now_of(runtime, each).due_at for each in broken] == before
    assert sum(record.message == "clock failed" for record in caplog.records) == len(broken)
    assert wait_until(runtime, clock, until) == 0
