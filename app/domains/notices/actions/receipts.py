"""WeChat reports afterwards what became of a message: delivered, or not after all, so that the next channel must tell.

A receipt also settles what nobody knew: when a worker died, or an answer was lost, the receipt says that the message
had been accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select, text, true, update

from app.domains.identity.models import Account
from app.domains.notices.actions.credits import empty_credit
from app.domains.notices.models import Message
from app.domains.notices.rules import MessageState
from app.kernel.transaction import Tx

_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What WeChat says about one message; only receipts of subscribe messages name the template."""

    channel: str
    provider_id: str
    is_delivered: bool
    at: datetime
    code: str = ""
    account_id: UUID | None = None
    template: str | None = None


_DELIVERED = text(
    """
    UPDATE notices_message AS m SET outcome = 'delivered'
    FROM unnest(cast(:ids AS text[]), cast(:channels AS text[])) AS v(provider_id, channel)
    WHERE m.provider_id = v.provider_id AND m.channel = v.channel
    RETURNING m.provider_id
    """
)


def deliver(tx: Tx, receipts: Sequence[Receipt]) -> list[Receipt]:
    """Write down good receipts in one statement; answers those whose message is not known, or not yet."""
    if not receipts:
        return []
    facts = {"ids": [one.provider_id for one in receipts], "channels": [one.channel for one in receipts]}
    known = set(tx.db.scalars(_DELIVERED, facts))
    return [one for one in receipts if one.provider_id not in known]


def take_back(tx: Tx, receipt: Receipt) -> bool:
    """A message that was accepted has not arrived: the next channel tells. False when no such message is known."""
    lost = (
        update(Message)
        .where(Message.provider_id == receipt.provider_id, Message.channel == receipt.channel)
        .where(Message.state == MessageState.sent)
        .values(
            state=MessageState.waiting,
            tried=func.array_append(Message.tried, Message.channel),
            tries=0,
            next_at=tx.now,
            ended_at=None,
            provider_id=None,
            outcome=f"receipt:{receipt.code}"[:80],
        )
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    found = tx.db.scalars(lost).all()
    if receipt.code == "43101" and receipt.account_id and receipt.template:
        empty_credit(tx, receipt.account_id, receipt.template)
    return bool(found)


def settle_doubt(tx: Tx, receipt: Receipt) -> bool:
    """A receipt that belongs to no message we know the end of: settle the one we were in doubt about, if it is one."""
    if receipt.account_id is None:
        return False
    person = select(Account.person_id).where(Account.id == receipt.account_id).scalar_subquery()
    when = func.coalesce(Message.ended_at, Message.next_at)
    in_doubt = or_(
        Message.state == MessageState.unknown, and_(Message.state == MessageState.waiting, Message.doubts > 0)
    )
    like_this = Message.template == receipt.template if receipt.template else true()
    doubtful = tx.db.scalars(
        select(Message.id)
        .where(Message.person_id == person, Message.channel == receipt.channel, like_this)
        .where(Message.provider_id.is_(None), in_doubt, when > receipt.at - _WINDOW, when < receipt.at + _WINDOW)
        .with_for_update()
    ).all()
    if len(doubtful) != 1:
        return False
    tx.db.execute(
        update(Message)
        .where(Message.id == doubtful[0])
        .values(
            state=MessageState.sent, provider_id=receipt.provider_id, outcome="delivered", ended_at=tx.now, doubts=0
        )
        .execution_options(synchronize_session=False)
    )
    return receipt.is_delivered or take_back(tx, receipt)
