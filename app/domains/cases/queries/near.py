"""Cases that may be the same matter: near each other, of one kind and category, open, raised lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.areas.queries import village_of
from app.domains.cases.models import Case
from app.domains.cases.preset.model import CaseKind
from app.kernel.access import below, unscoped


def is_near(case: Case, other: Case, kind: CaseKind) -> bool:
    """Whether two cases lie near enough, in place and time, to be one."""
    near = kind.category[case.category].near
    same_place = {
        "": False,
        "household": case.household_id == other.household_id,
        "village": village_of(case.area_path) == village_of(other.area_path),
    }[near]
    return (
        same_place
        and (case.kind, case.category) == (other.kind, other.category)
        and other.outcome is None
        and abs(case.opened_at - other.opened_at) <= timedelta(days=kind.near_days)
    )


@unscoped("asked for a case that the caller answers for; the same village only")
def near_cases(db: Session, case: Case, kind: CaseKind, *, limit: int = 10) -> Sequence[Case]:
    """Open cases that may be the same as this one, the oldest first."""
    if not kind.category[case.category].near:
        return []
    alike = select(Case).where(
        below(Case.area_path, village_of(case.area_path)),
        Case.kind == case.kind,
        Case.category == case.category,
        Case.outcome.is_(None),
        Case.id != case.id,
    )
    found = db.scalars(alike.order_by(Case.opened_at, Case.id).limit(100))
    return [other for other in found if is_near(case, other, kind)][:limit]
