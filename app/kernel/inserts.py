"""Many new rows in one round trip: inserts are gathered and sent as one prepared statement.

Inserts, also those that may find their row there already, and the one kind of update that goes along with them: of a row
that nothing else in the transaction reads or changes. Any other update that waited could overtake a read, and of two
updates of one row in a statement one is lost silently. The statement's text is built once per shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import JSONB

from app.kernel.driver import Statement, Where, ask

Row = Mapping[str, Any]
Shape = tuple[tuple[str, tuple[str, ...] | None], ...]


class Inserts:
    """The new rows of one transaction that have not been sent yet."""

    def __init__(self) -> None:
        self._rows: list[tuple[Table | str, Any]] = []
        self._sets: dict[str, list[tuple[Any, ...]]] = {}

    def __len__(self) -> int:
        return len(self._rows) + len(self._sets)

    def add(self, table: Table, row: Row) -> None:
        """Keep one row for the next flush."""
        self._rows.append((table, row))

    def add_change(self, text: str, values: Sequence[Any]) -> None:
        """Let an update go along with the rows."""
        self._rows.append((text, values))

    def add_changed(self, table: Table, row: Row, changed: Row) -> None:
        """Let what has changed in a row go along: its columns by name, found again by its key."""
        keys = [column.name for column in table.primary_key]
        text = _update(table.name, tuple(changed), tuple(keys))
        self._rows.append((text, [*_adapted(table, changed), *(row[key] for key in keys)]))

    def add_set(self, text: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Keep rows for a statement that takes its columns as arrays; all of one text are sent as one set, in order."""
        self._sets.setdefault(text, []).extend(rows)

    def flush(self, where: Where) -> None:
        """Send all rows kept so far, in one statement."""
        rows, self._rows = self._rows, []
        sets, self._sets = self._sets, {}
        rows += [(text, [list(column) for column in zip(*sorted(kept), strict=True)]) for text, kept in sets.items()]
        if not rows:
            return
        shape = tuple((what, None) if isinstance(what, str) else (what.name, tuple(row)) for what, row in rows)
        values = [value for what, row in rows for value in (row if isinstance(what, str) else _adapted(what, row))]
        ask(where, statement_of(shape), values)


def _adapted(table: Table, row: Row) -> Iterable[Any]:
    documents = _documents(table)
    if not documents:
        return row.values()
    return [Jsonb(value) if name in documents and value is not None else value for name, value in row.items()]


@cache
def _documents(table: Table) -> frozenset[str]:
    """The columns that hold JSON, which the driver must be told of."""
    return frozenset(column.name for column in table.columns if isinstance(column.type, JSONB))


@lru_cache(maxsize=512)
def statement_of(shape: Shape) -> Statement:
    """The statement for one shape: neighbours of one table share an INSERT, each INSERT is a step of one WITH."""
    steps: list[tuple[str, tuple[str, ...] | None, int]] = []
    for name, columns in shape:
        if columns is not None and steps and steps[-1][:2] == (name, columns):
            steps[-1] = (name, columns, steps[-1][2] + 1)
        else:
            steps.append((name, columns, 1))
    inserts = [name if columns is None else _insert(name, columns, many) for name, columns, many in steps]
    if len(inserts) == 1:
        return Statement(inserts[0])
    withs = ", ".join(f"i{n} AS ({sql})" for n, sql in enumerate(inserts[:-1]))
    return Statement(f"WITH {withs} {inserts[-1]}")


@cache
def _update(name: str, columns: tuple[str, ...], keys: tuple[str, ...]) -> str:
    # names come from our own tables, values travel as parameters
    values, found = (
        joint.join(f'"{one}" = %s' for one in names) for joint, names in ((", ", columns), (" AND ", keys))
    )
    return f'UPDATE "{name}" SET {values} WHERE {found}'


def _insert(name: str, columns: tuple[str, ...], count: int) -> str:
    marks = "(" + ", ".join(["%s"] * len(columns)) + ")"
    names = ", ".join(f'"{column}"' for column in columns)
    # names come from our own tables, values travel as parameters
    return f'INSERT INTO "{name}" ({names}) VALUES {", ".join([marks] * count)}'
