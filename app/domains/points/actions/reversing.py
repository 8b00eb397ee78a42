"""A mistake is put right by a new transfer that names the original: 冲正, once, and both stay."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.domains.points import queries
from app.domains.points.actions.moving import Moved, Movement, lock, move
from app.domains.points.errors import AlreadyReversed, NotReversible, TransferDiffers, TransferNotFound
from app.domains.points.events import PointsMoved
from app.domains.points.models import Transfer
from app.domains.points.rules import TransferKind
from app.kernel.access import unscoped
from app.kernel.transaction import Tx

_REASON = "points_transfer.reason"


@unscoped("follows from a judgement that was taken back; whoever calls has found it in his area")
def reverse(tx: Tx, *, transfer_id: UUID, original_id: UUID, reason: str) -> None:
    """Take a transfer back; the same id again changes nothing, another id for the same original is refused.

    What was taken back no longer counts against caps. Points that are spent already cannot be taken back.
    """
    original = tx.db.get(Transfer, original_id)
    if original is None:
        raise TransferNotFound
    lock(tx, [original.from_id, original.to_id])
    if made := tx.db.get(Transfer, transfer_id):
        _must_be_same(tx, made, original_id=original_id, reason=reason)
        return
    if original.kind == TransferKind.reversal:
        raise NotReversible
    if tx.db.scalar(select(Transfer.id).where(Transfer.original_id == original_id)) is not None:
        raise AlreadyReversed
    moved = move(tx, _opposite(original, transfer_id, tx.vault.seal(f"{_REASON}:{transfer_id}", reason)))
    if original.household_id is not None:
        tx.emit(_event(original, transfer_id, moved))


def _must_be_same(tx: Tx, made: Transfer, *, original_id: UUID, reason: str) -> None:
    told = queries.reason_of(tx.vault, made)
    if (made.original_id, told) != (original_id, reason):
        raise TransferDiffers


def _opposite(original: Transfer, transfer_id: UUID, reason_sealed: bytes) -> Movement:
    return Movement(
        id=transfer_id,
        kind=TransferKind.reversal,
        from_id=original.to_id,
        to_id=original.from_id,
        points=original.points,
        area_path=original.area_path,
        rule=original.rule,
        counted_on=original.counted_on,
        claimed=-queries.signed(original),
        household_id=original.household_id,
        deed_by_id=original.deed_by_id,
        rule_name=original.rule_name,
        rule_version=original.rule_version,
        subject=original.subject,
        subject_id=original.subject_id,
        original_id=original.id,
        reason_sealed=reason_sealed,
    )


def _event(original: Transfer, transfer_id: UUID, moved: Moved) -> PointsMoved:
    assert original.household_id is not None
    points = -queries.signed(original)
    is_back = original.from_id == original.household_id
    return PointsMoved(
        transfer_id=transfer_id,
        household_id=original.household_id,
        area_path=original.area_path,
        points=points,
        balance=moved.to_balance if is_back else moved.from_balance,
        rule=original.rule,
        subject=original.subject,
        subject_id=original.subject_id,
        rule_name=original.rule_name,
        claimed=points,
        cut_by="",
        kind=TransferKind.reversal.value,
        person_id=original.deed_by_id,
    )
