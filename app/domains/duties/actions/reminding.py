"""Keepers who still owe are reminded: one digest a person, one transaction a reminding moment, once however often asked.

The homes that wait are named by group and number, in the app only: what goes through WeChat or an SMS has counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import select, text

from app.domains.duties import rules
from app.domains.duties.actions.digesting import looks
from app.domains.duties.models import Period, Reminder
from app.domains.duties.preset import DutyPreset
from app.domains.notices import actions as notices
from app.kernel.access import unscoped
from app.kernel.transaction import Tx
from app.kernel.values import local_day

# Whoever stands in for an absent keeper is told in his place.
_OWED = text("""
SELECT coalesce(deputy.deputy_id, duty.keeper_id) AS person_id,
    count(*) FILTER (WHERE duty.state = 'owed') AS left_count,
    count(*) FILTER (WHERE duty.state = 'done' AND duty.done_at >= :since) AS visited_count,
    (array_agg(concat_ws(' ', nullif(home.group_name, ''), home.number)
        ORDER BY home.last_visit_at NULLS FIRST, home.area_path, home.number, home.id)
        FILTER (WHERE duty.state = 'owed'))[1 : cast(:named AS integer)] AS homes
FROM duties_duty AS duty
JOIN areas_household AS home ON home.id = duty.household_id AND home.state = 'active'
LEFT JOIN LATERAL (
    SELECT deputy_id FROM areas_deputy
    WHERE absent_id = duty.keeper_id AND since <= :now AND until > :now AND ended_at IS NULL
    ORDER BY since, id LIMIT 1
) AS deputy ON true
WHERE duty.kind = :kind AND duty.period = :period AND duty.keeper_id IS NOT NULL
GROUP BY 1
""")


def remind(tx: Tx, kind: str, period: str, *, weekly: bool) -> int:
    """Send the newest reminding moment that is due and mark all due ones; answers how many people are told."""
    due = _due(tx, kind, period, weekly=weekly)
    if not due:
        return 0
    step = rules.newest([rules.Step(row.step, row.due_at) for row in due])
    for row in due:
        row.done_at = tx.now
    opened = tx.db.get_one(Period, (kind, period))
    if local_day(tx.now) > opened.due_on:
        return 0
    digest = list(_notices(tx, opened, step.name))
    if weekly:
        digest += looks(tx, opened, _key(opened, step.name))
    notices.queue_many(tx, digest)
    return len(digest)


def _due(tx: Tx, kind: str, period: str, *, weekly: bool) -> Sequence[Reminder]:
    """The due moments of one family; none when another scheduler is at them."""
    rows = tx.db.scalars(
        select(Reminder)
        .where(Reminder.kind == kind, Reminder.period == period)
        .where(Reminder.done_at.is_(None), Reminder.due_at <= tx.now)
        .with_for_update(skip_locked=True)
    )
    return [row for row in rows if rules.is_weekly(row.step) is weekly]


@unscoped("the clock reminds every keeper of his own duties")
def _notices(tx: Tx, opened: Period, step: str) -> Iterator[notices.Notice]:
    preset: DutyPreset = tx.runtime.presets["duties"][opened.kind]
    is_weekly = rules.is_weekly(step)
    facts = {"kind": opened.kind, "period": opened.period, "now": tx.now, "since": tx.now - timedelta(days=7)}
    month, key = rules.says_month(opened.period), _key(opened, step)
    for person_id, left, visited, homes in tx.db.execute(_OWED, {**facts, "named": preset.remind.named}):
        details = {"homes": rules.says_homes(homes, left)} if homes else {}
        if is_weekly and (left or visited):
            values = {"visited": str(visited), "month": month, "left": str(left)}
            yield notices.Notice(person_id, preset.digest, values, key, details=details)
        elif not is_weekly and left:
            values = {"month": month, "left": str(left), "due": rules.says_day(opened.due_on)}
            yield notices.Notice(person_id, preset.reminder, values, key, details=details)


def _key(opened: Period, step: str) -> str:
    return f"duty:{opened.kind}:{opened.period}:{step}"
