"""A5: the web server is killed again and again; what was acknowledged is there, once, and a retry is told the same."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domains.visits.models import Visit
from app.kernel.access import unscoped
from app.kernel.receipts import Receipt
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading
from app.settings import Database
from tests.promises.clients import Line, Note, share, side_by_side, visits_by
from tests.promises.crowd import make_keepers
from tests.stack import Stack, until

pytestmark = [pytest.mark.promise, pytest.mark.timeout(1_800)]
CLIENTS = 8
_AGAIN = {0, 429, 502, 503}


@dataclass
class Journal:
    """What a client was told: the answer to each id it had acknowledged."""

    acknowledged: dict[UUID, bytes] = field(default_factory=dict)
    heard: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write_all(self, line: Line, notes: Sequence[Note]) -> None:
        """Send visits one after the other, as a phone does."""
        for note in notes:
            self.write_until_told(line, note)

    def write_until_told(self, line: Line, note: Note) -> None:
        """Send a visit again and again until it is acknowledged."""
        for _ in range(2_000):
            heard = note.send(line)
            with self._lock:
                self.heard[heard.status] += 1
                self.seconds.append(heard.seconds)
            if heard.status == 201:
                self.acknowledged[note.id] = heard.body
                return
            assert heard.status in _AGAIN, heard.status
            time.sleep(0.2)
        pytest.fail("never acknowledged")


def under_fire(stack: Stack, journal: Journal, *, kills: int, total: int, dice: random.Random) -> None:
    """Kill the web server each time another share of the visits has been acknowledged."""
    for number in range(kills):
        wanted = total * (number + dice.random()) / (kills + 1)
        until(lambda wanted=wanted: len(journal.acknowledged) >= wanted, seconds=120, every=0.005)  # type: ignore[misc]
        time.sleep(dice.random() * 0.02)
        stack.kill("api")
        stack.start("api")


@unscoped("a test counts all rows")
def ids_in(runtime: Runtime) -> tuple[Counter[UUID], Counter[UUID]]:
    """The visits and the receipts that are on file."""
    with reading(runtime) as db:
        return Counter(db.scalars(select(Visit.id))), Counter(db.scalars(select(Receipt.id)))


def test_a5_the_server_is_killed_and_no_acknowledged_write_is_lost(
    database: Database, make_stack: Callable[..., Stack], dice: random.Random, *, full: bool
) -> None:
    each, kills = (2_500, 100) if full else (25, 4)
    stack = make_stack(database, proxies=1)
    stack.start("api")
    with stack.inside() as runtime:
        keepers = make_keepers(runtime, CLIENTS, households_each=max(5, each // 10))
        queues: Sequence[list[Note]] = [
            visits_by(keeper, runtime.clock, each, first=number * each) for number, keeper in enumerate(keepers)
        ]
        line, journal, total = Line(stack), Journal(), CLIENTS * each
        killer = threading.Thread(
            target=under_fire, args=(stack, journal), kwargs={"kills": kills, "total": total, "dice": dice}
        )
        killer.start()
        started = time.monotonic()
        side_by_side(lambda number: journal.write_all(line, queues[number]), CLIENTS)
        killer.join()
        took = time.monotonic() - started
        again = Journal()
        side_by_side(lambda number: again.write_all(line, queues[number]), CLIENTS)
        visits, receipts = ids_in(runtime)
    lost = journal.acknowledged.keys() - visits.keys()
    differing = sum(again.acknowledged[key] != body for key, body in journal.acknowledged.items())
    print(
        f"A5: {total} visits by {CLIENTS} clients, {kills} x kill -9 in {took:.0f} s, answers {dict(journal.heard)}: "
        f"acknowledged - present = {len(lost)}, rows {visits.total()}, receipts {receipts.total()}, "
        f"retries that were told something else {differing}, p99 {share(journal.seconds, 0.99) * 1000:.0f} ms"
    )
    assert len(journal.acknowledged) == total
    assert lost == set()
    assert visits == dict.fromkeys(journal.acknowledged, 1)
    assert receipts == visits
    assert differing == 0
