"""Questions about duties: one's month, who is still owed a visit, how far an area is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domains.areas.models import Household
from app.domains.duties.models import Duty, Reminder
from app.domains.duties.rules import DutyState, is_weekly
from app.kernel.access import Actor, below, reach, scoped


class Owed(NamedTuple):
    """One household in one's month."""

    duty_id: UUID
    household_id: UUID
    group_name: str
    number: str
    state: str
    due_on: date
    done_at: datetime | None
    excuse: str | None


class Progress(NamedTuple):
    """How far a month is: of so many, done, excused, still owed."""

    total: int
    done: int
    excused: int
    owed: int


def month_of(db: Session, actor: Actor, *, kind: str, period: str) -> Sequence[Owed]:
    """What the actor owes in a month, for himself and for whom he stands in; what is open comes first, longest ago on top."""
    rows = db.execute(
        select(
            Duty.id,
            Duty.household_id,
            Household.group_name,
            Household.number,
            Duty.state,
            Duty.due_on,
            Duty.done_at,
            Duty.excuse,
        )
        .join(Household, Household.id == Duty.household_id)
        .where(reach(actor, "duties.read", Household), Household.state == "active")
        .where(Duty.kind == kind, Duty.period == period, Duty.keeper_id.in_(actor.stands_for))
        .order_by(Duty.state != DutyState.owed, Household.last_visit_at.nulls_first(), Duty.household_id)
        .limit(1000)
    )
    return [Owed(*row) for row in rows]


def progress_of(owed: Sequence[Owed]) -> Progress:
    """The counts over a list that one has already."""
    states = [one.state for one in owed]
    return Progress(len(owed), states.count("done"), states.count("excused"), states.count("owed"))


def progress_below(db: Session, actor: Actor, path: str, *, kind: str, period: str) -> Progress:
    """How far an area is in a month, for those who may look at it."""
    counts = scoped(
        actor,
        "duties.read",
        Duty,
        func.count(),
        *(func.count().filter(Duty.state == state) for state in (DutyState.done, DutyState.excused, DutyState.owed)),
    ).where(below(Duty.area_path, path), Duty.kind == kind, Duty.period == period)
    return Progress(*db.execute(counts).one())


def owed_among(db: Session, actor: Actor, household_ids: Collection[UUID], *, kind: str, period: str) -> set[UUID]:
    """Which of these households still wait for the visit of a month."""
    waiting = scoped(actor, "duties.read", Duty, Duty.household_id).where(
        Duty.household_id.in_(household_ids),
        Duty.kind == kind,
        Duty.period == period,
        Duty.state == DutyState.owed,
    )
    return set(db.scalars(waiting))


def due_families(db: Session, now: datetime) -> Sequence[tuple[str, str, bool]]:
    """Periods in which a reminding moment is due: kind, period, and whether it is the weekly look."""
    due = select(Reminder.kind, Reminder.period, Reminder.step).where(
        Reminder.due_at <= now, Reminder.done_at.is_(None)
    )
    return sorted({(kind, period, is_weekly(step)) for kind, period, step in db.execute(due)})


def next_reminder_at(db: Session, now: datetime) -> datetime | None:
    """When the next reminding moment after this one comes due, in any period that is open."""
    return db.scalar(select(func.min(Reminder.due_at)).where(Reminder.done_at.is_(None), Reminder.due_at > now))
