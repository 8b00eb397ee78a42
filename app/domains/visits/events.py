"""What has happened at the doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class VisitLogged(Event):
    """Somebody was at a door, and wrote it down."""

    visit_id: UUID
    household_id: UUID
    area_path: str
    keeper_id: UUID | None
    visitor_id: UUID
    visited_at: datetime
    visited_on: date
    kind: str
    proof: str
    is_late: bool
    is_counted: bool


@dataclass(frozen=True, slots=True)
class Remaining:
    """A visit of the same household and month that still stands when another is voided."""

    visited_at: datetime
    visitor_id: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class VisitVoided(Event):
    """A visit was a mistake; `others` are those of the same household and month that stand, the earliest first."""

    visit_id: UUID
    household_id: UUID
    area_path: str
    visited_on: date
    others: tuple[Remaining, ...]


@dataclass(frozen=True, slots=True)
class VisitCorrected(Event):
    """What was written about a visit was put right, or a note was added."""

    visit_id: UUID
    household_id: UUID
    area_path: str
    kind: str


@dataclass(frozen=True, slots=True)
class VisitTapped(Event):
    """The villager has said whether a visit happened."""

    visit_id: UUID
    household_id: UUID
    area_path: str
    says_yes: bool


@dataclass(frozen=True, slots=True)
class PostHeld(Event):
    """The content check does not let a post through: a cadre must look."""

    post_id: UUID
    area_path: str
    author_id: UUID
    posted_on: date


@dataclass(frozen=True, slots=True)
class PostHidden(Event):
    """A cadre has taken a post out of the feed."""

    post_id: UUID
    area_path: str
    author_id: UUID
    reason: str
    posted_on: date


@dataclass(frozen=True, slots=True)
class PostReleased(Event):
    """A cadre has looked at a post and lets it be shown."""

    post_id: UUID
    area_path: str


@dataclass(frozen=True, slots=True)
class CommentHidden(Event):
    """A cadre has taken a comment out of the feed."""

    comment_id: UUID
    area_path: str
    author_id: UUID
    reason: str
    commented_on: date


@dataclass(frozen=True, slots=True)
class CommentReleased(Event):
    """A cadre has looked at a comment and lets it be shown."""

    comment_id: UUID
    area_path: str


@dataclass(frozen=True, slots=True)
class DigestDue(Event):
    """The day is over, and these posts of somebody were liked or commented on."""

    author_id: UUID
    on: date
    likes: int
    comments: int


@dataclass(frozen=True, slots=True)
class EyesWanted(Event):
    """Words or pictures of others wait until this person, or one beside him, has looked."""

    person_id: UUID
    on: date
    count: int
