"""What has happened in notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.domains.notices.ports import Why
from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class AddressRefused(Event):
    """WeChat says that an account's address on a channel belongs to nobody, or does not follow us now."""

    account_id: UUID
    channel: str
    why: Why


@dataclass(frozen=True, slots=True)
class AuthorizationRevoked(Event):
    """A person has taken back, on WeChat's own pages, what they had allowed us; `scope` is WeChat's word for it."""

    account_id: UUID
    scope: str


@dataclass(frozen=True, slots=True)
class BroadcastSent(Event):
    """The words have passed their check, and so many people have been told, the last of them now."""

    broadcast_id: UUID
    area_path: str
    audience: str
    told_count: int


@dataclass(frozen=True, slots=True)
class BroadcastHeld(Event):
    """The check is not sure of the words: they are kept, and somebody must look."""

    broadcast_id: UUID
    area_path: str
    author_id: UUID
    written_on: date


@dataclass(frozen=True, slots=True)
class BroadcastRefused(Event):
    """The words may not be said to everybody; nobody was told."""

    broadcast_id: UUID
    area_path: str
    author_id: UUID
    reason: str
    written_on: date


@dataclass(frozen=True, slots=True)
class BroadcastReleased(Event):
    """Somebody has looked at the words and lets them go out."""

    broadcast_id: UUID
    area_path: str


@dataclass(frozen=True, slots=True)
class UnreadReminded(Event):
    """Those who had not read were told once more."""

    broadcast_id: UUID
    area_path: str
    reminded_count: int
