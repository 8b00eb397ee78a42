"""Names say what is inside (STYLE 6.3): no drawers for odds and ends, the same file names in every domain, tests that run."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import OURS, Module, decorator_names, imported_names, modules, must_be_empty, problems

DRAWERS = {"util", "helper", "manager", "common", "base", "misc", "data", "info"}
DRAWERS_WITH_PLURALS = DRAWERS | {f"{word}s" for word in DRAWERS}
DOMAINS = {
    "areas",
    "duties",
    "visits",
    "cases",
    "appraisals",
    "points",
    "mall",
    "decisions",
    "disclosures",
    "registers",
    "notices",
    "members",
    "identity",
    "media",
    "audit",
    "stats",
    "retention",
}
DOMAIN_FILES = {"__init__", "models", "rules", "actions", "queries", "events", "errors", "sweeps", "ports", "preset"}
SENTENCE_WORDS = 3


def drawers(module: Module) -> Iterator[str]:
    for part in module.parts:
        if set(part.lower().split("_")) & DRAWERS_WITH_PLURALS:
            yield f"{module.path}: a module is named after what it is for"


def foreign_domain_files(module: Module) -> Iterator[str]:
    _, _, *inside = module.parts
    if inside[0] == "__init__":
        return
    if inside[0] not in DOMAINS:
        yield f"{module.path}: {inside[0]} is no domain of the contents page"
    elif len(inside) > 1 and inside[1] not in DOMAIN_FILES:
        yield f"{module.path}: a domain's files are {', '.join(sorted(DOMAIN_FILES))}"


def forgotten_tests(module: Module) -> Iterator[str]:
    """A function in a test file that is no test, no fixture, no hook and that nobody mentions: a test without its name."""
    mentioned = Counter(node.id for node in ast.walk(module.tree) if isinstance(node, ast.Name))
    for node in module.tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or "fixture" in decorator_names(node):
            continue
        if not node.name.startswith(("test_", "pytest_")) and not mentioned[node.name]:
            yield f"{module.at(node)} {node.name} is neither test nor fixture, and nobody calls it: it never runs"


def mumbled_tests(module: Module) -> Iterator[str]:
    for function in module.functions:
        if function.name.startswith("test_") and len(function.name.split("_")) - 1 < SENTENCE_WORDS:
            yield f"{module.at(function)} {function.name}: a test's name is a sentence"


def patches(module: Module) -> Iterator[str]:
    for node, name in imported_names(module):
        if name.split(".")[:2] in (["unittest", "mock"], ["pytest_mock"]) or name == "mock":
            yield f"{module.at(node)} {name}: write a working fake at the edge of the outside world"
    for call in module.calls:
        if re.search(r"\b(monkeypatch\.setattr|mocker\.\w+)$", ast.unparse(call.func)):
            yield f"{module.at(call)} patches code: pass the part in instead"


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    must_be_empty(problems(drawers, modules(*OURS)))


def test_every_domain_has_the_same_file_names() -> None:
    must_be_empty(problems(foreign_domain_files, modules("app/domains")))


def test_every_test_has_a_name_that_runs_it() -> None:
    must_be_empty(problems(forgotten_tests, [m for m in modules("tests") if m.stem.startswith("test_")]))


def test_every_test_is_named_by_a_sentence() -> None:
    must_be_empty(problems(mumbled_tests, [m for m in modules("tests") if m.stem.startswith("test_")]))


def test_no_test_patches_our_code() -> None:
    must_be_empty(problems(patches, modules("tests")))


def test_every_file_with_tests_is_found_by_the_runner() -> None:
    strays = [m.path for m in modules("tests") if not m.stem.startswith("test_") and mentions_a_test(m)]
    must_be_empty(strays)


def mentions_a_test(module: Module) -> bool:
    return any(function.name.startswith("test_") for function in module.functions)


def test_the_name_rules_see_what_they_look_for() -> None:
    assert problems(drawers, [Module("app/kernel/date_utils.py", ""), Module("bot/common/x.py", "")])
    assert problems(foreign_domain_files, [Module("app/domains/areas/services.py", "")])
    assert problems(foreign_domain_files, [Module("app/domains/whistles/actions.py", "")])
    assert problems(forgotten_tests, [Module("tests/test_x.py", "def a_visit_is_kept(tx):\n    assert tx\n")])
    assert problems(mumbled_tests, [Module("tests/test_x.py", "def test_visit(): ...\n")])
    assert problems(patches, [Module("tests/test_x.py", "from unittest import mock\n")])
    assert problems(
        patches, [Module("tests/test_x.py", "def test_a(monkeypatch):\n    monkeypatch.setattr(x, 'y', 1)\n")]
    )
    assert mentions_a_test(Module("tests/visits.py", "def test_a_visit_is_kept(): ...\n"))


def test_the_name_rules_leave_honest_names_alone() -> None:
    sample = Module(
        "tests/test_x.py",
        "@pytest.fixture\ndef village(): ...\ndef visits_of(x): ...\ndef test_a_visit_is_kept(village):\n    visits_of(1)\n",
    )
    must_be_empty(problems(forgotten_tests, [sample]))
    must_be_empty(problems(drawers, [Module(str(Path("app/kernel/values.py")), "")]))
    must_be_empty(problems(foreign_domain_files, [Module("app/domains/areas/actions/register.py", "")]))
