"""A7: the same key from fifty phones' threads at once is one row, and everybody is told the same."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from app.domains.visits.models import Visit
from app.kernel.access import unscoped
from app.kernel.receipts import Receipt
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading
from app.settings import Database
from tests.promises.clients import Heard, Line, Note, side_by_side, visits_by
from tests.promises.crowd import make_keepers
from tests.stack import Stack

pytestmark = [pytest.mark.promise, pytest.mark.timeout(900)]
THREADS = 50


def all_at_once(line: Line, note: Note) -> list[Heard]:
    """Fifty threads send one visit in the same moment."""
    heard: list[Heard] = []
    start = threading.Barrier(THREADS)

    def send(_number: int) -> None:
        start.wait()
        heard.append(note.send(line))

    side_by_side(send, THREADS)
    return heard


@unscoped("a test counts all rows")
def counts(runtime: Runtime) -> tuple[int, int]:
    """How many visits and receipts there are."""
    with reading(runtime) as db:
        kinds = (Visit, Receipt)
        visits, receipts = (db.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds)
        return visits, receipts


def test_a7_the_same_key_from_50_threads_is_one_row_and_49_replays(
    database: Database, make_stack: Callable[..., Stack], *, full: bool
) -> None:
    rounds = 200 if full else 6
    stack = make_stack(database, proxies=1)
    stack.start("api")
    with stack.inside() as runtime:
        (keeper,) = make_keepers(runtime, 1, households_each=20)
        line = Line(stack)
        told = [all_at_once(line, note) for note in visits_by(keeper, runtime.clock, rounds)]
        visits, receipts = counts(runtime)
    statuses = Counter(heard.status for answers in told for heard in answers)
    slowest = max(heard.seconds for answers in told for heard in answers)
    print(f"A7: {rounds} rounds x {THREADS} threads: rows {visits}, receipts {receipts}, answers {dict(statuses)}")
    print(
        f"A7: rounds in which all were told the same {sum(_agree(answers) for answers in told)}, slowest {slowest:.2f} s"
    )
    assert (visits, receipts) == (rounds, rounds)
    assert statuses == {201: rounds * THREADS}
    assert all(_agree(answers) for answers in told)


def _agree(answers: list[Heard]) -> bool:
    return len({heard.body for heard in answers}) == 1
