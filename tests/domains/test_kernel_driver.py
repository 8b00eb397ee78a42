"""Statements that go straight to the driver: in the transaction, heard by listeners, with SQLAlchemy's faults."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import bindparam, event, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from app.domains.areas.models import Area
from app.kernel.access import SYSTEM, Actor
from app.kernel.driver import Prepared, run
from app.kernel.runtime import Runtime
from app.kernel.transaction import OnlyLooking, Tx, glancing, reading, transaction
from tests.makers.areas import VILLAGE, make_area

Opener = Callable[[Actor], AbstractContextManager[Tx]]
_RENAME = "UPDATE areas_area SET name = %(name)s WHERE path = %(path)s"


def test_it_belongs_to_the_transaction(runtime: Runtime, tx_as: Opener) -> None:
    with tx_as(SYSTEM) as tx:
        make_area(tx)
    with pytest.raises(ZeroDivisionError), tx_as(SYSTEM) as tx:
        assert run(tx.db.connection(), _RENAME, {"name": "改名", "path": VILLAGE}).rowcount == 1
        raise ZeroDivisionError
    with reading(runtime) as db:
        assert db.get_one(Area, VILLAGE).name != "改名"


def test_faults_come_out_as_they_do_elsewhere_and_hold_no_value(tx_as: Opener) -> None:
    with pytest.raises(IntegrityError) as clash, tx_as(SYSTEM) as tx:
        for _ in range(2):
            run(tx.db.connection(), _INSERT, ["段永平/", "c", "段永平", "village", False])
    assert clash.value.orig is not None
    assert clash.value.orig.sqlstate == "23505"  # type: ignore[attr-defined]
    assert clash.value.statement is None
    assert clash.value.params is None


_INSERT = "INSERT INTO areas_area (path, code, name, level, is_local) VALUES (%s, %s, %s, %s, %s)"


def test_a_connection_that_was_cut_is_not_used_again(runtime: Runtime) -> None:
    with pytest.raises(OperationalError) as cut, transaction(runtime, SYSTEM) as tx:
        run(tx.db.connection(), "SELECT pg_terminate_backend(pg_backend_pid())", ())
    assert cut.value.connection_invalidated
    for _ in range(runtime.settings.database.pool_size + 1):
        with reading(runtime) as db:
            assert db.scalar(text("SELECT 1")) == 1


def test_listeners_hear_it_and_who_only_looks_changes_nothing(runtime: Runtime) -> None:
    said: list[str] = []
    event.listen(runtime.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    with glancing(runtime) as connection:
        assert run(connection, "SELECT %s::int", [7]).fetchone() == (7,)
        with pytest.raises(OnlyLooking):
            run(connection, _RENAME, {"name": "改名", "path": VILLAGE})
    assert said[0] == "SELECT %s::int"


def test_what_is_prepared_keeps_its_own_values(runtime: Runtime, tx_as: Opener) -> None:
    with tx_as(SYSTEM) as tx:
        make_area(tx)
    question = Prepared(select(Area.path).where(Area.level == "village", Area.path == bindparam("path")))
    with glancing(runtime) as connection:
        assert question.run(connection, path=VILLAGE).fetchall() == [(VILLAGE,)]
        assert question.run(connection, path="419001/").fetchall() == []


def test_a_question_that_cannot_be_asked_is_a_fault_of_the_database(runtime: Runtime) -> None:
    with glancing(runtime) as connection:
        with pytest.raises(DBAPIError):
            run(connection, "SELECT nothing FROM nowhere", ())
        assert run(connection, "SELECT 1", ()).fetchone() == (1,)
