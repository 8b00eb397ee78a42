"""What comes next in a case: which moves are offered, how they weigh, and who is told when nobody acts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domains.cases.preset import CaseKind, load_all
from app.domains.cases.rules.ladder import stops_ahead
from app.domains.cases.rules.offers import Course, Weight, offers

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
FRESH = Course("received", (), frozenset(), None, has_worked=False)


@pytest.fixture(scope="module")
def whistle() -> CaseKind:
    kind: CaseKind = load_all()["cases"]["whistle"]
    return kind


def keys(kind: CaseKind, course: Course, *places: str) -> list[str]:
    return [one.key for one in offers(kind, course, places, now=NOW)]


def test_a_move_that_was_made_often_enough_is_not_offered_again(whistle: CaseKind) -> None:
    course = replace(FRESH, stage="working", moves_made=("transfer",))
    assert "transfer" in keys(whistle, course, "lead")
    assert "transfer" not in keys(whistle, replace(course, moves_made=("transfer", "transfer")), "lead")


def test_what_is_closed_can_be_reopened_for_thirty_days_and_rated_once(whistle: CaseKind) -> None:
    closed = replace(FRESH, stage="closed", closed_at=NOW - timedelta(days=30))
    assert keys(whistle, closed, "reporter") == ["reopen", "rate"]
    assert keys(whistle, replace(closed, moves_made=("rate",)), "reporter") == ["reopen"]
    assert keys(whistle, replace(closed, closed_at=NOW - timedelta(days=31)), "reporter") == []


def test_an_errand_is_taken_after_the_elder_has_agreed() -> None:
    errand: CaseKind = load_all()["cases"]["errand"]
    asked = replace(FRESH, stage="asked")
    assert keys(errand, asked, "agent") == ["agree"]
    assert keys(errand, replace(asked, consents=frozenset({"elder"})), "agent") == ["agree", "accept"]


def test_whoever_worked_on_it_is_not_asked_whether_it_is_solved(whistle: CaseKind) -> None:
    answered = replace(FRESH, stage="answered")
    assert keys(whistle, answered, "reporter") == ["yes", "no"]
    assert keys(whistle, replace(answered, has_worked=True), "reporter", "lead") == ["no"]


def test_both_answers_of_the_villager_weigh_the_same(whistle: CaseKind) -> None:
    weights = {one.key: one.weight for one in offers(whistle, replace(FRESH, stage="answered"), ["reporter"], now=NOW)}
    assert weights == {"yes": Weight.word, "no": Weight.word}
    weights = {one.key: one.weight for one in offers(whistle, FRESH, ["owner"], now=NOW)}
    assert (weights["accept"], weights["refuse"]) == (Weight.main, Weight.side)
    lead = {one.key: one.weight for one in offers(whistle, replace(FRESH, stage="working"), ["lead"], now=NOW)}
    assert lead == {"transfer": Weight.side, "done": Weight.main}
    withdraw = next(offers(whistle, FRESH, ["reporter"], now=NOW))
    assert (withdraw.key, withdraw.weight, withdraw.outcome) == ("withdraw", Weight.side, "withdrawn")


def test_each_rung_is_told_after_the_wait_of_the_one_below(whistle: CaseKind) -> None:
    stops = stops_ahead(whistle.ladder, "normal", above=-1, first_at=NOW)
    assert [(one.office, one.at - NOW) for one in stops] == [
        ("secretary@village", timedelta()),
        ("dispatcher@town", timedelta(hours=8)),
        ("duty_officer@county", timedelta(hours=16)),
    ]
    later = stops_ahead(whistle.ladder, "normal", above=0, first_at=NOW, told={0: NOW - timedelta(hours=8)})
    assert [(one.is_told, (one.at - NOW) // timedelta(hours=1)) for one in later] == [
        (True, -8),
        (False, 0),
        (False, 8),
    ]
