"""Noting a visit at a household: one statement with exactly the borders of `reach`, and a date that never goes back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.domains.areas import actions
from app.domains.areas.errors import HouseholdNotFound
from app.domains.areas.models import Household
from app.kernel.access import SYSTEM, Actor, Grant, scoped
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.makers.areas import NEXT_VILLAGE, TOWN, VILLAGE, make_area, make_household, make_person

LOG = "visits.log"


def holding(permission: str, path: str, **who: object) -> Actor:
    return Actor("person", grants=(Grant("r", path, frozenset([permission])),), **who)  # type: ignore[arg-type]


def test_the_date_moves_forward_only_and_the_facts_carry_the_one_before(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        household = make_household(tx)
    now = runtime.clock.now()
    for visited_at, before, after in (
        (now, None, now),
        (now - timedelta(days=3), now, now),
        (now + timedelta(hours=1), now, now + timedelta(hours=1)),
    ):
        with transaction(runtime, SYSTEM) as tx:
            facts = actions.touch_household(tx, household, permission=LOG, visited_at=visited_at)
            assert facts == (household, VILLAGE, None, before)
        with reading(runtime) as db:
            assert db.get_one(Household, household).last_visit_at == after


def test_a_household_that_is_gone_is_not_found(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        household = make_household(tx)
        tx.db.get_one(Household, household).state = "removed"
    with pytest.raises(HouseholdNotFound), transaction(runtime, SYSTEM) as tx:
        actions.touch_household(tx, household, permission=LOG, visited_at=tx.now)


def test_the_prepared_statement_has_the_borders_of_reach(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        keeper = make_person(tx)
        make_area(tx, f"{TOWN}20/")
        households = [
            make_household(tx, path=path, keeper_id=who)
            for path in (VILLAGE, NEXT_VILLAGE, f"{TOWN}20/")
            for who in (keeper, None)
        ]
    for actor in _actors(keeper, households[1]):
        with reading(runtime) as db:
            expected = set(db.scalars(scoped(actor, LOG, Household, Household.id)))
        assert {h for h in households if _reaches(runtime, actor, h)} == expected


def _actors(keeper: UUID, own: UUID) -> list[Actor]:
    return [
        SYSTEM,
        Actor("person"),
        holding(LOG, VILLAGE),
        holding(LOG, TOWN),
        holding(LOG, f"{TOWN}20/"),
        holding(f"{LOG}@zone", VILLAGE, stands_for=(keeper,)),
        holding(f"{LOG}@zone", TOWN, stands_for=(keeper,)),
        holding(f"{LOG}@zone", TOWN),
        holding(f"{LOG}@own", VILLAGE, household_id=own),
        holding(f"{LOG}@own", VILLAGE),
        holding("visits.read", TOWN, stands_for=(keeper,), household_id=own),
    ]


def _reaches(runtime: Runtime, actor: Actor, household: UUID) -> bool:
    try:
        with transaction(runtime, actor) as tx:
            actions.touch_household(tx, household, permission=LOG, visited_at=tx.now)
    except HouseholdNotFound:
        return False
    return True
