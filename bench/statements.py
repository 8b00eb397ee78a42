"""What a request asks of PostgreSQL, taken down from the product itself, and played again by pgbench: the limit of any program.

A deed is done many times by different people, in this process, and the statements that pass the driver are written down. What
is alike in all of them becomes a constant; what differs becomes a random choice among what was seen; ids that the deed made are
made anew. Nothing is written by hand, so the limit moves with the product.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import sql
from sqlalchemy import Connection, Engine, event

from bench.house import SCHEMA, Town

CLIENTS, JOBS = 8, 2
_PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?s|%%")
_LOOKS_LIKE_VARIABLE = re.compile(r":(?=[A-Za-z_])")  # to pgbench, also inside quotes
_RATE = re.compile(r"tps = ([0-9.]+)")


class CannotReplay(Exception):
    """The deeds did not all run the same statements, or pgbench refused the script."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing said to PostgreSQL: a statement with what was bound to it, in the order of its placeholders."""

    text: str
    bound: tuple[Any, ...] = ()


@contextmanager
def taken_down(engine: Engine) -> Iterator[list[Step]]:
    """The steps that pass this engine while the block runs."""
    steps: list[Step] = []

    def executed(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        steps.append(Step(statement, tuple(_in_order(statement, parameters))))

    def bound(word: str) -> Callable[[Connection], None]:
        return lambda connection: None if _is_autocommit(connection) else steps.append(Step(word))

    listeners: dict[str, Callable[..., None]] = {
        "begin": bound("BEGIN"),
        "commit": bound("COMMIT"),
        "rollback": bound("ROLLBACK"),
        "before_cursor_execute": executed,
    }
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield steps
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)


def _is_autocommit(connection: Connection) -> bool:
    """Whether the driver says nothing to PostgreSQL when SQLAlchemy begins or ends."""
    driver = connection.connection.driver_connection
    assert driver is not None
    return bool(driver.autocommit)


def _in_order(statement: str, parameters: Mapping[str, Any] | Sequence[Any]) -> Iterator[Any]:
    positional = iter(parameters if isinstance(parameters, (tuple, list)) else ())
    for found in _PLACEHOLDER.finditer(statement):
        if found[0] != "%%":
            yield parameters[found[1]] if isinstance(parameters, Mapping) else next(positional)


def script_of(deeds: Sequence[Sequence[Step]]) -> str:
    """A pgbench script that does these deeds at random, as often as it is asked to."""
    shapes = {tuple(step.text for step in deed) for deed in deeds}
    if len(shapes) != 1:
        raise CannotReplay(f"{len(shapes)} different sequences of statements: {[len(s) for s in shapes]}")
    writer = _Writer(len(deeds))
    lines = [writer.statement(steps) for steps in zip(*deeds, strict=True)]
    return "\n".join([*writer.settings(), *lines, ""])


class _Writer:
    """Turns what was bound into SQL over pgbench's variables."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._made: dict[tuple[UUID, ...], str] = {}

    def settings(self) -> list[str]:
        """The lines that choose a deed and make its ids."""
        ids = [f"\\set {name} random(0, {2**48 - 1})" for name in self._made.values()]
        return [f"\\set deed random(1, {self._count})", *ids]

    def statement(self, steps: Sequence[Step]) -> str:
        """One step of all deeds as one statement."""
        columns = iter(zip(*(step.bound for step in steps), strict=True))
        is_question = steps[0].text.lstrip().upper().startswith("SELECT")

        def put(found: re.Match[str]) -> str:
            return "%" if found[0] == "%%" else self._value(next(columns), is_question=is_question)

        return _PLACEHOLDER.sub(put, " ".join(steps[0].text.split())) + ";"

    def _value(self, values: tuple[Any, ...], *, is_question: bool) -> str:
        first = values[0]
        if all(value == first for value in values):
            return _literal(first)
        if isinstance(first, UUID):
            return self._id(values) if first.version == 7 else self._choice(values, "uuid")
        if isinstance(first, str):
            return f"{self._choice(values, 'name')}::text"  # fixed length: PostgreSQL finds the n-th without walking
        if isinstance(first, list) and all(len(value) == 1 for value in values):
            return f"ARRAY[{self._value(tuple(value[0] for value in values), is_question=is_question)}]"
        if isinstance(first, bytes) and is_question:
            return self._pick("'{" + ",".join(f'"\\\\x{value.hex()}"' for value in values) + "}'", "bytea")
        return _literal(first)  # a moment, a seal, a hash that is only stored: any will do

    def _id(self, values: tuple[UUID, ...]) -> str:
        name = self._made.setdefault(values, f"id{len(self._made)}")
        return f"('{str(values[0])[:24]}' || lpad(to_hex(:{name}::bigint), 12, '0'))::uuid"

    def _choice(self, values: tuple[Any, ...], kind: str) -> str:
        return self._pick(_literal(list(values)), kind)

    def _pick(self, written: str, kind: str) -> str:
        return f"({written}::{kind}[])[:deed::int]"


def _literal(value: Any) -> str:
    written = sql.Literal(value).as_string(None)
    if isinstance(value, str) and _LOOKS_LIKE_VARIABLE.search(written):
        return "(" + _LOOKS_LIKE_VARIABLE.sub(":' || '", written) + ")"
    return written


def pgbench(town: Town, script: Path, *, seconds: float) -> float:
    """Transactions a second of a script, at as many connections as the product's processes have."""
    options = f"-csearch_path={SCHEMA} -ctimezone=UTC -cstatement_timeout=30s -clock_timeout=10s"
    how = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", str(JOBS), "-T", str(max(1, round(seconds)))]
    done = subprocess.run(
        [str(town.server.program("pgbench")), *how, "-f", str(script), town.url],
        env={**os.environ, "PGOPTIONS": options},
        capture_output=True,
        text=True,
        check=False,
    )
    found = _RATE.search(done.stdout)
    if done.returncode != 0 or found is None or "failed transactions: 0 " not in done.stdout:
        raise CannotReplay(done.stderr[-1500:] + done.stdout[-500:])
    return float(found[1])
