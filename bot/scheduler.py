"""The clock of the house: it calls the sweeps of every domain and stores nothing itself.

What is due stands in rows, so a missed beat is made good by the next, and two schedulers do no harm. The library below
is only the metronome; moments and days are told by the runtime's clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, timedelta
from functools import partial
from typing import NamedTuple

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from app.domains.appraisals import sweeps as appraisals
from app.domains.cases import sweeps as cases
from app.domains.duties import sweeps as duties
from app.domains.identity import sweeps as identity
from app.domains.media import sweeps as media
from app.domains.notices import actions as notices
from app.domains.notices import sweeps as messages
from app.domains.retention import sweeps as retention
from app.domains.visits import sweeps as visits
from app.kernel import log, receipts
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.ticks import CatchUp
from app.kernel.transaction import transaction
from bot import desk, metrics
from bot.jobs import Job, run_due

_HEARTBEAT = "scheduler"
_THREADS = 4


class Sweep(NamedTuple):
    """What is called again and again, and every how many seconds."""

    name: str
    run: Callable[[Runtime], int]
    seconds: float


def beat(runtime: Runtime) -> int:
    """Say that the scheduler lives, for `doctor` and for a watchdog outside."""
    with transaction(runtime, SYSTEM) as tx:
        notices.beat(tx, _HEARTBEAT)
    return 1


def forget_sign_ins(runtime: Runtime) -> int:
    """Forget sessions and counters that are over."""
    with transaction(runtime, SYSTEM) as tx:
        identity.forget_what_is_over(tx)
    return 1


def forget_answers(runtime: Runtime) -> int:
    """Forget answers that no phone asks for again."""
    with transaction(runtime, SYSTEM) as tx:
        return receipts.forget_answers(tx)


DAY = timedelta(days=1)
JOBS = (
    Job("duties.add_missing", duties.add_missing_duties, timedelta(hours=1), minute=10),
    Job("notices.purge", messages.purge, DAY, hour=3, minute=20),
    Job("identity.forget", forget_sign_ins, DAY, hour=3, minute=40),
    Job("retention.forget", retention.forget_departed, DAY, hour=3, minute=50),
    Job("receipts.forget", forget_answers, timedelta(hours=1), minute=25),
    Job("visits.tell_authors", visits.tell_authors, DAY, hour=18, catch_up=CatchUp.skip, grace=timedelta(hours=2)),
    Job("visits.ask_for_eyes", visits.ask_for_eyes, timedelta(hours=1), minute=35),
    Job("media.parts", media.forget_parts, DAY, hour=3, minute=50),
    Job("media.orphans", media.forget_orphans, DAY, hour=4, catch_up=CatchUp.skip, grace=timedelta(hours=3)),
)
SWEEPS = (
    Sweep("notices.expire_leases", messages.expire_leases, 5),
    Sweep("notices.tell_on", messages.tell_on, 2),
    Sweep("cases.escalate", cases.escalate_overdue, 3),
    Sweep("duties.open_periods", duties.open_due_periods, 15),
    Sweep("appraisals.move_due", appraisals.move_due, 5),
    Sweep("duties.remind", duties.send_due_reminders, 5),
    Sweep("scheduler.beat", beat, 10),
    Sweep("desk.next_due", desk.tell_next_due, 3),
    *(Sweep(job.name, partial(run_due, job=job), 10) for job in JOBS),
)


def attempt(runtime: Runtime, sweep: Sweep) -> int:
    """Run a sweep once; one that fails is reported and does not stop the others."""
    try:
        done = sweep.run(runtime)
    except Exception:  # noqa: BLE001
        # an edge of the process: the next beat tries again
        metrics.sweeps.labels(sweep.name, "failed").inc()
        log.say("scheduler", "sweep failed", error=True, name=sweep.name)
        return 0
    metrics.sweeps.labels(sweep.name, "done").inc()
    return done


def run(runtime: Runtime, stop: threading.Event, sweeps: tuple[Sweep, ...] = SWEEPS) -> None:
    """Beat until `stop` is set, then let what is running come to its end."""
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(_THREADS)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for sweep in sweeps:
        scheduler.add_job(attempt, "interval", (runtime, sweep), seconds=sweep.seconds, id=sweep.name)
    for sweep in sweeps:
        attempt(runtime, sweep)
    scheduler.start()
    try:
        stop.wait()
    finally:
        scheduler.shutdown(wait=True)
