"""What follows when points move: the audit knows, and the person whose deed it was (or the household's head) is told."""

from __future__ import annotations

from uuid import UUID

from app.domains.areas import queries as areas
from app.domains.audit import actions as audit
from app.domains.notices import actions as notices
from app.domains.points.events import PointsMoved
from app.domains.points.rules import TransferKind
from app.kernel.events import Reactions
from app.kernel.transaction import Tx

_TEMPLATES = {
    TransferKind.award: "points_arrived",
    TransferKind.deduction: "points_taken",
    TransferKind.reversal: "points_put_right",
}


def record_points(tx: Tx, event: PointsMoved) -> None:
    """The audit knows how many points moved, under which rule."""
    audit.record(
        tx,
        action=f"points.{event.kind}",
        subject="transfer",
        subject_id=event.transfer_id,
        area_path=event.area_path,
        detail={"rule": event.rule, "points": event.points, "claimed": event.claimed, "cut_by": event.cut_by},
    )


def tell_household(tx: Tx, event: PointsMoved) -> None:
    """Whose deed it was is told, or the head; an award of which a cap left nothing makes no noise, it stands in the list."""
    person_id = event.person_id or _head_of(tx, event.household_id)
    if person_id is None or (event.kind == TransferKind.award and not event.points):
        return
    notices.queue(
        tx,
        person_id=person_id,
        template=_TEMPLATES[TransferKind(event.kind)],
        values={
            "points": str(abs(event.points)),
            "what": event.rule_name or "评议结果",
            "balance": str(event.balance),
        },
        key=f"points:{event.transfer_id}",
        page=f"pages/points/index?entry={event.transfer_id}",
    )


def _head_of(tx: Tx, household_id: UUID) -> UUID | None:
    facts = areas.household_facts(tx.db, household_id)
    return None if facts is None else facts.head_id


REACTIONS: Reactions = {PointsMoved: (record_points, tell_household)}
