"""One of several schedulers that share some jobs: `LIANXIN_CONFIG=… python -m tests.promises.clockwork`.

The metronome, the due moments and the rows are the product's own; only the jobs are the test's: each takes a moment,
so that a kill finds it in the middle, and writes in a transaction of its own that it ran.
"""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from functools import partial

from sqlalchemy import text

from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.ticks import CatchUp
from app.kernel.transaction import transaction
from app.main import open_runtime
from bot import scheduler
from bot.jobs import Job, run_due
from bot.scheduler import Sweep

JOBS, EVERY = 10, timedelta(seconds=2)
_RAN = text("INSERT INTO a11_ran (name) VALUES (:name)")


def work(runtime: Runtime, name: str) -> int:
    """What a job does: some work, and a row that says so."""
    time.sleep(0.1)
    with transaction(runtime, SYSTEM) as tx:
        tx.db.execute(_RAN, {"name": name})
    return 1


def jobs() -> list[Job]:
    """Jobs that are due every two seconds, none of whose moments may be left out."""
    names = [f"a11.{number}" for number in range(JOBS)]
    return [Job(name, partial(work, name=name), EVERY, catch_up=CatchUp.all) for name in names]


def main() -> None:
    """Beat until killed."""
    sweeps = tuple(Sweep(job.name, partial(run_due, job=job), 0.5) for job in jobs())
    with open_runtime() as runtime:
        print("clockwork ready", flush=True)
        scheduler.run(runtime, threading.Event(), sweeps)


if __name__ == "__main__":
    main()
