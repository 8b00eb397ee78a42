"""What WeChat sends us is stored once, whatever it is; a worker acts on it later."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.domains.notices.models import Inbound as InboundRow
from app.domains.notices.ports import Inbound
from app.kernel.crypto import Vault
from app.kernel.transaction import Tx


class Arrival(StrEnum):
    """What a packet was: new, a copy that WeChat sent again, or another content in a used envelope."""

    new = "new"
    copy = "copy"
    forged = "forged"


@dataclass(frozen=True, slots=True)
class Packet:
    """A stored packet, opened again for the worker."""

    id: UUID
    attempt: int
    app: str
    event: str
    openid: str | None = field(repr=False)
    created_at: datetime
    payload: dict[str, Any] = field(repr=False)


# The envelope is written first: of two packets in one envelope the second waits here for the first to be committed.
_STORE = text(
    """
    WITH envelope AS (
        INSERT INTO notices_envelope (nonce_key, key, received_at)
        VALUES (:nonce_key, :key, :now) ON CONFLICT (nonce_key) DO NOTHING RETURNING key
    )
    INSERT INTO notices_inbound (id, key, app, kind, payload_sealed, state, received_at, next_at)
    SELECT :id, :key, :app, :kind, :payload, 'waiting', :now, :now
    WHERE EXISTS (SELECT FROM envelope) OR EXISTS (
        SELECT FROM notices_envelope AS e WHERE e.nonce_key = :nonce_key AND e.key = :key
    )
    ON CONFLICT (key) DO NOTHING RETURNING id
    """
)
_ENVELOPE = text("SELECT key FROM notices_envelope WHERE nonce_key = :nonce_key")


def store(tx: Tx, account: str, packet: Inbound) -> Arrival:
    """Keep a packet for the worker, once; the envelope it came in cannot be used for another."""
    row_id, key, nonce_key = tx.new_id(), packet.key.encode(), packet.nonce_key.encode()
    facts = {
        "id": row_id,
        "key": key,
        "nonce_key": nonce_key,
        "app": account,
        "kind": packet.event,
        "payload": tx.vault.seal(_sealed_in(row_id), _written(packet)),
        "now": tx.now,
    }
    if tx.db.execute(_STORE, facts).first():
        return Arrival.new
    known = tx.db.execute(_ENVELOPE, {"nonce_key": nonce_key}).scalar()
    return Arrival.copy if known is not None and bytes(known) == key else Arrival.forged


def opened(vault: Vault, row: InboundRow) -> Packet:
    """A stored packet as the worker reads it."""
    told = json.loads(vault.open(_sealed_in(row.id), row.payload_sealed))
    return Packet(
        row.id,
        row.attempt,
        row.app,
        row.kind,
        told["openid"],
        datetime.fromisoformat(told["created_at"]),
        told["payload"],
    )


def _written(packet: Inbound) -> str:
    told = {"openid": packet.openid, "created_at": packet.created_at.isoformat(), "payload": packet.payload}
    return json.dumps(told, ensure_ascii=False)


def _sealed_in(row_id: UUID) -> str:
    return f"notices_inbound.payload:{row_id}"
