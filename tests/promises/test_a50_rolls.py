"""A50: a roll comes in whole or not at all, also when the import is killed in the middle; the same again changes nothing."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.adapters.desk import toml_of
from app.commands.rolls import read_roll_file
from app.domains.areas import actions, queries
from app.domains.areas.models import Batch, Household, Person
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.settings import Settings
from bench.imports import write_roll
from tests.stack import ROOT

pytestmark = pytest.mark.promise


def rows_on_file(runtime: Runtime) -> tuple[int, int, int]:
    """Households, persons and imports in the database."""
    with reading(runtime) as db:
        counts = [db.scalar(select(func.count()).select_from(model)) or 0 for model in (Household, Person, Batch)]
    return counts[0], counts[1], counts[2]


@pytest.fixture
def import_command(runtime: Runtime, settings: Settings, tmp_path: Path) -> Callable[[Path], subprocess.Popen[bytes]]:
    """Start an import of a file in a process of its own, as an operator does."""
    with transaction(runtime, SYSTEM) as tx:
        actions.import_divisions(tx)
    config = tmp_path / "config.toml"
    config.write_text(toml_of(asdict(settings)), encoding="utf-8")
    environment = {**os.environ, "LIANXIN_CONFIG": str(config)}

    def start(file: Path) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "-m", "app", "import", "households", str(file), "--yes"]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)

    return start


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a50_an_import_that_is_killed_anywhere_leaves_nothing_or_all(
    runtime: Runtime,
    import_command: Callable[[Path], subprocess.Popen[bytes]],
    tmp_path: Path,
    dice: random.Random,
    *,
    full: bool,
) -> None:
    households, persons, kills = (6_764, 20_000, 20) if full else (500, 1_500, 4)
    file = tmp_path / "roll.xlsx"
    write_roll(file, households=households, persons=persons)
    took = _whole_time(import_command, file, runtime)
    everything = (households, persons, 1)
    assert rows_on_file(runtime) == everything
    left: list[tuple[int, int]] = []
    for number in range(kills):
        _undo_all(runtime)
        _kill_within(import_command(file), took * (number + dice.random()) / kills)
        left.append(_active(runtime))
    print(f"whole import {took:.1f} s; left after each kill: {left}")
    assert set(left) <= {(0, 0), (households, persons)}


def _whole_time(start: Callable[[Path], subprocess.Popen[bytes]], file: Path, runtime: Runtime) -> float:
    since = time.monotonic()
    assert start(file).wait(300) == 0
    took = time.monotonic() - since
    again = rows_on_file(runtime)
    assert start(file).wait(300) == 0
    assert rows_on_file(runtime) == again
    return took


def _kill_within(process: subprocess.Popen[bytes], seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    process.wait()


def _undo_all(runtime: Runtime) -> None:
    with reading(runtime) as db:
        standing = db.scalars(select(Batch.id).where(Batch.state == "done")).all()
    for batch_id in standing:
        with transaction(runtime, SYSTEM) as tx:
            actions.undo_batch(tx, batch_id)


def _active(runtime: Runtime) -> tuple[int, int]:
    """What is on file once the database has ended what the dead process began."""
    with transaction(runtime, SYSTEM) as tx:
        tx.db.execute(select(func.pg_advisory_xact_lock(actions.ONE_IMPORT_AT_A_TIME)))
        households = select(func.count()).select_from(Household).where(Household.state == "active")
        persons = select(func.count()).select_from(Person).where(Person.state == "active")
        return tx.db.scalar(households) or 0, tx.db.scalar(persons) or 0


def test_a50_a_good_sheet_is_previewed_without_a_trace(runtime: Runtime, tmp_path: Path, *, full: bool) -> None:
    households, persons = (6_764, 20_000) if full else (500, 1_500)
    with transaction(runtime, SYSTEM) as tx:
        actions.import_divisions(tx)
    file = tmp_path / "roll.xlsx"
    write_roll(file, households=households, persons=persons)
    since = time.monotonic()
    roll = read_roll_file(runtime, file)
    with reading(runtime) as db:
        plan = queries.compare(db, runtime.vault, roll)
    print(f"preview of {persons} rows: {time.monotonic() - since:.1f} s")
    assert (len(plan.new_households), plan.new_persons, roll.error_count) == (households, persons, 0)
    assert rows_on_file(runtime) == (0, 0, 0)
