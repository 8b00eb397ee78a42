"""A11: five schedulers, one of them killed again and again: every due moment runs once as a row, soon, also after an outage."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import create_engine, select, text

from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.ticks import CatchUp, Tick
from app.kernel.transaction import reading
from bot.jobs import Job, run_due
from bot.scheduler import SWEEPS
from tests.promises import clockwork
from tests.stack import Stack, until

pytestmark = [pytest.mark.promise, pytest.mark.timeout(900)]
SCHEDULERS = [f"clockwork{number}" for number in range(1, 6)]
LATEST = timedelta(seconds=15)


@pytest.fixture
def book(stack: Stack) -> Iterator[Stack]:
    """The stack, with a table in which the jobs write that they ran."""
    engine = create_engine(text_url(stack))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE lianxin.a11_ran (name text NOT NULL)"))
        connection.execute(text("GRANT INSERT, SELECT ON lianxin.a11_ran TO lianxin_app"))
    yield stack
    engine.dispose()


def text_url(stack: Stack) -> str:
    """Where the owner connects."""
    with stack.inside() as runtime:
        return runtime.settings.database.owner_url


def ticks(runtime: Runtime) -> list[Tick]:
    """Every due moment that has run."""
    with reading(runtime) as db:
        return list(db.scalars(select(Tick).where(Tick.name.like("a11.%")).order_by(Tick.due_at)))


def gaps(rows: list[Tick]) -> list[tuple[str, datetime]]:
    """Due moments between the first and the last of a job that have no row."""
    missing = []
    for name in {row.name for row in rows}:
        dues = [row.due_at for row in rows if row.name == name]
        wanted = {dues[0] + clockwork.EVERY * number for number in range((dues[-1] - dues[0]) // clockwork.EVERY + 1)}
        missing += [(name, due) for due in sorted(wanted - set(dues))]
    return missing


def test_a11_a_scheduler_is_killed_and_each_due_moment_runs_once_and_soon(
    book: Stack, dice: random.Random, *, full: bool
) -> None:
    moments, kills = (500, 50) if full else (40, 5)
    book.launch(*SCHEDULERS)
    with book.inside() as runtime:
        until(lambda: all(book.is_ready(name) for name in SCHEDULERS), seconds=60)
        for number in range(kills):
            wanted = moments * (number + dice.random()) / (kills + 1)
            until(lambda wanted=wanted: len(ticks(runtime)) >= wanted, seconds=60, every=0.02)  # type: ignore[misc]
            ready = until(lambda: [name for name in SCHEDULERS if book.is_ready(name)])
            victim = dice.choice(ready)
            book.kill(victim)
            book.launch(victim)
        until(lambda: len(ticks(runtime)) >= moments, seconds=120)
        time.sleep(1.0)
        rows = ticks(runtime)
        with reading(runtime) as db:
            ran = Counter(db.scalars(text("SELECT name FROM lianxin.a11_ran")).all())
    delays = [row.ran_at - row.due_at for row in rows]
    repeated = ran.total() - len(rows)
    print(
        f"A11: {len(SCHEDULERS)} schedulers, {kills} x kill -9, {len(rows)} due moments of {clockwork.JOBS} jobs: rows "
        f"twice {len(rows) - len({(row.name, row.due_at) for row in rows})}, left out {len(gaps(rows))}, longest delay "
        f"{max(delays).total_seconds():.1f} s, work done again after a kill {repeated}"
    )
    assert gaps(rows) == []
    assert not full or max(delays) <= LATEST
    assert 0 <= repeated <= kills + clockwork.JOBS


def test_a11_no_beat_of_the_product_is_slower_than_a_job_may_start_late() -> None:
    slowest = max(sweep.seconds for sweep in SWEEPS)
    print(f"A11: the slowest beat is every {slowest} s")
    assert timedelta(seconds=slowest) <= LATEST


@pytest.mark.parametrize(("policy", "runs"), [(CatchUp.all, 8), (CatchUp.one, 1), (CatchUp.skip, 0)])
def test_a11_moments_missed_in_an_outage_of_two_hours_are_caught_up_by_policy(
    runtime: Runtime, clock: MovableClock, policy: CatchUp, runs: int
) -> None:
    ran: list[datetime] = []
    quarter = timedelta(minutes=15)

    def note(here: Runtime) -> int:
        ran.append(here.clock.now())
        return 1

    job = Job("a11.quarter", note, quarter, catch_up=policy, grace=timedelta(minutes=5))
    assert run_due(runtime, job) == 1  # nine o'clock
    clock.set(clock.now() + timedelta(hours=2, minutes=7), rate=0)
    caught_up = run_due(runtime, job)
    clock.set(clock.now() + timedelta(minutes=9), rate=0)
    afterwards = run_due(runtime, job)
    print(f"A11: after two hours without a scheduler, policy {policy}: {caught_up} of 8 missed moments run")
    assert (caught_up, afterwards) == (runs, 1)
    assert len(ran) == 1 + runs + 1
    assert [row.due_at for row in ticks(runtime)] == sorted({row.due_at for row in ticks(runtime)})
