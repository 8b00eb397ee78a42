"""The timers of a case follow its stage: clocks start, stop, go on and end; the ladder lives while something is overdue."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from app.domains.cases.actions.matter import Matter
from app.domains.cases.models import Timer
from app.domains.cases.preset.model import Clock
from app.domains.cases.rules import LADDER, LIVE, TASK, TimerKind, TimerState
from app.domains.cases.rules import clocks as rules
from app.domains.cases.rules.clocks import Change
from app.kernel.clocks import end_of_day


def follow(matter: Matter, *, restart: Collection[str] = ()) -> None:
    """Set every clock as the stage that the case is in now wants it."""
    for name, change in rules.changes(matter.kind, matter.states(), to=matter.case.stage, restart=restart).items():
        _apply(matter, name, change)
    if matter.case.outcome is not None:
        for name, timer in matter.timers.items():
            if timer.kind != TimerKind.clock and timer.state in LIVE:
                matter.set_timer(name, TimerKind(timer.kind), **_ENDED)
    settle_ladder(matter)


_ENDED: dict[str, Any] = {"state": TimerState.ended, "next_at": None, "left": None}


def end(matter: Matter, name: str) -> None:
    """A timer that owes nothing any more."""
    matter.set_timer(name, TimerKind(matter.timers[name].kind), **_ENDED)


def settle_ladder(matter: Matter) -> None:
    """Nobody climbs for a case in which nothing is overdue any more."""
    ladder = matter.timers.get(LADDER)
    is_late = any(t.state == TimerState.overdue for t in matter.timers.values() if t.name != LADDER)
    if ladder is not None and ladder.state in LIVE and not is_late:
        end(matter, LADDER)


def _apply(matter: Matter, name: str, change: Change) -> None:
    clock, now, calendar = matter.kind.clock[name], matter.tx.now, matter.tx.runtime.calendar
    if change is Change.end:
        end(matter, name)
        return
    if change is Change.pause:
        left = rules.left_of(clock, matter.timers[name].due_at, now=now, calendar=calendar)
        matter.set_timer(name, TimerKind.clock, state=TimerState.paused, left=left, next_at=None)
        return
    if change is Change.resume:
        timer = matter.timers[name]
        due_at = rules.due_again(clock, timer.left or 0, now=now, calendar=calendar)
        _run(matter, name, started_at=timer.started_at, due_at=due_at, reminded=timer.reminded)
        return
    due_at = rules.due_after(clock.unit, clock.due[matter.case.level], start=now, calendar=calendar)
    _run(matter, name, started_at=now, due_at=due_at, reminded=0, extended=0)


def _run(matter: Matter, name: str, *, due_at: datetime, reminded: int, **more: Any) -> None:
    started_at = more.get("started_at", matter.tx.now)
    percents = percents_of(matter, name)
    owed = rules.beat(started_at, due_at, percents=percents, reminded=reminded, now=matter.tx.now)
    next_at = due_at if owed.is_due else owed.next_at
    changes = {
        "state": TimerState.running,
        "due_at": due_at,
        "next_at": next_at,
        "reminded": owed.reminded,
        "left": None,
    }
    matter.set_timer(name, TimerKind.clock, **changes, **more)


def percents_of(matter: Matter, name: str) -> tuple[int, ...]:
    """At how many per cent of a timer somebody is reminded."""
    if name.startswith(TASK):
        return matter.kind.task[name.removeprefix(TASK)].remind
    clock: Clock | None = matter.kind.clock.get(name)
    return clock.remind if clock else ()


def extend(matter: Matter, name: str) -> Timer:
    """Move a clock on by what its kind allows."""
    clock, timer = matter.kind.clock[name], matter.timers[name]
    due_at = rules.extended_due(clock, timer.due_at, calendar=matter.tx.runtime.calendar)
    owed = rules.beat(timer.started_at, due_at, percents=clock.remind, reminded=timer.reminded, now=matter.tx.now)
    changes = {"due_at": due_at, "next_at": owed.next_at, "extended": timer.extended + 1, "state": TimerState.running}
    matter.set_timer(name, TimerKind.clock, **changes)
    settle_ladder(matter)
    return timer


def promise(matter: Matter, task: str, day: date) -> None:
    """A dated duty inside the case: due at the end of the day."""
    due_at = end_of_day(day)
    percents = matter.kind.task[task].remind
    owed = rules.beat(matter.tx.now, due_at, percents=percents, reminded=0, now=matter.tx.now)
    changes = {"state": TimerState.running, "due_at": due_at, "next_at": owed.next_at, "started_at": matter.tx.now}
    matter.set_timer(TASK + task, TimerKind.task, **changes, reminded=owed.reminded)
