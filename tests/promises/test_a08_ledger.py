"""A8: processes that are killed move points between hot accounts, and the ledger stays whole to the last point."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from app.adapters.database import engine_for
from app.domains.points import actions as points
from app.domains.points import queries
from app.domains.points.models import Entry, PointsAccount, Transfer
from app.domains.points.rules import TransferKind, fund_of
from app.kernel.access import SYSTEM, unscoped
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.kernel.values import local_day
from app.settings import Database
from tests.makers.areas import VILLAGE
from tests.makers.points import make_homes
from tests.promises.mover import Plan
from tests.stack import ROOT, Stack, until

pytestmark = [pytest.mark.promise, pytest.mark.timeout(1_800)]
ACCOUNTS, EACH_HAS = 20, 1_000
TOTAL = ACCOUNTS * EACH_HAS


def fill(runtime: Runtime) -> tuple[UUID, ...]:
    """Twenty households with a thousand points each, out of the fund of their village."""
    homes = make_homes(runtime, ACCOUNTS)
    with transaction(runtime, SYSTEM) as tx:
        points.open_accounts(tx, dict.fromkeys(homes, VILLAGE), villages=[VILLAGE])
        for home in homes:
            facts = (tx.new_id(), TransferKind.award, fund_of(VILLAGE), home, EACH_HAS, VILLAGE, "start")
            points.move(tx, points.Movement(*facts, local_day(tx.now), EACH_HAS))
    return tuple(homes)


class Movers:
    """The processes."""

    def __init__(self, stack: Stack, plan: Plan, count: int) -> None:
        self._stack, self.plan, self.count = stack, plan, count
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, number: int) -> None:
        """Start one; it goes on where its journal ends."""
        argv = [sys.executable, "-m", "tests.promises.mover", str(self.plan.folder), str(number)]
        env = {**os.environ, "LIANXIN_CONFIG": str(self._stack.config)}
        with (self.plan.folder / f"log{number}").open("ab") as log:
            self._running[number] = subprocess.Popen(argv, cwd=ROOT, env=env, stdout=log, stderr=log)

    def kill(self, number: int) -> bool:
        """kill -9 one and start it again; false when it had ended already."""
        process = self._running[number]
        was_running = process.poll() is None
        process.kill()
        process.wait()
        if was_running:
            self.start(number)
        return was_running

    def done(self) -> int:
        """How many outcomes have been noted by all."""
        return sum(self.plan.count(number) for number in range(self.count))

    def end(self) -> list[int]:
        """Wait for all; their exit codes."""
        return [self._running[number].wait(timeout=900) for number in range(self.count)]

    def stop(self) -> None:
        """Leave none behind."""
        for process in self._running.values():
            process.kill()
            process.wait()


@contextmanager
def moving(stack: Stack, plan: Plan, count: int) -> Iterator[Movers]:
    """Movers at work."""
    movers = Movers(stack, plan, count)
    try:
        for number in range(count):
            movers.start(number)
        yield movers
    finally:
        movers.stop()


def under_fire(movers: Movers, *, kills: int, dice: random.Random) -> int:
    """Kill a mover each time another share of the work is done; answers how many were hit while they worked."""
    total, hit = movers.count * movers.plan.each, 0
    for number in range(kills):
        wanted = total * (number + dice.random()) / (kills + 1)
        until(lambda wanted=wanted: movers.done() >= wanted, seconds=300, every=0.1)  # type: ignore[misc]
        hit += any(movers.kill(victim) for victim in dice.sample(range(movers.count), movers.count))
    return hit


@unscoped("a test counts all rows")
def ledger(runtime: Runtime) -> tuple[queries.Health, int, int, int]:
    """The health of the ledger, what the households hold together, how many transfers were made, deadlocks seen."""
    with reading(runtime) as db:
        held = db.scalar(select(func.sum(PointsAccount.balance)).where(PointsAccount.household_id.is_not(None))) or 0
        made = db.scalar(select(func.count()).select_from(Transfer).where(Transfer.rule == "a8")) or 0
        lowest = db.scalar(select(func.min(Entry.balance)).join(PointsAccount).where(PointsAccount.kind == "household"))
        deadlocks = db.scalar(text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")) or 0
        assert lowest is not None
        assert lowest >= 0
        return queries.health(db), int(held), made, int(deadlocks)


def test_a8_killed_processes_move_points_between_hot_accounts_and_nothing_is_lost(
    database: Database, make_stack: Callable[..., Stack], tmp_path: Path, dice: random.Random, *, full: bool
) -> None:
    count, each, kills = (16, 2_000, 20) if full else (4, 800, 4)
    stack = make_stack(database)
    with stack.inside() as runtime:
        plan = Plan(tmp_path, fill(runtime), each, dice.randrange(1_000_000))
        plan.write()
        with moving(stack, plan, count) as movers:
            until(movers.done, seconds=120)
            started, before = time.monotonic(), movers.done()
            hit = under_fire(movers, kills=kills, dice=dice)
            codes = movers.end()
            rate = (movers.done() - before) / (time.monotonic() - started)
        heard = Counter(word for number in range(count) for word in plan.outcomes(number))
        health, held, made, deadlocks = ledger(runtime)
    print(
        f"A8: {count} processes x {each} transfers over {ACCOUNTS} accounts, {hit} x kill -9 at work, {dict(heard)}: "
        f"{health}, held {held} of {TOTAL}, {rate:.0f} transfers/s, deadlocks {deadlocks}"
    )
    assert codes == [0] * count
    assert hit == kills
    assert health.is_well
    assert held == TOTAL
    assert heard["moved"] <= made <= heard["moved"] + hit
    assert heard.total() - heard["deadlock"] == count * each
    assert heard["deadlock"] <= 0.01 * count * each
    assert heard["refused"] > 0


def test_a8_the_walk_over_the_ledger_would_see_a_lost_entry(runtime: Runtime, database: Database) -> None:
    """The check itself: a row that is missing, a point too many and a gap are each seen."""
    fill(runtime)
    owner = engine_for(database, url=database.owner_url)
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE points_entry DISABLE TRIGGER USER"))
        connection.execute(
            text(
                "DELETE FROM points_entry WHERE points > 0 AND account_id = (SELECT min(id::text)::uuid FROM points_account)"
            )
        )
    owner.dispose()
    with reading(runtime) as db:
        found = queries.health(db)
    assert (found.unbalanced, found.drifting, found.gaps) == (1, 1, 1)
