"""What has happened to points."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class PointsMoved(Event):
    """Points came to a household or left it; `points` is what really moved, `claimed` what was asked for."""

    transfer_id: UUID
    household_id: UUID
    area_path: str
    points: int
    balance: int
    rule: str
    subject: str
    subject_id: UUID | None
    rule_name: str
    claimed: int
    cut_by: str
    kind: str
    person_id: UUID | None
