"""One of many processes that fire the same trigger at the same moment; it is told on its standard input."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.domains.areas.models import Person
from app.domains.duties import sweeps
from app.kernel.access import SYSTEM, unscoped
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from app.main import open_runtime
from tests.promises.crowd import tell


@unscoped("a test tells everybody")
def tell_everybody(runtime: Runtime) -> int:
    """The same news for the whole crowd, in one transaction; each firing goes through the crowd in another order."""
    with transaction(runtime, SYSTEM) as tx:
        people = list(tx.db.scalars(select(Person.id)))
        random.SystemRandom().shuffle(people)
        tell(tx, people, key="a4:news")
    return len(people)


TRIGGERS: dict[str, Callable[[Runtime], int]] = {
    "news": tell_everybody,
    "open": sweeps.open_due_periods,
    "remind": sweeps.send_due_reminders,
}


def main() -> None:
    """Say ready; for each line WHAT TIMES fire from as many threads at once and say what each firing has done."""
    with open_runtime() as runtime, ThreadPoolExecutor(8) as pool:
        print("ready", flush=True)
        for line in sys.stdin:
            what, times = line.split()
            outcomes = pool.map(partial(_outcome, runtime), [what] * int(times))
            print(json.dumps(list(outcomes)), flush=True)


def _outcome(runtime: Runtime, what: str) -> int | str:
    try:
        return TRIGGERS[what](runtime)
    except SQLAlchemyError as failed:
        return type(failed.__cause__).__name__


if __name__ == "__main__":
    main()
