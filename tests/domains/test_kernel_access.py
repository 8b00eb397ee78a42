"""The two doors to zoned rows agree with each other, and with the borders as they are told in words, for every actor and place."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domains.areas.models import Household
from app.domains.cases.models import Case
from app.kernel.access import ANONYMOUS, SYSTEM, Actor, Grant, require, scoped, unscoped
from app.kernel.errors import Forbidden
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.makers.areas import make_household
from tests.makers.members import make_member

DO, WAYS = "visits.log", ("visits.log", "visits.log@zone", "visits.log@own", "visits.read")
PLACES = ("419001/101/203/", "419001/101/2031/", "419001/101/204/", "419001/102/203/", "419002/101/203/")
ABOVE = ("419001/", "419001/101/", "419001/102/", "419002/")
Row = tuple[UUID, str, UUID | None]


@pytest.fixture
def rows(runtime: Runtime) -> list[Row]:
    """Two households with keepers and one without in each of five villages; committed."""
    made: list[Row] = []
    with transaction(runtime, SYSTEM) as tx:
        for place in PLACES:
            keepers = [make_member(tx, name, path=place) for name in ("段永平", "赵秀英")]
            made += [(make_household(tx, path=place, keeper_id=keeper), place, keeper) for keeper in (*keepers, None)]
    return made


def may(actor: Actor, row: Row) -> bool:
    """The border in words: over an area, over the households one answers for inside it, over one's own household."""
    household_id, place, keeper_id = row
    for grant in actor.grants:
        inside = place[: len(grant.path)] == grant.path
        if DO in grant.permissions and inside:
            return True
        if f"{DO}@zone" in grant.permissions and inside and keeper_id is not None and keeper_id in actor.stands_for:
            return True
        if f"{DO}@own" in grant.permissions and household_id == actor.household_id:
            return True
    return False


def actors(rows: list[Row]) -> st.SearchStrategy[Actor]:
    """Anybody: up to three grants, standing for some keepers, living in some household or none."""
    grant = st.builds(
        Grant, st.just("r"), st.sampled_from([*PLACES, *ABOVE]), st.frozensets(st.sampled_from(WAYS), max_size=2)
    )
    keepers = [keeper for _, _, keeper in rows if keeper]
    return st.builds(
        Actor,
        st.just("person"),
        household_id=st.sampled_from([None, *(one for one, _, _ in rows)]),
        grants=st.lists(grant, max_size=3).map(tuple),
        stands_for=st.lists(st.sampled_from(keepers), max_size=3, unique=True).map(tuple),
    )


def is_let_through(actor: Actor, row: Row) -> bool:
    household_id, place, keeper_id = row
    try:
        require(actor, DO, within=place, keeper_id=keeper_id, household_id=household_id)
    except Forbidden:
        return False
    return True


def test_both_doors_open_for_exactly_those_whose_border_it_is(runtime: Runtime, rows: list[Row]) -> None:
    with reading(runtime) as db:

        @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(actors(rows))
        def agree(actor: Actor) -> None:
            expected = {row[0] for row in rows if may(actor, row)}
            assert {row[0] for row in rows if is_let_through(actor, row)} == expected
            assert set(db.scalars(scoped(actor, DO, Household, Household.id))) == expected
            assert {one.id for one in db.scalars(scoped(actor, DO, Household))} == expected

        agree()


def test_the_clock_reaches_everything_and_a_stranger_nothing(runtime: Runtime, rows: list[Row]) -> None:
    with reading(runtime) as db:
        assert len(db.scalars(scoped(SYSTEM, DO, Household)).all()) == len(rows)
        assert db.scalars(scoped(ANONYMOUS, DO, Household)).all() == []
    assert all(is_let_through(SYSTEM, row) for row in rows)
    assert not any(is_let_through(ANONYMOUS, row) for row in rows)
    assert (SYSTEM.is_system, ANONYMOUS.is_system) == (True, False)
    assert (SYSTEM.holds(DO), ANONYMOUS.holds(DO)) == (True, False)


def test_a_table_of_an_area_only_opens_to_no_zone_and_no_household(runtime: Runtime, rows: list[Row]) -> None:
    """Nobody answers for the rows of such a table, whoever's household or zone he comes with."""
    household_id, place, keeper_id = rows[0]
    for way in WAYS[1:]:
        grant = Grant("r", place, frozenset([way]))
        actor = Actor(
            "person", household_id=household_id, grants=(grant,), stands_for=(keeper_id,) if keeper_id else ()
        )
        with reading(runtime) as db:
            assert "false" in str(scoped(actor, DO, Case).whereclause)
            assert db.scalars(scoped(actor, DO, Case)).all() == []


@pytest.mark.parametrize("way", WAYS)
def test_a_permission_is_held_in_any_of_its_three_ways_and_in_no_other(way: str) -> None:
    actor = Actor("person", grants=(Grant("r", PLACES[0], frozenset([way])),))
    assert actor.holds(DO) is way.startswith(DO)
    assert actor.paths(way) == (PLACES[0],)


def test_a_place_is_named_once_however_many_roles_lead_to_it() -> None:
    grants = (Grant("a", PLACES[0], frozenset([DO])), Grant("b", PLACES[0], frozenset([DO])))
    assert Actor("person", grants=grants).paths(DO) == (PLACES[0],)


def test_a_function_that_reads_without_borders_carries_its_reason() -> None:
    def looks(at: int) -> int:
        return at + 1

    marked = unscoped("a test")(looks)
    assert (marked(1), marked.__unscoped__) == (2, "a test")  # type: ignore[attr-defined]
