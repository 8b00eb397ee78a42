"""Decisions about duties: when a month is due, when it is reminded of."""

from __future__ import annotations

from datetime import date, datetime

from app.domains.duties import preset, rules
from app.kernel.values import SHANGHAI

MONTHLY = preset.load_all()["duties"]["monthly_visit"]


def test_a_month_is_due_on_its_last_day_however_short_it_is() -> None:
    assert rules.due_on(MONTHLY, "2026-11") == date(2026, 11, 30)
    assert rules.due_on(MONTHLY, "2027-02") == date(2027, 2, 28)
    assert rules.due_on(MONTHLY, "2026-12") == date(2026, 12, 31)


def test_an_earlier_due_day_is_kept_as_it_is() -> None:
    early = MONTHLY.model_copy(update={"due_day": 25})
    assert rules.due_on(early, "2026-11") == date(2026, 11, 25)


def test_a_month_is_reminded_of_ten_five_and_one_day_before_and_looked_at_each_monday() -> None:
    steps = {step.name: step.due_at for step in rules.steps_of(MONTHLY, "2026-11")}
    assert steps["T-10"] == datetime(2026, 11, 20, 9, tzinfo=SHANGHAI)
    assert steps["T-5"] == datetime(2026, 11, 25, 9, tzinfo=SHANGHAI)
    assert steps["T-1"] == datetime(2026, 11, 29, 9, tzinfo=SHANGHAI)
    mondays = [name for name in steps if rules.is_weekly(name)]
    assert mondays == ["week:2026-11-02", "week:2026-11-09", "week:2026-11-16", "week:2026-11-23", "week:2026-11-30"]


def test_of_several_missed_moments_the_newest_is_told() -> None:
    steps = rules.steps_of(MONTHLY, "2026-11")
    assert rules.newest(steps).name == "week:2026-11-30"


def test_months_and_days_are_said_as_people_say_them() -> None:
    assert rules.says_month("2026-09") == "9月"
    assert rules.says_day(date(2026, 11, 30)) == "11月30日"
