"""Keeping the audit: other domains say what was done or read, in the transaction of the deed itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.domains.audit.models import Entry
from app.kernel.access import unscoped
from app.kernel.transaction import Tx
from app.kernel.values import local_day, start_of


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


@unscoped("only whether the actor himself stands there today already")
def record_once_a_day(tx: Tx, *, action: str, subject: str, subject_id: UUID, about: Mapping[UUID, str]) -> None:
    """A line for each of these persons, with the place of each, unless the actor has one of today: ten looks are one line."""
    told = select(Entry.about_person_id).where(
        Entry.about_person_id.in_(list(about)),
        Entry.at >= start_of(local_day(tx.now)),
        Entry.account_id == tx.actor.account_id,
        Entry.action == action,
        Entry.subject_id == subject_id,
    )
    for person_id in sorted(set(about) - set(tx.db.scalars(told))):
        path = about[person_id]
        record(tx, action=action, subject=subject, subject_id=subject_id, area_path=path, about_person_id=person_id)
