"""The worker acts on what WeChat sent: takes packets under a lease, marks each as done beside its effects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Boolean, literal_column, tuple_, update

from app.domains.notices.actions.arriving import Packet, opened
from app.domains.notices.models import Inbound
from app.domains.notices.rules import InboundState
from app.kernel.crypto import BrokenSeal
from app.kernel.queue import claim, mine
from app.kernel.transaction import Tx

_WAITING = literal_column("notices_inbound.state = 'waiting'", Boolean)
_LEASE_SECONDS = 20
_MOST_ATTEMPTS = 11
_STEADY_ATTEMPTS = 4


def take_packets(tx: Tx, limit: int) -> list[Packet]:
    """Take packets that wait; one that cannot be opened any more is put aside."""
    packets = []
    for row in claim(tx.db, Inbound, ready=_WAITING, now=tx.now, limit=limit, seconds=_LEASE_SECONDS):
        try:
            packets.append(opened(tx.vault, row))
        except (BrokenSeal, ValueError, KeyError):
            _end(tx, row.id, InboundState.failed)
    return packets


def finish(tx: Tx, packet: Packet) -> bool:
    """Mark a packet as acted on, beside its effects; False when somebody else has acted, so there must be none."""
    done = (
        update(Inbound)
        .where(mine(Inbound, packet.id, packet.attempt), Inbound.state == InboundState.waiting)
        .values(state=InboundState.done, done_at=tx.now, claimed_until=None)
        .returning(Inbound.id)
        .execution_options(synchronize_session=False)
    )
    return tx.db.execute(done).first() is not None


def finish_many(tx: Tx, packets: Sequence[Packet]) -> set[UUID]:
    """Mark many packets at once; answers which of them were still ours."""
    done = (
        update(Inbound)
        .where(tuple_(Inbound.id, Inbound.attempt).in_([(packet.id, packet.attempt) for packet in packets]))
        .where(Inbound.state == InboundState.waiting)
        .values(state=InboundState.done, done_at=tx.now, claimed_until=None)
        .returning(Inbound.id)
        .execution_options(synchronize_session=False)
    )
    return set(tx.db.scalars(done))


def put_off(tx: Tx, packet: Packet, wait: timedelta) -> None:
    """Act later: what the packet speaks of is not there yet, or something failed; after some tries it is put aside.

    For a quarter of a minute it is looked at again before an alarm in doubt is repeated; then the waits grow.
    """
    if packet.attempt >= _MOST_ATTEMPTS:
        _end(tx, packet.id, InboundState.failed)
        return
    later = update(Inbound).where(mine(Inbound, packet.id, packet.attempt))
    tx.db.execute(
        later.values(
            next_at=tx.now + wait * 2 ** _growth(packet.attempt), claimed_until=None, state=InboundState.waiting
        ).execution_options(synchronize_session=False)
    )


def _growth(attempt: int) -> int:
    return 0 if attempt == 1 else max(1, attempt - _STEADY_ATTEMPTS)


def _end(tx: Tx, packet_id: UUID, state: InboundState) -> None:
    ended = update(Inbound).where(Inbound.id == packet_id).values(state=state, done_at=tx.now, claimed_until=None)
    tx.db.execute(ended.execution_options(synchronize_session=False))
