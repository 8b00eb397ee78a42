"""Every module says what it is for, and every deed what it does for whom (STYLE 6.5)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source import OURS, Module, modules, must_be_empty, of_domains, problems


def unreadable(module: Module) -> Iterator[str]:
    try:
        ast.parse(module.text, module.path)
    except SyntaxError as reason:
        yield f"{module.path}:{reason.lineno} cannot be read by the oldest Python we promise: {reason.msg}"


def silent_module(module: Module) -> Iterator[str]:
    if module.text.strip() and not ast.get_docstring(module.tree):
        yield f"{module.path} does not say what it is for"


def silent_functions(module: Module) -> Iterator[str]:
    for node in module.tree.body:
        is_public = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
        if is_public and not ast.get_docstring(node):  # type: ignore[arg-type]
            yield f"{module.at(node)} does not say what it does for whom"


def code_in_a_text(module: Module) -> Iterator[str]:
    if len(module.tree.body) > 1 or (module.tree.body and not ast.get_docstring(module.tree)):
        yield f"{module.path} holds text only: what is imported here makes circles"


def test_every_file_can_be_read() -> None:
    must_be_empty(problems(unreadable, modules(*OURS, "migrations")))


def test_every_module_says_what_it_is_for() -> None:
    must_be_empty(problems(silent_module, modules(*OURS, "migrations")))


def test_every_action_says_what_it_does_for_whom() -> None:
    must_be_empty(problems(silent_functions, of_domains("actions", "queries", "sweeps", "rules")))


def test_the_contents_page_and_the_faces_of_the_domains_hold_text_only() -> None:
    pages = [m for m in modules("app/domains") if m.stem == "__init__" and len(m.parts) <= 4]
    assert pages
    must_be_empty(problems(code_in_a_text, pages))


def test_the_docstring_rules_see_silence() -> None:
    sample = Module("app/domains/x/actions.py", "def close(tx): ...\ndef _part(tx): ...\n")
    assert len(problems(silent_module, [sample])) == 1
    assert problems(silent_functions, [sample]) == ["app/domains/x/actions.py:1 does not say what it does for whom"]
    assert problems(unreadable, [Module("app/x.py", "def f(:\n")])
    assert problems(code_in_a_text, [Module("app/domains/__init__.py", '"""Text."""\nimport os\n')])
    assert not problems(code_in_a_text, [Module("app/domains/__init__.py", '"""Text."""\n')])
