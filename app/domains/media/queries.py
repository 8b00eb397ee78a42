"""Questions about files and checks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domains.media.models import Check, File, Part
from app.domains.media.rules import CheckState, FileState
from app.kernel.access import unscoped
from app.kernel.crypto import token_hash


@unscoped("the caller decides who may see it: its owner, or who may see what it belongs to")
def file_of(db: Session, file_id: UUID) -> File | None:
    """A file that has arrived and was not refused."""
    return db.scalars(select(File).where(File.id == file_id, File.state != FileState.refused)).one_or_none()


@unscoped("one's own files, by who sent them")
def has_come(db: Session, person_id: UUID | None, file_ids: Collection[UUID]) -> bool:
    """Whether at least one of these files has come from somebody and was not refused: a name alone proves nothing."""
    own = select(File.id).where(File.id.in_(list(file_ids)), File.owner_id == person_id)
    return db.scalars(own.where(File.state != FileState.refused).limit(1)).first() is not None


class HowFar(NamedTuple):
    """How much of a file has come; the state only when it is whole, the names of its parts only while it is not."""

    received: int
    names: tuple[str, ...]
    state: FileState | None


@unscoped("one's own file, by the account that sends it")
def how_far(db: Session, file_id: UUID, account_id: UUID | None) -> HowFar:
    """What of a file has come from this account, whatever has become of it."""
    whole = db.scalars(select(File).where(File.id == file_id, File.account_id == account_id)).one_or_none()
    if whole is not None:
        return HowFar(whole.byte_count, (), FileState(whole.state))
    own = select(Part).where(Part.account_id == account_id, Part.file_id == file_id)
    parts = db.scalars(own.order_by(Part.start)).all()
    return HowFar(sum(part.byte_count for part in parts), tuple(part.storage_name for part in parts), None)


@unscoped("the token is the right: it is unguessable, and void as soon as the check is decided")
def file_to_fetch(db: Session, token: str) -> File | None:
    """The picture that the content checker may fetch under this token."""
    being_checked = File.verdict.in_([CheckState.waiting, CheckState.asked])
    found = select(File).where(File.fetch_index == token_hash(token), File.state == FileState.ready, being_checked)
    return db.scalars(found).one_or_none()


def checks_of(db: Session, subject: str) -> Sequence[Check]:
    """Every check that a subject waits for or has waited for."""
    return db.scalars(select(Check).where(Check.subject == subject).order_by(Check.id)).all()


@unscoped("asked by the sweep of bytes that belong to no row")
def known_names(db: Session, names: Collection[str]) -> set[str]:
    """Which of these names of stored bytes belong to a file, or to a part of one."""
    wanted = list(names)
    rows = db.execute(
        select(File.storage_name, File.thumbnail_name).where(
            or_(File.storage_name.in_(wanted), File.thumbnail_name.in_(wanted))
        )
    )
    parts = db.scalars(select(Part.storage_name).where(Part.storage_name.in_(wanted)))
    return {name for row in rows for name in row if name is not None} | set(parts)
