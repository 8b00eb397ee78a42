"""Makes households with points for tests, with few arguments."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from app.domains.points import actions as points
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction
from app.kernel.values import local_day
from tests.makers.areas import VILLAGE, make_household


def an_award(tx: Tx, household_id: UUID, claimed: int = 5, *, on: date | None = None, **changes: Any) -> points.Award:
    """What a household is to get, as a judge would write it."""
    facts: dict[str, Any] = {
        "transfer_id": tx.new_id(),
        "household_id": household_id,
        "person_id": None,
        "area_path": VILLAGE,
        "rule": "deed.help_elder",
        "rule_version": "v1",
        "subject": "appraisal",
        "subject_id": tx.new_id(),
        "points": claimed,
        "on": on or local_day(tx.now),
        "rule_name": "帮老人收麦",
    }
    return points.Award(**{**facts, **changes})


def make_homes(runtime: Runtime, count: int, *, path: str = VILLAGE) -> list[UUID]:
    """Households without points; committed."""
    with transaction(runtime, SYSTEM) as tx:
        return [make_household(tx, path=path) for _ in range(count)]


def give(runtime: Runtime, household_id: UUID, claimed: int = 5, **changes: Any) -> points.Awarded:
    """A household is awarded points; committed."""
    with transaction(runtime, SYSTEM) as tx:
        return points.award(tx, an_award(tx, household_id, claimed, **changes))


def take_back(runtime: Runtime, original_id: UUID, *, reason: str = "记重了", transfer_id: UUID | None = None) -> UUID:
    """A transfer is reversed; committed."""
    with transaction(runtime, SYSTEM) as tx:
        reversal_id = transfer_id or tx.new_id()
        points.reverse(tx, transfer_id=reversal_id, original_id=original_id, reason=reason)
        return reversal_id


def award_in(tx: Tx, household_id: UUID, path: str) -> UUID:
    """An entry of a household of a place."""
    return points.award(tx, an_award(tx, household_id, 1, area_path=path)).transfer_id
