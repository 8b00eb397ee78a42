"""Slips of paper: a cadre prints a code for one person, who types it once."""

from __future__ import annotations

import secrets
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import update

from app.domains.areas.errors import PersonNotFound
from app.domains.areas.models import Person
from app.domains.audit import actions as audit
from app.domains.identity import rules
from app.domains.identity.models import Slip
from app.kernel.access import scoped
from app.kernel.transaction import Tx


class Issued(NamedTuple):
    """A slip as it is printed; the code is told once."""

    slip_id: UUID
    code: str
    person_id: UUID


def issue_slip(tx: Tx, *, person_id: UUID) -> Issued:
    """A new code for a person of the actor's area; an older slip of the person no longer works."""
    person = tx.db.execute(
        scoped(tx.actor, "slips.issue", Person, Person.id, Person.area_path).where(
            Person.id == person_id, Person.state == "active"
        )
    ).first()
    if person is None:
        raise PersonNotFound
    older = update(Slip).where(Slip.person_id == person_id, Slip.used_at.is_(None), Slip.expires_at > tx.now)
    tx.db.execute(older.values(expires_at=tx.now))
    code, slip_id = "".join(secrets.choice(rules.SLIP_LETTERS) for _ in range(rules.SLIP_LENGTH)), tx.new_id()
    tx.add(
        Slip,
        id=slip_id,
        person_id=person_id,
        code_index=tx.vault.index("identity_slip.code", code),
        issued_by=tx.actor.person_id,
        issued_at=tx.now,
        expires_at=tx.now + rules.SLIP,
        used_at=None,
    )
    audit.record(
        tx,
        action="slips.issued",
        subject="slip",
        subject_id=slip_id,
        area_path=person.area_path,
        about_person_id=person_id,
    )
    return Issued(slip_id, rules.printed_slip_code(code), person_id)
