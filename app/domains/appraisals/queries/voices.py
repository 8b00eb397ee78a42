"""The votes of panels that have decided: blind until then, nameless after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.appraisals.models import Panel, Seat, Vote
from app.domains.appraisals.preset import AppraisalKind
from app.kernel.crypto import Vault


@dataclass(frozen=True, slots=True)
class Voice:
    """One vote of a panel that has decided, without a name."""

    round: int
    is_yes: bool
    points: int
    reason: str
    words: str = field(repr=False)


def name_of_reason(kind: AppraisalKind, key: str) -> str:
    """What people call a reason of a vote, a refusal or an objection."""
    if key in kind.refusal:
        return kind.refusal[key].name
    return kind.praise.get(key) or kind.objection.reasons.get(key, "")


def voices_of(db: Session, vault: Vault, appraisal_id: UUID, *, kind: AppraisalKind) -> Iterator[Voice]:
    """The votes of all panels of one appraisal that have decided."""
    found = (
        select(Vote, Seat.round)
        .join(Seat, Seat.id == Vote.seat_id)
        .join(Panel, (Panel.appraisal_id == Seat.appraisal_id) & (Panel.round == Seat.round))
        .where(Seat.appraisal_id == appraisal_id, Panel.decided_at.is_not(None))
        .order_by(Seat.round, Vote.seat_id)
    )
    for vote, number in db.execute(found):
        yield voice_in(vault, vote, number, kind=kind)


def voice_in(vault: Vault, vote: Vote, number: int, *, kind: AppraisalKind) -> Voice:
    """One vote as it may be read."""
    sealed = vote.words_sealed
    words = vault.open(f"appraisals_vote.words:{vote.seat_id}", sealed) if sealed else ""
    return Voice(number, vote.is_yes, vote.points, name_of_reason(kind, vote.reason), words)
