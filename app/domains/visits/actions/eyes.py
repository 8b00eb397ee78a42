"""What waits on the held page: those who may look at it hear of it once a day, as long as anything waits."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from app.domains.identity import queries as identities
from app.domains.visits import rules
from app.domains.visits.events import EyesWanted
from app.kernel.access import unscoped
from app.kernel.transaction import Tx
from app.kernel.values import local_day

_LOOKS = "feed.hold"
_WAITING = text("""
SELECT area_path, author_id, count(*) FROM (
    SELECT area_path, author_id FROM visits_post WHERE waits_since IS NOT NULL
    UNION ALL SELECT area_path, author_id FROM visits_comment WHERE waits_since IS NOT NULL
    UNION ALL SELECT area_path, author_id FROM notices_broadcast WHERE waits_since IS NOT NULL
) AS waiting GROUP BY area_path, author_id
""")


@unscoped("the clock looks at the whole county; each is told a count of his own place")
def ask_for_eyes(tx: Tx) -> int:
    """Raise one event for each who should look; nobody is asked to judge what he has written himself."""
    waiting = [rules.Waits(*row) for row in tx.db.execute(_WAITING)]
    wanted = rules.eyes_wanted(waiting, _lookers(tx)) if waiting else {}
    for person_id in sorted(wanted):
        tx.emit(EyesWanted(person_id, local_day(tx.now), wanted[person_id]))
    return len(wanted)


def _lookers(tx: Tx) -> dict[str, set[UUID]]:
    """Place by place, who may let be seen what waits there."""
    found: dict[str, set[UUID]] = {}
    for name, role in tx.runtime.presets["roles"].items():
        for person_id, path in identities.all_holders(tx.db, name, now=tx.now) if _LOOKS in role.permissions else ():
            found.setdefault(path, set()).add(person_id)
    return found
