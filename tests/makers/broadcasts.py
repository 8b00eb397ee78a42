"""Makes broadcasts that were sent, for tests that look at them."""

from __future__ import annotations

from uuid import UUID

from app.domains.notices.models import Broadcast, Recipient
from app.kernel.transaction import Tx


def make_broadcast(tx: Tx, author_id: UUID, *, path: str, words: str, to: UUID) -> UUID:
    """A broadcast that somebody of a place was told and has not read."""
    broadcast_id = tx.new_id()
    tx.add(
        Broadcast,
        id=broadcast_id,
        area_path=path,
        audience="everybody",
        words=words,
        is_urgent=False,
        state="sent",
        author_id=author_id,
        written_at=tx.now,
        sent_at=tx.now,
        told_count=1,
        reminded_on=None,
        waits_since=None,
        refused_reason=None,
        told_up_to=None,
    )
    tx.flush()
    tx.add(Recipient, broadcast_id=broadcast_id, person_id=to, read_at=None)
    return broadcast_id
