"""Decisions about visits: when one is late, what counts, how sure we are, what may still be put right."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from app.domains.visits import rules
from app.domains.visits.rules import Proof, Timing
from app.kernel.values import SHANGHAI

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("visited_at", "timing"),
    [
        (NOW, Timing.fresh),
        (NOW + timedelta(minutes=5), Timing.fresh),
        (NOW + timedelta(minutes=5, seconds=1), Timing.in_future),
        (NOW.replace(hour=0, minute=0), Timing.fresh),
        (NOW.replace(hour=0, minute=0) - timedelta(seconds=1), Timing.late),
        (NOW - timedelta(days=7, hours=9), Timing.late),
        (NOW - timedelta(days=7, hours=9, seconds=1), Timing.too_old),
    ],
)
def test_a_visit_is_fresh_on_its_day_late_within_the_limit_and_refused_beyond(
    visited_at: datetime, timing: Timing
) -> None:
    assert rules.timing_of(visited_at, NOW, backdate_days=7, skew_minutes=5) is timing


@pytest.mark.parametrize(
    ("last", "is_first"),
    [
        (None, True),
        (NOW - timedelta(days=1), True),
        (NOW - timedelta(hours=1), False),
        (NOW + timedelta(days=2), False),
    ],
)
def test_a_visit_is_surely_the_first_of_its_day_only_after_an_earlier_day(
    last: datetime | None, is_first: bool
) -> None:
    assert rules.is_surely_first(date(2026, 11, 2), last) is is_first


@pytest.mark.parametrize(
    ("made_after", "arrived_after", "is_allowed"),
    [
        (1, 1, True),
        (24, 24, True),
        (25, 25, False),
        (1, 1 + 5 * 24, True),
        (1, 2 + 5 * 24, False),
        (25, 26, False),
    ],
)
def test_a_correction_is_in_time_when_it_was_written_in_time_and_came_within_five_days(
    made_after: int, arrived_after: int, is_allowed: bool
) -> None:
    made, arrived = NOW + timedelta(hours=made_after), NOW + timedelta(hours=arrived_after)
    assert rules.may_put_right(NOW, made, arrived, hours=24, offline_days=5) is is_allowed


@pytest.mark.parametrize(
    ("proof", "says_yes", "shown"),
    [
        ("scanned", None, Proof.scanned),
        ("one_sided", None, Proof.one_sided),
        ("one_sided", True, Proof.confirmed),
        ("scanned", True, Proof.confirmed),
        ("scanned", False, Proof.denied),
    ],
)
def test_the_villagers_word_is_stronger_than_any_other_proof(proof: str, says_yes: bool | None, shown: Proof) -> None:
    assert rules.proof_shown(proof, says_yes) is shown


def test_the_town_of_a_village_or_a_grid_is_its_first_two_steps() -> None:
    assert rules.town_of("419001/101/203/g01/") == "419001/101/"
    assert rules.town_of("419001/101/") == "419001/101/"
    assert rules.town_of("419001/") == "419001/"


VILLAGE, TOWN = "419001/419001101/419001101205/", "419001/419001101/"
AUTHOR, CADRE, ABOVE = UUID(int=1), UUID(int=2), UUID(int=3)


def test_what_waits_is_looked_at_by_the_nearest_who_has_not_written_it() -> None:
    lookers = {VILLAGE: {AUTHOR, CADRE}, TOWN: {ABOVE}}
    waiting = [rules.Waits(VILLAGE, AUTHOR, 2), rules.Waits(f"{VILLAGE}g1/", None, 1), rules.Waits(TOWN, None, 4)]
    assert rules.eyes_wanted(waiting, lookers) == {CADRE: 3, AUTHOR: 1, ABOVE: 4}


def test_a_village_with_its_author_alone_waits_for_the_town_and_nothing_waits_for_nobody() -> None:
    lookers = {VILLAGE: {AUTHOR}, TOWN: {ABOVE}}
    assert rules.eyes_wanted([rules.Waits(VILLAGE, AUTHOR, 2)], lookers) == {ABOVE: 2}
    assert rules.eyes_wanted([rules.Waits(VILLAGE, AUTHOR, 2)], {VILLAGE: {AUTHOR}}) == {}
    assert rules.eyes_wanted([], lookers) == {}
