"""What the peers of the visit and the feed share: where the database is, how a note is sealed, what a member may do.

A peer does the product's work on the product's tables in the way its framework teaches; sealing is the same code for all.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from app.kernel.crypto import Vault, token_hash
from app.kernel.values import local_day, mask_name, month_of, uuid7

__all__ = [
    "DATABASE",
    "MAY",
    "SCHEMA",
    "VAULT",
    "is_countable",
    "local_day",
    "mask_name",
    "month_of",
    "now",
    "token_hash",
    "town_of",
    "uuid7",
]

DATABASE = os.environ["BENCH_DATABASE"]  # postgresql://…, as libpq reads it
SCHEMA = "lianxin"
VAULT = Vault({"k1": bytes.fromhex(os.environ["BENCH_KEY"])}, "k1", b"3" * 32)
MAY = {  # what the role of a party member carries, as far as these routes ask
    "party_member": frozenset({"visits.log@zone", "feed.read"}),
}
_BACKDATE = timedelta(days=7)


def now() -> datetime:
    """The moment."""
    return datetime.now(UTC)


def is_countable(visited_at: datetime, moment: datetime) -> bool:
    """Whether a visit of that time is accepted."""
    return moment - _BACKDATE <= visited_at <= moment + timedelta(minutes=10)


def town_of(path: str) -> str:
    """The town in which a village lies."""
    return "".join(f"{step}/" for step in path.split("/")[:2])
