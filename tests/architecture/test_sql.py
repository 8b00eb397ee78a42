"""SQL is written by SQLAlchemy; what is written by hand is one constant, and words from outside are always bound (A45).

By hand, outside of the kernel and the migrations, means: `_NAME = text("…")` at the top of a module, one literal with bound names,
so that no value can get into it; or the constant condition of a partial index in a domain's models.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import PRODUCT, Module, called_name, imported_names, modules, must_be_empty, problems

BY_HAND = ("app/kernel/",)
SQL = re.compile(
    r"^\s*(SELECT\s.*\bFROM\b|INSERT\s+INTO\b|UPDATE\s.*\bSET\b|DELETE\s+FROM\b|WITH\s.*\bAS\b"
    r"|(CREATE|ALTER|DROP|TRUNCATE|GRANT|REVOKE)\s+(TABLE|INDEX|ROLE|SCHEMA|DATABASE|ALL|SELECT)\b)",
    re.IGNORECASE | re.DOTALL,
)


def sql_by_hand(module: Module) -> Iterator[str]:
    if not any(name in {"sqlalchemy.text", "sqlalchemy.sql.text"} for _, name in imported_names(module)):
        return
    named = {id(node.value) for node in module.tree.body if isinstance(node, ast.Assign)}
    for call in module.calls:
        is_literal = len(call.args) == 1 and _is_text(call.args[0]) and not call.keywords
        in_its_place = id(call) in named or "models" in module.parts
        if called_name(call) == "text" and not (is_literal and in_its_place):
            yield f"{module.at(call)} text() is for one literal with a name at the top of its module: else say it with select()"


def composed_sql(module: Module) -> Iterator[str]:
    """SQL made by an f-string, by %, by + or by format."""
    for node in ast.walk(module.tree):
        if (pieces := _composed(node)) is not None and _is_sql(pieces):
            yield f"{module.at(node)} SQL is composed from text: bind the values"


def composed_columns(module: Module) -> Iterator[str]:
    """literal_column(f"…") puts words into SQL as they are."""
    for call in module.calls:
        if called_name(call) == "literal_column" and call.args and not _is_text(call.args[0]):
            yield f"{module.at(call)} literal_column() takes one literal: say values with literal(…, literal_execute=True)"


def _is_sql(text: str) -> bool:
    """A sentence that starts with `Update` is none: SQL is written all small or all large."""
    return SQL.match(text) is not None and not text.lstrip()[:2].istitle()


def _composed(node: ast.AST) -> str | None:
    if isinstance(node, ast.JoinedStr) and any(isinstance(part, ast.FormattedValue) for part in node.values):
        return "?".join(str(part.value) for part in node.values if isinstance(part, ast.Constant)) + "?"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod) and _is_text(node.left):
        return f"{node.left.value}?"  # type: ignore[attr-defined]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "join"}:
        owner = node.func.value
        return str(owner.value) if _is_text(owner) and not _is_psycopg(node) else None  # type: ignore[attr-defined]
    return None


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_psycopg(call: ast.Call) -> bool:
    """psycopg's sql.SQL(…).format quotes what it is given."""
    return "SQL(" in ast.unparse(call.func)


def elsewhere() -> list[Module]:
    return [module for module in modules(*PRODUCT) if not module.path.startswith(BY_HAND)]


def test_sql_by_hand_is_one_constant_or_in_the_kernel() -> None:
    must_be_empty(problems(sql_by_hand, elsewhere()))


def test_no_sql_is_composed_from_text() -> None:
    must_be_empty(problems(composed_sql, elsewhere()))
    must_be_empty(problems(composed_columns, elsewhere()))


def test_sql_by_hand_is_seen() -> None:
    head = "from sqlalchemy import text\n"
    for line in (
        "def f(db):\n    db.execute(text('SELECT 1'))",
        "_Q = text(f'SELECT {x}')",
        "_Q = text('a' + b)",
        "_Q = text(WORDS)",
    ):
        assert problems(sql_by_hand, [Module("app/domains/x/queries.py", f"{head}{line}\n")]), line
    assert not problems(sql_by_hand, [Module("app/domains/x/queries.py", f"{head}_Q = text('SELECT :a')\n")])
    assert problems(sql_by_hand, [Module("app/domains/x/models.py", f"{head}Index(text(f'state = {{x}}'))\n")])
    assert not problems(sql_by_hand, [Module("app/domains/x/models.py", f"{head}Index(text('until IS NULL'))\n")])


def test_composed_sql_is_seen() -> None:
    assert problems(composed_columns, [Module("app/domains/x/queries.py", "literal_column(f'a = {b}')\n")])
    assert not problems(composed_columns, [Module("app/domains/x/queries.py", "literal_column('1')\n")])
    for line in (
        "db.execute(f'SELECT * FROM visit WHERE note = {note}')",
        "db.execute('DELETE FROM visit WHERE id = %s' % key)",
        "db.execute('UPDATE visit SET note = ' + note)",
        "db.execute('INSERT INTO visit VALUES ({})'.format(note))",
    ):
        assert problems(composed_sql, [Module("app/domains/x/queries.py", f"{line}\n")]), line
    for line in ("say(f'Update the {thing} and set it')", "db.execute('SELECT 1 FROM t WHERE a = %s', [a])"):
        assert not problems(composed_sql, [Module("app/domains/x/queries.py", f"{line}\n")]), line
