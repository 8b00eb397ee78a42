"""Panels, publication and objections: who may judge, what replaces whom, and what starts the days anew."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from app.domains.appraisals import actions, errors
from app.domains.appraisals.models import Seat, Vote
from app.domains.appraisals.rules import Ballot
from app.domains.points import queries as points
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.errors import Forbidden
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
    objected,
    published,
    seats,
    voted,
    voter_of,
    wait_for_clock,
    wait_until,
)
from tests.makers.areas import NEXT_VILLAGE
from tests.makers.visits import make_cadre


@pytest.fixture
def village(runtime: Runtime) -> Village:
    return make_village(runtime)


def balance(runtime: Runtime, household_id: UUID) -> int:
    with reading(runtime) as db:
        return points.balance_of(db, household_id)


def test_nobody_of_the_household_and_no_nominator_is_ever_drawn(runtime: Runtime) -> None:
    village = make_village(runtime, council=4)
    nominator = village.council[0]
    deed = declared(runtime, nominator, household_id=village.household_id)
    checked(runtime, village.clerk, deed)
    assert nominator.person_id not in {seat.person_id for seat in seats(runtime, deed)}
    own = declared(runtime, village.council[1])
    checked(runtime, village.clerk, own)
    assert village.council[1].person_id not in {seat.person_id for seat in seats(runtime, own)}


def test_the_database_itself_seats_nobody_over_his_own_household(runtime: Runtime, village: Village) -> None:
    deed = declared(runtime, village.villager)
    checked(runtime, village.clerk, deed)
    with pytest.raises(DBAPIError, match="not_ones_own"), transaction(runtime, SYSTEM) as tx:
        tx.db.execute(update(Seat).values(household_id=village.household_id))


def test_a_vote_is_cast_once_by_who_was_drawn_and_never_changes(runtime: Runtime, village: Village) -> None:
    deed = declared(runtime, village.villager)
    checked(runtime, village.clerk, deed)
    voter = voter_of(village, seats(runtime, deed)[0])
    drawn = {seat.person_id for seat in seats(runtime, deed)}
    bystander = next(each for each in village.council if each.person_id not in drawn)
    voted(runtime, village, deed, YES)
    refusals = {voter: errors.SeatOver, bystander: errors.AppraisalNotFound, village.villager: errors.AppraisalNotFound}
    for who, refusal in refusals.items():
        with pytest.raises(refusal), transaction(runtime, who.actor) as tx:
            actions.vote(tx, deed, NO)
    with pytest.raises(DBAPIError), transaction(runtime, SYSTEM) as tx:
        tx.db.execute(update(Vote).values(is_yes=False))


@pytest.mark.parametrize(
    ("ballot", "refusal"),
    [
        (Ballot(is_yes=True, points=11, reason="lasting"), errors.PointsOutside),
        (Ballot(is_yes=True, points=0, reason="lasting"), errors.PointsOutside),
        (Ballot(is_yes=False, points=5, reason="not_found"), errors.PointsOutside),
        (Ballot(is_yes=True, points=5, reason="not_found"), errors.ReasonUnknown),
        (Ballot(is_yes=False, points=0, reason="lasting"), errors.ReasonUnknown),
    ],
)
def test_a_vote_keeps_to_the_points_and_reasons_of_the_kind(
    runtime: Runtime, village: Village, ballot: Ballot, refusal: type[Exception]
) -> None:
    deed = declared(runtime, village.villager)
    checked(runtime, village.clerk, deed)
    with pytest.raises(refusal):
        voted(runtime, village, deed, ballot)


def test_who_stands_aside_or_does_not_vote_is_replaced_by_draw(
    runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    deed = declared(runtime, village.villager)
    checked(runtime, village.clerk, deed)
    first, second, third = seats(runtime, deed)
    with transaction(runtime, voter_of(village, first).actor) as tx:
        actions.stand_aside(tx, deed, reason="kin")
    after = {seat.person_id for seat in seats(runtime, deed)}
    assert len(after) == 3
    assert {second.person_id, third.person_id} < after
    voted(runtime, village, deed, YES)
    assert wait_until(runtime, clock, second.due_at) == 1
    assert len(seats(runtime, deed)) == 2
    assert len(seats(runtime, deed, "timed_out")) == 2
    assert now_of(runtime, deed).stage == "judging"
    voted(runtime, village, deed)
    assert now_of(runtime, deed).stage == "published"


def test_too_few_never_decide_and_a_new_member_lets_it_go_on(runtime: Runtime, clock: MovableClock) -> None:
    village = make_village(runtime, council=2)
    deed = declared(runtime, village.villager)
    checked(runtime, village.clerk, deed)
    assert now_of(runtime, deed).stage == "short"
    voted(runtime, village, deed)
    assert now_of(runtime, deed).stage == "short"
    wait_for_clock(runtime, clock, days=20)
    assert now_of(runtime, deed).stage == "short"
    with transaction(runtime, SYSTEM) as tx:
        member = make_cadre(tx, "新评议员", role="council")
    wait_for_clock(runtime, clock, days=3)
    assert now_of(runtime, deed).stage == "judging"
    with transaction(runtime, member.actor) as tx:
        actions.vote(tx, deed, NO)
    assert now_of(runtime, deed).stage == "published"


def test_a_member_who_has_lost_his_office_cannot_vote(runtime: Runtime, village: Village) -> None:
    deed = declared(runtime, village.villager)
    checked(runtime, village.clerk, deed)
    voter = voter_of(village, seats(runtime, deed)[0])
    stripped = voter._replace(actor=village.neighbours[0].actor.__class__("wechat", None, voter.person_id))
    with pytest.raises(Forbidden), transaction(runtime, stripped.actor) as tx:
        actions.vote(tx, deed, YES)


# -- publication and objections


def test_an_objection_is_answered_by_new_faces_and_a_changed_result_is_published_anew(
    runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    deed = published(runtime, village)
    first = {seat.person_id for seat in seats(runtime, deed, "voted")}
    before = now_of(runtime, deed).publish_until
    clock.set(clock.now() + timedelta(days=2), rate=0)
    objected(runtime, village.neighbours[0], deed)
    assert now_of(runtime, deed).stage == "objected"
    assert not first & {seat.person_id for seat in seats(runtime, deed)}
    voted(runtime, village, deed, *(Ballot(is_yes=True, points=8, reason="lasting") for _ in range(3)))
    seen = now_of(runtime, deed)
    assert (seen.stage, seen.points, seen.publication) == ("published", 8, 2)
    assert seen.publish_until
    assert before
    assert seen.publish_until - clock.now() > timedelta(days=3)
    assert wait_until(runtime, clock, before) == 0
    assert wait_until(runtime, clock, seen.publish_until) == 1
    assert balance(runtime, village.household_id) == 8


def test_an_objection_that_changes_nothing_lets_the_clock_run_on(
    runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    deed = published(runtime, village)
    until = now_of(runtime, deed).publish_until
    objected(runtime, village.neighbours[0], deed)
    assert wait_until(runtime, clock, until) == 0
    assert balance(runtime, village.household_id) == 0
    voted(runtime, village, deed)
    assert (now_of(runtime, deed).stage, now_of(runtime, deed).publication) == ("published", 1)
    assert wait_for_clock(runtime, clock, seconds=1) == 1
    assert balance(runtime, village.household_id) == 5


def test_an_objection_that_is_right_takes_it_back(runtime: Runtime, village: Village, clock: MovableClock) -> None:
    deed = published(runtime, village)
    objected(runtime, village.neighbours[0], deed, "not_true")
    voted(runtime, village, deed, NO, NO, NO)
    assert now_of(runtime, deed).stage == "refused"
    assert wait_for_clock(runtime, clock, days=30) == 0
    assert balance(runtime, village.household_id) == 0


def test_one_objects_once_for_each_publication_and_only_from_the_village(
    runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    deed = published(runtime, village)
    other = make_village(runtime, council=0, path=NEXT_VILLAGE)
    with pytest.raises(errors.AppraisalNotFound):
        objected(runtime, other.villager, deed)
    objected(runtime, village.neighbours[0], deed)
    with pytest.raises(errors.AlreadyObjected):
        objected(runtime, village.neighbours[0], deed)
    objected(runtime, village.neighbours[1], deed)
    voted(runtime, village, deed)
    clock.set(clock.now() + timedelta(days=20), rate=0)
    with pytest.raises(errors.NotOpenForObjections):
        objected(runtime, village.villager, deed)


def test_who_objects_leaves_the_panel_and_is_not_drawn(runtime: Runtime, village: Village) -> None:
    deed = published(runtime, village)
    objected(runtime, village.neighbours[0], deed)
    member = voter_of(village, seats(runtime, deed)[0])
    objected(runtime, member, deed)
    assert member.person_id not in {seat.person_id for seat in seats(runtime, deed)}
    assert len(seats(runtime, deed)) == 3
    voted(runtime, village, deed, YES)
    judge = voter_of(village, seats(runtime, deed, "voted")[0])
    with pytest.raises(errors.JudgesDoNotObject):
        objected(runtime, judge, deed)


def test_nothing_can_be_objected_to_before_it_is_published(runtime: Runtime, village: Village) -> None:
    deed = declared(runtime, village.villager)
    with pytest.raises(errors.AppraisalNotFound):
        objected(runtime, village.neighbours[0], deed)


def test_the_database_itself_keeps_a_deed_out_of_force_before_its_days_are_over(
    runtime: Runtime, village: Village
) -> None:
    deed = published(runtime, village)
    with pytest.raises(DBAPIError, match="published_first"), transaction(runtime, SYSTEM) as tx:
        row = now_of(runtime, deed)
        tx.db.execute(update(type(row)).values(stage="in_force", ended_at=tx.now))
