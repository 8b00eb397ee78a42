"""Who may import whom (DESIGN, section 3): the layers, no circles, and rules that know values only."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping

import grimp
import pytest

from tests.architecture.source import (
    FACES,
    PRODUCT,
    ROOT,
    Module,
    dotted,
    imported_names,
    modules,
    must_be_empty,
    of_domains,
    problems,
)

# What decides without I/O may know: values, and what is made of values only.
VALUES = ("app.kernel.values", "app.kernel.clocks", "app.kernel.errors")
OWN_VALUES = ("errors", "preset", "rules")
READS_THE_WORLD = {
    "os",
    "sys",
    "socket",
    "subprocess",
    "pathlib",
    "time",
    "random",
    "secrets",
    "threading",
    "io",
    "urllib",
}
WRITES_SQL = {f"sqlalchemy.{name}" for name in ("select", "insert", "update", "delete", "text")}


def worldly_rules(module: Module) -> Iterator[str]:
    own = ".".join(module.parts[:3])
    allowed = (*VALUES, *(f"{own}.{name}" for name in OWN_VALUES), *values_of(own.replace(".", "/")))
    for node, name in imported_names(module):
        if not _is_value(name, allowed):
            yield f"{module.at(node)} {name}: rules take values and return values"


def values_of(domain: str) -> list[str]:
    """The values a domain defines beside its tables and its ports: enumerations in models, plain classes in ports."""
    return [
        f"{domain.replace('/', '.')}.{module.stem}.{node.name}"
        for module in modules(domain)
        for node in module.tree.body
        if isinstance(node, ast.ClassDef) and _is_value_class(node, module.stem)
    ]


def _is_value_class(node: ast.ClassDef, where: str) -> bool:
    bases = {dotted(base) for base in node.bases}
    is_enumeration = bool(bases & {"StrEnum", "IntEnum", "Enum"})
    return is_enumeration if where == "models" else where == "ports" and "Protocol" not in bases


def _is_value(name: str, allowed: Iterable[str]) -> bool:
    top = name.partition(".")[0]
    if top == "app":
        return any(name == each or name.startswith(f"{each}.") for each in allowed)
    return top in sys.stdlib_module_names and top not in READS_THE_WORLD


def sql_in_a_face(module: Module) -> Iterator[str]:
    for node, name in imported_names(module):
        if name in WRITES_SQL:
            yield f"{module.at(node)} {name}: faces and reactions ask a domain's queries and actions"


def circles(imports: Mapping[str, Iterable[str]]) -> list[str]:
    """Every import circle, told once, by walking down and noticing when we meet ourselves."""
    found: list[str] = []
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> None:
        if name in path:
            found.append(" → ".join([*path[path.index(name) :], name]))
        elif name not in done:
            for other in imports.get(name, ()):
                walk(other, [*path, name])
            done.add(name)

    for name in imports:
        walk(name, [])
    return found


def present(*folders: str) -> list[str]:
    return [folder for folder in folders if (ROOT / folder / "__init__.py").exists()]


def imports_of_modules() -> dict[str, set[str]]:
    """Real imports; those under TYPE_CHECKING never run and make no circle."""
    graph = grimp.build_graph(*present(*PRODUCT, "sandbox"), exclude_type_checking_imports=True, cache_dir=None)
    return {module: set(graph.find_modules_directly_imported_by(module)) - {module} for module in graph.modules}


def imports_of_packages(imports: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """The same, told of packages: app.domains.areas, app.kernel, bot."""
    told: dict[str, set[str]] = {}
    for module, others in imports.items():
        targets = {package_of(other) for other in others}
        told.setdefault(package_of(module), set()).update(targets - {package_of(module)})
    return told


def package_of(module: str) -> str:
    parts = module.split(".")
    if parts[-1] == "__main__":
        return module  # a program stands on top of everything, also of the wiring that mounts its package
    if parts[0] != "app":
        return parts[0]
    return ".".join(parts[:3] if parts[1:2] == ["domains"] else parts[:2])


def test_import_linter_keeps_every_contract() -> None:
    # in a process of its own: it sets logging up anew, and would silence the product's loggers in this one
    ask = "from importlinter.cli import lint_imports_command as run; run()"
    done = subprocess.run(
        [sys.executable, "-c", ask, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_and_no_package_imports_itself_through_others() -> None:
    imports = imports_of_modules()
    assert len(imports) > 20
    must_be_empty(circles(imports))
    must_be_empty(circles(imports_of_packages(imports)))


def test_rules_know_values_only() -> None:
    must_be_empty(problems(worldly_rules, of_domains("rules")))


def test_faces_and_reactions_write_no_sql() -> None:
    must_be_empty(problems(sql_in_a_face, modules(*FACES, "app/reactions")))


def test_a_circle_is_seen() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a → b → c → a"]
    must_be_empty(circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}))
    assert imports_of_packages({"app.domains.areas.actions": {"app.kernel.values"}}) == {
        "app.domains.areas": {"app.kernel"}
    }


@pytest.mark.parametrize(
    "line",
    [
        "from sqlalchemy import select",
        "from app.kernel.transaction import Tx",
        "from app.domains.points import rules",
        "from app.domains.visits import queries",
        "from app.domains.areas.models import Household",
        "import os",
    ],
)
def test_a_rule_that_looks_at_the_world_is_seen(line: str) -> None:
    assert problems(worldly_rules, [Module("app/domains/areas/rules.py", f"{line}\n")])


def test_a_rule_that_knows_values_is_left_alone() -> None:
    text = (
        "from __future__ import annotations\nfrom datetime import date\nfrom app.kernel.values import SHANGHAI\n"
        "from app.domains.areas.errors import NoSuchArea\nfrom app.domains.areas import errors\n"
        "from app.domains.areas.models import Level\n"
    )
    must_be_empty(problems(worldly_rules, [Module("app/domains/areas/rules.py", text)]))


def test_sql_in_a_face_is_seen() -> None:
    assert problems(sql_in_a_face, [Module("bot/x.py", "from sqlalchemy import select\n")])
