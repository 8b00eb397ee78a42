"""Items of a phone's queue that came before their parent: kept sealed until it comes, and visible all that time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.kernel.driver import Statement, Where, ask
from app.kernel.receipts import Parked, Receipt
from app.kernel.transaction import Tx

WAITING, REFUSED = "waiting", "refused"
_SHOWN = 200
_ARE_AWAITED = Statement(
    "SELECT 1 FROM kernel_parked WHERE waits_for = ANY(%(parents)s::uuid[]) AND state = %(state)s LIMIT 1"
)
_DONE = aliased(Receipt)
_IS_DONE = exists().where(_DONE.id == Parked.id)  # by whatever way it came, parked or sent once more


def has_arrived(db: Session, item_id: UUID) -> bool:
    """Whether an item was done: its receipt is there."""
    return db.scalar(select(Receipt.id).where(Receipt.id == item_id)) is not None


def park(tx: Tx, item_id: UUID, *, kind: str, waits_for: UUID, content: str, until: datetime) -> Parked:
    """Keep an item of the acting account until its parent comes; one that is kept already stays as it is."""
    row = insert(Parked).values(
        id=item_id,
        account_id=tx.actor.account_id,
        kind=kind,
        waits_for=waits_for,
        body_sealed=tx.vault.seal(sealed_in(item_id), content),
        parked_at=tx.now,
        expires_at=until,
        state=WAITING,
        outcome=None,
    )
    tx.db.execute(row.on_conflict_do_nothing())
    return tx.db.get_one(Parked, item_id)


def refuse(tx: Tx, item_id: UUID, outcome: dict[str, Any]) -> None:
    """The parent came, and the item was refused all the same: that is final, and stays visible."""
    tx.db.execute(update(Parked).where(Parked.id == item_id).values(state=REFUSED, outcome=outcome))


def parked_by(db: Session, account_id: UUID | None) -> Sequence[Parked]:
    """What of an account waits, was refused or waited too long, the newest first."""
    shown = select(Parked).where(Parked.account_id == account_id, ~_IS_DONE)
    return db.scalars(shown.order_by(Parked.parked_at.desc(), Parked.id).limit(_SHOWN)).all()


def ripe_for(db: Session, account_id: UUID | None, now: datetime) -> Sequence[Parked]:
    """What of an account can be done now: its parent has come in time."""
    ripe = (
        select(Parked)
        .join(Receipt, Receipt.id == Parked.waits_for)
        .where(Parked.account_id == account_id, Parked.state == WAITING, ~_IS_DONE, Parked.expires_at > now)
    )
    return db.scalars(ripe.order_by(Parked.parked_at, Parked.id).limit(_SHOWN)).all()


def are_awaited(where: Where, parents: Collection[UUID]) -> bool:
    """Whether anything may wait for one of these items: asked after every visit, so it goes straight to the driver."""
    return bool(ask(where, _ARE_AWAITED, {"parents": list(parents), "state": WAITING}).fetchone())


def waiting_for(db: Session, parents: Collection[UUID], now: datetime) -> Sequence[Parked]:
    """What of anybody waits in time for one of these items."""
    ripe = select(Parked).where(
        Parked.waits_for.in_(parents), Parked.state == WAITING, ~_IS_DONE, Parked.expires_at > now
    )
    return db.scalars(ripe.order_by(Parked.parked_at, Parked.id).limit(_SHOWN)).all()


def sealed_in(item_id: UUID) -> str:
    """What the content of a parked item is sealed to."""
    return f"kernel_parked.body:{item_id}"
