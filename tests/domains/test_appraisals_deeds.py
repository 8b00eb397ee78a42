"""A good deed from its declaration to the points: who may declare, check and judge, and what each step refuses."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domains.appraisals import actions, errors
from app.domains.appraisals.models import Flag, Item, Panel, TimelineEntry
from app.domains.appraisals.rules import Ballot, drawing_order
from app.domains.points import queries as points
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.makers.appraisals import (
    NO,
    YES,
    Village,
    checked,
    declared,
    make_village,
    now_of,
    published,
    seats,
    voted,
    wait_for_clock,
    wait_until,
)
from tests.makers.areas import NEXT_VILLAGE


@pytest.fixture
def village(runtime: Runtime) -> Village:
    return make_village(runtime)


def balance(runtime: Runtime, household_id: UUID) -> int:
    with reading(runtime) as db:
        return points.balance_of(db, household_id)


def steps(runtime: Runtime, appraisal_id: UUID) -> list[str]:
    with reading(runtime) as db:
        return list(
            db.scalars(
                select(TimelineEntry.step)
                .where(TimelineEntry.appraisal_id == appraisal_id)
                .order_by(TimelineEntry.number)
            )
        )


def test_a_deed_is_declared_checked_judged_published_and_brings_its_points(
    runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    deed = declared(runtime, village.villager)
    assert now_of(runtime, deed).stage == "checking"
    checked(runtime, village.clerk, deed)
    assert now_of(runtime, deed).stage == "judging"
    voted(runtime, village, deed)
    seen = now_of(runtime, deed)
    assert (seen.stage, seen.points, balance(runtime, village.household_id)) == ("published", 5, 0)
    assert seen.publish_until
    assert seen.publish_until - clock.now() > timedelta(days=3)
    assert wait_for_clock(runtime, clock, days=3) == 0
    assert wait_until(runtime, clock, seen.publish_until) == 1
    assert (now_of(runtime, deed).stage, balance(runtime, village.household_id)) == ("in_force", 5)
    assert wait_for_clock(runtime, clock, days=30) == 0
    assert balance(runtime, village.household_id) == 5
    assert steps(runtime, deed) == ["declared", "checked", "panel_drawn", "judged", "published", "in_force"]


def test_three_are_drawn_by_the_seed_that_is_written_down(runtime: Runtime, village: Village) -> None:
    deed = declared(runtime, village.villager)
    checked(runtime, village.clerk, deed)
    with reading(runtime) as db:
        seed = db.scalars(select(Panel.seed)).one()
    everybody = [member.person_id for member in village.council]
    assert {seat.person_id for seat in seats(runtime, deed)} == set(drawing_order(seed, everybody)[:3])


def test_a_no_of_the_majority_says_what_would_help_and_brings_nothing(
    runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    deed = declared(runtime, village.villager)
    checked(runtime, village.clerk, deed)
    voted(runtime, village, deed, NO, YES, NO)
    seen = now_of(runtime, deed)
    assert (seen.stage, seen.reason, seen.due_at) == ("refused", "not_found", None)
    assert wait_for_clock(runtime, clock, days=30) == 0
    assert balance(runtime, village.household_id) == 0


def test_the_panel_gives_the_middle_of_its_points(runtime: Runtime, village: Village) -> None:
    deed = declared(runtime, village.villager)
    checked(runtime, village.clerk, deed)
    voted(runtime, village, deed, *(Ballot(is_yes=True, points=p, reason="lasting") for p in (10, 7, 5)))
    assert now_of(runtime, deed).points == 7


def test_what_a_cap_cuts_is_kept_beside_what_was_claimed(
    runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    deeds = [published(runtime, village, items=("clean_up",), file_ids=(UUID(int=n),)) for n in range(5)]
    wait_for_clock(runtime, clock, days=6)
    with reading(runtime) as db:
        rows = db.execute(select(Item.claimed, Item.given, Item.cut_by).order_by(Item.id)).all()
    assert sorted((claimed, given) for claimed, given, _ in rows) == [(5, 0)] + [(5, 5)] * 4
    assert all(bool(cut) == (given == 0) for _, given, cut in rows)
    assert balance(runtime, village.household_id) == 20
    assert len(deeds) == 5


# -- declaring


def test_a_neighbour_nominates_and_the_household_may_say_no(runtime: Runtime, village: Village) -> None:
    deed = declared(runtime, village.neighbours[0], household_id=village.household_id)
    assert now_of(runtime, deed).way == "neighbour"
    with transaction(runtime, village.villager.actor) as tx:
        actions.decline(tx, deed)
    assert now_of(runtime, deed).stage == "declined"
    with pytest.raises(errors.AlreadyMoved):
        checked(runtime, village.clerk, deed)


def test_a_nominee_may_say_no_until_it_is_in_force_and_frees_the_panel(
    runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    deed = declared(runtime, village.neighbours[0], household_id=village.household_id)
    checked(runtime, village.clerk, deed)
    voted(runtime, village, deed, YES)
    with transaction(runtime, village.villager.actor) as tx:
        actions.decline(tx, deed)
    assert [seat.state for seat in seats(runtime, deed, "asked", "released")] == ["released"] * 2
    assert wait_for_clock(runtime, clock, days=30) == 0


def test_the_member_declares_for_a_household_that_he_keeps_and_for_no_other(runtime: Runtime, village: Village) -> None:
    deed = declared(runtime, village.keeper, household_id=village.household_id)
    assert now_of(runtime, deed).way == "member"
    with pytest.raises(errors.HouseholdUnknown):
        declared(runtime, village.keeper, household_id=village.neighbours[0].actor.household_id)


def test_a_stranger_from_the_next_village_finds_no_household(runtime: Runtime, village: Village) -> None:
    other = make_village(runtime, council=0, path=NEXT_VILLAGE)
    with pytest.raises(errors.HouseholdUnknown):
        declared(runtime, other.villager, household_id=village.household_id)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"kind": "fine"}, errors.KindUnknown),
        ({"items": ("help_the_mayor",)}, errors.ItemUnknown),
        ({"items": ("mediate", "volunteer")}, errors.ItemUnknown),
        ({"items": ("clean_up",)}, errors.PhotoNeeded),
        ({"done_on": date(2026, 11, 3)}, errors.DayNotAccepted),
        ({"done_on": date(2026, 9, 30)}, errors.DayNotAccepted),
        ({"doer_id": UUID(int=7)}, errors.NotOfHousehold),
        ({"door_code": "X" * 24}, errors.HouseholdUnknown),
        ({"kind": "star_household", "items": ("harmony",), "household_id": None}, None),
    ],
)
def test_a_declaration_that_cannot_be_right_is_refused(
    runtime: Runtime, village: Village, changes: dict[str, object], refusal: type[Exception] | None
) -> None:
    if refusal is None:
        assert declared(runtime, village.villager, **changes)
        return
    with pytest.raises(refusal):
        declared(runtime, village.villager, **changes)


def test_the_same_deed_of_the_same_day_is_flagged_and_not_refused(runtime: Runtime, village: Village) -> None:
    first = declared(runtime, village.villager)
    declared(runtime, village.villager, items=("volunteer",))
    declared(runtime, village.villager, done_on=date(2026, 11, 1))
    again = declared(runtime, village.villager)
    with reading(runtime) as db:
        flags = db.execute(select(Flag.appraisal_id, Flag.kind, Flag.other_id)).all()
    assert [tuple(flag) for flag in flags] == [(again, "same_deed", first)]


def test_who_declared_takes_it_back_until_judging_has_begun(runtime: Runtime, village: Village) -> None:
    first, second = declared(runtime, village.villager), declared(runtime, village.villager)
    with transaction(runtime, village.villager.actor) as tx:
        assert actions.withdraw(tx, first).stage == "withdrawn"
        assert actions.withdraw(tx, first).stage == "withdrawn"
    checked(runtime, village.clerk, second)
    with pytest.raises(errors.TooLateToWithdraw), transaction(runtime, village.villager.actor) as tx:
        actions.withdraw(tx, second)
    with pytest.raises(errors.AppraisalNotFound), transaction(runtime, village.neighbours[0].actor) as tx:
        actions.withdraw(tx, second)


# -- checking


def test_the_clerk_refuses_with_a_reason_from_the_list(runtime: Runtime, village: Village) -> None:
    deed = declared(runtime, village.villager)
    with pytest.raises(errors.ReasonUnknown):
        checked(runtime, village.clerk, deed, is_fine=False, reason="because")
    checked(runtime, village.clerk, deed, is_fine=False, reason="not_clear")
    assert (now_of(runtime, deed).stage, now_of(runtime, deed).reason) == ("refused", "not_clear")


def test_only_an_office_of_the_place_checks_and_never_its_own_household(runtime: Runtime, village: Village) -> None:
    deed, own = declared(runtime, village.villager), declared(runtime, village.clerk)
    other = make_village(runtime, council=0, path=NEXT_VILLAGE)
    for stranger in (other.clerk, village.villager, village.council[0]):
        with pytest.raises(errors.AppraisalNotFound):
            checked(runtime, stranger, deed)
    with pytest.raises(errors.OwnHousehold):
        checked(runtime, village.clerk, own)
    checked(runtime, village.secretary, own)
    assert now_of(runtime, own).stage == "judging"


def test_what_nobody_checks_climbs_to_the_secretary_and_then_to_the_town(
    runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    deed = declared(runtime, village.villager)
    for rung in (1, 2, 2):
        assert wait_until(runtime, clock, now_of(runtime, deed).due_at) == 1
        assert now_of(runtime, deed).rung == rung
    checked(runtime, village.town, deed)
    assert now_of(runtime, deed).stage == "judging"


def test_an_office_without_anybody_is_skipped_at_once(runtime: Runtime, village: Village) -> None:
    own = declared(runtime, village.clerk)
    assert now_of(runtime, own).rung == 1
