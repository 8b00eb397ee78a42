"""Two visits of a household on one day count once: the earliest that stands, whatever order they arrived in."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import text

from app.kernel.access import unscoped
from app.kernel.transaction import Tx

_SETTLE = text("""
UPDATE visits_visit SET is_counted = (visits_visit.id = first.id)
FROM (
    SELECT id FROM visits_visit
    WHERE household_id = :household_id AND visited_on = :visited_on AND state = 'logged'
    ORDER BY visited_at, id LIMIT 1
) AS first
WHERE household_id = :household_id AND visited_on = :visited_on
    AND is_counted IS DISTINCT FROM (visits_visit.id = first.id)
""")


@unscoped("counts a day at a door that the caller has reached and locked")
def settle_day(tx: Tx, household_id: UUID, visited_on: date) -> None:
    """Count the visits of one household and day anew; the caller holds the household's row."""
    tx.db.execute(_SETTLE, {"household_id": household_id, "visited_on": visited_on})
