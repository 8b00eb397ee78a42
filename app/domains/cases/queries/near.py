"""Cases that may be the same matter: near each other, of one kind and category, open, raised lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.areas.queries import village_of
from app.domains.cases.models import Case
from app.domains.cases.preset.model import CaseKind
from app.domains.cases.queries.lists import keeps_out
from app.domains.cases.queries.openings import opening_words
from app.domains.cases.rules.likeness import likeliest
from app.kernel.access import Actor, below, unscoped
from app.kernel.crypto import Vault

_MOST_READ = 100  # so many openings are unsealed to be compared, and no more


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


class Near(NamedTuple):
    """Cases that may be the same as one, the likeliest first, and how many of them share words with it."""

    cases: Sequence[Case]
    alike: int


@unscoped("asked for a case that the caller answers for; the same village only, none that is strict or kept from him")
def near_cases(db: Session, vault: Vault, case: Case, *, kind: CaseKind, actor: Actor, limit: int = 10) -> Near:
    """Open cases that may be the same as this one: those told in the same words first, else the oldest."""
    near, span = kind.category[case.category].near, timedelta(days=kind.near_days)
    if not near:
        return Near((), 0)
    alike = select(Case).where(
        below(Case.area_path, village_of(case.area_path)),
        Case.kind == case.kind,
        Case.category == case.category,
        Case.outcome.is_(None),
        Case.opened_at.between(case.opened_at - span, case.opened_at + span),
        Case.id != case.id,
        Case.is_area_seen,
        ~keeps_out(actor),
    )
    if near == "household":
        alike = alike.where(Case.household_id == case.household_id)
    found = {other.id: other for other in db.scalars(alike.order_by(Case.opened_at, Case.id).limit(_MOST_READ))}
    words = opening_words(db, vault, kind, case_ids=[case.id, *found])
    ids, shared = likeliest(words.get(case.id, ""), {key: words.get(key, "") for key in found}, most=limit)
    return Near([found[key] for key in ids], shared)
