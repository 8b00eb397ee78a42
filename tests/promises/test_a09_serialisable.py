"""A9 (transfers and reads): clients write down what they ask and hear; a checker looks for what no serial order explains.

The race of two approvers for one request belongs to whoever judges, not to the ledger.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from app.adapters.database import engine_for
from app.domains.points import actions as points
from app.domains.points.errors import NotEnoughPoints
from app.domains.points.models import Entry, PointsAccount
from app.domains.points.rules import TransferKind
from app.kernel.access import SYSTEM, unscoped
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.kernel.values import local_day, uuid7
from app.settings import Database
from tests.makers.areas import VILLAGE
from tests.promises.clients import side_by_side
from tests.promises.histories import History, ReadAll, Seen, Transferred, Written, anomalies
from tests.promises.test_a08_ledger import TOTAL, fill
from tests.stack import Stack

pytestmark = [pytest.mark.promise, pytest.mark.timeout(2_400)]
CLIENTS = 8
_CUT_OFF = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND usename = current_user AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
)


class Clients:
    """Eight clients of the ledger; one in eight asks is a read of everything."""

    def __init__(self, runtime: Runtime, homes: tuple[UUID, ...], history: History) -> None:
        self.runtime, self.homes, self.history = runtime, homes, history

    def work(self, dice: random.Random, *, until: float) -> None:
        """Ask and note, until the time is over."""
        while time.monotonic() < until:
            if dice.random() < 0.125:
                self.read()
            else:
                self.transfer(dice)

    def transfer(self, dice: random.Random) -> None:
        """Move some points; what the connection swallows is unknown."""
        giver, taker = dice.sample(self.homes, 2)
        key, some, invoked = uuid7(self.runtime.clock.now()), dice.randint(1, 400), time.monotonic()
        day = local_day(self.runtime.clock.now())
        plan = points.Movement(key, TransferKind.adjustment, giver, taker, some, VILLAGE, "a9", day, some)
        outcome: str = "ok"
        try:
            with transaction(self.runtime, SYSTEM) as tx:
                points.move(tx, plan)
        except NotEnoughPoints:
            outcome = "fail"
        except SQLAlchemyError:
            outcome = "unknown"
        self.history.transfers.append(Transferred(key, invoked, time.monotonic(), outcome))  # type: ignore[arg-type]

    def read(self) -> None:
        """Read every account at once; a read that was cut off tells nothing."""
        invoked = time.monotonic()
        try:
            seen = accounts(self.runtime)
        except SQLAlchemyError:
            return
        self.history.reads.append(ReadAll(invoked, time.monotonic(), seen))


@unscoped("a test reads all accounts")
def accounts(runtime: Runtime) -> dict[UUID, Seen]:
    """Every household's version and balance, in one statement."""
    asked = select(PointsAccount.id, PointsAccount.version, PointsAccount.balance)
    with reading(runtime) as db:
        rows = db.execute(asked.where(PointsAccount.household_id.is_not(None)))
        return {row.id: Seen(row.version, row.balance) for row in rows}


@unscoped("a test reads all entries")
def written(runtime: Runtime, before: dict[UUID, Seen]) -> list[Written]:
    """The entries that the clients left."""
    columns = (Entry.account_id, Entry.version, Entry.transfer_id, Entry.points, Entry.balance)
    with reading(runtime) as db:
        rows = [Written(*row) for row in db.execute(select(*columns))]
    return [one for one in rows if one.account_id in before and one.version > before[one.account_id].version]


@contextmanager
def scissors(database: Database, dice: random.Random) -> Iterator[Counter[str]]:
    """Somebody who cuts connections while the block runs."""
    cuts: Counter[str] = Counter()
    over = threading.Event()
    engine = engine_for(database, pool_size=1)  # the product's role may cut its own

    def cut() -> None:
        while not over.wait(0.1 + dice.random() * 0.4):
            with engine.connect() as connection:
                cuts["cut"] += len(connection.execute(text(_CUT_OFF)).all())

    thread = threading.Thread(target=cut)
    thread.start()
    yield cuts
    over.set()
    thread.join()
    engine.dispose()


def test_a9_no_client_sees_what_no_serial_order_explains(
    database: Database, make_stack: Callable[..., Stack], dice: random.Random, *, full: bool
) -> None:
    seconds = 1_800 if full else 6
    stack = make_stack(database)
    with stack.inside() as runtime:
        homes = fill(runtime)
        before = accounts(runtime)
        history = History(TOTAL, before)
        clients = Clients(runtime, homes, history)
        seeds = [dice.randrange(1_000_000) for _ in range(CLIENTS)]
        end = time.monotonic() + seconds
        with scissors(database, dice) as cuts:
            side_by_side(lambda number: clients.work(random.Random(seeds[number]), until=end), CLIENTS)
        runtime.engine.dispose()  # the last cut may have met a connection that lay idle
        entries = written(runtime, before)
    found = anomalies(history, entries)
    told = Counter(one.outcome for one in history.transfers)
    print(f"A9: {CLIENTS} clients, {seconds} s, {cuts['cut']} connections cut: transfers {dict(told)}, "
          f"reads of all {len(history.reads)}, anomalies {len(found)}")  # fmt: skip
    assert found == []
    assert told["ok"] > 100
    assert cuts["cut"] > 0
    assert len(history.reads) > 10


A, B = UUID(int=1), UUID(int=2)
ONE, TWO = UUID(int=11), UUID(int=12)


def a_history() -> tuple[History, list[Written]]:
    """Two transfers from A to B, and a read between them."""
    history = History(10, {A: Seen(1, 10), B: Seen(0, 0)})
    history.transfers += [Transferred(ONE, 1.0, 2.0, "ok"), Transferred(TWO, 5.0, 6.0, "ok")]
    history.reads.append(ReadAll(3.0, 4.0, {A: Seen(2, 7), B: Seen(1, 3)}))
    entries = [Written(A, 2, ONE, -3, 7), Written(B, 1, ONE, 3, 3), Written(A, 3, TWO, -1, 6), Written(B, 2, TWO, 1, 4)]
    return history, entries


def test_a9_the_checker_finds_nothing_in_a_history_that_is_whole() -> None:
    assert anomalies(*a_history()) == []


@pytest.mark.parametrize(
    ("seen", "what"),
    [
        ({A: Seen(2, 7), B: Seen(0, 0)}, "sums to 7"),
        ({A: Seen(2, 7), B: Seen(0, 0)}, "saw half"),
        ({A: Seen(1, 10), B: Seen(0, 0)}, "missed"),
        ({A: Seen(3, 6), B: Seen(2, 4)}, "nobody had asked"),
        ({A: Seen(2, 6), B: Seen(1, 4)}, "never had"),
    ],
)
def test_a9_the_checker_finds_a_read_that_cannot_have_been(seen: dict[UUID, Seen], what: str) -> None:
    history, entries = a_history()
    history.reads[0] = replace(history.reads[0], accounts=seen)
    assert any(what in said for said in anomalies(history, entries))


def test_a9_the_checker_finds_transfers_that_were_lost_invented_or_doubled() -> None:
    history, entries = a_history()
    assert any("is not there" in said for said in anomalies(history, entries[:2]))
    history.transfers[1] = replace(history.transfers[1], outcome="fail")
    assert any("was refused and is there" in said for said in anomalies(history, entries))
    del history.transfers[1]
    assert any("nobody asked for it" in said for said in anomalies(history, entries))


def test_a9_the_checker_finds_orders_that_do_not_fit_together() -> None:
    history, entries = a_history()
    crossed = [*entries[:1], Written(B, 2, ONE, 3, 4), entries[2], Written(B, 1, TWO, 1, 1)]
    said = anomalies(history, crossed)
    assert any("wait for each other" in one for one in said)
    assert any("stands before one that had ended" in one for one in said)
