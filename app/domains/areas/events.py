"""What has happened in areas: whom a household now belongs to, who stands in for whom, what an undo took back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class KeeperAssigned(Event):
    """These households have this keeper, whoever kept them before."""

    keeper_id: UUID
    household_ids: tuple[UUID, ...]
    area_path: str


@dataclass(frozen=True, slots=True)
class ZoneHandedOver(Event):
    """All these households went from one keeper to another, with what is open about them."""

    from_id: UUID
    to_id: UUID
    household_ids: tuple[UUID, ...]
    area_path: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeeperReleased(Event):
    """These households have no keeper any more: he left, and nobody has taken over yet."""

    keeper_id: UUID
    household_ids: tuple[UUID, ...]
    area_path: str
    reason: str


@dataclass(frozen=True, slots=True)
class LinkConfirmed(Event):
    """Keeper or household said yes to each other; `is_mutual` when now both have."""

    link_id: UUID
    household_id: UUID
    keeper_id: UUID
    area_path: str
    by_keeper: bool
    is_mutual: bool


@dataclass(frozen=True, slots=True)
class DeputyNamed(Event):
    """Somebody stands in for an absent keeper."""

    deputy_id: UUID
    absent_id: UUID
    area_path: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class DeputyEnded(Event):
    """The deputy's time is over before its day."""

    deputy_id: UUID
    absent_id: UUID
    area_path: str


@dataclass(frozen=True, slots=True)
class HouseholdsImported(Event):
    """A file was taken in."""

    batch_id: UUID
    area_path: str
    household_count: int
    person_count: int


@dataclass(frozen=True, slots=True)
class BatchUndone(Event):
    """A file was taken back: these households and persons are no longer on file."""

    batch_id: UUID
    area_path: str
    household_ids: tuple[UUID, ...]
    person_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class PersonLeft(Event):
    """Somebody moved away or died; he is off the roll from now on."""

    person_id: UUID
    area_path: str


@dataclass(frozen=True, slots=True)
class PersonForgotten(Event):
    """Nothing on the roll says any more who this was; what hangs on him elsewhere goes too."""

    person_id: UUID


@dataclass(frozen=True, slots=True)
class DoorCodeRevoked(Event):
    """A household's door code no longer opens anything."""

    household_id: UUID
    area_path: str
    reason: str
