"""What has happened to appraisals; each event carries whom it concerns, so that a reaction need not read back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class About:
    """Which appraisal an event is about: enough for a notice and for the audit."""

    id: UUID
    kind: str
    kind_name: str
    item_names: str
    area_path: str
    household_id: UUID
    people: tuple[UUID, ...] = field(default=())  # the doer, the head and who declared it


@dataclass(frozen=True, slots=True)
class AppraisalDeclared(Event):
    """Somebody has declared something; `nominees` are told that a neighbour or the member has named them."""

    about: About
    by: UUID
    way: str
    nominees: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class CheckAwaited(Event):
    """An office has to look; `rung` counts how often nobody had looked in time."""

    about: About
    persons: tuple[UUID, ...]
    rung: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class LooksAwaited(Event):
    """A household that is being tried must still be looked in on."""

    about: About
    persons: tuple[UUID, ...]
    missing: int
    on: datetime


@dataclass(frozen=True, slots=True)
class SeatDrawn(Event):
    """Somebody has been drawn to judge; the notice must not say who declared."""

    about: About
    person_id: UUID
    round: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class PanelShort(Event):
    """A panel cannot be filled: those above must hear it plainly, because fewer will not decide."""

    about: About
    persons: tuple[UUID, ...]
    round: int
    missing: int


@dataclass(frozen=True, slots=True)
class AppraisalPublished(Event):
    """It may be seen and objected to until a day."""

    about: About
    publication: int
    until: datetime
    points: int


@dataclass(frozen=True, slots=True)
class AppraisalObjected(Event):
    """A villager has objected; `answerers` must answer when no panel does."""

    about: About
    objection_id: UUID
    by: UUID
    answerers: tuple[UUID, ...]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class AnswerLate(Event):
    """An objection was not answered in time."""

    about: About
    persons: tuple[UUID, ...]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ObjectionsAnswered(Event):
    """Those who objected are told what came of it."""

    about: About
    objectors: tuple[tuple[UUID, UUID], ...]  # objection and person
    is_upheld: bool


@dataclass(frozen=True, slots=True)
class AppraisalInForce(Event):
    """It holds: so many points were claimed and given, or a title until a day."""

    about: About
    claimed: int
    given: int
    cut_by: str
    until: str


@dataclass(frozen=True, slots=True)
class AppraisalRefused(Event):
    """A no, with what would help next time."""

    about: About
    reason: str
    reason_name: str
    help: str


@dataclass(frozen=True, slots=True)
class AppraisalEnded(Event):
    """Taken back by who declared it, or turned down by whom it would have honoured."""

    about: About
    stage: str
