"""A household was visited: the hot path of logging a visit, one round trip for reach, facts and the new date."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from app.domains.areas.errors import HouseholdNotFound
from app.domains.areas.models import Household
from app.domains.areas.queries.households import DoorFacts
from app.kernel.access import unscoped
from app.kernel.driver import Statement, ask
from app.kernel.transaction import Tx

# The same borders as `reach(actor, permission, Household)`, as one prepared text: building the expression anew
# for every visit costs more than the visit. A test holds the two together.
_TOUCH = Statement("""
UPDATE areas_household
SET last_visit_at = greatest(last_visit_at, %(visited_at)s)
WHERE id = %(id)s AND state = 'active' AND (
    %(is_system)s
    OR area_path ^@ ANY(%(paths)s::text[])
    OR (keeper_id = ANY(%(mine)s::uuid[]) AND area_path ^@ ANY(%(zone_paths)s::text[]))
    OR id = %(own)s::uuid
)
RETURNING id, area_path, keeper_id, old.last_visit_at
""")


@unscoped("holds the borders of reach() as one prepared statement")
def touch_household(tx: Tx, household_id: UUID, *, permission: str, visited_at: datetime) -> DoorFacts:
    """Note that a household was visited, for whoever may; its date never goes back. Outside one's reach it is not there.

    The facts carry the date as it was before, so that the caller knows whether this is the first visit of its day.
    """
    actor = tx.actor
    facts = {
        "id": household_id,
        "visited_at": visited_at,
        "is_system": actor.is_system,
        "paths": list(actor.paths(permission)),
        "mine": list(actor.stands_for),
        "zone_paths": list(actor.paths(f"{permission}@zone")),
        "own": actor.household_id if actor.paths(f"{permission}@own") else None,
    }
    row = ask(tx.link, _TOUCH, facts).fetchone()
    if row is None:
        raise HouseholdNotFound
    return DoorFacts(*row)


@unscoped("the caller has reached the visit that is taken back, and with it its household")
def take_back_visit(tx: Tx, household_id: UUID, *, last_visit_at: datetime | None) -> None:
    """A visit turned out a mistake: the household was last visited when this says, or never."""
    tx.db.execute(update(Household).where(Household.id == household_id).values(last_visit_at=last_visit_at))
