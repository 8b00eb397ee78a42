"""Files, functions and signatures stay small enough to be read at one go (STYLE 6.4)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source import OURS, PRODUCT, Module, modules, must_be_empty, problems

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 50
POSITIONAL_ARGUMENTS = 3


def too_long_a_file(module: Module) -> Iterator[str]:
    if (length := module.text.count("\n")) > LINES_OF_A_FILE:
        yield f"{module.path} has {length} lines: make it a folder of the same name"


def too_long_functions(module: Module) -> Iterator[str]:
    for function in module.functions:
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > LINES_OF_A_FUNCTION:
            yield f"{module.at(function)} {function.name} has {length} lines"


def too_many_positional_arguments(module: Module) -> Iterator[str]:
    for function in module.functions:
        positional = [a.arg for a in function.args.posonlyargs + function.args.args if a.arg not in {"self", "cls"}]
        if len(positional) > POSITIONAL_ARGUMENTS and not function.name.startswith("__"):
            yield f"{module.at(function)} {function.name} takes {len(positional)} positional arguments: put a * in between"


def test_no_file_is_longer_than_400_lines() -> None:
    must_be_empty(problems(too_long_a_file, modules(*OURS)))


def test_no_function_is_longer_than_50_lines() -> None:
    must_be_empty(problems(too_long_functions, modules(*OURS)))


def test_after_three_arguments_the_rest_are_named() -> None:
    must_be_empty(problems(too_many_positional_arguments, modules(*PRODUCT)))


def test_the_size_rules_see_what_is_too_big() -> None:
    body = "    x = 1\n" * 51
    sample = Module("app/x.py", f"def f(a, b, c, d):\n{body}" + "\n" * 400)
    assert len(problems(too_long_a_file, [sample])) == 1
    assert len(problems(too_long_functions, [sample])) == 1
    assert len(problems(too_many_positional_arguments, [sample])) == 1
    assert ast.unparse(sample.tree).startswith("def f")


def test_the_size_rules_leave_named_arguments_and_methods_alone() -> None:
    sample = Module(
        "app/x.py", "class C:\n    def f(self, a, b, c, *, d, e): ...\n    def __exit__(self, a, b, c, d): ...\n"
    )
    must_be_empty(problems(too_many_positional_arguments, [sample]))
