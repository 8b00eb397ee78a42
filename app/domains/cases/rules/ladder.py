"""Who answers: the offices of a route or a ladder, tried in order; whoever cannot be told is passed over at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.domains.cases.preset.model import Rung


class Why(StrEnum):
    """Why somebody, or a whole office, is passed over."""

    empty = "empty"
    kept_out = "kept_out"
    absent = "absent"
    unreachable = "unreachable"


SAYS = {Why.empty: "没有人在岗", Why.kept_out: "要回避", Why.absent: "人不在", Why.unreachable: "联系不上"}


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody in an office, and why he cannot be asked; `stands_for` is the absent one in whose place he is."""

    person_id: UUID
    why_not: Why | None = None
    stands_for: UUID | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """An office on the way up: its rung on the ladder (-1 for the route), and who is in it."""

    rung: int
    office: str
    holders: tuple[Holder, ...] = ()

    @property
    def able(self) -> tuple[Holder, ...]:
        """Those who can be asked."""
        return tuple(holder for holder in self.holders if holder.why_not is None)

    @property
    def why_not(self) -> Why:
        """Why nobody here can be asked."""
        reasons = [holder.why_not for holder in self.holders if holder.why_not is not None]
        return reasons[0] if reasons else Why.empty


@dataclass(frozen=True, slots=True)
class Found:
    """Where the way up ended: the office whose people are asked (None when all are empty), and who was passed over."""

    step: Step | None
    passed: tuple[Step, ...]


def first_able(steps: Iterable[Step]) -> Found:
    """The first office with somebody who can be told; the steps may be found one by one, later ones only when needed."""
    passed: list[Step] = []
    for step in steps:
        if step.able:
            return Found(step, tuple(passed))
        passed.append(step)
    return Found(None, tuple(passed))


def last_resort(passed: Iterable[Step]) -> Step | None:
    """When nobody can be told: the lowest office with somebody in it who may know; the message waits in his inbox."""
    for step in passed:
        may = tuple(holder for holder in step.holders if holder.why_not is not Why.kept_out)
        if may:
            return Step(step.rung, step.office, tuple(Holder(h.person_id, None, h.stands_for) for h in may))
    return None


@dataclass(frozen=True, slots=True)
class Stop:
    """An office on the way up and the moment at which it is told; `is_told` when that has happened."""

    office: str
    at: datetime
    is_told: bool = False


def stops_ahead(
    ladder: Sequence[Rung], level: str, *, above: int, first_at: datetime, told: Mapping[int, datetime] | None = None
) -> tuple[Stop, ...]:
    """Who is told when, if nobody acts: what was told already, then each rung above after the wait of the one below."""
    found = [Stop(ladder[rung].who, at, is_told=True) for rung, at in sorted((told or {}).items())]
    at = first_at
    for rung in ladder[above + 1 :]:
        found.append(Stop(rung.who, at))
        at += timedelta(hours=rung.wait.get(level, 0))
    return tuple(found)
