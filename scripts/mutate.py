"""Changes single lines of the parts that must never be wrong, and says which change no test noticed: `make mutate`.

Every change is made in a copy of the tree, one at a time, and the few test files that guard the part are run against it.
What was found stands in var/mutate/, so that a run that was broken off goes on where it was.
mutmut and cosmic-ray change Python only; half of the ledger and of the outbox is SQL inside strings.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
LINES = 20
PATIENCE = 420.0  # seconds for the tests against one change; one that never ends is noticed too


class Part(NamedTuple):
    """What is changed, and which tests must notice; the quick ones first."""

    code: tuple[str, ...]
    tests: tuple[str, ...]


class Change(NamedTuple):
    """One line made wrong: characters from `start` to `end` of a file become something else."""

    path: str
    line: int
    start: int
    end: int
    new: str

    def says(self, text: str) -> str:
        """The change as a person reads it."""
        return f"{self.path}:{self.line}  {_short(text[self.start : self.end])}  →  {_short(self.new)}"


PARTS = {
    "scoped": Part(
        ("app/kernel/access.py",),
        (
            "tests/domains/test_kernel_access.py", "tests/domains/test_identity_callers.py",
            "tests/architecture/test_scoped_reads.py", "tests/faces/test_zone.py",
        ),
    ),
    "ledger": Part(
        ("app/domains/points", "migrations/versions/0003_points.py", "migrations/versions/0011_points_move.py"),
        (
            "tests/domains/test_points_ledger.py", "tests/domains/test_points_model.py",
            "tests/migrations/test_down_and_up.py", "tests/reactions/test_points.py", "tests/faces/test_points.py",
            "tests/promises/test_a10_append_only.py", "tests/promises/test_a08_ledger.py",
        ),
    ),
    "outbox": Part(
        (
            "app/domains/notices/rules.py", "app/domains/notices/actions/queueing.py",
            "app/domains/notices/actions/taking.py", "app/domains/notices/actions/recording.py",
            "app/domains/notices/actions/supplies.py", "bot/push.py",
        ),
        (
            "tests/rules/test_notices_route.py", "tests/rules/test_notices_after.py",
            "tests/domains/test_notices_queueing.py", "tests/domains/test_notices_outbox.py",
            "tests/domains/test_notices_leases.py", "tests/domains/test_notices_operation.py",
            "tests/faces/test_bot_journal.py", "tests/faces/test_bot_push.py", "tests/promises/test_a01_no_lost_push.py",
        ),
    ),
}  # fmt: skip

# What a later migration has put something else in the place of: a change there would change nothing that is in force.
REPLACED = {"migrations/versions/0003_points.py": ("MOVE",)}

# Changes that cannot be noticed because nothing becomes wrong: path, what the line says, what it becomes, why.
EQUIVALENT: tuple[tuple[str, str, str, str], ...] = (
    ("bot/push.py", "0.05", "1.05", "how long results wait for company: speed only, they stand in the journal meanwhile"),
    ("bot/push.py", "time.monotonic() + patience", "(time.monotonic() - patience)", "no waiting for company: speed only"),
    ("migrations/versions/0011_points_move.py:69", "<", "<=", "an account that is both was refused before"),
    ("bot/push.py", "in_flight - 1", "(in_flight + 1)", "how many are taken ahead: speed only"),
    ("bot/push.py", "2 * (in_flight + self._ahead)", "(2 + (in_flight + self._ahead))", "room for more than are ever held"),
    ("bot/push.py:79", "0.0", "1.0", "a moment long past"),
    ("bot/push.py", "_GATHER_SECONDS if self._open else 0.0", "(0.0 if self._open else _GATHER_SECONDS)", "speed only"),
    (
        "bot/push.py", "0.0 if self._may_take() else max(0.0, deadline - time.monotonic())",
        "(max(0.0, deadline - time.monotonic()) if self._may_take() else 0.0)", "when results are gathered: speed only",
    ),
    (
        "bot/push.py", "time.monotonic() + _LOOK_FOR_DEAD_SECONDS", "(time.monotonic() - _LOOK_FOR_DEAD_SECONDS)",
        "looked for at every turn: speed only",
    ),
)  # fmt: skip

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_REACHED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_SQL = re.compile(r"\b(SELECT|UPDATE|INSERT|CREATE FUNCTION|CREATE TRIGGER)\b|^\(?\w+ (=|>=|<>) ")
_IN_SQL = (
    (r"<>", "="),
    (r"(?<![<>=!:])=(?!=)", "<>"),
    (r"<=", "<"),
    (r"(?<![<-])>=", ">"),
    (r"(?<!<)<(?![=>])", "<="),
    (r" \+ ", " - "),
    (r" - ", " + "),
    (r"\bAND\b", "OR"),
    (r"\bOR\b", "AND"),
    (r"\bIF NOT FOUND\b", "IF FOUND"),
    (r"\bNOT EXISTS\b", "EXISTS"),
    (r"\bIS DISTINCT FROM\b", "IS NOT DISTINCT FROM"),
    (r"\bIS NOT NULL\b", "IS NULL"),
    (r"\bIS NULL\b", "IS NOT NULL"),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"(?<![\w'(])0(?!\w)", "1"),
    (r"(?<![\w'(])1(?!\w)", "2"),
    (r" FOR UPDATE( SKIP LOCKED)?", ""),
    (r" SKIP LOCKED", ""),
    (r"\bDEFERRABLE INITIALLY DEFERRED ", ""),
    (r" ON CONFLICT[^;\n]*DO NOTHING", ""),
)


def _short(text: str) -> str:
    return " ".join(text.split())[:90]


def main() -> int:
    """Change, test, tell; 1 when a change went unnoticed."""
    asked = _arguments()
    unnoticed = 0
    for name in asked.parts or list(PARTS):
        print(f"\n{name}: seed {asked.seed}, {asked.lines} lines", flush=True)
        unnoticed += _run_part(name, asked)
    return 1 if unnoticed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all when none is named")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("LIANXIN_SEED", "1")))
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--list", action="store_true", help="say what would be changed, run nothing")
    return parser.parse_args()


def _run_part(name: str, asked: argparse.Namespace) -> int:
    part = PARTS[name]
    chosen = list(_chosen(part, random.Random(f"{name}:{asked.seed}"), asked.lines))
    kept = ROOT / "var" / "mutate" / f"{name}-{asked.seed}.jsonl"
    known = _known(kept)
    with tempfile.TemporaryDirectory(prefix="lianxin-mutate-") as folder:
        tree = Path(folder) / "tree"
        if not asked.list:
            _copy(tree)
            _must_pass(tree, part)
        found = [_judge(tree, part, change, known, kept, only_list=asked.list) for change in chosen]
    survivors = sum(one == "UNNOTICED" for one in found)
    print(f"{name}: {len(found)} changed, {found.count('noticed')} noticed, {found.count('equivalent')} equivalent, "
          f"{survivors} unnoticed", flush=True)  # fmt: skip
    return survivors


def _judge(tree: Path, part: Part, change: Change, known: dict[str, str], kept: Path, *, only_list: bool) -> str:
    text = (ROOT / change.path).read_text(encoding="utf-8")
    says = change.says(text)
    verdict, seconds, by = known.get(says, ""), 0.0, ""
    if any(_is_same(one, change, text) for one in EQUIVALENT):
        verdict = "equivalent"
    elif not verdict and not only_list:
        verdict, seconds, by = _try(tree, part, change, text)
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"says": says, "verdict": verdict, "by": by}, ensure_ascii=False) + "\n")
    print(f"  {verdict or '-':<10} {seconds:5.0f} s  {says}  {by}", flush=True)
    return verdict


def _is_same(one: tuple[str, str, str, str], change: Change, text: str) -> bool:
    path, before, after, _why = one
    where = change.path if path.endswith(".py") else f"{change.path}:{change.line}"
    return (path, before, after) == (where, _short(text[change.start : change.end]), _short(change.new))


def _known(kept: Path) -> dict[str, str]:
    """What earlier runs noticed; what they did not is tried again, for a test may have come."""
    if not kept.exists():
        return {}
    rows: list[dict[str, Any]] = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    return {row["says"]: row["verdict"] for row in rows if row["verdict"] == "noticed"}


def _copy(tree: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)


def _must_pass(tree: Path, part: Part) -> None:
    """Without any change the tests pass, or they would notice everything."""
    code, said = _test(tree, part)
    if code != 0:
        raise SystemExit(f"the tests fail without any change:\n{said[-4000:]}")


def _try(tree: Path, part: Part, change: Change, text: str) -> tuple[str, float, str]:
    """Run the tests of a part against one change: was it noticed, how long did it take, by which test."""
    target, begun = tree / change.path, time.monotonic()
    target.write_text(text[: change.start] + change.new + text[change.end :], encoding="utf-8")
    try:
        code, said = _test(tree, part)
    finally:
        target.write_text(text, encoding="utf-8")
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", said, re.MULTILINE)
    by = failed[1].rpartition("/")[2] if failed else _short(said[-90:])
    return ("UNNOTICED" if code == 0 else "noticed"), time.monotonic() - begun, by


def _test(tree: Path, part: Part) -> tuple[int, str]:
    """What the tests of a part say of the tree; a run that does not end is one that fails."""
    argv = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", "--timeout=90"]
    with subprocess.Popen([*argv, *part.tests], cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          start_new_session=True) as running:  # fmt: skip
        try:
            said, _ = running.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            return 1, "did not end"
    return running.returncode, said


# ------------------------------------------------------------------ what may be changed


def _chosen(part: Part, lot: random.Random, lines: int) -> Iterator[Change]:
    """One change for each of so many lines, chosen by lot among those that can be changed."""
    by_line: dict[tuple[str, int], list[Change]] = {}
    for path in sorted(_files(part)):
        for change in _changes(path):
            by_line.setdefault((change.path, change.line), []).append(change)
    for key in sorted(lot.sample(sorted(by_line), min(lines, len(by_line)))):
        yield lot.choice(by_line[key])


def _files(part: Part) -> Iterator[Path]:
    for name in part.code:
        yield from [ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py")


def _changes(path: Path) -> Iterator[Change]:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    begins = [0]
    for line in text.encode().splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    at = _Place(path.relative_to(ROOT).as_posix(), text, tuple(begins))
    quiet = {id(part) for node in ast.walk(tree) for part in _without_effect(node)}
    quiet |= {id(part) for node in tree.body if _is_replaced(node, at.path) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) not in quiet:
            yield from _of_node(node, at)


class _Place(NamedTuple):
    """Where nodes stand in a file; the parser counts bytes, a change characters."""

    path: str
    text: str
    begins: tuple[int, ...]

    def span(self, node: ast.AST) -> tuple[int, int]:
        data, ends = self.text.encode(), []
        for line, column in ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)):  # type: ignore[attr-defined]
            ends.append(len(data[: self.begins[line - 1] + column].decode()))
        return ends[0], ends[1]

    def change(self, node: ast.AST, new: str) -> Change:
        start, end = self.span(node)
        return Change(self.path, node.lineno, start, end, new)  # type: ignore[attr-defined]


def _without_effect(node: ast.AST) -> Iterator[ast.AST]:
    """Annotations, docstrings, what only a type checker reads, and what is only told to the log."""
    for name in ("annotation", "returns"):
        if (note := getattr(node, name, None)) is not None:
            yield from ast.walk(note)
    if _is_quiet(node):
        yield from ast.walk(node)


def _is_replaced(node: ast.AST, path: str) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in REPLACED.get(path, ())


def _is_quiet(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    if isinstance(node, ast.ClassDef):  # what a table is stands in its migration
        return any(getattr(base, "id", "") == "Base" for base in node.bases)
    if isinstance(node, ast.Expr | ast.Call):  # a migration's columns are compared with their models by a test
        return ast.unparse(node).startswith(("log.", "metrics.", "dataclass", "sa.Column"))
    return isinstance(node, ast.Assert | ast.JoinedStr)  # an assert narrows a type; no refusal rests on one


def _of_node(node: ast.AST, at: _Place) -> Iterator[Change]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.search(node.value):
        yield from _of_sql(node, at)
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node, at)
    elif isinstance(node, ast.If | ast.While):
        yield at.change(node.test, f"(not ({ast.unparse(node.test)}))")
    elif (other := _other(node)) is not None:
        yield at.change(node, f"({ast.unparse(other)})")
    else:
        yield from _of_statement(node, at)


def _other(node: ast.AST) -> ast.expr | None:
    """The same expression with another operator, or its two ways exchanged."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARED:
        return ast.Compare(node.left, [_COMPARED[type(node.ops[0])](), *node.ops[1:]], node.comparators)
    if isinstance(node, ast.BoolOp):
        return ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return node.operand
    if isinstance(node, ast.BinOp) and type(node.op) in _REACHED:
        return ast.BinOp(node.left, _REACHED[type(node.op)](), node.right)
    if isinstance(node, ast.IfExp):
        return ast.IfExp(node.test, node.orelse, node.body)
    return None


def _of_constant(node: ast.Constant, at: _Place) -> Iterator[Change]:
    if isinstance(node.value, bool):
        yield at.change(node, str(not node.value))
    elif isinstance(node.value, int | float):
        yield at.change(node, repr(node.value + 1))


def _of_statement(node: ast.AST, at: _Place) -> Iterator[Change]:
    """Statements that are left out, and answers that are nothing."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.YieldFrom | ast.Yield):
        left_out = "pass" if isinstance(node.value, ast.Call) else "yield from ()"
        yield at.change(node, left_out)
    elif isinstance(node, ast.AugAssign | ast.Raise | ast.Continue | ast.Break):
        yield at.change(node, "pass")
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield at.change(node, "return None")


def _of_sql(node: ast.Constant, at: _Place) -> Iterator[Change]:
    start, end = at.span(node)
    for pattern, new in _IN_SQL:
        for found in re.finditer(pattern, at.text[start:end]):
            begin = start + found.start()
            line = at.text.count("\n", 0, begin) + 1
            yield Change(at.path, line, begin, start + found.end(), new)


if __name__ == "__main__":
    raise SystemExit(main())
