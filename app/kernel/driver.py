"""Statements of the hot paths go straight to libpq: the layers between cost several times as much as the statement itself.

What stands between a deed and a figure in `bench` is mostly this. Everything that is not asked on every request stays with
the Session. A statement is prepared once on each connection; values and rows go through psycopg's own adapters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, NoReturn, TypeAlias

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InFailedSqlTransaction, InvalidSqlStatementName, error_from_result
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.sql import Executable

Row: TypeAlias = tuple[Any, ...]
Driver: TypeAlias = psycopg.Connection[Row]
_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%s|%%")
_PREPARED = "lianxin prepared"
_GOOD = frozenset([ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK])
_OPEN = frozenset([TransactionStatus.INTRANS, TransactionStatus.INERROR])
_AUTO = [PyFormat.AUTO]
_NUMBERS = count()
_WORTH_PREPARING, _MOST_PREPARED = 3, 200  # a statement that is asked once is not worth it; those that differ are many


class Link:
    """A connection lent for one deed or one look, without SQLAlchemy's own around it until somebody asks for that.

    To listeners of the engine it looks like a connection.
    """

    def __init__(self, engine: Engine, *, looking: bool = False) -> None:
        try:
            self.connection = engine.raw_connection()
        except psycopg.Error as fault:
            raise _told(fault, is_lost=False) from fault
        self.dispatch: Any = engine.dispatch
        self._engine = engine
        self._looking = looking
        self._whole: Connection | None = None

    def get_execution_options(self) -> Mapping[str, Any]:
        """What `refuse_changes` asks for."""
        return {"looking": self._looking}

    @property
    def keeps_transaction(self) -> bool:
        """Whether a statement begins a transaction; who only looks needs none."""
        return not self._looking

    def whole(self) -> Connection:
        """SQLAlchemy's connection over the same one, in the same transaction."""
        if self._whole is None:
            self._whole = Connection(self._engine, self.connection)
        return self._whole

    def commit(self) -> None:
        """Keep what was done; raises when PostgreSQL did not."""
        driver = _driver_of(self)
        if driver.pgconn.transaction_status == TransactionStatus.IDLE:
            return
        for heard in self.dispatch.commit:
            heard(self)
        result = driver.pgconn.exec_(b"COMMIT")
        if result.status not in _GOOD:
            _refuse(self, driver, _fault_of(driver, result))
        if result.command_status != b"COMMIT":
            _refuse(self, driver, InFailedSqlTransaction("what had failed before was not committed"))

    def close(self) -> None:
        """Give the connection back."""
        if self._whole is None:
            self.connection.close()
        else:
            self._whole.close()

    def invalidate(self, fault: BaseException) -> None:
        """The connection is broken and is not lent again."""
        if self._whole is None:
            self.connection.invalidate(fault)
        else:
            self._whole.invalidate(fault)

    @property
    def info(self) -> dict[Any, Any]:
        """What is kept about the connection as long as it lives."""
        return self.connection.info


Where: TypeAlias = Link | Connection


class Answer:
    """The rows that a statement gave, and how many it touched."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: list[Row], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def fetchone(self) -> Row | None:
        """The first row."""
        return self._rows[0] if self._rows else None

    def fetchall(self) -> list[Row]:
        """All rows."""
        return self._rows

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)


class Statement:
    """One text in psycopg's writing, numbered once for libpq; its fixed values travel with it."""

    def __init__(self, text: str, fixed: Mapping[str, Any] | None = None) -> None:
        self.text = text
        self._fixed = fixed or {}
        self._names: list[str] = []
        self._positions = count(1)
        self.asked = 0
        self.numbered = _PLACEHOLDER.sub(self._number, text).encode()

    def _number(self, found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        if found[1] is None:
            return f"${next(self._positions)}"
        if found[1] not in self._names:
            self._names.append(found[1])
        return f"${self._names.index(found[1]) + 1}"

    def run(self, where: Where, **values: Any) -> Answer:
        """Ask it with these values."""
        return ask(where, self, {**self._fixed, **values} if self._fixed else values)

    def in_order(self, values: Mapping[str, Any] | Sequence[Any]) -> Sequence[Any]:
        """The values as the numbers want them."""
        return [values[name] for name in self._names] if isinstance(values, Mapping) else values


class Prepared(Statement):
    """A statement that SQLAlchemy builds once, when the program starts."""

    def __init__(self, statement: Executable) -> None:
        compiled = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
        super().__init__(str(compiled), {name: value for name, value in compiled.params.items() if value is not None})


def run(where: Where, text: str, values: Mapping[str, Any] | Sequence[Any]) -> Answer:
    """One statement in psycopg's writing, in the connection's transaction."""
    return ask(where, _statement(text), values)


@lru_cache(maxsize=512)
def _statement(text: str) -> Statement:
    return Statement(text)


def ask(where: Where, statement: Statement, values: Mapping[str, Any] | Sequence[Any]) -> Answer:
    """One statement in the connection's transaction; faults come out as SQLAlchemy's, and its listeners hear it."""
    driver = _driver_of(where)
    try:
        _begin(where, driver)
        for heard in where.dispatch.before_cursor_execute:
            heard(where, None, statement.text, values, None, False)
        transformer, ordered = Transformer(driver), statement.in_order(values)
        bound = transformer.dump_sequence(ordered, _AUTO * len(ordered))
        types, formats = transformer.types, transformer.formats
        name = _name_of(where, statement, types)
        if name is None:
            result = driver.pgconn.exec_params(statement.numbered, bound, types, formats, Format.BINARY)
        else:
            result = driver.pgconn.exec_prepared(
                name,
                bound,  # type: ignore[arg-type]  # None is fine, its types forget
                formats,
                Format.BINARY,
            )
        transformer.set_pgresult(_checked(driver, result))
        return Answer(transformer.load_rows(0, result.ntuples, tuple), result.command_tuples or 0)
    except psycopg.Error as fault:
        _refuse(where, driver, fault)


def _begin(where: Where, driver: Driver) -> None:
    """Open the transaction that the driver has not opened yet, as it would itself before a statement of its own."""
    if driver.pgconn.transaction_status != TransactionStatus.IDLE:
        return
    if isinstance(where, Link) and where.keeps_transaction:
        for heard in where.dispatch.begin:
            heard(where)
    elif isinstance(where, Link) or driver.autocommit:
        return
    driver.pgconn.exec_(b"BEGIN")


def _name_of(where: Where, statement: Statement, types: tuple[int, ...] | None) -> bytes | None:
    """Under which name the statement is prepared on this connection; None when it is not worth it yet."""
    names: dict[object, bytes] = where.info.setdefault(_PREPARED, {})
    name = names.get((statement, types))
    if name is None:
        statement.asked += 1
        if statement.asked < _WORTH_PREPARING or len(names) >= _MOST_PREPARED:
            return None
        name, driver = f"hot_{next(_NUMBERS)}".encode(), _driver_of(where)
        _checked(driver, driver.pgconn.prepare(name, statement.numbered, types))
        names[statement, types] = name
    return name


def _driver_of(where: Where) -> Driver:
    driver: Driver | None = where.connection.driver_connection
    if driver is None:
        raise PendingRollbackError("the connection was lost, and with it the transaction")
    return driver


def _checked(driver: Driver, result: PGresult) -> PGresult:
    if result.status not in _GOOD:
        raise _fault_of(driver, result)
    return result


def _fault_of(driver: Driver, result: PGresult) -> psycopg.Error:
    if driver.closed:
        return psycopg.OperationalError("the connection is lost")
    return error_from_result(result, driver.info.encoding)


def _refuse(where: Where, driver: Driver, fault: psycopg.Error) -> NoReturn:
    if driver.closed:
        where.invalidate(fault)
    if isinstance(fault, InvalidSqlStatementName):
        where.info.pop(_PREPARED, None)
    raise _told(fault, is_lost=bool(driver.closed)) from fault


def _told(fault: psycopg.Error, *, is_lost: bool) -> BaseException:
    return DBAPIError.instance(
        None, None, fault, psycopg.Error, hide_parameters=True, connection_invalidated=is_lost, dialect=_DIALECT
    )


def keep_prepared(engine: Engine) -> None:
    """Roll back for psycopg, on this engine: it would make PostgreSQL forget every prepared statement, ours too."""
    event.listen(engine, "rollback", _roll_back_first)
    event.listen(engine, "reset", lambda driver, _record, _state: _roll_back(driver))
    event.listen(engine, "rollback_savepoint", lambda connection, *_: connection.info.pop(_PREPARED, None))


def _roll_back_first(connection: Connection) -> None:
    if not connection.invalidated:
        _roll_back(connection.connection.driver_connection)


def _roll_back(driver: Driver | None) -> None:
    if driver is not None and driver.pgconn.transaction_status in _OPEN:
        driver.pgconn.exec_(b"ROLLBACK")
