"""A period begins: what every keeper owes is written in one statement, whole town or nothing, once however often asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, text
from sqlalchemy.dialects.postgresql import insert

from app.domains.duties import rules
from app.domains.duties.events import PeriodOpened
from app.domains.duties.models import Period, Reminder
from app.domains.duties.preset import DutyPreset
from app.kernel.access import unscoped
from app.kernel.transaction import Tx
from app.kernel.values import first_of_month, last_of_month, start_of

# A household that was visited before the period was opened (in its first minutes, or before it had a keeper) owes nothing.
_ADD = text("""
INSERT INTO duties_duty
    (id, kind, period, household_id, area_path, keeper_id, due_on, state, done_at, done_by, excuse, excused_by)
SELECT uuidv7(), :kind, :period, found.id, found.area_path, found.keeper_id, :due_on,
    CASE WHEN found.visited_at IS NOT NULL THEN 'done' WHEN found.excuse IS NOT NULL THEN 'excused' ELSE 'owed' END,
    found.visited_at, NULL, found.excuse, NULL
FROM (
    SELECT home.id, home.area_path, home.keeper_id,
        CASE WHEN home.last_visit_at >= :starts_at THEN home.last_visit_at END AS visited_at,
        CASE WHEN keeper.birth_year <= :elder_born THEN 'keeper_elder'
             WHEN home.flags && CAST(:away AS text[]) THEN 'household_away' END AS excuse
    FROM areas_household AS home
    JOIN areas_person AS keeper ON keeper.id = home.keeper_id
    WHERE home.state = 'active'
        AND (CAST(:household_ids AS uuid[]) IS NULL OR home.id = ANY(CAST(:household_ids AS uuid[])))
        AND home.id NOT IN (SELECT household_id FROM duties_duty WHERE kind = :kind AND period = :period)
) AS found
ON CONFLICT (kind, period, household_id) DO NOTHING
""")


def open_period(tx: Tx, kind: str, month: str) -> int:
    """Open a month: its duties and reminding moments; answers how many duties, 0 when it is open already."""
    preset: DutyPreset = tx.runtime.presets["duties"][kind]
    opened = insert(Period).values(
        kind=kind,
        period=month,
        starts_on=first_of_month(month),
        due_on=rules.due_on(preset, month),
        preset_version=tx.runtime.presets["duties_versions"][kind],
        opened_at=tx.now,
    )
    if tx.db.execute(opened.on_conflict_do_nothing().returning(Period.kind)).first() is None:
        return 0
    for step in rules.steps_of(preset, month):
        tx.add(Reminder, kind=kind, period=month, step=step.name, due_at=step.due_at, done_at=None)
    count = _add(tx, kind, month, household_ids=None)
    tx.emit(PeriodOpened(kind, month, count))
    return count


def add_missing(tx: Tx, kind: str, month: str, *, household_ids: Sequence[UUID] | None = None) -> int:
    """Duties for households that got a keeper after the month was opened; nothing when it is not open."""
    if tx.db.get(Period, (kind, month)) is None:
        return 0
    return _add(tx, kind, month, household_ids=household_ids)


@unscoped("the clock opens a period for every household")
def _add(tx: Tx, kind: str, month: str, *, household_ids: Sequence[UUID] | None) -> int:
    preset: DutyPreset = tx.runtime.presets["duties"][kind]
    first = first_of_month(month)
    facts: dict[str, Any] = {
        "kind": kind,
        "period": month,
        "due_on": rules.due_on(preset, month),
        "starts_at": start_of(first),
        "elder_born": last_of_month(month).year - preset.exempt.keeper_age,
        "away": list(preset.exempt.household_flags),
        "household_ids": None if household_ids is None else list(household_ids),
    }
    done = tx.db.execute(_ADD, facts)
    assert isinstance(done, CursorResult)
    return done.rowcount
