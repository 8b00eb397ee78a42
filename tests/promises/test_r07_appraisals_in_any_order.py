"""R7: whatever the order of votes, doubts, withdrawals and time, points are given at most once, after the publication, by a full
panel of people without a share in it, and the ledger sums to nought.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from app.domains.appraisals import actions, sweeps
from app.domains.appraisals.models import Appraisal, Item, Objection, Panel, Seat, TimelineEntry, Vote
from app.domains.appraisals.rules import Ballot
from app.domains.areas.models import Person
from app.domains.identity.models import RoleGrant
from app.domains.points import queries as points
from app.domains.points.models import Transfer
from app.kernel.access import SYSTEM, unscoped
from app.kernel.clock import MovableClock
from app.kernel.errors import Refusal
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.makers.appraisals import Village, make_village
from tests.makers.visits import Someone, make_someone

pytestmark = [pytest.mark.promise, pytest.mark.timeout(3_000)]
DRAWN, LEAST_YES, MOST = 3, 2, 3
PLACES = st.integers(0, 50)
_villages = count(400)


class Neighbours(RuleBasedStateMachine):
    """A village in which the household, its keeper and a neighbour sit on the council too, so that the draw must leave them out."""

    def __init__(self, runtime: Runtime, clock: MovableClock, tally: dict[str, int]) -> None:
        super().__init__()
        self.runtime, self.clock, self.tally = runtime, clock, tally
        self.known: list[UUID] = []
        self.voted_by: dict[UUID, UUID] = {}

    @initialize()
    def settle(self) -> None:
        """A village of its own for each run."""
        self.path = f"419001/101/{next(_villages)}/"
        self.village: Village = make_village(self.runtime, council=5, path=self.path)
        shared = (self.village.villager, self.village.keeper, self.village.neighbours[0])
        with transaction(self.runtime, SYSTEM) as tx:
            self.council = [
                *self.village.council,
                *(make_someone(tx, one.person_id, "council", path=self.path) for one in shared),
            ]

        self.declare("villager", "mediate")
        self.check(0, is_fine=True)
        self.those_drawn_vote(0, [(5, True), (8, True), (10, False)])

    # ------------------------------------------------------------------ what people do

    @precondition(lambda self: len(self.known) < MOST)
    @rule(by=st.sampled_from(["villager", "keeper", "neighbour"]), item=st.sampled_from(["mediate", "volunteer"]))
    def declare(self, by: str, item: str) -> None:
        who = {
            "villager": self.village.villager,
            "keeper": self.village.keeper,
            "neighbour": self.village.neighbours[0],
        }[by]
        with transaction(self.runtime, who.actor) as tx:
            told = actions.Declaration(
                tx.new_id(), "deed", (item,), "给邻居帮了忙", household_id=self.village.household_id
            )
            self.known.append(actions.declare(tx, told).id)

    @rule(place=PLACES, is_fine=st.sampled_from([True, True, True, False]))
    def check(self, place: int, *, is_fine: bool) -> None:
        self._try(
            self.village.clerk,
            place,
            lambda tx, one: actions.check(tx, one, is_fine=is_fine, reason="" if is_fine else "not_found"),
        )

    @rule(place=PLACES, who=PLACES, is_yes=st.sampled_from([True, True, True, False]), points_=st.integers(4, 11))
    def vote(self, place: int, who: int, points_: int, *, is_yes: bool) -> None:
        """By anybody of the council, drawn or not, with points inside and outside what the item allows."""
        self._vote(self.council[who % len(self.council)], place, points_, is_yes=is_yes)

    @rule(
        place=PLACES,
        ballots=st.lists(
            st.tuples(st.integers(5, 10), st.sampled_from([True, True, True, False])), min_size=1, max_size=3
        ),
    )
    def those_drawn_vote(self, place: int, ballots: list[tuple[int, bool]]) -> None:
        """One, two or all of those who are asked."""
        for who, (points_, is_yes) in zip(self._asked(place), ballots, strict=False):
            self._vote(who, place, points_, is_yes=is_yes)

    def _vote(self, who: Someone, place: int, points_: int, *, is_yes: bool) -> None:
        ballot = Ballot(is_yes, points_ if is_yes else 0, "true_and_good" if is_yes else "not_found")
        self._try(who, place, lambda tx, one: actions.vote(tx, one, ballot))

    def _asked(self, place: int) -> list[Someone]:
        with reading(self.runtime) as db:
            asked = select(Seat.person_id).where(
                Seat.appraisal_id == self.known[place % len(self.known)], Seat.state == "asked"
            )
            drawn = set(db.scalars(asked))
        return [one for one in self.council if one.person_id in drawn]

    @rule(place=PLACES, who=PLACES)
    def stand_aside(self, place: int, who: int) -> None:
        self._try(
            self.council[who % len(self.council)], place, lambda tx, one: actions.stand_aside(tx, one, reason="away")
        )

    @rule(place=PLACES, who=PLACES)
    def object_to(self, place: int, who: int) -> None:
        everybody = [*self.village.neighbours, *self.council]
        said = everybody[who % len(everybody)]
        self._try(said, place, lambda tx, one: actions.object_to(tx, one, actions.Said(tx.new_id(), "too_many")))

    @rule(place=PLACES, by=st.sampled_from(["villager", "keeper", "neighbour"]))
    def withdraw(self, place: int, by: str) -> None:
        who = {
            "villager": self.village.villager,
            "keeper": self.village.keeper,
            "neighbour": self.village.neighbours[0],
        }[by]
        self._try(who, place, actions.withdraw)

    @rule(place=PLACES)
    def decline(self, place: int) -> None:
        self._try(self.village.villager, place, actions.decline)

    @rule(who=PLACES)
    def leave_the_council(self, who: int) -> None:
        self._change_grant(self.council[who % len(self.council)], revoked=True)

    @rule(who=PLACES)
    def come_back(self, who: int) -> None:
        self._change_grant(self.council[who % len(self.council)], revoked=False)

    @rule(hours=st.sampled_from([1, 30, 24 * 4, 24 * 9]))
    def wait(self, hours: int) -> None:
        """Time goes by, and the clock does what is due."""
        self.clock.set(self.clock.now() + timedelta(hours=hours), rate=0)
        sweeps.move_due(self.runtime)

    def _try(self, who: Someone, place: int, deed: Any) -> None:
        if not self.known:
            return
        one = self.known[place % len(self.known)]
        with suppress(Refusal), transaction(self.runtime, who.actor) as tx:
            deed(tx, one)
            self.tally["done"] = self.tally.get("done", 0) + 1

    @unscoped("a test changes everything")
    def _change_grant(self, who: Someone, *, revoked: bool) -> None:
        with transaction(self.runtime, SYSTEM) as tx:
            mine = (RoleGrant.person_id == who.person_id, RoleGrant.role == "council")
            tx.db.execute(update(RoleGrant).where(*mine).values(revoked_at=tx.now if revoked else None))

    # ------------------------------------------------------------------ what must hold after each of it

    @invariant()
    @unscoped("a test reads everything")
    def points_are_given_once_and_after_the_publication(self) -> None:
        with reading(self.runtime) as db:
            for one in db.scalars(select(Appraisal).where(Appraisal.id.in_(self.known))):
                given = list(db.scalars(select(Transfer).where(Transfer.subject_id == one.id)))
                assert len(given) == (one.stage == "in_force"), (one.stage, given)
                if one.stage == "in_force":
                    assert one.publish_until is not None
                    assert given[0].at >= one.publish_until
                    assert given[0].claimed == one.points
                    assert not set(db.scalars(select(Objection.state).where(Objection.appraisal_id == one.id))) & {
                        "open",
                        "upheld",
                    } or self._was_put_right(one)
                    item = db.scalars(select(Item).where(Item.appraisal_id == one.id)).one()
                    assert item.given == given[0].points <= one.points
                    self._note("in force")
                    self._note("cut", happened=item.given < one.points)
            assert points.health(db).is_well

    def _was_put_right(self, one: Appraisal) -> bool:
        """An objection was upheld in an earlier publication, and what was published anew came into force."""
        with reading(self.runtime) as db:
            open_ones = select(Objection.id).where(Objection.appraisal_id == one.id, Objection.state == "open")
            upheld = db.scalars(
                select(Objection.publication).where(Objection.appraisal_id == one.id, Objection.state == "upheld")
            )
            return db.scalar(open_ones) is None and all(publication < one.publication for publication in upheld)

    @invariant()
    def panels_are_full_odd_and_without_a_share(self) -> None:
        with reading(self.runtime) as db:
            for panel in db.scalars(select(Panel).where(Panel.appraisal_id.in_(self.known))):
                seats = list(
                    db.scalars(select(Seat).where(Seat.appraisal_id == panel.appraisal_id, Seat.round == panel.round))
                )
                votes = [vote for seat in seats if (vote := db.get(Vote, seat.id))]
                assert sum(seat.state in {"asked", "voted"} for seat in seats) <= DRAWN
                assert len(votes) == sum(seat.state == "voted" for seat in seats)
                assert not {seat.person_id for seat in seats} & self._has_a_share(db, panel)
                if panel.decided_at is None:
                    assert len(votes) < DRAWN
                    continue
                yes = sorted(vote.points for vote in votes if vote.is_yes)
                assert (len(votes), panel.yes_count, panel.no_count) == (DRAWN, len(yes), DRAWN - len(yes))
                assert panel.is_yes == (len(yes) >= LEAST_YES)
                assert panel.points == (yes[(len(yes) - 1) // 2] if panel.is_yes else 0)
                self._note("panels decided")
                self._note("reviews decided", happened=panel.is_review)

    def _has_a_share(self, db: Any, panel: Panel) -> set[UUID]:
        """The household, who declared it and his house."""
        one = db.get_one(Appraisal, panel.appraisal_id)
        declarer = db.get_one(Person, one.declared_by)
        houses = {one.household_id, declarer.household_id} - {None}
        kin = db.scalars(select(Person.id).where(Person.household_id.in_(houses)))
        return {one.declared_by, *kin}

    @invariant()
    def nobody_votes_twice_or_over_his_own_doubt(self) -> None:
        with reading(self.runtime) as db:
            votes = db.execute(
                select(Seat.appraisal_id, Seat.round, Seat.person_id, Vote.at).join(Vote, Vote.seat_id == Seat.id)
                .where(Seat.appraisal_id.in_(self.known))
            ).all()  # fmt: skip
            assert len({row[:3] for row in votes}) == len(votes)
            doubts = db.execute(
                select(Objection.appraisal_id, Objection.person_id, Objection.at, Objection.answered_at)
                .where(Objection.appraisal_id.in_(self.known))
            ).all()  # fmt: skip
            for appraisal_id, person_id, since, ended in doubts:
                self._note("doubts")
                late = [row for row in votes if (row[0], row[2]) == (appraisal_id, person_id) and row[3] > since]
                assert not [row for row in late if ended is None or row[3] < ended]

    @invariant()
    def what_has_ended_stays_as_it_is(self) -> None:
        with reading(self.runtime) as db:
            for one in db.scalars(
                select(Appraisal).where(Appraisal.id.in_(self.known), Appraisal.ended_at.is_not(None))
            ):
                steps = db.scalars(
                    select(TimelineEntry.step)
                    .where(TimelineEntry.appraisal_id == one.id)
                    .order_by(TimelineEntry.number)
                )
                assert list(steps)[-1] == one.stage
                assert one.due_at is None

    def _note(self, what: str, *, happened: bool = True) -> None:
        if happened:
            self.tally[what] = self.tally.get(what, 0) + 1


@pytest.fixture
def tally() -> Iterator[dict[str, int]]:
    """What was seen on the way, so that nobody praises a run in which nothing happened."""
    seen: dict[str, int] = {}
    yield seen
    print(f"R7: {seen}")


def test_r07_points_come_once_late_enough_and_by_a_fair_panel_whatever_the_order(
    runtime: Runtime, clock: MovableClock, tally: dict[str, int], *, full: bool
) -> None:
    run_state_machine_as_test(
        lambda: Neighbours(runtime, clock, tally),
        settings=settings(
            max_examples=300 if full else 6,
            stateful_step_count=60 if full else 20,
            derandomize=not full,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
    assert tally["done"] > 0
    assert tally["panels decided"] > 0
    assert tally["in force"] > 0
