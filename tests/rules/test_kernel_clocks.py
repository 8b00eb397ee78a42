"""Hours, working days and calendar days, by the published table of 2026 and in a year that nobody knows yet."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from app.kernel.clocks import (
    Calendar,
    due_after_calendar_days,
    due_after_hours,
    due_after_working_days,
    end_of_quiet,
    in_quiet_hours,
    load_calendar,
)
from app.kernel.presets import FOLDER
from app.kernel.values import SHANGHAI, at_clock, local_day

CALENDAR = load_calendar(FOLDER / "calendars")


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 1, 1), False),
        (date(2026, 1, 4), True),
        (date(2026, 2, 14), True),
        (date(2026, 2, 17), False),
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),
        (date(2026, 11, 23), True),
        (date(2026, 11, 22), False),
    ],
)
def test_the_table_of_2026_is_followed(day: date, works: bool) -> None:
    assert CALENDAR.is_working(day) is works


def test_working_days_step_over_the_spring_festival() -> None:
    start = at_clock(date(2026, 2, 13), 10)
    assert local_day(due_after_working_days(start, 3, CALENDAR)) == date(2026, 2, 25)


def test_a_calendar_term_that_ends_on_a_holiday_moves_to_the_next_working_day() -> None:
    start = at_clock(date(2026, 9, 26), 10)
    assert local_day(due_after_calendar_days(start, 7, CALENDAR)) == date(2026, 10, 8)


def test_hours_run_through_the_night() -> None:
    start = at_clock(date(2026, 2, 16), 23)
    assert due_after_hours(start, 24) - start == timedelta(hours=24)


@pytest.mark.parametrize("year", [2027, 2040, 1999])
def test_an_unknown_year_is_monday_to_friday_and_says_so(year: int) -> None:
    assert not CALENDAR.knows(year)
    days = [date(year, 5, 1) + timedelta(days=n) for n in range(7)]
    assert sum(CALENDAR.is_working(day) for day in days) == 5


def test_a_new_table_lies_over_the_old_one() -> None:
    later = CALENDAR.with_days({date(2027, 1, 1): False})
    assert later.knows(2027)
    assert not later.is_working(date(2027, 1, 1))
    assert later.is_working(date(2026, 10, 10))


@pytest.mark.parametrize(("hour", "quiet"), [(20, False), (21, True), (23, True), (3, True), (7, False), (12, False)])
def test_quiet_hours_cross_midnight(hour: int, quiet: bool) -> None:
    assert in_quiet_hours(at_clock(date(2026, 11, 2), hour), 21, 7) is quiet


def test_the_quiet_ends_in_the_next_morning() -> None:
    assert end_of_quiet(at_clock(date(2026, 11, 2), 22), 7) == datetime(2026, 11, 3, 7, tzinfo=SHANGHAI)
    assert end_of_quiet(at_clock(date(2026, 11, 3), 2), 7) == datetime(2026, 11, 3, 7, tzinfo=SHANGHAI)


def test_a_calendar_without_any_table_still_answers() -> None:
    assert Calendar().is_working(date(2026, 11, 23))
