"""What is named in one place is known in the other: events and reactions, permissions and roles, routes and permissions."""

from __future__ import annotations

import ast
import importlib
import json
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache

from app.kernel.events import Event
from app.reactions import REACTIONS
from tests.architecture.source import PRODUCT, ROOT, Module, called_name, modules, must_be_empty, of_domains

ROLES = ROOT / "app" / "presets" / "roles.toml"
ASKS = {"needs", "require", "scoped", "reach", "covers", "holds", "paths"}
WORD_OF_A_PERMISSION = r"[a-z_]+\.[a-z_]+"


# -- events


@cache
def raised_events() -> frozenset[type[Event]]:
    """Every event class that a domain defines."""
    names = [".".join(module.parts) for module in of_domains("events")]
    loaded = [importlib.import_module(name.removesuffix(".__init__")) for name in names]
    return frozenset(
        thing
        for module in loaded
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Event) and thing is not Event
    )


def unheard(events: Iterable[type[Event]], registry: Iterable[type[Event]]) -> list[str]:
    known = set(registry)
    return sorted(
        f"{event.__module__}.{event.__name__} has no line in REACTIONS" for event in events if event not in known
    )


def test_every_event_has_a_line_in_the_registry_of_reactions() -> None:
    must_be_empty(unheard(raised_events(), REACTIONS))


def test_the_registry_knows_no_event_that_is_gone() -> None:
    must_be_empty(unheard(REACTIONS, raised_events()))


def test_an_event_without_a_line_is_seen() -> None:
    class Forgotten(Event):
        pass

    assert len(unheard([Forgotten], REACTIONS)) == 1


# -- permissions


def permissions_asked_for(module: Module) -> Iterator[str]:
    """The permissions named in a module: as a word, or by a constant of that module."""
    constants = {
        target.id: node.value.value
        for node in module.tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in module.calls:
        if called_name(call) in ASKS:
            for argument in call.args[:2]:
                word = argument.value if isinstance(argument, ast.Constant) else constants.get(_name(argument))
                if isinstance(word, str) and "." in word:
                    yield word


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def permissions_given(roles: str) -> set[str]:
    """The permissions in the file of roles, without how far they reach."""
    return {word.partition("@")[0] for role in tomllib.loads(roles).values() for word in role["permissions"]}


def asked() -> set[str]:
    return {word for module in modules(*PRODUCT) for word in permissions_asked_for(module)}


def test_every_permission_that_is_asked_for_can_be_given() -> None:
    must_be_empty(sorted(asked() - permissions_given(ROLES.read_text(encoding="utf-8"))))


def test_every_permission_that_is_given_is_asked_for() -> None:
    must_be_empty(sorted(permissions_given(ROLES.read_text(encoding="utf-8")) - asked()))


def test_permissions_are_read_from_code_and_from_roles() -> None:
    module = Module(
        "bot/x.py",
        "READ = 'visits.read'\n@needs('visits.log')\ndef f(tx):\n    require(tx.actor, READ, within=p)\n    scoped(a, 'feed.read', V)\n",
    )
    assert set(permissions_asked_for(module)) == {"visits.log", "visits.read", "feed.read"}
    assert permissions_given('[a]\npermissions = ["visits.read@own", "feed.post"]\n') == {"visits.read", "feed.post"}


# -- messages and pages


def test_every_message_opens_a_page_that_the_client_has() -> None:
    pages = {page["path"] for page in json.loads((ROOT / "miniprogram/src/pages.json").read_text("utf-8"))["pages"]}
    told = tomllib.loads((ROOT / "app/presets/messages.toml").read_text("utf-8"))["templates"]
    must_be_empty([f"{name}: {one['page']}" for name, one in told.items() if one["page"].split("?")[0] not in pages])
