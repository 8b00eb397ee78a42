"""Versions of preset files are kept, so that a record goes on under the rules it was opened under."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError, ProgrammingError

from app.adapters.database import engine_for, sessions_on
from app.kernel import policies
from app.kernel.access import SYSTEM
from app.kernel.policies import KeptPreset, UnknownPolicy, policy_of
from app.kernel.presets import Preset, version_of_text
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.settings import Database

OLD, NEW = 'name = "旧"\n', 'name = "新"\n'


class Named(Preset):
    """The smallest preset there is."""

    name: str


@pytest.fixture
def kept(database: Database) -> None:
    engine = engine_for(database, url=database.owner_url, pool_size=1)
    with engine.begin() as connection:
        assert policies.keep(connection, "cases/sample", OLD)
        assert policies.keep(connection, "cases/sample", NEW)
        assert not policies.keep(connection, "cases/sample", OLD)
    engine.dispose()


@pytest.mark.usefixtures("kept")
def test_a_record_finds_the_version_it_was_opened_under(runtime: Runtime) -> None:
    with reading(runtime) as db:
        assert policy_of(db, Named, "cases/sample", version=version_of_text(OLD)).name == "旧"
        assert policy_of(db, Named, "cases/sample", version=version_of_text(NEW)).name == "新"


def test_a_version_that_nobody_registered_is_refused(runtime: Runtime) -> None:
    with pytest.raises(UnknownPolicy), reading(runtime) as db:
        policy_of(db, Named, "cases/sample", version="0" * 12)


def test_registering_the_same_files_again_adds_nothing(database: Database, tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "sample.toml").write_text(OLD, encoding="utf-8")
    engine = engine_for(database, url=database.owner_url, pool_size=1)
    with sessions_on(engine)() as db:
        assert policies.register(db, tmp_path) == 1
        assert policies.register(db, tmp_path) == 0
    engine.dispose()


@pytest.mark.usefixtures("kept")
def test_the_product_can_neither_add_nor_change_a_version(runtime: Runtime) -> None:
    for statement in (update(KeptPreset).values(content=NEW), delete(KeptPreset)):
        with pytest.raises(DBAPIError), transaction(runtime, SYSTEM) as tx:
            tx.db.execute(statement)
    with pytest.raises(ProgrammingError), transaction(runtime, SYSTEM) as tx:
        policies.keep(tx.db, "cases/other", OLD)
    with reading(runtime) as db:
        mine = select(func.count()).where(KeptPreset.kind == "cases/sample")
        assert db.scalar(mine) == 2
