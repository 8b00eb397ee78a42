"""The three clocks of the trade: hours, working days, calendar days. They never mix.

Working days come from a table per year (国务院办公厅 publishes it each autumn). A year that is not known falls back
to Monday to Friday, and says so; it never stops the product.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from app.kernel.values import SHANGHAI, local_day, start_of

_SATURDAY = 5


@dataclass(frozen=True)
class Calendar:
    """Which days are worked: the published exceptions of each known year over Monday to Friday."""

    exceptions: Mapping[date, bool] = field(default_factory=dict)

    def knows(self, year: int) -> bool:
        """Whether the published table of a year is here."""
        return any(day.year == year for day in self.exceptions)

    def is_working(self, day: date) -> bool:
        """Whether offices work on this day."""
        known = self.exceptions.get(day)
        return day.weekday() < _SATURDAY if known is None else known

    def next_working(self, day: date) -> date:
        """The day itself, or the first working day after it (民法典 203: a last day on a holiday moves on)."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def add_working(self, day: date, count: int) -> date:
        """The day on which `count` working days are full; the day after `day` is the first."""
        while count > 0:
            day = self.next_working(day + timedelta(days=1))
            count -= 1
        return day

    def with_days(self, days: Mapping[date, bool]) -> Calendar:
        """The calendar with one more table over it."""
        return Calendar({**self.exceptions, **days})


_YES_OR_NO = {"1": True, "0": False}


def read_calendar(lines: Iterable[str]) -> dict[date, bool]:
    """A published table: `day,working` with one exception a line."""
    return {date.fromisoformat(row["day"]): _YES_OR_NO[row["working"]] for row in csv.DictReader(lines)}


def load_calendar(folder: Path) -> Calendar:
    """All tables of a folder, one file a year."""
    calendar = Calendar()
    for path in sorted(folder.glob("*.csv")):
        calendar = calendar.with_days(read_calendar(path.read_text(encoding="utf-8").splitlines()))
    return calendar


def end_of_day(day: date) -> datetime:
    """The last moment of a Chinese day: until then a thing due on it is in time."""
    return start_of(day + timedelta(days=1)) - timedelta(microseconds=1)


def due_after_hours(start: datetime, hours: int) -> datetime:
    """The hour clock: runs through nights and holidays."""
    return start + timedelta(hours=hours)


def due_after_calendar_days(start: datetime, days: int, calendar: Calendar) -> datetime:
    """The calendar clock: the day after is day one; a last day on a holiday moves to the next working day."""
    return end_of_day(calendar.next_working(local_day(start) + timedelta(days=days)))


def due_after_working_days(start: datetime, days: int, calendar: Calendar) -> datetime:
    """The working-day clock: the working day after the start is day one."""
    return end_of_day(calendar.add_working(local_day(start), days))


def in_quiet_hours(moment: datetime, start_hour: int, end_hour: int) -> bool:
    """Whether a moment lies in the hours in which only urgent messages may ring (21 to 7 crosses midnight)."""
    hour = moment.astimezone(SHANGHAI).hour
    return start_hour <= hour < end_hour if start_hour <= end_hour else hour >= start_hour or hour < end_hour


def end_of_quiet(moment: datetime, end_hour: int) -> datetime:
    """When the quiet hours around a moment are over."""
    local = moment.astimezone(SHANGHAI)
    morning = local.replace(hour=end_hour, minute=0, second=0, microsecond=0)
    return morning if local < morning else morning + timedelta(days=1)
