"""Makes proxies for tests, with few arguments."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from app.domains.identity.models import Proxy
from app.kernel.transaction import Tx
from tests.makers.areas import VILLAGE


def make_proxy(
    tx: Tx,
    for_person_id: UUID,
    *,
    holder_id: UUID,
    home: UUID,
    path: str = VILLAGE,
    powers: tuple[str, ...] = ("report", "deed", "points"),
    days: int = 30,
) -> UUID:
    """Somebody may act for a person."""
    proxy_id = tx.new_id()
    tx.add(
        Proxy,
        id=proxy_id,
        for_person_id=for_person_id,
        household_id=home,
        area_path=path,
        holder_id=holder_id,
        powers=list(powers),
        way="own",
        given_by=for_person_id,
        witness_id=None,
        since=tx.now,
        until=tx.now + timedelta(days=days),
        ended_at=None,
        ended_by=None,
    )
    return proxy_id
