"""What follows from a verdict: publication, a fresh publication, or a no; and at its end the thing itself."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.domains.appraisals import rules
from app.domains.appraisals.actions.ending import end, refuse
from app.domains.appraisals.actions.timeline import about, write_down
from app.domains.appraisals.events import AppraisalInForce, AppraisalPublished, ObjectionsAnswered
from app.domains.appraisals.models import Appraisal, Item, Objection, Title
from app.domains.appraisals.preset import AppraisalKind
from app.domains.points import actions as ledger
from app.kernel.clocks import due_after_calendar_days
from app.kernel.transaction import Tx
from app.kernel.values import local_day


def settle_verdict(
    tx: Tx, appraisal: Appraisal, kind: AppraisalKind, *, is_review: bool, is_yes: bool, points: int, reason: str
) -> None:
    """A yes is published; a review that changes nothing lets the clock run on, one that changes it starts it anew."""
    is_changed = not is_yes or points != appraisal.points
    if is_review:
        answer_objections(tx, appraisal, is_upheld=is_changed)
    if not is_yes:
        refuse(tx, appraisal, kind, reason=reason)
    elif is_review and not is_changed:
        appraisal.stage = rules.Stage.published
        assert appraisal.publish_until
        appraisal.due_at = max(appraisal.publish_until, tx.now)
    else:
        appraisal.points = points
        publish(tx, appraisal, kind)


def publish(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    """Everybody of the village may see it and object, for so many calendar days from now."""
    for item in _items(tx, appraisal):
        item.claimed = appraisal.points
    appraisal.stage = rules.Stage.published
    appraisal.publication += 1
    appraisal.published_at = tx.now
    appraisal.publish_until = due_after_calendar_days(tx.now, kind.publish.days, tx.runtime.calendar)
    appraisal.due_at = appraisal.publish_until
    write_down(
        tx, appraisal, rules.Step.published, publication=appraisal.publication,
        until=appraisal.publish_until.isoformat(), points=appraisal.points,
    )  # fmt: skip
    tx.emit(AppraisalPublished(about(tx, appraisal), appraisal.publication, appraisal.publish_until, appraisal.points))


def answer_objections(tx: Tx, appraisal: Appraisal, *, is_upheld: bool) -> None:
    """All objections of this publication have one answer."""
    state = rules.ObjectionState.upheld if is_upheld else rules.ObjectionState.dismissed
    answered = open_objections(tx, appraisal.id)
    for objection in answered:
        objection.state, objection.answered_at = state, tx.now
    appraisal.answer_due_at = None
    write_down(tx, appraisal, rules.Step.answered, is_upheld=is_upheld, count=len(answered))
    told = tuple((objection.id, objection.person_id) for objection in answered)
    tx.emit(ObjectionsAnswered(about(tx, appraisal), told, is_upheld))


def open_objections(tx: Tx, appraisal_id: UUID) -> Sequence[Objection]:
    """The objections that nobody has answered."""
    found = select(Objection).where(
        Objection.appraisal_id == appraisal_id, Objection.state == rules.ObjectionState.open
    )
    return tx.db.scalars(found.order_by(Objection.id)).all()


def _items(tx: Tx, appraisal: Appraisal) -> Sequence[Item]:
    return tx.db.scalars(select(Item).where(Item.appraisal_id == appraisal.id).order_by(Item.id)).all()


def bring_into_force(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    """The days are over and no objection is open: the points are in the account, or the title holds, with this commit."""
    if appraisal.publish_until is None or appraisal.publish_until > tx.now or open_objections(tx, appraisal.id):
        return
    end(tx, appraisal, rules.Stage.in_force)
    items = _items(tx, appraisal)
    cuts = [_award(tx, appraisal, item, kind=kind) for item in items] if kind.gives.what == "points" else []
    until = _entitle(tx, appraisal, items, kind=kind) if kind.gives.what == "star" else ""
    claimed, given = sum(item.claimed for item in items), sum(item.given or 0 for item in items)
    write_down(tx, appraisal, rules.Step.in_force, claimed=claimed, given=given, until=until)
    tx.emit(AppraisalInForce(about(tx, appraisal), claimed, given, next(filter(None, cuts), ""), until))


def _award(tx: Tx, appraisal: Appraisal, item: Item, *, kind: AppraisalKind) -> str:
    """The item's id is the transfer's: however often this runs, it pays once. Says which cap has cut it."""
    rule = kind.item[item.key]
    caps = () if rule.cap is None else (ledger.Cap(item.key, rule.cap, rule.per),)
    awarded = ledger.award(
        tx,
        ledger.Award(
            transfer_id=item.id,
            household_id=appraisal.household_id,
            person_id=appraisal.doer_id,
            area_path=appraisal.area_path,
            rule=f"{appraisal.kind}.{item.key}",
            rule_version=appraisal.version,
            subject="appraisal",
            subject_id=appraisal.id,
            points=item.claimed,
            on=appraisal.done_on,
            caps=caps,
            rule_name=rule.name,
        ),
    )
    item.given, item.cut_by = awarded.given, awarded.cut_by
    return awarded.cut_by


def _entitle(tx: Tx, appraisal: Appraisal, items: Sequence[Item], *, kind: AppraisalKind) -> str:
    assert kind.gives.months
    since = local_day(tx.now)
    until = rules.months_later(since, kind.gives.months)
    tx.add(
        Title,
        appraisal_id=appraisal.id,
        household_id=appraisal.household_id,
        area_path=appraisal.area_path,
        kind=appraisal.kind,
        items=[item.key for item in items],
        since=since,
        until=until,
        has_plate_consent=appraisal.has_plate_consent,
    )
    return until.isoformat()
