"""The clocks of a case: when each is due, when its reminders are, what a change of stage does to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domains.cases.preset.model import CaseKind, Clock
from app.domains.cases.rules import LIVE, TimerState
from app.kernel.clocks import (
    Calendar,
    due_after_calendar_days,
    due_after_hours,
    due_after_working_days,
    end_of_day,
)
from app.kernel.values import local_day


class Change(StrEnum):
    """What happens to a clock when a case goes into a stage."""

    start = "start"
    pause = "pause"
    resume = "resume"
    end = "end"


@dataclass(frozen=True, slots=True)
class Beat:
    """What a timer owes at a moment: how many reminders have passed by now, and whether it is due."""

    reminded: int
    is_due: bool
    next_at: datetime | None


def due_after(unit: str, amount: int, *, start: datetime, calendar: Calendar) -> datetime:
    """When so much of a unit is over."""
    if unit == "hours":
        return due_after_hours(start, amount)
    if unit == "working_days":
        return due_after_working_days(start, amount, calendar)
    return due_after_calendar_days(start, amount, calendar)


def left_of(clock: Clock, due_at: datetime, *, now: datetime, calendar: Calendar) -> int:
    """How much of a clock is left when it stops: seconds of an hour clock, days of the others."""
    if clock.unit == "hours":
        return max(0, int((due_at - now).total_seconds()))
    today, last = local_day(now), local_day(due_at)
    days = [today + timedelta(days=n) for n in range(1, max(0, (last - today).days) + 1)]
    return len(days) if clock.unit == "calendar_days" else sum(calendar.is_working(day) for day in days)


def due_again(clock: Clock, left: int, *, now: datetime, calendar: Calendar) -> datetime:
    """When a clock that goes on with so much left is due."""
    if clock.unit == "hours":
        return now + timedelta(seconds=left)
    if left == 0:
        return end_of_day(calendar.next_working(local_day(now)))
    return due_after(clock.unit, left, start=now, calendar=calendar)


def extended_due(clock: Clock, due_at: datetime, *, calendar: Calendar) -> datetime:
    """When a clock is due after its extension, counted from when it was due before."""
    assert clock.extend is not None
    return due_after(clock.unit, clock.extend.amount, start=due_at, calendar=calendar)


def moments(started_at: datetime, due_at: datetime, percents: Sequence[int]) -> list[datetime]:
    """The reminding moments of a timer, in their order."""
    return [started_at + (due_at - started_at) * percent / 100 for percent in percents]


def beat(started_at: datetime, due_at: datetime, *, percents: Sequence[int], reminded: int, now: datetime) -> Beat:
    """What a running timer owes now. Of several reminders that passed unseen only the last is worth telling."""
    marks = moments(started_at, due_at, percents)
    passed = max(reminded, sum(mark <= now for mark in marks))
    is_due = due_at <= now
    coming = [mark for mark in marks[passed:] if mark < due_at]
    return Beat(passed, is_due, None if is_due else min([*coming, due_at]))


def changes(
    kind: CaseKind, states: Mapping[str, TimerState], *, to: str, restart: Collection[str] = ()
) -> dict[str, Change]:
    """What happens to each clock of a kind when a case goes into a stage; clocks that just go on are left out."""
    found = {name: _change(kind, name, states.get(name), to=to, is_restarted=name in restart) for name in kind.clock}
    return {name: change for name, change in found.items() if change is not None}


def _change(kind: CaseKind, name: str, state: TimerState | None, *, to: str, is_restarted: bool) -> Change | None:
    clock, target = kind.clock[name], kind.stage[to]
    is_live = state in LIVE
    if target.outcome is not None:
        return Change.end if is_live else None
    if is_restarted and to not in clock.stops_in:
        return Change.start
    if to in clock.stops_in:
        return Change.pause if state in {TimerState.running, TimerState.overdue} else None
    if state is TimerState.paused and (clock.from_ == "opened" or target.clock == name):
        return Change.resume
    if clock.from_ == "opened":
        return None if is_live else Change.start
    if target.clock == name:
        return None if is_live and clock.keeps else Change.start
    return Change.end if is_live else None
