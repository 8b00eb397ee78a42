"""Decisions about duties that need no database: when a period is due, when it is reminded of, what is out of date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.domains.duties.preset import DutyPreset
from app.kernel.values import at_clock, first_of_month, last_of_month

WEEKLY = "week:"


class DutyState(StrEnum):
    """Whether it is done."""

    owed = "owed"
    done = "done"
    excused = "excused"


@dataclass(frozen=True, slots=True)
class Step:
    """One reminding moment of a period."""

    name: str
    due_at: datetime


def due_on(preset: DutyPreset, month: str) -> date:
    """The last day on which a month's duty is in time."""
    first, last = first_of_month(month), last_of_month(month)
    return min(last, first + timedelta(days=preset.due_day - 1))


def steps_of(preset: DutyPreset, month: str) -> list[Step]:
    """All reminding moments of a month, the earliest first."""
    due = due_on(preset, month)
    before = [
        Step(f"T-{days}", at_clock(due - timedelta(days=days), preset.remind.hour))
        for days in preset.remind.days_before
    ]
    weekly = [
        Step(f"{WEEKLY}{day.isoformat()}", at_clock(day, preset.weekly.hour))
        for day in _days(first_of_month(month), due)
        if day.isoweekday() == preset.weekly.weekday
    ]
    return sorted([*before, *weekly], key=lambda step: step.due_at)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def is_weekly(step: str) -> bool:
    """Whether a step is the weekly look, not a reminder before the due day."""
    return step.startswith(WEEKLY)


def newest(steps: Sequence[Step]) -> Step:
    """Of several moments that passed while nothing was running, the one that is still worth telling."""
    return max(steps, key=lambda step: step.due_at)


def says_month(month: str) -> str:
    """2026-11 as people say it: 11月."""
    return f"{int(month[5:])}月"


def says_day(day: date) -> str:
    """A day as people say it: 11月30日."""
    return f"{day.month}月{day.day}日"


def says_homes(named: Sequence[str], count: int) -> str:
    """The homes that are named, and how many more there are: 3组 012、3组 015，还有 7 户."""
    more = count - len(named)
    return "、".join(named) + (f"，还有 {more} 户" if more > 0 else "")
