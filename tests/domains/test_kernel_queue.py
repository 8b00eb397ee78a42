"""Rows that workers take in turn, and due moments that run exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text, true, update

from app.domains.notices.models import Inbound
from app.kernel.access import SYSTEM, Actor
from app.kernel.queue import claim, mine
from app.kernel.runtime import Runtime
from app.kernel.ticks import CatchUp, Tick, due_since, last_due, take, to_run
from app.kernel.transaction import Tx, reading, transaction

Opener = Callable[[Actor], AbstractContextManager[Tx]]
HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 2, 4, tzinfo=UTC)


def add_packets(tx: Tx, count: int) -> None:
    for _ in range(count):
        tx.db.add(
            Inbound(
                id=uuid4(),
                key=uuid4().bytes,
                app="mp",
                kind="event",
                payload_sealed=b"",
                state="waiting",
                received_at=tx.now,
                next_at=tx.now,
            )
        )


def take_some(runtime: Runtime, limit: int, seconds: int = 60) -> list[tuple[UUID, int]]:
    with transaction(runtime, SYSTEM) as tx:
        rows = claim(tx.db, Inbound, ready=true(), now=tx.now, limit=limit, seconds=seconds)
        return [(row.id, row.attempt) for row in rows]


def test_many_workers_take_each_row_once(runtime: Runtime, tx_as: Opener) -> None:
    with tx_as(SYSTEM) as tx:
        add_packets(tx, 60)
    taken: list[tuple[UUID, int]] = []
    workers = [threading.Thread(target=lambda: taken.extend(take_some(runtime, 10))) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    taken.extend(take_some(runtime, 60))
    assert len({row for row, _ in taken}) == len(taken) == 60


def test_a_lease_that_ran_out_is_taken_again_under_a_higher_number(runtime: Runtime, tx_as: Opener) -> None:
    with tx_as(SYSTEM) as tx:
        add_packets(tx, 1)
    [(row, first)] = take_some(runtime, 1, seconds=0)
    [(again, second)] = take_some(runtime, 1)
    assert (row, first + 1) == (again, second)
    with tx_as(SYSTEM) as tx:
        late = update(Inbound).where(mine(Inbound, row, first)).values(state="done")
        assert tx.db.execute(late).rowcount == 0


def test_what_is_not_due_is_left_alone(runtime: Runtime, tx_as: Opener) -> None:
    with tx_as(SYSTEM) as tx:
        add_packets(tx, 1)
        tx.db.flush()
        tx.db.execute(update(Inbound).values(next_at=tx.now + HOUR))
    assert take_some(runtime, 1) == []


def test_due_moments_of_an_outage_are_all_found() -> None:
    assert list(due_since(NOON, NOON + 3 * HOUR, HOUR)) == [NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR]
    assert list(due_since(None, NOON, HOUR)) == [NOON]
    assert list(due_since(NOON, NOON + HOUR / 2, HOUR)) == []


@pytest.mark.parametrize(
    ("policy", "late", "runs"),
    [(CatchUp.all, HOUR, 3), (CatchUp.one, HOUR, 1), (CatchUp.skip, HOUR, 0), (CatchUp.skip, timedelta(0), 1)],
)
def test_each_job_catches_up_by_its_own_policy(policy: CatchUp, late: timedelta, runs: int) -> None:
    dues = list(due_since(NOON, NOON + 3 * HOUR, HOUR))
    assert len(to_run(dues, policy, now=NOON + 3 * HOUR + late, grace=HOUR / 2)) == runs


def test_many_schedulers_run_a_due_moment_once(runtime: Runtime) -> None:
    won: list[bool] = []

    def run() -> None:
        with transaction(runtime, SYSTEM) as tx:
            won.append(take(tx, "digest", NOON))

    schedulers = [threading.Thread(target=run) for _ in range(5)]
    for scheduler in schedulers:
        scheduler.start()
    for scheduler in schedulers:
        scheduler.join()
    assert sorted(won) == [False, False, False, False, True]
    with reading(runtime) as db:
        assert last_due(db, "digest") == NOON
        assert db.scalar(select(func.count()).select_from(Tick)) == 1


def test_a_due_moment_whose_work_failed_is_free_again(runtime: Runtime) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_in_the_middle(runtime)
    with transaction(runtime, SYSTEM) as tx:
        assert take(tx, "digest", NOON)


def fail_in_the_middle(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        take(tx, "digest", NOON)
        tx.db.execute(text("SELECT 1"))
        raise ZeroDivisionError
