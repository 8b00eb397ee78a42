"""The clock and its troubles: one case that cannot be moved holds up none of those behind it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.domains.cases.models import Case
from app.domains.cases.sweeps import escalate_overdue
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from tests.makers.cases import make_roster, raise_case, timeline


@pytest.mark.parametrize("limit", [1, 2, 500])
def test_a_case_that_fails_stops_neither_the_beat_nor_those_behind_it(
    runtime: Runtime, clock: MovableClock, caplog: pytest.LogCaptureFixture, limit: int
) -> None:
    village = make_roster(runtime)
    broken = [raise_case(runtime, village.villager).id for _ in range(2)]
    clock.set(clock.now() + timedelta(minutes=1), rate=0)
    sound = raise_case(runtime, village.villager).id
    with transaction(runtime, SYSTEM) as tx:
        tx.db.execute(update(Case).where(Case.id.in_(broken)).values(version="0" * 12))
    clock.set(clock.now() + timedelta(hours=9), rate=0)
    assert escalate_overdue(runtime, limit=limit) == 1
    assert "climbed" in timeline(runtime, sound)
    assert not any("climbed" in timeline(runtime, each) for each in broken)
    assert sum(record.message == "clock failed" for record in caplog.records) == len(broken)
