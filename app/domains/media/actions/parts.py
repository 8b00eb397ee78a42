"""A file that comes in parts: each is kept as it arrives, so that a phone in the hills goes on where the signal was lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select

from app.domains.media import rules
from app.domains.media.actions.files import wait_for_turn
from app.domains.media.errors import PartDoesNotFit, PartGap
from app.domains.media.models import Part
from app.domains.media.preset import MediaLimits
from app.kernel.errors import Forbidden
from app.kernel.transaction import Tx

KB = 1024


@dataclass(frozen=True, slots=True)
class NewPart:
    """A part whose bytes are already kept."""

    file_id: UUID
    kind: rules.FileKind
    start: int
    byte_count: int
    whole_bytes: int
    storage_name: str


@dataclass(frozen=True, slots=True)
class KeptPart:
    """How far the file is now, and the stored bytes that nobody needs any more."""

    received: int
    unneeded: Sequence[str]


def keep_part(tx: Tx, new: NewPart) -> KeptPart:
    """Keep the part that follows; one that has come before is not kept twice, and one further on is refused."""
    account_id = tx.actor.account_id
    if account_id is None or not tx.actor.places("media.write"):
        raise Forbidden
    wait_for_turn(tx, account_id)
    earlier = _parts(tx, account_id, new.file_id)
    received = sum(part.byte_count for part in earlier)
    _check(tx, new, earlier, received=received)
    if new.start < received:
        return KeptPart(received, [new.storage_name])
    unneeded = [] if earlier else _make_room(tx, account_id)
    tx.add(
        Part,
        account_id=account_id,
        file_id=new.file_id,
        start=new.start,
        byte_count=new.byte_count,
        whole_bytes=new.whole_bytes,
        kind=new.kind,
        storage_name=new.storage_name,
        received_at=tx.now,
    )
    return KeptPart(received + new.byte_count, unneeded)


def forget_parts(tx: Tx, file_id: UUID) -> list[str]:
    """The file is whole, or will never be; answers the names of the bytes that nobody needs any more."""
    gone = delete(Part).where(Part.account_id == tx.actor.account_id, Part.file_id == file_id)
    return list(tx.db.scalars(gone.returning(Part.storage_name)))


def forget_old_parts(tx: Tx) -> list[str]:
    """Files whose rest did not come for days; the phone still has them and begins anew."""
    limits: MediaLimits = tx.runtime.presets["media"]
    newest = func.max(Part.received_at).over(partition_by=(Part.account_id, Part.file_id))
    aged = select(Part.storage_name, newest.label("newest")).subquery()
    old = select(aged.c.storage_name).where(aged.c.newest < tx.now - timedelta(days=limits.part_days))
    return list(tx.db.scalars(delete(Part).where(Part.storage_name.in_(old)).returning(Part.storage_name)))


def _parts(tx: Tx, account_id: UUID, file_id: UUID) -> Sequence[Part]:
    return tx.db.scalars(
        select(Part).where(Part.account_id == account_id, Part.file_id == file_id).order_by(Part.start)
    ).all()


def _check(tx: Tx, new: NewPart, earlier: Sequence[Part], *, received: int) -> None:
    least = tx.runtime.presets["media"].part_least_kb * KB
    is_other = any((part.whole_bytes, part.kind) != (new.whole_bytes, new.kind) for part in earlier)
    if is_other or new.start + new.byte_count > new.whole_bytes:
        raise PartDoesNotFit(field="size")
    if not rules.is_large_enough(start=new.start, byte_count=new.byte_count, whole=new.whole_bytes, least=least):
        raise PartDoesNotFit(field="file")
    if new.start > received:
        raise PartGap(field="offset")


def _make_room(tx: Tx, account_id: UUID) -> list[str]:
    """Of files that are half here only the newest few are kept; an older one begins anew, the phone still has it."""
    limits: MediaLimits = tx.runtime.presets["media"]
    last = func.max(Part.received_at)
    half_here = select(Part.file_id).where(Part.account_id == account_id).group_by(Part.file_id)
    oldest = half_here.order_by(last.desc(), Part.file_id.desc()).offset(limits.part_files - 1)
    gone = delete(Part).where(Part.account_id == account_id, Part.file_id.in_(oldest.scalar_subquery()))
    return list(tx.db.scalars(gone.returning(Part.storage_name)))
