"""What the clock does about duties: open the month, add what a new keeper owes, remind. Two clocks at once do no harm."""

from __future__ import annotations

from app.domains.duties import actions, queries
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.kernel.values import local_day, month_of


def open_due_periods(runtime: Runtime) -> int:
    """Open the running month of every kind of duty; answers how many duties were written."""
    month = month_of(local_day(runtime.clock.now()))
    written = 0
    for kind in runtime.presets["duties"]:
        with transaction(runtime, SYSTEM) as tx:
            written += actions.open_period(tx, kind, month)
    return written


def add_missing_duties(runtime: Runtime) -> int:
    """Duties for households that got a keeper by a way that told nobody (an import); meant for once an hour."""
    month = month_of(local_day(runtime.clock.now()))
    written = 0
    for kind in runtime.presets["duties"]:
        with transaction(runtime, SYSTEM) as tx:
            written += actions.add_missing(tx, kind, month)
    return written


def send_due_reminders(runtime: Runtime) -> int:
    """Queue every reminder that is due, also those missed while nothing was running; answers how many people are told."""
    with reading(runtime) as db:
        families = queries.due_families(db, runtime.clock.now())
    told = 0
    for kind, period, weekly in families:
        with transaction(runtime, SYSTEM) as tx:
            told += actions.remind(tx, kind, period, weekly=weekly)
    return told
