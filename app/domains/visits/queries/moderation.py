"""What waits for a cadre's eye: held and reported posts and comments, and held broadcasts of others, the longest waiting first.

Who reported is nowhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.visits.models import Report
from app.domains.visits.rules import Waits
from app.kernel.access import Actor, unscoped
from app.kernel.crypto import Vault

_FIRST = (datetime(1999, 1, 1, tzinfo=UTC), UUID(int=0))

_WAITING = text("""
SELECT kind, waiting.id, post_id, author_id, author.name_sealed, village.name, words, file_ids, said_at, waiting.state,
    waits_since, report_count
FROM (
    (SELECT 'post' AS kind, id, id AS post_id, author_id, village_path, words, file_ids, posted_at AS said_at, state,
        waits_since, report_count
    FROM visits_post
    WHERE (waits_since, id) > (:at, :id) AND waits_since IS NOT NULL AND area_path ^@ ANY(CAST(:paths AS text[]))
    ORDER BY waits_since, id LIMIT 30)
    UNION ALL
    (SELECT 'comment', c.id, c.post_id, c.author_id, p.village_path, c.words, '{}', c.commented_at, c.state,
        c.waits_since, c.report_count
    FROM visits_comment AS c JOIN visits_post AS p ON p.id = c.post_id
    WHERE (c.waits_since, c.id) > (:at, :id) AND c.waits_since IS NOT NULL
        AND c.area_path ^@ ANY(CAST(:paths AS text[]))
    ORDER BY c.waits_since, c.id LIMIT 30)
    UNION ALL
    (SELECT 'broadcast', id, id, author_id, area_path, words, '{}', written_at, state, waits_since, 0
    FROM notices_broadcast
    WHERE (waits_since, id) > (:at, :id) AND waits_since IS NOT NULL AND author_id IS DISTINCT FROM :me
        AND area_path ^@ ANY(CAST(:paths AS text[]))
    ORDER BY waits_since, id LIMIT 30)
) AS waiting
JOIN areas_person AS author ON author.id = waiting.author_id
JOIN areas_area AS village ON village.path = waiting.village_path
ORDER BY waits_since, waiting.id LIMIT 30
""")


_BY_AUTHOR = text("""
SELECT area_path, author_id, count(*) FROM (
    SELECT area_path, author_id FROM visits_post WHERE waits_since IS NOT NULL
    UNION ALL SELECT area_path, author_id FROM visits_comment WHERE waits_since IS NOT NULL
    UNION ALL SELECT area_path, author_id FROM notices_broadcast WHERE waits_since IS NOT NULL
) AS waiting GROUP BY area_path, author_id
""")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A post, a comment or a broadcast that a cadre has to look at; `reasons` counts people by what they reported."""

    kind: str
    id: UUID
    post_id: UUID
    author: str = field(repr=False)
    place: str
    words: str = field(repr=False)
    file_ids: tuple[UUID, ...]
    said_at: datetime
    state: str
    waits_since: datetime
    reports: int
    reasons: Mapping[str, int]


@unscoped("bound to the paths over which the actor may hold posts")
def waiting_page(
    db: Session, vault: Vault, *, actor: Actor, after: tuple[datetime, UUID] | None = None
) -> Sequence[Waiting]:
    """Thirty things that wait, in the places where the actor may decide."""
    at, last_id = after or _FIRST
    mark = {"paths": list(actor.paths("feed.hold")), "at": at, "id": last_id, "me": actor.person_id}
    rows = db.execute(_WAITING, mark).all()
    reasons = _reasons(db, [row.id for row in rows])
    return [_waiting(vault, row, reasons[row.id]) for row in rows]


@unscoped("asked by the clock, for the whole county; only counts")
def waiting_by_author(db: Session) -> Sequence[Waits]:
    """How many things of each author wait, place by place."""
    return [Waits(*row) for row in db.execute(_BY_AUTHOR)]


def _reasons(db: Session, subjects: Iterable[UUID]) -> Mapping[UUID, Mapping[str, int]]:
    """Why each of these was reported since a cadre last looked, and by how many people."""
    told = select(Report.subject_id, Report.reason, func.count()).where(Report.settled_at.is_(None))
    counted = told.where(Report.subject_id.in_(list(subjects))).group_by(Report.subject_id, Report.reason)
    reasons: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    for subject_id, reason, count in db.execute(counted):
        reasons[subject_id][reason] = count
    return reasons


def _waiting(vault: Vault, row: Any, reasons: Mapping[str, int]) -> Waiting:
    return Waiting(
        kind=row.kind,
        id=row.id,
        post_id=row.post_id,
        author=vault.open(f"areas_person.name:{row.author_id}", row.name_sealed),
        place=areas.short_name(row.name),
        words=row.words,
        file_ids=tuple(row.file_ids),
        said_at=row.said_at,
        state=row.state,
        waits_since=row.waits_since,
        reports=row.report_count,
        reasons=reasons,
    )
