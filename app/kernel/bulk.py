"""Very many new rows at once, through PostgreSQL's COPY: for imports of files and for the demo town."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import Copy, sql
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session


def copy_lines(db: Session, model: Any, *, columns: Sequence[str], lines: Iterable[str]) -> int:
    """Write rows that are already in COPY's own text form, a line each; three times as quick as `copy_rows`."""
    count = 0
    with _copying(db, model, columns) as copy:
        for line in lines:
            copy.write(line)
            count += 1
    return count


def copy_rows(db: Session, model: Any, *, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write rows in the order of `columns`; they belong to the session's transaction. Returns how many."""
    count = 0
    with _copying(db, model, columns) as copy:
        for row in rows:
            copy.write_row([Jsonb(value) if isinstance(value, dict) else value for value in row])
            count += 1
    return count


@contextmanager
def _copying(db: Session, model: Any, columns: Sequence[str]) -> Iterator[Copy]:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model.__tablename__), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    driver = db.connection().connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy
