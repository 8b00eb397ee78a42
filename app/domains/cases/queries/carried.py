"""The matters that visits carried: how each stands, and whether whoever reads of the visit may open it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from app.domains.cases.models import Case, CaseEntry
from app.domains.cases.queries.lists import visible
from app.kernel.access import Actor, unscoped

_MERGED = "merged"


class Standing(StrEnum):
    """How a matter stands, in so few words that they say nothing of anybody."""

    working = "working"
    solved = "solved"


class Carried(NamedTuple):
    """A matter that somebody raised at a visit."""

    visit_id: UUID
    kind: str
    by_person_id: UUID | None
    standing: Standing
    case_id: UUID | None  # for those alone who may see it


@unscoped("says of a matter that an area may know of that it is there and how it stands; it is named through visible()")
def carried_by(
    where: Connection, actor: Actor, visit_ids: Collection[UUID], *, kinds: Collection[str]
) -> Sequence[Carried]:
    """What these visits carried, the oldest first; one that joined another stands as that one, one that ended unsolved is left out."""
    into = aliased(Case)
    outcome = func.coalesce(func.nullif(Case.outcome, _MERGED), into.outcome)
    found = (
        select(Case.visit_id, Case.kind, CaseEntry.by_person_id, outcome, Case.id, visible(actor))
        .join(CaseEntry, (CaseEntry.case_id == Case.id) & (CaseEntry.position == 0))
        .outerjoin(into, into.id == Case.merged_into)
        .where(Case.visit_id.in_(visit_ids), Case.kind.in_(kinds), Case.is_area_seen)
        .where(func.coalesce(outcome, Standing.solved) == Standing.solved)
        .order_by(Case.opened_at, Case.id)
    )
    return [
        Carried(visit_id, kind, by, Standing.solved if ended else Standing.working, case_id if is_seen else None)
        for visit_id, kind, by, ended, case_id, is_seen in where.execute(found)
    ]
