"""What is asked of a timeline by those who act."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.cases.models import Answer, CaseEntry
from app.domains.cases.preset.model import CaseKind
from app.domains.cases.rules import Happened, custody
from app.domains.cases.rules.custody import COUNTED
from app.kernel.crypto import Vault


class Told(NamedTuple):
    """A move, and what was written in its form."""

    move: str
    values: Mapping[str, Any]


def papers_told(db: Session, vault: Vault, case_id: UUID, *, kind: CaseKind) -> Sequence[Told]:
    """The moves of a case in which papers were taken in or given back, oldest first."""
    moves = [name for name, move in kind.move.items() if COUNTED & set(move.does)]
    if not moves:
        return []
    found = (
        select(CaseEntry.move, Answer.id, Answer.body_sealed)
        .outerjoin(Answer, Answer.entry_id == CaseEntry.id)
        .where(CaseEntry.case_id == case_id, CaseEntry.move.in_(moves))
        .order_by(CaseEntry.position, Answer.id)
    )
    return [
        Told(move, json.loads(vault.open(f"cases_answer.body:{answer_id}", sealed)) if sealed else {})
        for move, answer_id, sealed in db.execute(found)
    ]


class WhatWasSaid(Protocol):
    """What stands in a form."""

    @property
    def values(self) -> Mapping[str, Any]:
        """Field by field."""
        ...


def held_of(
    kind: CaseKind, entries: Sequence[CaseEntry], said: Mapping[UUID, Sequence[WhatWasSaid]]
) -> tuple[str, ...]:
    """What the receipts that somebody may see leave in other hands."""
    told = [(entry.move, [one.values for one in said.get(entry.id, ())] or [{}]) for entry in entries]
    return tuple(custody.held(kind, [(move, values) for move, parts in told for values in parts]).elements())


def has_consent(db: Session, case_id: UUID, party: str) -> bool:
    """Whether a party's consent is on record in a case."""
    found = select(CaseEntry.id).where(CaseEntry.case_id == case_id, CaseEntry.detail["consent"].astext == party)
    return db.scalar(found.limit(1)) is not None


def urged_at(db: Session, case_id: UUID) -> datetime | None:
    """When somebody last asked whoever is waited on to hurry."""
    found = select(CaseEntry.at).where(CaseEntry.case_id == case_id, CaseEntry.kind == Happened.urged)
    return db.scalar(found.order_by(CaseEntry.position.desc()).limit(1))
