"""Reads our own code for the rules in this folder: modules as text and as syntax trees, and the few questions all rules ask.

Each rule is a function from a module (or from all of them) to sentences that say what is wrong. Each has two tests: the code as it
stands gives none, and a bad sample gives one, so that no rule can fall asleep.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ("app",)
FACES = ("miniprogram_api", "bot", "console")
PRODUCT = (*CORE, *FACES)
OURS = (*PRODUCT, "sandbox", "bench", "scripts", "tests")
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file of ours."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; empty for a file that cannot be read, which one test tells for all."""
        try:
            return ast.parse(self.text, self.path)
        except SyntaxError:
            return ast.Module(body=[], type_ignores=[])

    @property
    def stem(self) -> str:
        return Path(self.path).stem

    @property
    def parts(self) -> tuple[str, ...]:
        return Path(self.path).with_suffix("").parts

    @property
    def functions(self) -> list[FunctionNode]:
        return [node for node in ast.walk(self.tree) if isinstance(node, FunctionNode)]

    @property
    def calls(self) -> list[ast.Call]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]

    def at(self, node: ast.AST) -> str:
        """Where to look, in the form that editors open."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every Python file of ours below these folders; a folder that is not there yet holds none."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(Module(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in found)


@cache
def tracked_texts() -> tuple[tuple[str, str], ...]:
    """Every text file that belongs to the project, by path: what git knows and what it would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    names = sorted(name for name in listed.stdout.decode().split("\0") if name)
    return tuple((name, text) for name in names if (text := _text_of(ROOT / name)) is not None)


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return None


def problems(rule: Callable[[Module], Iterator[str]], among: Iterable[Module]) -> list[str]:
    """All that a rule has to say about these modules."""
    return [problem for module in among for problem in rule(module)]


def must_be_empty(found: Iterable[str]) -> None:
    """Fail with one line for each thing that is wrong, all of them, and no traceback."""
    if told := list(found):
        pytest.fail("\n".join(told), pytrace=False)


def of_domains(*names: str) -> list[Module]:
    """The modules of all domains with these file names, also when the file has grown into a folder."""
    return [
        module
        for module in modules("app/domains")
        if len(module.parts) > 3 and (module.parts[3] in names or any(module.stem.startswith(f"{n}_") for n in names))
    ]


def called_name(call: ast.Call) -> str:
    """`select` of select(…), `commit` of tx.db.commit(…)."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def dotted(node: ast.AST) -> str:
    """`datetime.now` of the expression datetime.now; empty for anything that is no plain path."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def names_in(node: ast.AST) -> set[str]:
    """Every plain name and every attribute name inside an expression."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {
        n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)
    }


def decorator_names(function: FunctionNode) -> set[str]:
    """The last word of each decorator: {'fixture'} for @pytest.fixture(scope=…)."""
    names = set()
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        names.add(dotted(target).rpartition(".")[2])
    return names


def imported_names(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Everything that is imported, by its full name: `a.b` of import a.b, `a.b.c` of from a.b import c."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)
