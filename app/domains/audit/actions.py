"""Keeping the audit: other domains say what was done or read, in the transaction of the deed itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.domains.audit.models import Entry
from app.kernel.transaction import Tx


def record(
    tx: Tx,
    *,
    action: str,
    subject: str,
    subject_id: UUID | None,
    area_path: str,
    about_person_id: UUID | None = None,
    reason: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Keep one line about what the actor has done; `detail` must hold no personal data.

    Whoever acted for another is the one who did it, and it is about that other.
    """
    actor = tx.actor
    if actor.through_id is not None:
        about_person_id, detail = (
            about_person_id or actor.person_id,
            {**(detail or {}), "acts_for": str(actor.person_id)},
        )
    tx.add(
        Entry,
        id=tx.new_id(),
        at=tx.now,
        account_id=actor.account_id,
        person_id=actor.through_id or actor.person_id,
        action=action,
        subject=subject,
        subject_id=subject_id,
        about_person_id=about_person_id,
        area_path=area_path,
        reason=reason,
        detail=detail,
    )
