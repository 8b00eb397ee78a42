"""The order of a zone: who waits most stands first, and every row says why."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domains.areas.rules.needs import Need, Weights, days_between, in_order, need_of

WEIGHTS = Weights(
    flags={"独居": 30, "低保": 25, "党员户": 0}, never_visited=120, owed=60, long_ago=40, long_ago_days=30
)


def need(days: int | None, *flags: str, owed: bool = True) -> Need:
    return need_of(days_since=days, flags=flags, is_owed=owed, weights=WEIGHTS)


@pytest.mark.parametrize(
    ("given_need", "why"),
    [
        (need(None), "还没有去过"),
        (need(None, "独居", owed=False), "独居，还没有去过"),
        (need(45, "独居", "低保"), "独居、低保，有 45 天没去了"),
        (need(12, "党员户"), "这个月还没去"),
        (need(12, "低保"), "低保，这个月还没去"),
        (need(0, "独居", owed=False), "今天去过"),
        (need(1, owed=False), "昨天去过"),
        (need(9, owed=False), "9 天前去过"),
    ],
)
def test_every_row_says_why(given_need: Need, why: str) -> None:
    assert given_need.why == why


def test_who_was_never_visited_or_is_marked_or_waits_longer_comes_first() -> None:
    order = [
        need(None, "独居"),
        need(None),
        need(45, "独居"),
        need(45),
        need(12, "独居"),
        need(12),
        need(3, owed=False),
    ]
    assert [n.weight for n in order] == sorted((n.weight for n in order), reverse=True)


@given(days=st.integers(0, 2000), more=st.integers(1, 400), owed=st.booleans())
def test_a_longer_wait_never_weighs_less(days: int, more: int, *, owed: bool) -> None:
    assert need(days + more, owed=owed).weight >= need(days, owed=owed).weight


@given(days=st.one_of(st.none(), st.integers(0, 2000)), owed=st.booleans())
def test_there_is_always_a_reason(days: int | None, *, owed: bool) -> None:
    assert need(days, "独居", owed=owed).why


def test_days_are_counted_on_the_calendar_and_never_below_zero() -> None:
    today = date(2026, 11, 2)
    assert days_between(None, today) is None
    assert days_between(date(2026, 11, 1), today) == 1
    assert days_between(date(2026, 11, 3), today) == 0


def test_groups_and_numbers_are_sorted_as_people_count() -> None:
    groups = ["十二组", "二组", "十组", "一组", "二十组", "3组", "东沟组"]
    assert sorted(groups, key=in_order) == ["东沟组", "一组", "二组", "3组", "十组", "十二组", "二十组"]
    assert sorted(["10", "9", "0008", "9-2", "9-11"], key=in_order) == ["0008", "9", "9-2", "9-11", "10"]


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_two_texts_can_be_put_in_order(one: str, other: str) -> None:
    assert (in_order(one) < in_order(other)) or (in_order(other) <= in_order(one))
