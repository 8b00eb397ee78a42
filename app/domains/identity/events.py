"""What has happened in identity: somebody says who he is, and somebody decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class BindingAsked(Event):
    """Somebody at a door says who he is; the keeper or an adult of the household has to say yes or no."""

    binding_id: UUID
    account_id: UUID
    person_id: UUID
    household_id: UUID
    area_path: str


@dataclass(frozen=True, slots=True)
class BindingDecided(Event):
    """An account now stands for a person, or does not; nobody decided where a phone or a slip was proof enough."""

    binding_id: UUID
    account_id: UUID
    person_id: UUID
    household_id: UUID | None
    area_path: str
    state: str
    by_person_id: UUID | None


@dataclass(frozen=True, slots=True)
class ConsentSaid(Event):
    """Somebody has said yes or no to a purpose, or taken a yes back."""

    purpose: str
    is_given: bool
    household_id: UUID | None


@dataclass(frozen=True, slots=True)
class AccountClosed(Event):
    """Somebody has closed his account and goes."""

    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class ProxyGiven(Event):
    """Somebody may act for a person until a day."""

    proxy_id: UUID
    for_person_id: UUID
    holder_id: UUID
    given_by: UUID
    area_path: str
    way: str
    powers: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class ProxyEnded(Event):
    """From now on he may not any more."""

    proxy_id: UUID
    for_person_id: UUID
    holder_id: UUID
    ended_by: UUID
    area_path: str


@dataclass(frozen=True, slots=True)
class AccountForgotten(Event):
    """An account was closed long ago; nothing leads from it to a person any more."""

    account_id: UUID
