"""Rows that lie somewhere are reached through the actor's scope, or the function says why not.

A table with `__scope__` is zoned. In a domain's queries and actions, a function that reads or changes zoned rows calls `scoped` or
`reach` on a zoned table, or carries `@unscoped("why")`. A statement built once at the top of a module, by select() or by hand, counts
as touched by every function that names it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from tests.architecture.source import FunctionNode, Module, called_name, modules, must_be_empty, names_in, of_domains

TOUCHES = {"select", "update", "delete", "get", "get_one", "select_from", "query", "exists", "aliased"}
DOORS = {"scoped", "reach"}


class Zoned(NamedTuple):
    """A zoned table by the name of its class and by its own."""

    model: str
    table: str


@cache
def zoned_tables() -> tuple[Zoned, ...]:
    return tuple(zoned for module in modules("app/domains") for zoned in zoned_in(module))


def zoned_in(module: Module) -> Iterator[Zoned]:
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef):
            names = {name: line for line in node.body for name in _assigned(line)}
            if "__scope__" in names:
                table = getattr(names.get("__tablename__"), "value", None)
                yield Zoned(node.name, str(getattr(table, "value", "")) or node.name)


def _assigned(line: ast.AST) -> set[str]:
    targets = line.targets if isinstance(line, ast.Assign) else [line.target] if isinstance(line, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def unguarded_reads(module: Module, zoned: Iterable[Zoned]) -> Iterator[str]:
    models = {each.model for each in zoned}
    statements = set(_statements(module, models, [each.table for each in zoned]))
    models |= set(_other_names(module, models)) - statements
    for function in module.functions:
        touched = _touched(function, models) | (names_in(function) & statements)
        if touched and not _guarded(function, models | statements) and not _says_why(function):
            names = ", ".join(sorted(touched))
            yield f'{module.at(function)} {function.name} reads {names} without scoped(): scope it or say @unscoped("why")'


def _statements(module: Module, models: set[str], tables: Sequence[str]) -> Iterator[str]:
    """Names at the top of a module that stand for a statement over zoned rows, also for one written by hand."""
    for node in module.tree.body:
        written = " ".join(str(n.value) for n in ast.walk(node) if isinstance(n, ast.Constant))
        by_hand = "text" in names_in(node) and any(re.search(rf"\b{table}\b", written) for table in tables)
        if _touched(node, models) or by_hand:
            yield from _assigned(node)


def _other_names(module: Module, models: set[str]) -> Iterator[str]:
    """Names at the top of a module that stand for a zoned table: `_visit = Visit.__table__`."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and names_in(node.value) & models:
            yield from _assigned(node)


def _touched(node: ast.AST, models: set[str]) -> set[str]:
    calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call) and called_name(inner) in TOUCHES]
    return {name for call in calls for name in _argument_names(call) & models}


def _guarded(node: ast.AST, names: set[str]) -> bool:
    doors = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call) and called_name(inner) in DOORS]
    return any(_argument_names(door) & names for door in doors)


def _argument_names(call: ast.Call) -> set[str]:
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    return {name for argument in arguments for name in names_in(argument)}


def _says_why(function: FunctionNode) -> bool:
    return any(
        isinstance(decorator, ast.Call)
        and called_name(decorator) == "unscoped"
        and bool(decorator.args)
        and isinstance(decorator.args[0], ast.Constant)
        and len(str(decorator.args[0].value).split()) >= 3
        for decorator in function.decorator_list
    )


def test_zoned_rows_are_reached_through_the_scope_of_the_actor() -> None:
    looked_at = of_domains("queries", "actions")
    assert zoned_tables()
    must_be_empty([problem for module in looked_at for problem in unguarded_reads(module, zoned_tables())])


ZONED = (Zoned("Visit", "visits_visit"),)


def judged(text: str) -> list[str]:
    return list(unguarded_reads(Module("app/domains/visits/queries.py", text), ZONED))


def test_an_unguarded_read_is_seen() -> None:
    assert judged("def visits_of(db):\n    return db.scalars(select(Visit))\n")
    assert judged("def visit(db, key):\n    return db.get(models.Visit, key)\n")
    assert judged("def close(tx):\n    tx.db.execute(update(Visit).values(state='void'))\n")
    assert judged("_visit = Visit.__table__\ndef f(db):\n    return db.execute(select(_visit.c.id))\n")
    assert judged("_ALL = select(Visit.id)\ndef f(db):\n    return db.execute(_ALL)\n")
    assert judged("_ALL = text('UPDATE visits_visit SET a = 1')\ndef f(db):\n    db.execute(_ALL)\n")
    assert judged("class Feed:\n    def page(self, db):\n        return db.scalars(select(Visit))\n")
    assert judged("@unscoped('')\ndef f(db):\n    return db.scalars(select(Visit))\n")


def test_a_guarded_or_explained_read_is_left_alone() -> None:
    assert not judged("def visits_of(db, actor):\n    return db.scalars(scoped(actor, 'visits.read', Visit))\n")
    assert not judged(
        "def n(db, actor):\n    return select(count(Visit.id)).where(reach(actor, 'visits.read', Visit))\n"
    )
    assert not judged("@unscoped('the clock looks at all visits')\ndef f(db):\n    return db.scalars(select(Visit))\n")
    assert not judged(
        "_ALL = select(Visit.id)\n@unscoped('counts only, no person')\ndef f(db):\n    return db.execute(_ALL)\n"
    )
    assert not judged("_ALL = text('UPDATE visits_visits SET a = 1')\ndef f(db):\n    db.execute(_ALL)\n")
    assert not judged("def kinds(db):\n    return db.scalars(select(Kind))\n")


def test_a_zoned_table_is_recognised() -> None:
    text = "class Visit(Base):\n    __tablename__ = 'visits_visit'\n    __scope__: ClassVar = Scope()\nclass Kind(Base):\n    pass\n"
    assert list(zoned_in(Module("app/domains/visits/models.py", text))) == list(ZONED)
