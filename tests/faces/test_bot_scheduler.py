"""The clock of the house: due moments run once as rows, whoever runs them, and after an outage by policy."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.domains.notices import queries as notices
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.ticks import CatchUp, Tick
from app.kernel.transaction import reading
from app.kernel.values import SHANGHAI
from bot import scheduler
from bot.jobs import Job, run_due
from bot.scheduler import Sweep
from tests.makers.notices import rows

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)


class Counter:
    """A job that counts how often it ran."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.runs = 0
        self._seconds = seconds
        self._lock = threading.Lock()

    def __call__(self, runtime: Runtime) -> int:
        time.sleep(self._seconds)
        with self._lock:
            self.runs += 1
        return 7


def test_a_new_job_runs_its_latest_moment_and_then_waits_for_the_next(runtime: Runtime, clock: MovableClock) -> None:
    count = Counter()
    job = Job("nightly", count, timedelta(days=1), hour=3, minute=20)
    clock.set(NOON, rate=0)
    assert [run_due(runtime, job) for _ in range(3)] == [1, 0, 0]
    (tick,) = rows(runtime, select(Tick))
    assert (tick.due_at, tick.did) == (NOON.replace(hour=3, minute=20), 7)
    clock.set(NOON + timedelta(hours=15), rate=0)
    assert run_due(runtime, job) == 0
    clock.set(NOON + timedelta(hours=16), rate=0)
    assert run_due(runtime, job) == 1


@pytest.mark.parametrize(("policy", "runs"), [(CatchUp.all, 6), (CatchUp.one, 1), (CatchUp.skip, 0)])
def test_a11_moments_missed_in_an_outage_are_made_good_by_policy(
    runtime: Runtime, clock: MovableClock, policy: CatchUp, runs: int
) -> None:
    count = Counter()
    job = Job("often", count, timedelta(minutes=20), catch_up=policy, grace=timedelta(minutes=5))
    clock.set(NOON, rate=0)
    run_due(runtime, job)
    before = count.runs
    clock.set(NOON + timedelta(hours=2, minutes=10), rate=0)
    assert run_due(runtime, job) == runs
    assert count.runs - before == runs
    clock.set(NOON + timedelta(hours=2, minutes=21), rate=0)
    assert run_due(runtime, job) == 1


def test_a11_several_schedulers_run_each_moment_once(runtime: Runtime, clock: MovableClock) -> None:
    count = Counter(seconds=0.02)
    job = Job("shared", count, timedelta(minutes=10), catch_up=CatchUp.all)
    clock.set(NOON, rate=0)
    run_due(runtime, job)
    clock.set(NOON + timedelta(minutes=100), rate=0)
    threads = [threading.Thread(target=run_due, args=(runtime, job)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count.runs == 11
    assert len(rows(runtime, select(Tick))) == 11


def test_a_job_that_fails_leaves_its_moment_to_the_next_beat(runtime: Runtime, clock: MovableClock) -> None:
    def breaking(_: Runtime) -> int:
        raise RuntimeError("a fault")

    clock.set(NOON, rate=0)
    with pytest.raises(RuntimeError):
        run_due(runtime, Job("fragile", breaking, HOUR))
    assert rows(runtime, select(Tick)) == []
    assert run_due(runtime, Job("fragile", Counter(), HOUR)) == 1


def test_a_clock_that_jumps_back_runs_nothing_twice(runtime: Runtime, clock: MovableClock) -> None:
    count = Counter()
    job = Job("hourly", count, HOUR)
    for jump in (0, -24, 0, -1, 0):
        clock.set(NOON + timedelta(hours=jump), rate=0)
        run_due(runtime, job)
    assert count.runs == 1


def test_a_sweep_that_fails_does_not_stop_the_others(runtime: Runtime) -> None:
    def breaking(_: Runtime) -> int:
        raise RuntimeError("a fault")

    count, stop = Counter(), threading.Event()
    sweeps = (Sweep("broken", breaking, 0.1), Sweep("sound", count, 0.1))
    thread = threading.Thread(target=scheduler.run, args=(runtime, stop, sweeps))
    thread.start()
    time.sleep(0.6)
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert count.runs >= 3


def test_every_sweep_of_the_house_runs_on_an_empty_database(runtime: Runtime, clock: MovableClock) -> None:
    clock.set(NOON.replace(hour=4, minute=30), rate=0)
    for sweep in scheduler.SWEEPS:
        sweep.run(runtime)
    names = {tick.name for tick in rows(runtime, select(Tick))}
    evening = {"visits.tell_authors"}  # at half past four yesterday's evening is passed over
    assert names == {job.name for job in scheduler.JOBS} - evening


def test_the_heartbeat_tells_the_watchdog_that_the_clock_lives(runtime: Runtime, clock: MovableClock) -> None:
    clock.set(NOON, rate=0)
    scheduler.beat(runtime)
    with reading(runtime) as db:
        assert notices.last_heartbeat(db) == NOON
