"""What follows a visit: the month's duty is done, open again when the visit was a mistake, and the audit knows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.domains.audit.models import Entry
from app.domains.duties import sweeps
from app.domains.visits import actions
from app.domains.visits.rules import Kind
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.makers.duties import duty_of, state_of
from tests.makers.visits import Door, make_door, make_villager, make_visit


@pytest.fixture
def door(runtime: Runtime) -> Door:
    found = make_door(runtime)
    sweeps.open_due_periods(runtime)
    return found


def void(runtime: Runtime, door: Door, logged: actions.LoggedVisit) -> None:
    with transaction(runtime, door.keeper.actor) as tx:
        actions.void_visit(tx, logged.id, correction_id=tx.new_id(), reason="记错户了", made_at=tx.now)


def test_a_visit_fulfils_the_duty_of_its_month(runtime: Runtime, door: Door) -> None:
    logged = make_visit(runtime, door)
    duty = duty_of(runtime, door.household_id)
    assert duty is not None
    assert (duty.state, duty.done_at, duty.done_by) == ("done", logged.visited_at, door.keeper.person_id)


def test_a_late_visit_of_last_month_does_not_fulfil_this_month(runtime: Runtime, door: Door) -> None:
    make_visit(runtime, door, ago=timedelta(days=3))
    assert state_of(runtime, door.household_id) == "owed"


def test_a_way_of_meeting_that_does_not_count_fulfils_nothing(runtime: Runtime, door: Door) -> None:
    make_visit(runtime, door, kind=Kind.office)
    assert state_of(runtime, door.household_id) == "owed"


def test_the_earliest_visit_is_the_one_that_did_it_whatever_came_first(runtime: Runtime, door: Door) -> None:
    make_visit(runtime, door)
    earlier = make_visit(runtime, door, ago=timedelta(days=1))
    duty = duty_of(runtime, door.household_id)
    assert duty is not None
    assert duty.done_at == earlier.visited_at


def test_a_voided_visit_opens_the_duty_again_unless_another_stands_for_it(runtime: Runtime, door: Door) -> None:
    first, second = make_visit(runtime, door, ago=timedelta(days=1)), make_visit(runtime, door)
    make_visit(runtime, door, kind=Kind.office)
    void(runtime, door, first)
    duty = duty_of(runtime, door.household_id)
    assert duty is not None
    assert (duty.state, duty.done_at) == ("done", second.visited_at)
    void(runtime, door, second)
    duty = duty_of(runtime, door.household_id)
    assert duty is not None
    assert (duty.state, duty.done_at, duty.done_by) == ("owed", None, None)


def test_an_excused_household_that_was_visited_after_all_is_excused_again_when_that_was_a_mistake(
    runtime: Runtime,
) -> None:
    away = make_door(runtime, flags=("外出",))
    sweeps.open_due_periods(runtime)
    logged = make_visit(runtime, away)
    assert state_of(runtime, away.household_id) == "done"
    void(runtime, away, logged)
    assert state_of(runtime, away.household_id) == "excused"


def test_the_audit_knows_every_step_around_a_visit(runtime: Runtime, door: Door) -> None:
    logged = make_visit(runtime, door)
    with transaction(runtime, door.keeper.actor) as tx:
        villager = make_villager(tx, door.household_id)
        actions.add_note(tx, logged.id, correction_id=tx.new_id(), words="补一句", made_at=tx.now)
    with transaction(runtime, villager.actor) as tx:
        actions.tap_visit(tx, logged.id, says_yes=True, made_at=tx.now)
    void(runtime, door, logged)
    with reading(runtime) as db:
        entries = db.scalars(select(Entry).where(Entry.subject_id == logged.id).order_by(Entry.id)).all()
    assert sorted(entry.action for entry in entries) == ["visits.confirm", "visits.log", "visits.note", "visits.void"]
    assert all("补一句" not in str(entry.detail) for entry in entries)
