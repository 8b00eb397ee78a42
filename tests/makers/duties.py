"""Looks at duties and reminders in tests."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.domains.duties.models import Duty
from app.domains.notices.models import Message
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading

KIND = "monthly_visit"
MONTH = "2026-11"


def duty_of(runtime: Runtime, household_id: UUID, *, month: str = MONTH) -> Duty | None:
    """A household's duty of a month."""
    with reading(runtime) as db:
        return db.scalars(select(Duty).where(Duty.household_id == household_id, Duty.period == month)).one_or_none()


def state_of(runtime: Runtime, household_id: UUID, *, month: str = MONTH) -> str | None:
    """The state of a household's duty."""
    duty = duty_of(runtime, household_id, month=month)
    return duty.state if duty else None


def messages_for(runtime: Runtime, person_id: UUID) -> list[Message]:
    """What is queued for a person, the oldest first."""
    with reading(runtime) as db:
        return list(db.scalars(select(Message).where(Message.person_id == person_id).order_by(Message.id)))
