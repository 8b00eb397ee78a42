"""Decisions about appraisals: draws that can be checked, panels that never decide with fewer, pictures that look alike."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domains.appraisals import rules
from app.domains.appraisals.rules import Ballot

PEOPLE = st.lists(st.uuids(), min_size=0, max_size=12, unique=True)
BALLOTS = st.lists(
    st.builds(Ballot, st.booleans(), st.integers(5, 10), st.sampled_from(["a", "b", "c"])), min_size=0, max_size=9
)


@given(PEOPLE, st.text(max_size=8))
def test_the_same_seed_draws_the_same_people_in_whatever_order_they_are_named(people: list[UUID], seed: str) -> None:
    assert rules.drawing_order(seed, people) == rules.drawing_order(seed, reversed(people))
    assert sorted(rules.drawing_order(seed, people)) == sorted(people)


@given(PEOPLE, st.uuids(), st.text(max_size=8))
def test_who_joins_or_leaves_changes_nobody_elses_place(people: list[UUID], other: UUID, seed: str) -> None:
    with_other = [each for each in rules.drawing_order(seed, [*people, other]) if each != other]
    assert with_other == rules.drawing_order(seed, [each for each in people if each != other])


def test_every_seed_draws_anew_and_nobody_is_favoured() -> None:
    people = [uuid4() for _ in range(7)]
    drawn = [person for n in range(700) for person in rules.chosen(f"seed{n}", people, count=3)]
    assert all(220 < drawn.count(person) < 380 for person in people)


@given(PEOPLE, PEOPLE, st.text(max_size=8))
def test_new_faces_are_drawn_first(fresh: list[UUID], former: list[UUID], seed: str) -> None:
    former = [each for each in former if each not in fresh]
    seated = rules.chosen(seed, [*former, *fresh], count=3, rather_not=former)
    assert len(seated) == min(3, len(fresh) + len(former))
    assert sum(each in fresh for each in seated) == min(3, len(fresh))


@given(BALLOTS, st.sampled_from([(3, 2), (5, 3), (7, 4)]))
def test_a_panel_decides_by_majority_and_only_when_every_seat_has_voted(
    ballots: list[Ballot], panel: tuple[int, int]
) -> None:
    seats, least_yes = panel
    ballots = ballots[:seats]
    verdict = rules.verdict_of(ballots, seats=seats, least_yes=least_yes)
    if len(ballots) < seats:
        assert verdict is None
        return
    assert verdict is not None
    yes = sum(ballot.is_yes for ballot in ballots)
    assert verdict.is_yes == (2 * yes > seats)
    assert (verdict.yes_count, verdict.no_count) == (yes, seats - yes)
    winners = [ballot for ballot in ballots if ballot.is_yes == verdict.is_yes]
    assert verdict.reason in {ballot.reason for ballot in winners}
    assert verdict.points == 0 if not verdict.is_yes else 5 <= verdict.points <= 10


@pytest.mark.parametrize(("points", "middle"), [((5,), 5), ((5, 10), 5), ((10, 5, 6), 6), ((5, 6, 9, 10), 6)])
def test_the_panel_gives_the_middle_of_what_its_yes_votes_give(points: tuple[int, ...], middle: int) -> None:
    assert rules.median([Ballot(is_yes=True, points=each, reason="a") for each in points]) == middle


def test_pictures_are_alike_within_some_bits_and_blank_ones_never() -> None:
    look = 0x0F3C_55AA_00FF_1234
    assert rules.is_alike(look, look ^ 0b101, most_bits=2)
    assert not rules.is_alike(look, look ^ 0b111, most_bits=2)
    assert rules.bits_apart(-1, 0) == 64
    assert not rules.is_alike(0, 0, most_bits=6)
    assert not rules.is_alike(-1, -1, most_bits=6)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 24), 12, date(2027, 11, 24)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_a_title_ends_on_the_same_day_or_the_last_of_its_month(day: date, months: int, later: date) -> None:
    assert rules.months_later(day, months) == later


@pytest.mark.parametrize(
    ("names", "is_near", "has_consent", "shown"),
    [
        ("village", True, False, "卢春梅"),
        ("village", False, True, "卢**"),
        ("with_consent", True, True, "卢春梅"),
        ("with_consent", True, False, "卢**"),
        ("with_consent", False, True, "卢**"),
        ("masked", True, True, "卢**"),
    ],
)
def test_a_name_is_whole_at_most_inside_the_own_village(
    names: str, shown: str, *, is_near: bool, has_consent: bool
) -> None:
    assert rules.name_shown("卢春梅", names=names, is_near=is_near, has_consent=has_consent) == shown


@pytest.mark.parametrize(("born", "minor"), [(2009, True), (2008, True), (2007, False), (None, False)])
def test_who_may_be_under_age_counts_as_a_minor(born: int | None, *, minor: bool) -> None:
    assert rules.is_minor(born, date(2026, 11, 24)) is minor


def test_a_year_has_one_and_any_time_has_many() -> None:
    assert rules.period_of("year", date(2026, 11, 24)) == "2026"
    assert rules.period_of("any", date(2026, 11, 24)) == ""
