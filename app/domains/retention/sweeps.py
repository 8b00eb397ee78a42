"""What the clock does about those who are gone: each is forgotten in a transaction of his own, unless something holds him."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from app.domains.areas import actions as areas
from app.domains.identity import actions as identity
from app.domains.retention import queries
from app.domains.retention.preset import Retention
from app.domains.retention.rules import Hold, Limits
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction


class Forgotten(NamedTuple):
    """What a sweep did, or would do: persons, households and accounts, and how many are held by what."""

    persons: int
    households: int
    accounts: int
    held: dict[Hold, int]


def forget_departed(runtime: Runtime) -> int:
    """Forget everybody whose days are over; answers how many persons, households and accounts."""
    done = forget(runtime)
    return done.persons + done.households + done.accounts


def look(runtime: Runtime) -> Forgotten:
    """Who would be forgotten now, and what holds the others; changes nothing."""
    at = _limits(runtime)
    with reading(runtime) as db:
        holds = [queries.holds_of(db, one, at, now=runtime.clock.now()) for one in queries.due(db, at)]
    return Forgotten(sum(not held for held in holds), 0, 0, _counted(holds))


def forget(runtime: Runtime) -> Forgotten:
    """Forget whom nothing holds; one who is held today is looked at again tomorrow."""
    at = _limits(runtime)
    with reading(runtime) as db:
        due = queries.due(db, at)
    holds = list(_forget_each(runtime, due, at))
    with transaction(runtime, SYSTEM) as tx:
        households = areas.forget_empty_households(tx, removed_before=at.removed, moved_before=at.moved)
        areas.forget_decided_duplicates(tx, decided_before=at.removed)
        accounts = identity.forget_closed_accounts(tx, closed_before=at.closed)
    return Forgotten(sum(not held for held in holds), households, accounts, _counted(holds))


def _forget_each(runtime: Runtime, due: Sequence[UUID], at: Limits) -> Iterator[list[Hold]]:
    for person_id in due:
        with transaction(runtime, SYSTEM) as tx:
            held = queries.holds_of(tx.db, person_id, at, now=tx.now)
            if not held:
                areas.forget_person(tx, person_id)
        yield held


def _limits(runtime: Runtime) -> Limits:
    policy: Retention = runtime.presets["retention"]
    return queries.limits_of(policy, runtime.clock.now())


def _counted(holds: list[list[Hold]]) -> dict[Hold, int]:
    return dict(Counter(hold for held in holds for hold in held))
