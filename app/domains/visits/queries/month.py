"""The month's sentence over the feed: how many households were visited and still wait, and how many matters were solved."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from app.domains.cases.models import Case, Party
from app.domains.cases.rules import ACTIVE
from app.domains.duties.models import Duty
from app.domains.duties.rules import DutyState
from app.domains.members.queries import mates_of
from app.domains.visits.queries.feed import Reach, place_of
from app.kernel.access import Actor, below, unscoped
from app.kernel.values import month_of, start_of

_MONTHLY = "monthly_visit"
_SOLVED = "solved"


class FeedMonth(NamedTuple):
    """What a month has brought: of nobody in particular."""

    visitors: int
    visited: int
    owed: int
    solved: int


@unscoped("counts only, of the village, town or branch whose feed the reader sees")
def month_of_feed(db: Session, actor: Actor, *, far: Reach, today: date) -> FeedMonth:
    """How far the month is where the reader looks."""
    is_done = Duty.state == DutyState.done
    visits = select(
        func.count(func.coalesce(Duty.done_by, Duty.keeper_id).distinct()).filter(is_done),
        func.count().filter(is_done),
        func.count().filter(Duty.state == DutyState.owed),
    ).where(Duty.kind == _MONTHLY, Duty.period == month_of(today), _kept(actor, far))
    solved = select(func.count()).where(
        Case.outcome == _SOLVED,
        Case.is_area_seen,
        Case.closed_at >= start_of(today.replace(day=1)),
        _worked(actor, far),
    )
    return FeedMonth(*db.execute(visits.add_columns(solved.scalar_subquery())).one())


def _kept(actor: Actor, far: Reach) -> ColumnElement[bool]:
    """The households of a place, or those that the members of the reader's branch keep."""
    return (
        Duty.keeper_id.in_(mates_of(actor.person_id))
        if far is Reach.branch
        else below(Duty.area_path, place_of(actor, far))
    )


@unscoped("a condition for the counts above")
def _worked(actor: Actor, far: Reach) -> ColumnElement[bool]:
    """The matters of a place, or those in which somebody of the reader's branch has a part."""
    if far is not Reach.branch:
        return below(Case.area_path, place_of(actor, far))
    return exists().where(
        Party.case_id == Case.id, Party.person_id.in_(mates_of(actor.person_id)), Party.state.in_(ACTIVE)
    )
