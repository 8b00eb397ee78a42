"""Jobs with due moments: each moment of a job runs once as a row, whoever runs it, and after an outage by its policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.kernel import ticks
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.ticks import CatchUp
from app.kernel.transaction import reading, transaction
from app.kernel.values import SHANGHAI


@dataclass(frozen=True, slots=True)
class Job:
    """What runs at its due moments: every so often, counted from a moment of the Chinese day.

    `catch_up` says what becomes of moments that passed while nothing was running; with `skip` a moment is still run
    when it is not older than `grace`.
    """

    name: str
    run: Callable[[Runtime], int]
    every: timedelta
    hour: int = 0
    minute: int = 0
    catch_up: CatchUp = CatchUp.one
    grace: timedelta = timedelta(minutes=5)

    def anchor(self, now: datetime) -> datetime:
        """The latest due moment that is not in the future, for a job that has never run."""
        start = now.astimezone(SHANGHAI).replace(hour=self.hour, minute=self.minute, second=0, microsecond=0)
        if start > now:
            start -= timedelta(days=1)
        return start + self.every * ((now - start) // self.every)


def run_due(runtime: Runtime, job: Job) -> int:
    """Run every moment of a job that is due and that nobody has run; answers how many this process ran."""
    now = runtime.clock.now()
    with reading(runtime) as db:
        last = ticks.last_due(db, job.name)
    since = last if last is not None else job.anchor(now) - job.every
    dues = list(ticks.due_since(since, now, job.every))
    chosen = ticks.to_run(dues, job.catch_up, now=now, grace=job.grace)
    return sum(_run(runtime, job, due_at) for due_at in chosen)


def _run(runtime: Runtime, job: Job, due_at: datetime) -> bool:
    """Run one moment, unless it is taken. The row is held until the job has ended: a process that dies leaves none."""
    with transaction(runtime, SYSTEM) as tx:
        if not ticks.take(tx, job.name, due_at):
            return False
        ticks.note(tx, job.name, due_at, did=job.run(runtime))
    return True
