"""What has happened to duties."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class PeriodOpened(Event):
    """A new period has begun: so many duties are owed or excused."""

    kind: str
    period: str
    duty_count: int


@dataclass(frozen=True, slots=True)
class DutyExcused(Event):
    """A cadre has lifted a duty, or put it back (`reason` is None)."""

    duty_id: UUID
    household_id: UUID
    area_path: str
    reason: str | None
