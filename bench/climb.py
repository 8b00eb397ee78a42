"""Row 10: ten thousand cases whose time runs out in one second, three schedulers, one of them killed on the way."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from app.domains.cases import actions as cases
from app.kernel.access import Actor, Grant
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.kernel.values import uuid7
from bench import overdue_cases, stage
from bench.house import House, Town
from bench.overdue_cases import counted
from bench.report import Row, at_most
from bench.run import Run

_SCHEDULERS, _SEEDS = 3, 10
_HEADS = text("""
SELECT DISTINCT ON (area_path) id, area_path, head_id FROM areas_household WHERE head_id IS NOT NULL
ORDER BY area_path, id DESC LIMIT :count
""")


def measure(run: Run, open_house: Callable[[], House]) -> Row:
    """The row."""
    count = 1_000 if run.is_short else 10_000
    town = open_house().town("climb")
    with town.runtime() as runtime:
        _raise(runtime)
        overdue_cases.copied(runtime, count // _SEEDS - 1)
        town.as_owner("VACUUM (ANALYZE)")
        took, at_the_kill = _let_climb(run, town, runtime, count)
        twice, told = counted(runtime, overdue_cases.TWICE), counted(runtime, overdue_cases.TOLD)
    row = Row(10, "climb", f"{count:,} cases due in one second, {_SCHEDULERS} schedulers, one killed")
    row.add("all climbed and told", took, "s", at_most(60))
    row.add("cases a second", count / took, "/s")
    row.add("climbed twice", twice, "", at_most(0))
    row.add("climbed and not told", count - told, "", at_most(0))
    row.notes.append(f"the scheduler was killed after {at_the_kill:,} cases.")
    return row


def _raise(runtime: Runtime) -> None:
    """Heads of households in ten villages whistle; whoever keeps them is asked."""
    with reading(runtime) as db:
        heads = db.execute(_HEADS, {"count": _SEEDS}).all()
    for household_id, path, head_id in heads:
        grant = Grant("villager", path, runtime.presets["roles"]["villager"].permissions)
        with transaction(runtime, Actor("wechat", None, head_id, household_id, (grant,), (head_id,))) as tx:
            told = {"text": "路口的灯坏了三天"}
            cases.open_case(tx, cases.Opening(_new_id(runtime), "whistle", "habitat", told))


def _new_id(runtime: Runtime) -> UUID:
    return uuid7(runtime.clock.now())


def _let_climb(run: Run, town: Town, runtime: Runtime, count: int) -> tuple[float, int]:
    """How long it takes from the last due moment on, and how many had climbed when one scheduler was killed."""
    with ExitStack() as processes:
        for number in range(_SCHEDULERS):
            log = run.folder / f"climb-{number}.log"
            argv = [sys.executable, "-m", "bot", "scheduler"]
            victim = processes.enter_context(stage.running(argv, log=log, env=town.env))
            _wait(lambda log=log: " ready" in log.read_text(), seconds=60)  # type: ignore[misc]
        overdue_cases.made_due(runtime, count, first=runtime.clock.now() + timedelta(seconds=2))
        began = time.monotonic() + 3
        _wait(lambda: counted(runtime, overdue_cases.CLIMBED) > count // 5, seconds=300)
        os.kill(victim.pid, signal.SIGKILL)
        at_the_kill = counted(runtime, overdue_cases.CLIMBED)
        run.say(f"one scheduler killed after {at_the_kill:,} of {count:,}")
        _wait(lambda: counted(runtime, overdue_cases.CLIMBED) == count, seconds=900)
        return time.monotonic() - began, at_the_kill


def _wait(is_so: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s")
        time.sleep(0.1)
