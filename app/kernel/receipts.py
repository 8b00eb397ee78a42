"""The client's id is the key: what was once answered is answered again, byte for byte, and never done twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import Invalid
from app.kernel.tables import Base
from app.kernel.transaction import Tx

_KEPT = timedelta(hours=72)


class Receipt(Base):
    """One deed done under a client-made id; the sealed answer is dropped after 72 hours, the row stays for ever."""

    __tablename__ = "kernel_receipt"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID | None]
    route: Mapped[str]
    body_hash: Mapped[bytes]
    status: Mapped[int]
    answer_sealed: Mapped[bytes | None]
    at: Mapped[datetime] = mapped_column(index=True)


class Parked(Base):
    """A queued item that waits for its parent to arrive; held five days and visible all that time."""

    __tablename__ = "kernel_parked"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str]
    waits_for: Mapped[UUID] = mapped_column(index=True)
    body_sealed: Mapped[bytes]
    parked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str]
    outcome: Mapped[dict[str, Any] | None]


class OtherContent(Invalid):
    """The same id was used before with other content."""

    code = "same_id_other_content"
    sentence = "这个编号已经用过，内容却不一样。请重新填一份再送。"


def context(receipt_id: UUID) -> str:
    """What a stored answer's seal is bound to."""
    return f"kernel_receipt.answer:{receipt_id}"


def keep(tx: Tx, receipt_id: UUID, *, route: str, body_hash: bytes, status: int, answer: str) -> None:
    """Keep the answer beside the deed, in its transaction."""
    tx.add(
        Receipt,
        id=receipt_id,
        account_id=tx.actor.account_id,
        route=route,
        body_hash=body_hash,
        status=status,
        answer_sealed=tx.vault.seal(context(receipt_id), answer),
        at=tx.now,
    )


def matching(receipt: Receipt, *, route: str, body_hash: bytes, account_id: UUID | None) -> Receipt:
    """The receipt, when it belongs to this very request; refuses any other use of the id."""
    same = (receipt.route, receipt.body_hash, receipt.account_id) == (route, body_hash, account_id)
    if not same:
        raise OtherContent(field="id")
    return receipt


def forget_answers(tx: Tx) -> int:
    """Drop the answers that are older than 72 hours; the ids stay for ever, so nothing is ever done twice."""
    old = update(Receipt).where(Receipt.at < tx.now - _KEPT, Receipt.answer_sealed.is_not(None))
    dropped = old.values(answer_sealed=None).returning(Receipt.id).execution_options(synchronize_session=False)
    return len(tx.db.execute(dropped).all())
