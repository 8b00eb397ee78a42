"""What waits on the held page: those who may look at it hear of it once a day, as long as anything waits."""

from __future__ import annotations

from uuid import UUID

from app.domains.identity import queries as identities
from app.domains.visits import rules
from app.domains.visits.events import EyesWanted
from app.domains.visits.queries.moderation import waiting_by_author
from app.kernel.access import unscoped
from app.kernel.transaction import Tx
from app.kernel.values import local_day

_LOOKS = "feed.hold"


@unscoped("the clock looks at the whole county; each is told a count of his own place")
def ask_for_eyes(tx: Tx) -> int:
    """Raise one event for each who should look; nobody is asked to judge what he has written himself."""
    waiting = waiting_by_author(tx.db)
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
