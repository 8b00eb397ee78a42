"""What has happened to files and checks."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class CheckDecided(Event):
    """A text or a picture may be shown, must be looked at, or may never be shown; `subject` says what waited for it."""

    subject: str
    kind: str
    state: str
    file_id: UUID | None
