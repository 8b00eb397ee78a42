"""What the clock does in identity: counters and sessions that are long over are forgotten."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from app.domains.identity.models import Attempt, SignIn
from app.kernel.transaction import Tx

_COUNTERS = timedelta(days=2)
_SESSIONS = timedelta(days=30)


def forget_what_is_over(tx: Tx) -> None:
    """Remove counters of windows that are past and sessions that ended a month ago."""
    tx.db.execute(delete(Attempt).where(Attempt.window_start < tx.now - _COUNTERS))
    tx.db.execute(delete(SignIn).where(SignIn.expires_at < tx.now - _SESSIONS))
