"""A file arrives raw, a worker takes it and draws it anew, and then it is ready or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update

from app.domains.media import rules
from app.domains.media.errors import QuotaReached
from app.domains.media.models import Check, File
from app.domains.media.preset import MB
from app.domains.media.rules import CheckState, FileKind, FileState
from app.kernel import queue
from app.kernel.access import unscoped
from app.kernel.errors import Forbidden
from app.kernel.transaction import Tx
from app.kernel.values import local_day, start_of

_LEASE = 60


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file whose bytes are already kept."""

    id: UUID
    kind: FileKind
    storage_name: str
    byte_count: int
    sha256: bytes


class TakenFile(NamedTuple):
    """A file that this worker may clean; the attempt is its fence."""

    id: UUID
    attempt: int
    storage_name: str


def receive_file(tx: Tx, new: NewFile) -> FileState:
    """Take over a file that somebody has sent; a picture is cleaned by a worker, a recording is kept as it is."""
    account_id, paths = tx.actor.account_id, tx.actor.places("media.write")
    if account_id is None or not paths:
        raise Forbidden
    _check_quota(tx, account_id, new.byte_count)
    state = FileState.received if new.kind is FileKind.picture else FileState.ready
    tx.add(
        File,
        id=new.id,
        account_id=account_id,
        owner_id=tx.actor.person_id,
        area_path=paths[0],
        kind=new.kind,
        state=state,
        verdict=CheckState.waiting,
        storage_name=new.storage_name,
        byte_count=new.byte_count,
        sha256=new.sha256,
        received_at=tx.now,
        next_at=tx.now,
        attempt=0,
    )
    return state


@unscoped("counts what the account itself has sent today")
def _check_quota(tx: Tx, account_id: UUID, more: int) -> None:
    """One account's uploads wait for each other here, so that many at once cannot pass together."""
    limits = tx.runtime.presets["media"]
    wait_for_turn(tx, account_id)
    today = start_of(local_day(tx.now))
    sent = select(func.coalesce(func.sum(File.byte_count), 0), func.count()).where(
        File.account_id == account_id, File.received_at >= today
    )
    size, count = tx.db.execute(sent).one()
    if size + more > limits.day_mb * MB or count >= limits.day_files:
        raise QuotaReached(wait_seconds=3600)


def wait_for_turn(tx: Tx, account_id: UUID) -> None:
    """What one account sends is taken one after the other."""
    tx.db.execute(select(func.pg_advisory_xact_lock(account_id.int & 0x7FFF_FFFF_FFFF_FFFF)))


@unscoped("a worker takes whatever has arrived, from whomever")
def take_files(tx: Tx, *, limit: int) -> Sequence[TakenFile]:
    """Take some pictures that wait to be cleaned, for a minute."""
    rows = queue.claim(tx.db, File, ready=File.state == FileState.received, now=tx.now, limit=limit, seconds=_LEASE)
    return [TakenFile(row.id, row.attempt, row.storage_name) for row in rows]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Where a picture that was drawn anew is kept, and what it looks like."""

    storage_name: str
    thumbnail_name: str
    width: int
    height: int
    look: int


@unscoped("writes about the file that this worker has taken")
def keep_clean(tx: Tx, taken: TakenFile, drawn: Drawn) -> bool:
    """The picture is ready; False when another worker has taken it meanwhile. Checks that waited for it go on."""
    done = tx.db.execute(
        update(File)
        .where(queue.mine(File, taken.id, taken.attempt), File.state == FileState.received)
        .values(
            state=FileState.ready,
            storage_name=drawn.storage_name,
            thumbnail_name=drawn.thumbnail_name,
            width=drawn.width,
            height=drawn.height,
            look=drawn.look,
            claimed_until=None,
        )
        .returning(File.id)
        .execution_options(synchronize_session=False)
    ).first()
    _wake_checks(tx, taken.id)
    return done is not None


@unscoped("writes about the file that this worker has taken")
def refuse_file(tx: Tx, taken: TakenFile, reason: str) -> bool:
    """The file is no picture that we can show; False when another worker has taken it meanwhile."""
    done = tx.db.execute(
        update(File)
        .where(queue.mine(File, taken.id, taken.attempt), File.state == FileState.received)
        .values(state=FileState.refused, refusal=reason, claimed_until=None)
        .returning(File.id)
        .execution_options(synchronize_session=False)
    ).first()
    _wake_checks(tx, taken.id)
    return done is not None


def _wake_checks(tx: Tx, file_id: UUID) -> None:
    tx.db.execute(
        update(Check)
        .where(Check.file_id == file_id, Check.state == rules.CheckState.waiting)
        .values(next_at=tx.now)
        .execution_options(synchronize_session=False)
    )
