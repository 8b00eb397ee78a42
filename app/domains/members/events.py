"""What has happened on the party's own side: who became a member here, who left."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class MemberAdded(Event):
    """A person is a party member of this place now."""

    person_id: UUID
    area_path: str


@dataclass(frozen=True, slots=True)
class MemberLeft(Event):
    """A member left; his zone went to his successor, or to nobody yet."""

    person_id: UUID
    area_path: str
    household_ids: tuple[UUID, ...]
    successor_id: UUID | None
