"""Writing down a visit: which door, how sure, how late, counted once a day, and only by whoever answers for the household."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, select

from app.domains.areas.errors import CodeNotFound, HouseholdNotFound
from app.domains.areas.models import Household
from app.domains.visits import actions, errors
from app.domains.visits.models import Picture, Post, Visit
from app.domains.visits.rules import Story
from app.kernel.errors import Forbidden
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.makers.areas import NEXT_VILLAGE, make_household
from tests.makers.visits import a_share, an_entry, make_cadre, make_door, make_visit


def visit_row(runtime: Runtime, visit_id: UUID) -> Visit:
    with reading(runtime) as db:
        return db.get_one(Visit, visit_id)


def last_visit(runtime: Runtime, household_id: UUID) -> datetime | None:
    with reading(runtime) as db:
        return db.scalar(select(Household.last_visit_at).where(Household.id == household_id))


def test_a_visit_to_a_household_of_ones_zone_is_kept_with_what_was_said(runtime: Runtime) -> None:
    door = make_door(runtime)
    logged = make_visit(runtime, door, file_ids=(door.household_id,))
    kept = visit_row(runtime, logged.id)
    assert (kept.household_id, kept.visitor_id) == (door.household_id, door.keeper.person_id)
    assert (kept.proof, kept.is_late, kept.is_counted, kept.state) == ("one_sided", False, True, "logged")
    assert (kept.themes, kept.problems) == (["surroundings"], ["路灯"])
    assert kept.note_sealed is not None
    assert runtime.vault.open(f"visits_visit.note:{kept.id}", kept.note_sealed) == "路灯不亮"
    assert last_visit(runtime, door.household_id) == logged.visited_at
    with reading(runtime) as db:
        assert db.scalars(select(Picture.file_id)).all() == [door.household_id]


def test_a_scanned_door_code_names_the_household_and_proves_the_visit(runtime: Runtime) -> None:
    door = make_door(runtime)
    with transaction(runtime, door.keeper.actor) as tx:
        logged = actions.log_visit(tx, an_entry(tx, None, door_code=door.code))
    assert (logged.household_id, logged.proof) == (door.household_id, "scanned")


def test_a_code_that_is_not_known_any_more_proves_nothing(runtime: Runtime) -> None:
    door = make_door(runtime)
    logged = make_visit(runtime, door, door_code="x" * 24)
    assert logged.proof == "one_sided"
    with pytest.raises(CodeNotFound), transaction(runtime, door.keeper.actor) as tx:
        actions.log_visit(tx, an_entry(tx, None, door_code="x" * 24))


def test_the_code_of_another_door_is_refused(runtime: Runtime) -> None:
    door = make_door(runtime)
    other = make_door(runtime, keeper=door.keeper)
    with pytest.raises(errors.WrongDoor), transaction(runtime, door.keeper.actor) as tx:
        actions.log_visit(tx, an_entry(tx, door.household_id, door_code=other.code))
    with pytest.raises(errors.DoorUnknown), transaction(runtime, door.keeper.actor) as tx:
        actions.log_visit(tx, an_entry(tx, None))


def test_the_household_of_another_zone_is_not_found_and_nothing_is_kept(runtime: Runtime) -> None:
    door, foreign = make_door(runtime), make_door(runtime)
    elsewhere = make_door(runtime, path=NEXT_VILLAGE)
    for household_id in (foreign.household_id, elsewhere.household_id):
        with pytest.raises(HouseholdNotFound), transaction(runtime, door.keeper.actor) as tx:
            actions.log_visit(tx, an_entry(tx, household_id))
        assert last_visit(runtime, household_id) is None
    with reading(runtime) as db:
        assert db.scalars(select(Visit)).all() == []


def test_a_cadre_who_keeps_nobody_logs_nothing(runtime: Runtime) -> None:
    door = make_door(runtime)
    with transaction(runtime, door.keeper.actor) as tx:
        cadre = make_cadre(tx)
    with pytest.raises(HouseholdNotFound), transaction(runtime, cadre.actor) as tx:
        actions.log_visit(tx, an_entry(tx, door.household_id))


def test_a_visit_of_yesterday_is_late_and_one_of_last_month_is_refused(runtime: Runtime) -> None:
    door = make_door(runtime)
    assert make_visit(runtime, door, ago=timedelta(days=1)).is_late
    with pytest.raises(errors.VisitTooOld):
        make_visit(runtime, door, ago=timedelta(days=9))
    with pytest.raises(errors.VisitInFuture):
        make_visit(runtime, door, ago=-timedelta(minutes=6))
    assert not make_visit(runtime, door, ago=-timedelta(minutes=4)).is_late


def test_what_reached_us_in_time_is_judged_by_when_it_reached_us(runtime: Runtime) -> None:
    door = make_door(runtime)
    with transaction(runtime, door.keeper.actor) as tx:
        entry = an_entry(tx, door.household_id, ago=timedelta(days=9))
        actions.log_visit(tx, entry, arrived_at=tx.now - timedelta(days=4))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_of_several_visits_on_one_day_the_earliest_counts_whatever_order_they_came_in(
    runtime: Runtime, order: tuple[int, ...]
) -> None:
    door = make_door(runtime)
    make_visit(runtime, door, ago=timedelta(days=1))
    logged = {hours: make_visit(runtime, door, ago=timedelta(hours=hours)) for hours in (order[0], order[1], order[2])}
    counted = {hours for hours, visit in logged.items() if visit_row(runtime, visit.id).is_counted}
    assert counted == {2}
    assert last_visit(runtime, door.household_id) == logged[0].visited_at


def test_a_late_visit_does_not_put_the_last_visit_back(runtime: Runtime) -> None:
    door = make_door(runtime)
    newest = make_visit(runtime, door)
    older = make_visit(runtime, door, ago=timedelta(days=2))
    assert older.is_counted
    assert last_visit(runtime, door.household_id) == newest.visited_at


def test_pictures_are_shown_only_with_consent(runtime: Runtime) -> None:
    door = make_door(runtime)
    share = a_share("修好了", door.household_id)
    make_visit(runtime, door, share=share)
    with pytest.raises(errors.PicturesNeedConsent):
        make_visit(runtime, door, share=type(share)(share.words, share.file_ids, has_picture_consent=False))


def test_a_post_starts_unseen_in_its_village_and_town(runtime: Runtime) -> None:
    door = make_door(runtime, path="419001/101/203/g01/")
    logged = make_visit(runtime, door, share=a_share())
    with reading(runtime) as db:
        post = db.get_one(Post, logged.id)
    assert (post.state, post.village_path, post.town_path) == ("checking", "419001/101/203/", "419001/101/")


def test_somebody_who_may_not_post_logs_no_shared_visit(runtime: Runtime) -> None:
    with transaction(runtime, make_door(runtime).keeper.actor) as tx:
        cadre = make_cadre(tx)
        household_id = make_household(tx, keeper_id=cadre.person_id)
    with pytest.raises((Forbidden, HouseholdNotFound)), transaction(runtime, cadre.actor) as tx:
        actions.log_visit(tx, an_entry(tx, household_id, share=a_share()))


def test_a_visit_takes_two_statements(runtime: Runtime) -> None:
    """The door, then the rows and the duty in one go: nothing else is asked of the database."""
    door = make_door(runtime)
    said: list[str] = []
    event.listen(runtime.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    make_visit(runtime, door, story=Story(), share=a_share())
    assert [statement.split()[0] for statement in said] == ["UPDATE", "WITH"]
