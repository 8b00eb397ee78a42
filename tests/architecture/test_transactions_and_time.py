"""One committer, no clock in the domains, and nothing that swallows what it does not know."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source import FACES, PRODUCT, Module, called_name, dotted, modules, must_be_empty, problems

COMMITTER = "app/kernel/transaction.py"
CLOCK = "app/kernel/clock.py"
READINGS = {"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime"}
READERS = {"datetime", "datetime.datetime", "date", "datetime.date", "time"}
# Where an unknown failure may be caught, and why: the edges of STYLE 6.2, and nothing else.
EDGES: dict[str, str] = {
    "bot/__main__.py": "a worker's loop: what failed is tried again when its lease ends",
    "bot/inbound.py": "one packet that cannot be acted on stops no other",
    "bot/push.py": "a sender that failed gives its message back with its lease",
    "bot/scheduler.py": "a sweep that fails stops no other; the next beat tries again",
}


def commits(module: Module) -> Iterator[str]:
    for call in module.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"commit", "rollback"}:
            yield f"{module.at(call)} .{call.func.attr}() belongs to {COMMITTER}"


def hidden_commits(module: Module) -> Iterator[str]:
    """`with engine.begin()` commits as well, without saying so."""
    for call in module.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"begin", "begin_nested"}:
            yield f"{module.at(call)} .{call.func.attr}() opens a transaction of its own: use transaction(runtime, actor)"


def readings_of_the_clock(module: Module) -> Iterator[str]:
    for call in module.calls:
        owner, _, reading = dotted(call.func).rpartition(".")
        if reading in READINGS and owner in READERS:
            yield f"{module.at(call)} {owner}.{reading}(): the moment is passed in"


def swallowed_failures(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _raises_on(node):
            yield f"{module.at(node)} catches everything: name the failure, or let it reach the edge"


def _is_broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(dotted(each) in {"Exception", "BaseException"} for each in caught)


def _raises_on(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_only_the_committer_commits() -> None:
    must_be_empty(problems(commits, [m for m in modules(*PRODUCT) if m.path != COMMITTER]))
    assert problems(commits, [m for m in modules("app") if m.path == COMMITTER])


def test_no_domain_reaction_or_face_opens_a_transaction_behind_the_committers_back() -> None:
    must_be_empty(problems(hidden_commits, modules("app/domains", "app/reactions", "app/web", *FACES)))


def test_no_domain_reads_a_clock() -> None:
    told = modules("app/domains", "app/kernel", "app/reactions", *FACES)
    must_be_empty(problems(readings_of_the_clock, [m for m in told if m.path != CLOCK]))
    assert problems(readings_of_the_clock, [m for m in told if m.path == CLOCK])


def test_unknown_failures_are_caught_at_the_edges_only() -> None:
    must_be_empty(problems(swallowed_failures, [m for m in modules(*PRODUCT) if m.path not in EDGES]))
    needless = [
        path for path in EDGES if not problems(swallowed_failures, [m for m in modules(*PRODUCT) if m.path == path])
    ]
    must_be_empty(needless)


def test_these_rules_see_what_they_look_for() -> None:
    sample = Module(
        "app/domains/x/actions.py",
        "def f(tx):\n    tx.db.commit()\n    with engine.begin() as c:\n        pass\n    datetime.now(UTC)\n    time.time()\n"
        "    try:\n        g()\n    except (ValueError, Exception):\n        pass\n    except:\n        return None\n",
    )
    assert len(problems(commits, [sample])) == 1
    assert len(problems(hidden_commits, [sample])) == 1
    assert len(problems(readings_of_the_clock, [sample])) == 2
    assert len(problems(swallowed_failures, [sample])) == 2


def test_these_rules_leave_honest_code_alone() -> None:
    sample = Module(
        "app/x.py",
        "def f():\n    time.monotonic()\n    clock.now()\n    try:\n        g()\n    except BaseException:\n        h()\n        raise\n",
    )
    must_be_empty(problems(readings_of_the_clock, [sample]))
    must_be_empty(problems(swallowed_failures, [sample]))
    assert {called_name(call) for call in sample.calls} == {"monotonic", "now", "g", "h"}
