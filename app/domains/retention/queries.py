"""Who is due to be forgotten, and what holds whom; ids and counts only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.domains.appraisals.models import Appraisal, Objection, Seat
from app.domains.appraisals.rules import ObjectionState, SeatState
from app.domains.areas import queries as areas
from app.domains.areas.models import Link
from app.domains.cases.models import Case, Party
from app.domains.identity.models import Account, RoleGrant
from app.domains.identity.rules import AccountState
from app.domains.members.models import Member
from app.domains.members.rules import MemberState
from app.domains.notices.models import Message
from app.domains.notices.rules import MessageState
from app.domains.retention.preset import Retention
from app.domains.retention.rules import Hold, Limits, limits
from app.kernel.access import unscoped


def limits_of(policy: Retention, now: datetime) -> Limits:
    """The preset's days, counted back from now."""
    return limits(
        now,
        removed_days=policy.removed_days,
        moved_days=policy.moved_days,
        closed_days=policy.closed_days,
        case_days=policy.case_days,
    )


def due(db: Session, at: Limits) -> Sequence[UUID]:
    """Who has been gone for as long as the preset says; some may still be held."""
    return areas.departed(db, removed_before=at.removed, moved_before=at.moved)


def holds_of(db: Session, person_id: UUID, at: Limits, *, now: datetime) -> list[Hold]:
    """Everything that holds this person, in the order of the list."""
    asked = {**_offices(person_id, now), **_matters(person_id, at)}
    return [hold for hold in Hold if db.execute(asked[hold].limit(1)).first() is not None]


@unscoped("whether somebody who is gone still holds an office: yes or no, for the clock")
def _offices(person_id: UUID, now: datetime) -> dict[Hold, Select[UUID]]:
    grants = (RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None))
    return {
        Hold.keeps: select(Link.id).where(Link.keeper_id == person_id, Link.until.is_(None)),
        Hold.member: select(Member.person_id).where(Member.person_id == person_id, Member.state == MemberState.active),
        Hold.role: select(RoleGrant.id).where(*grants, or_(RoleGrant.until.is_(None), RoleGrant.until > now)),
        Hold.account: select(Account.id).where(Account.person_id == person_id, Account.state == AccountState.active),
    }


@unscoped("whether somebody who is gone is in a matter that goes on: yes or no, for the clock")
def _matters(person_id: UUID, at: Limits) -> dict[Hold, Select[UUID]]:
    waiting = (MessageState.waiting.value, MessageState.sending.value)
    mine = select(Party.case_id).where(Party.person_id == person_id)
    return {
        Hold.case: select(Case.id).where(Case.id.in_(mine), or_(Case.closed_at.is_(None), Case.closed_at > at.case)),
        Hold.appraisal: select(Appraisal.id).where(
            Appraisal.ended_at.is_(None),
            or_(
                Appraisal.doer_id == person_id,
                Appraisal.declared_by == person_id,
                Appraisal.id.in_(
                    select(Seat.appraisal_id).where(Seat.person_id == person_id, Seat.state == SeatState.asked)
                ),
                Appraisal.id.in_(
                    select(Objection.appraisal_id).where(
                        Objection.person_id == person_id, Objection.state == ObjectionState.open
                    )
                ),
            ),
        ),
        Hold.message: select(Message.id).where(Message.person_id == person_id, Message.state.in_(waiting)),
    }
