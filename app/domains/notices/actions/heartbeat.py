"""Workers say that they live, so that somebody outside can notice when they stop."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from app.domains.notices.models import Heartbeat
from app.kernel.transaction import Tx


def beat(tx: Tx, name: str) -> None:
    """The worker or scheduler of this name is alive now."""
    fresh = insert(Heartbeat).values(name=name, at=tx.now)
    tx.db.execute(fresh.on_conflict_do_update(index_elements=["name"], set_={"at": tx.now}))
