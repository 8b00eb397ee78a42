"""What follows for duties when zones change hands, households get keepers, and imports are taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.domains.areas.events import BatchUndone, KeeperAssigned, KeeperReleased, ZoneHandedOver
from app.domains.areas.models import Household
from app.domains.audit.models import Entry
from app.domains.duties import sweeps
from app.kernel.access import SYSTEM
from app.kernel.events import Event
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.makers.areas import VILLAGE, make_household
from tests.makers.duties import duty_of, state_of
from tests.makers.visits import Door, Someone, make_door, make_keeper


@pytest.fixture
def door(runtime: Runtime) -> Door:
    found = make_door(runtime)
    sweeps.open_due_periods(runtime)
    return found


@pytest.fixture
def new(runtime: Runtime) -> Someone:
    with transaction(runtime, SYSTEM) as tx:
        return make_keeper(tx, "马会计")


def happened(runtime: Runtime, event: Event) -> None:
    with transaction(runtime, SYSTEM) as tx:
        tx.emit(event)


def test_a_handed_over_zone_takes_its_open_duties_along(runtime: Runtime, door: Door, new: Someone) -> None:
    ids = (door.household_id,)
    happened(runtime, ZoneHandedOver(door.keeper.person_id, new.person_id, ids, VILLAGE, "调走"))
    duty = duty_of(runtime, door.household_id)
    assert duty is not None
    assert (duty.keeper_id, duty.state) == (new.person_id, "owed")


def test_a_household_without_a_keeper_reminds_nobody_until_it_has_one_again(
    runtime: Runtime, door: Door, new: Someone
) -> None:
    happened(runtime, KeeperReleased(door.keeper.person_id, (door.household_id,), VILLAGE, "调走"))
    left = duty_of(runtime, door.household_id)
    assert left is not None
    assert left.keeper_id is None
    happened(runtime, KeeperAssigned(new.person_id, (door.household_id,), VILLAGE))
    taken = duty_of(runtime, door.household_id)
    assert taken is not None
    assert taken.keeper_id == new.person_id


def test_a_household_that_gets_its_first_keeper_is_owed_a_visit_at_once(
    runtime: Runtime, door: Door, new: Someone
) -> None:
    del door
    with transaction(runtime, SYSTEM) as tx:
        household_id = make_household(tx)
    with transaction(runtime, SYSTEM) as tx:
        tx.db.get_one(Household, household_id).keeper_id = new.person_id
        tx.emit(KeeperAssigned(new.person_id, (household_id,), VILLAGE))
    assert state_of(runtime, household_id) == "owed"


def test_households_that_were_taken_back_owe_nothing(runtime: Runtime, door: Door) -> None:
    with transaction(runtime, SYSTEM) as tx:
        batch_id = tx.new_id()
    happened(runtime, BatchUndone(batch_id, VILLAGE, (door.household_id,), ()))
    assert duty_of(runtime, door.household_id) is None


def test_the_audit_knows_that_a_month_was_opened(runtime: Runtime, door: Door) -> None:
    del door
    with reading(runtime) as db:
        entry = db.scalars(select(Entry).where(Entry.action == "duties.open")).one()
    assert entry.detail == {"kind": "monthly_visit", "period": "2026-11", "count": 1}
