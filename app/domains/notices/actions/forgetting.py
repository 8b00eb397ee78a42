"""Messages, wishes and credits of somebody who is forgotten go with him; how each message was tried stays, it names nobody."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete

from app.domains.notices.models import Credit, Message, Preference
from app.kernel.transaction import Tx


def forget_person(tx: Tx, person_id: UUID) -> None:
    """Remove what was written to somebody, and his own quiet hours."""
    tx.db.execute(delete(Message).where(Message.person_id == person_id))
    tx.db.execute(delete(Preference).where(Preference.person_id == person_id))


def forget_account(tx: Tx, account_id: UUID) -> None:
    """Remove what a closed account had allowed."""
    tx.db.execute(delete(Credit).where(Credit.account_id == account_id))
