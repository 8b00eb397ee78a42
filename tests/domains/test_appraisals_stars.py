"""A star household from its declaration to its title: once a year, tried for three months, judged by five, published a week."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.domains.appraisals import actions, errors
from app.domains.appraisals.models import Title
from app.domains.appraisals.rules import Ballot
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.makers.appraisals import checked, declared, make_village, now_of, seats, voted, wait_until

YES = Ballot(is_yes=True, points=0, reason="deserves")
NO = Ballot(is_yes=False, points=0, reason="not_yet")


def test_a_household_is_tried_judged_by_five_and_holds_its_star_for_a_year(
    runtime: Runtime, clock: MovableClock
) -> None:
    village = make_village(runtime)
    star = declared(runtime, village.villager, kind="star_household", items=("harmony", "kind"))
    with pytest.raises(errors.AlreadyThisPeriod):
        declared(runtime, village.villager, kind="star_household", items=("harmony",))
    checked(runtime, village.clerk, star)
    assert now_of(runtime, star).stage == "trial"
    wait_until(runtime, clock, now_of(runtime, star).due_at)
    assert now_of(runtime, star).stage == "trial"  # nobody has looked in
    for member in village.council[:2]:
        with transaction(runtime, member.actor) as tx:
            actions.look_in(tx, star)
    wait_until(runtime, clock, now_of(runtime, star).due_at)
    assert len(seats(runtime, star)) == 5
    voted(runtime, village, star, YES, NO, YES, NO, YES)
    seen = now_of(runtime, star)
    assert seen.stage == "published"
    assert seen.publish_until
    assert seen.publish_until - clock.now() > timedelta(days=7)
    wait_until(runtime, clock, seen.publish_until)
    with reading(runtime) as db:
        title = db.scalars(select(Title)).one()
    assert (title.household_id, sorted(title.items)) == (village.household_id, ["harmony", "kind"])
    assert (title.until.year - title.since.year, title.since.month) == (1, title.until.month)
