"""Lines of imports that look like somebody on file and wait for a cadre's word."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from app.domains.areas.models import Duplicate
from app.domains.areas.queries.divisions import place_names
from app.domains.areas.queries.households import place_of_persons
from app.domains.areas.rules.divisions import village_of
from app.domains.areas.rules.plans import LIKENESS_WORDS, Likeness
from app.domains.areas.rules.states import DuplicateState
from app.kernel.access import Actor, below, scoped
from app.kernel.crypto import Vault
from app.kernel.values import mask_name

_PAGE = 200


class Proposal(NamedTuple):
    """One line that waits, masked."""

    duplicate_id: UUID
    batch_id: UUID
    line: int
    name_masked: str
    village: str
    number: str
    why: str
    existing: str


def proposals(db: Session, vault: Vault, actor: Actor, *, path: str) -> Sequence[Proposal]:
    """What waits for a decision at a place, the oldest first."""
    found = scoped(actor, "households.write", Duplicate).where(
        below(Duplicate.area_path, path), Duplicate.state == DuplicateState.proposed
    )
    rows = db.scalars(found.order_by(Duplicate.batch_id, Duplicate.line).limit(_PAGE)).all()
    villages = place_names(db, {village_of(row.area_path) for row in rows})
    others = place_of_persons(db, [row.existing_id for row in rows])
    return [
        _proposal(row, vault, villages[village_of(row.area_path)], existing=others.get(row.existing_id, ""))
        for row in rows
    ]


def _proposal(row: Duplicate, vault: Vault, village: str, *, existing: str) -> Proposal:
    line = json.loads(vault.open(f"areas_duplicate.row:{row.id}", row.row_sealed))
    masked, number = mask_name(line["person"]["name"]), line["household"]["number"]
    why = LIKENESS_WORDS[Likeness(row.kind)]
    return Proposal(row.id, row.batch_id, row.line, masked, village, number, why, existing)
