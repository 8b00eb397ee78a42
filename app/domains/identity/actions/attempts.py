"""Counting tries: one statement counts and decides, in PostgreSQL, so that it holds for all processes and without Redis."""

from __future__ import annotations

from sqlalchemy import delete, tuple_
from sqlalchemy.dialects.postgresql import insert

from app.domains.identity.errors import TooManyTries
from app.domains.identity.models import Attempt
from app.domains.identity.rules import Limit
from app.kernel.transaction import Tx

Try = tuple[Limit, str]


def count(tx: Tx, *tries: Try) -> None:
    """Count these tries, or refuse when one has reached its limit.

    Callers commit this before they look at what is tried: a try that fails must stay counted.
    """
    for limit, key in tries:
        if not _counted(tx, limit, key):
            raise TooManyTries(wait_seconds=limit.wait(tx.now))


def _counted(tx: Tx, limit: Limit, key: str) -> bool:
    row = insert(Attempt).values(key=_key(tx, limit, key), window_start=limit.window(tx.now), count=1)
    counted = row.on_conflict_do_update(
        index_elements=["key", "window_start"],
        set_={"count": Attempt.count + 1},
        where=Attempt.count < limit.most,
    ).returning(Attempt.count)
    return tx.db.execute(counted).first() is not None


def forgive(tx: Tx, *tries: Try) -> None:
    """Forget what was counted, once the person has proven to be right."""
    keys = [(_key(tx, limit, key), limit.window(tx.now)) for limit, key in tries]
    tx.db.execute(delete(Attempt).where(tuple_(Attempt.key, Attempt.window_start).in_(keys)))


def _key(tx: Tx, limit: Limit, key: str) -> bytes:
    return tx.vault.index("identity_attempt.key", f"{limit.name}:{key}")
