"""R5: very many cases come due in one second; several schedulers, one of them killed: each climbs once, and soon."""

from __future__ import annotations

import random
import time
from datetime import timedelta

import pytest

from bench import overdue_cases as overdue
from bench.overdue_cases import counted
from tests.conftest import MORNING
from tests.promises.overdue import make_overdue
from tests.stack import Stack, until

pytestmark = [pytest.mark.promise, pytest.mark.timeout(1800)]
SCHEDULERS = ("scheduler1", "scheduler2", "scheduler3")
SECONDS = 60.0
DUE = MORNING + timedelta(hours=8)


def test_r05_what_is_due_in_one_second_climbs_within_a_minute_though_a_scheduler_dies(
    stack: Stack, dice: random.Random, *, full: bool
) -> None:
    cases = 10_000 if full else 300
    with stack.inside() as runtime:
        stack.clock.set(MORNING, rate=0)
        make_overdue(runtime, cases, first=DUE)
        stack.start(*SCHEDULERS)
        assert counted(runtime, overdue.CLIMBED) == 0
        stack.clock.set(DUE + timedelta(seconds=1), rate=1)
        began = time.monotonic()
        some = int(cases * dice.uniform(0.1, 0.4))
        until(lambda: counted(runtime, overdue.CLIMBED) >= some, seconds=300, every=0.02)
        at_the_kill = counted(runtime, overdue.CLIMBED)
        stack.kill(dice.choice(SCHEDULERS))
        until(lambda: counted(runtime, overdue.CLIMBED) == cases, seconds=900, every=0.1)
        took = time.monotonic() - began
        twice, told = counted(runtime, overdue.TWICE), counted(runtime, overdue.TOLD)
    print(
        f"R5: {cases} cases due in one second, {len(SCHEDULERS)} schedulers, one killed after {at_the_kill}: all climbed "
        f"in {took:.1f} s ({cases / took:.0f}/s), twice {twice}, told {told}"
    )
    assert twice == 0
    assert told == cases
    assert not full or took <= SECONDS
