"""What has happened in cases. Each event carries whom to tell what, so that nobody reads back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class About:
    """Which case, and what a message may say of it; `templates` names the message of each purpose."""

    case_id: UUID
    kind: str
    area_path: str
    is_alarm: bool
    facts: Mapping[str, str] = field(repr=False)
    templates: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Telling:
    """One person who is to be told, why, and under which key (the same key is told once); `facts` are his own."""

    person_id: UUID
    purpose: str
    key: str
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class CaseEvent(Event):
    """What every event of a case carries."""

    about: About
    tellings: tuple[Telling, ...]


@dataclass(frozen=True, slots=True)
class CaseOpened(CaseEvent):
    """Somebody has raised a matter."""


@dataclass(frozen=True, slots=True)
class CaseMoved(CaseEvent):
    """Somebody, or the clock, has made a move."""

    move: str
    to_stage: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class CaseClimbed(CaseEvent):
    """What was late went up the ladder; `rung` is where it is now."""

    rung: int


@dataclass(frozen=True, slots=True)
class CaseReminded(CaseEvent):
    """Whoever is waited on was reminded."""


@dataclass(frozen=True, slots=True)
class CaseUrged(CaseEvent):
    """Somebody whose matter it is asked whoever is waited on to hurry."""


@dataclass(frozen=True, slots=True)
class CaseExtended(CaseEvent):
    """A clock was moved on, once, with a reason."""

    clock: str


@dataclass(frozen=True, slots=True)
class CaseJoined(CaseEvent):
    """Another case was merged into this one."""

    other_id: UUID
