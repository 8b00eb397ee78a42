"""The monthly duty: opened for all at once, fulfilled by visits, lifted for a reason, handed over, reminded of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domains.areas.models import Deputy
from app.domains.duties import actions, errors, queries, sweeps
from app.domains.duties.models import Duty, Period, Reminder
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.kernel.values import SHANGHAI
from tests.makers.areas import VILLAGE, make_household, make_person
from tests.makers.duties import KIND, MONTH, duty_of, messages_for, state_of
from tests.makers.visits import make_cadre, make_door, make_keeper, make_someone, make_visit


def on(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=SHANGHAI)


def test_a_month_is_opened_once_for_every_household_that_has_a_keeper(runtime: Runtime) -> None:
    doors = [make_door(runtime) for _ in range(3)]
    with transaction(runtime, SYSTEM) as tx:
        make_household(tx)
    assert [sweeps.open_due_periods(runtime) for _ in range(2)] == [3, 0]
    duty = duty_of(runtime, doors[0].household_id)
    assert duty is not None
    assert (duty.state, duty.keeper_id, str(duty.due_on)) == ("owed", doors[0].keeper.person_id, "2026-11-30")
    with reading(runtime) as db:
        assert db.get_one(Period, (KIND, MONTH)).preset_version
        assert len(db.scalars(select(Reminder)).all()) == 8


def test_old_keepers_and_away_households_are_excused_and_visited_ones_are_done(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        elder = make_someone(tx, make_person(tx, "老书记", birth_year=1956), "party_member")
    old, away, visited = (
        make_door(runtime, keeper=elder),
        make_door(runtime, flags=("外出",)),
        make_door(runtime, last_visit_at=on(1)),
    )
    longer_ago = make_door(runtime, last_visit_at=on(1) - timedelta(days=2))
    sweeps.open_due_periods(runtime)
    for door, state, excuse in (
        (old, "excused", "keeper_elder"),
        (away, "excused", "household_away"),
        (visited, "done", None),
        (longer_ago, "owed", None),
    ):
        duty = duty_of(runtime, door.household_id)
        assert duty is not None
        assert (duty.state, duty.excuse) == (state, excuse)


def test_a_household_that_gets_a_keeper_later_is_owed_a_visit_too(runtime: Runtime) -> None:
    make_door(runtime)
    sweeps.open_due_periods(runtime)
    late = make_door(runtime)
    assert state_of(runtime, late.household_id) is None
    assert [sweeps.add_missing_duties(runtime) for _ in range(2)] == [1, 0]
    assert state_of(runtime, late.household_id) == "owed"


def test_nothing_is_added_to_a_month_that_is_not_open(runtime: Runtime) -> None:
    make_door(runtime)
    assert sweeps.add_missing_duties(runtime) == 0


def test_a_cadre_lifts_a_duty_for_a_known_reason_and_puts_it_back(runtime: Runtime) -> None:
    door = make_door(runtime)
    sweeps.open_due_periods(runtime)
    duty = duty_of(runtime, door.household_id)
    assert duty is not None
    with transaction(runtime, SYSTEM) as tx:
        cadre = make_cadre(tx)
    with transaction(runtime, cadre.actor) as tx:
        actions.excuse(tx, duty.id, reason="household_ill")
    assert state_of(runtime, door.household_id) == "excused"
    with pytest.raises(errors.UnknownExcuse), transaction(runtime, cadre.actor) as tx:
        actions.excuse(tx, duty.id, reason="太忙")
    with transaction(runtime, cadre.actor) as tx:
        actions.lift_excuse(tx, duty.id)
    assert state_of(runtime, door.household_id) == "owed"
    with pytest.raises(errors.DutyNotFound), transaction(runtime, door.keeper.actor) as tx:
        actions.excuse(tx, duty.id, reason="household_ill")
    make_visit(runtime, door)
    with pytest.raises(errors.DutyAlreadyDone), transaction(runtime, cadre.actor) as tx:
        actions.excuse(tx, duty.id, reason="household_ill")


def test_what_is_open_goes_to_the_new_keeper_and_what_is_done_stays(runtime: Runtime) -> None:
    done, owed, excused = make_door(runtime), make_door(runtime), make_door(runtime, flags=("外出",))
    sweeps.open_due_periods(runtime)
    make_visit(runtime, done)
    with transaction(runtime, SYSTEM) as tx:
        new = make_keeper(tx, "马会计").person_id
        moved = actions.hand_over(tx, [door.household_id for door in (done, owed, excused)], to_id=new)
    assert moved == 2
    keepers = {door.household_id: duty_of(runtime, door.household_id) for door in (done, owed, excused)}
    assert [duty.keeper_id for duty in keepers.values() if duty] == [done.keeper.person_id, new, new]


def test_an_excuse_that_lay_with_the_old_keeper_does_not_go_along(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        elder = make_someone(tx, make_person(tx, "老书记", birth_year=1950), "party_member")
    door = make_door(runtime, keeper=elder)
    sweeps.open_due_periods(runtime)
    assert state_of(runtime, door.household_id) == "excused"
    with transaction(runtime, SYSTEM) as tx:
        actions.hand_over(tx, [door.household_id], to_id=make_keeper(tx, "马会计").person_id)
    assert state_of(runtime, door.household_id) == "owed"


def test_ones_month_lists_what_is_open_first_and_counts_it(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        keeper = make_keeper(tx)
    never, long_ago, done = (
        make_door(runtime, keeper=keeper),
        make_door(runtime, keeper=keeper, last_visit_at=on(1) - timedelta(days=60)),
        make_door(runtime, keeper=keeper),
    )
    make_door(runtime)
    sweeps.open_due_periods(runtime)
    make_visit(runtime, done)
    with reading(runtime) as db:
        owed = queries.month_of(db, keeper.actor, kind=KIND, period=MONTH)
        waiting = queries.owed_among(db, keeper.actor, [never.household_id, done.household_id], kind=KIND, period=MONTH)
    assert [one.household_id for one in owed] == [never.household_id, long_ago.household_id, done.household_id]
    assert queries.progress_of(owed) == (3, 1, 0, 2)
    assert waiting == {never.household_id}


def test_a_village_sees_how_far_it_is(runtime: Runtime) -> None:
    doors = [make_door(runtime) for _ in range(3)]
    make_door(runtime, path="419001/101/204/")
    sweeps.open_due_periods(runtime)
    make_visit(runtime, doors[0])
    with transaction(runtime, SYSTEM) as tx:
        cadre = make_cadre(tx)
    with reading(runtime) as db:
        assert queries.progress_below(db, cadre.actor, VILLAGE, kind=KIND, period=MONTH) == (3, 1, 0, 2)
        assert queries.progress_below(db, cadre.actor, "419001/", kind=KIND, period=MONTH) == (3, 1, 0, 2)


def told(runtime: Runtime, person_id: UUID) -> list[tuple[str, str]]:
    return [(message.template, message.key) for message in messages_for(runtime, person_id)]


def test_on_the_twentieth_each_keeper_who_still_owes_gets_one_digest(runtime: Runtime, clock: MovableClock) -> None:
    with transaction(runtime, SYSTEM) as tx:
        busy, done = make_keeper(tx), make_keeper(tx, "马会计")
    for _ in range(9):
        make_door(runtime, keeper=busy)
    finished = make_door(runtime, keeper=done)
    sweeps.open_due_periods(runtime)
    sweeps.send_due_reminders(runtime)
    clock.set(on(19), rate=0)
    make_visit(runtime, finished)
    sweeps.send_due_reminders(runtime)
    clock.set(on(20, 8), rate=0)
    assert sweeps.send_due_reminders(runtime) == 0
    clock.set(on(20), rate=0)
    assert [sweeps.send_due_reminders(runtime) for _ in range(2)] == [1, 0]
    assert told(runtime, busy.person_id)[-1] == ("visit_reminder", "duty:monthly_visit:2026-11:T-10")
    assert "visit_reminder" not in [template for template, _ in told(runtime, done.person_id)]


def test_after_an_outage_only_the_newest_missed_reminder_is_sent(runtime: Runtime, clock: MovableClock) -> None:
    door = make_door(runtime)
    sweeps.open_due_periods(runtime)
    clock.set(on(26), rate=0)
    assert sweeps.send_due_reminders(runtime) == 2
    assert sorted(told(runtime, door.keeper.person_id)) == [
        ("visit_reminder", "duty:monthly_visit:2026-11:T-5"),
        ("weekly_digest", "duty:monthly_visit:2026-11:week:2026-11-23"),
    ]


def test_a_month_that_is_over_is_not_reminded_of(runtime: Runtime, clock: MovableClock) -> None:
    door = make_door(runtime)
    sweeps.open_due_periods(runtime)
    clock.set(datetime(2026, 12, 1, 9, tzinfo=SHANGHAI), rate=0)
    assert sweeps.send_due_reminders(runtime) == 0
    assert told(runtime, door.keeper.person_id) == []
    with reading(runtime) as db:
        assert all(row.done_at for row in db.scalars(select(Reminder)))


def test_who_stands_in_is_reminded_instead_of_the_absent_keeper(runtime: Runtime, clock: MovableClock) -> None:
    door = make_door(runtime)
    with transaction(runtime, SYSTEM) as tx:
        deputy = make_keeper(tx, "马会计")
        tx.add(
            Deputy,
            id=tx.new_id(),
            absent_id=door.keeper.person_id,
            deputy_id=deputy.person_id,
            area_path=VILLAGE,
            since=on(10),
            until=on(28),
            reason="住院",
        )
    sweeps.open_due_periods(runtime)
    clock.set(on(20), rate=0)
    sweeps.send_due_reminders(runtime)
    assert told(runtime, door.keeper.person_id) == []
    assert "visit_reminder" in [template for template, _ in told(runtime, deputy.person_id)]


def test_two_schedulers_at_once_open_and_remind_once(runtime: Runtime, clock: MovableClock) -> None:
    doors = [make_door(runtime) for _ in range(3)]
    with ThreadPoolExecutor(4) as clocks:
        assert sum(clocks.map(lambda _: sweeps.open_due_periods(runtime), range(4))) == 3
        clock.set(on(20), rate=0)
        told_count = sum(clocks.map(lambda _: sweeps.send_due_reminders(runtime), range(4)))
    keys = [key for door in doors for _, key in told(runtime, door.keeper.person_id)]
    assert told_count == len(keys) == 6
    with reading(runtime) as db:
        assert len(db.scalars(select(Duty)).all()) == 3
