"""Putting a visit right: within a day, by who made it; voiding; notes; the villager's word; the first word stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app.domains.areas.models import Household
from app.domains.visits import actions, errors, queries
from app.domains.visits.models import Correction, Tap, Visit
from app.domains.visits.rules import Proof, Story
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.makers.duties import state_of
from tests.makers.visits import Door, Someone, make_door, make_keeper, make_villager, make_visit


def correct(runtime: Runtime, door: Door, visit_id: UUID, note: str, *, after: timedelta = timedelta()) -> None:
    with transaction(runtime, door.keeper.actor) as tx:
        story = Story(("livelihood",), note, ())
        actions.correct_visit(tx, visit_id, correction_id=tx.new_id(), story=story, made_at=tx.now - after)


def void(runtime: Runtime, someone: Someone, visit_id: UUID, *, made_at: datetime | None = None) -> None:
    with transaction(runtime, someone.actor) as tx:
        actions.void_visit(tx, visit_id, correction_id=tx.new_id(), reason="记错户了", made_at=made_at or tx.now)


def seen(runtime: Runtime, someone: Someone, visit_id: UUID) -> queries.SeenVisit:
    with reading(runtime) as db:
        return queries.visit_of(db, runtime.vault, actor=someone.actor, visit_id=visit_id)


def test_a_correction_is_what_the_visit_says_and_the_first_word_stays_readable(runtime: Runtime) -> None:
    door = make_door(runtime)
    visit = make_visit(runtime, door)
    correct(runtime, door, visit.id, "路灯亮了，怕黑")
    shown = seen(runtime, door.keeper, visit.id)
    assert shown.story == Story(("livelihood",), "路灯亮了，怕黑", ())
    assert [told.kind for told in shown.history] == ["correct"]
    assert shown.history[0].first_story == Story(("surroundings",), "路灯不亮", ("路灯",))
    assert shown.history[0].story == shown.story
    assert shown.history[0].by_name == "段永平"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_correction_written_last_counts_in_whatever_order_they_arrive(
    runtime: Runtime, order: tuple[int, ...]
) -> None:
    door = make_door(runtime)
    visit = make_visit(runtime, door)
    for minutes in order:
        correct(runtime, door, visit.id, f"{minutes} 分钟前写的", after=timedelta(minutes=minutes))
    shown = seen(runtime, door.keeper, visit.id)
    assert shown.story.note == "0 分钟前写的"
    assert [told.story.note for told in shown.history if told.story] == [f"{n} 分钟前写的" for n in (2, 1, 0)]
    assert {told.first_story.note for told in shown.history if told.first_story} == {"路灯不亮"}


def test_after_a_day_only_a_note_is_taken(runtime: Runtime, clock: MovableClock) -> None:
    door = make_door(runtime)
    visit = make_visit(runtime, door)
    clock.set(clock.now() + timedelta(hours=24, seconds=1), rate=0)
    with pytest.raises(errors.TooLateToCorrect):
        correct(runtime, door, visit.id, "晚了")
    with pytest.raises(errors.TooLateToCorrect):
        void(runtime, door.keeper, visit.id)
    with transaction(runtime, door.keeper.actor) as tx:
        actions.add_note(tx, visit.id, correction_id=tx.new_id(), words="后来灯修好了", made_at=tx.now)
    shown = seen(runtime, door.keeper, visit.id)
    assert (shown.story.note, [told.words for told in shown.history]) == ("路灯不亮", ["后来灯修好了"])


def test_a_correction_written_in_time_without_signal_still_counts_days_later(
    runtime: Runtime, clock: MovableClock
) -> None:
    door = make_door(runtime)
    visit = make_visit(runtime, door)
    clock.set(clock.now() + timedelta(days=3), rate=0)
    correct(runtime, door, visit.id, "三天前写的", after=timedelta(days=2, hours=23))
    assert seen(runtime, door.keeper, visit.id).story.note == "三天前写的"


def test_only_who_made_a_visit_puts_it_right_and_only_who_answers_for_the_door_sees_it(runtime: Runtime) -> None:
    door = make_door(runtime)
    visit = make_visit(runtime, door)
    with transaction(runtime, door.keeper.actor) as tx:
        other = make_keeper(tx, "马会计")
    with pytest.raises(errors.VisitNotFound):
        void(runtime, other, visit.id)
    with pytest.raises(errors.VisitNotFound):
        seen(runtime, other, visit.id)


def test_after_a_hand_over_the_old_keeper_sees_nothing_and_the_new_one_may_only_add_notes(runtime: Runtime) -> None:
    door = make_door(runtime)
    visit = make_visit(runtime, door)
    with transaction(runtime, door.keeper.actor) as tx:
        new = make_keeper(tx, "马会计")
        tx.db.get_one(Household, door.household_id).keeper_id = new.person_id
    with pytest.raises(errors.VisitNotFound):
        correct(runtime, door, visit.id, "我还想改")
    with pytest.raises(errors.VisitNotFound):
        seen(runtime, door.keeper, visit.id)
    with pytest.raises(errors.NotYourVisit):
        void(runtime, new, visit.id)
    with transaction(runtime, new.actor) as tx:
        actions.add_note(tx, visit.id, correction_id=tx.new_id(), words="接手了", made_at=tx.now)
    assert seen(runtime, new, visit.id).history[0].words == "接手了"


def test_a_voided_visit_takes_the_last_visit_back_and_another_of_its_day_counts_instead(runtime: Runtime) -> None:
    door = make_door(runtime)
    before = make_visit(runtime, door, ago=timedelta(days=3))
    first = make_visit(runtime, door, ago=timedelta(hours=2))
    second = make_visit(runtime, door, ago=timedelta(hours=1))
    assert (first.is_counted, second.is_counted) == (True, False)
    void(runtime, door.keeper, first.id)
    with reading(runtime) as db:
        assert db.get_one(Visit, second.id).is_counted
        assert not db.get_one(Visit, first.id).is_counted
    void(runtime, door.keeper, second.id)
    void(runtime, door.keeper, second.id)
    with reading(runtime) as db:
        assert db.get_one(Household, door.household_id).last_visit_at == before.visited_at
    void(runtime, door.keeper, before.id)
    with reading(runtime) as db:
        assert db.get_one(Household, door.household_id).last_visit_at is None
    assert state_of(runtime, door.household_id) is None


def test_what_was_said_about_a_visit_cannot_be_unsaid(runtime: Runtime) -> None:
    door = make_door(runtime)
    visit = make_visit(runtime, door)
    correct(runtime, door, visit.id, "改一改")
    with pytest.raises(DBAPIError), transaction(runtime, door.keeper.actor) as tx:
        tx.db.delete(tx.db.scalars(select(Correction)).one())
        tx.db.flush()


def test_the_households_word_is_kept_and_its_latest_one_counts_in_any_order(runtime: Runtime) -> None:
    door = make_door(runtime)
    visit = make_visit(runtime, door)
    with transaction(runtime, door.keeper.actor) as tx:
        villager = make_villager(tx, door.household_id)
    for minutes, says_yes in ((1, True), (5, False)):
        with transaction(runtime, villager.actor) as tx:
            actions.tap_visit(tx, visit.id, says_yes=says_yes, made_at=tx.now - timedelta(minutes=minutes))
    assert seen(runtime, villager, visit.id).proof is Proof.confirmed
    with reading(runtime) as db:
        assert [tap.says_yes for tap in db.scalars(select(Tap))] == [True]


def test_another_household_has_no_word_in_it(runtime: Runtime) -> None:
    door = make_door(runtime)
    visit = make_visit(runtime, door)
    with transaction(runtime, door.keeper.actor) as tx:
        neighbour = make_villager(tx, make_door(runtime).household_id, "赵四")
    with pytest.raises(errors.VisitNotFound), transaction(runtime, neighbour.actor) as tx:
        actions.tap_visit(tx, visit.id, says_yes=False, made_at=tx.now)


def test_a_households_visits_are_listed_page_by_page_for_those_who_may_see_it(runtime: Runtime) -> None:
    door = make_door(runtime)
    logged = [make_visit(runtime, door, ago=timedelta(hours=hours)).id for hours in range(3)]
    with transaction(runtime, door.keeper.actor) as tx:
        villager, stranger = make_villager(tx, door.household_id), make_keeper(tx, "马会计")
    with reading(runtime) as db:
        first = queries.visits_of(db, runtime.vault, actor=villager.actor, household_id=door.household_id, limit=2)
        rest = queries.visits_of(
            db,
            runtime.vault,
            actor=door.keeper.actor,
            household_id=door.household_id,
            after=(first[-1].visited_at, first[-1].id),
        )
        assert [one.id for one in (*first, *rest)] == logged
        assert {one.visitor_name for one in first} == {"段永平"}
        with pytest.raises(Exception, match="areas.household_not_found"):
            queries.visits_of(db, runtime.vault, actor=stranger.actor, household_id=door.household_id)
