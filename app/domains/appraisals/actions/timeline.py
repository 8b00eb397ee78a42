"""The timeline of an appraisal, and what every event about it says of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.domains.appraisals.events import About
from app.domains.appraisals.models import Appraisal, Item, TimelineEntry
from app.domains.appraisals.preset import AppraisalKind
from app.domains.appraisals.rules import THROUGH, Step
from app.domains.areas import queries as areas
from app.kernel.policies import policy_of
from app.kernel.transaction import Tx


def write_down(tx: Tx, appraisal: Appraisal, step: Step, **detail: Any) -> None:
    """One line more; it can never be changed. Whoever acted for another is in it by his own name too."""
    through = {} if tx.actor.through_id is None else {THROUGH: str(tx.actor.through_id)}
    tx.add(
        TimelineEntry,
        id=tx.new_id(),
        appraisal_id=appraisal.id,
        at=tx.now,
        step=step,
        by_person_id=tx.actor.person_id,
        detail={**detail, **through},
    )


def acted_for(tx: Tx, appraisal: Appraisal) -> set[UUID]:
    """Through whom anything was done about it: they have a share in it like the household itself."""
    found = select(TimelineEntry.detail[THROUGH].astext).where(
        TimelineEntry.appraisal_id == appraisal.id, TimelineEntry.detail.has_key(THROUGH)
    )
    return {UUID(one) for one in tx.db.scalars(found)}


def kind_of(tx: Tx, appraisal: Appraisal) -> AppraisalKind:
    """The kind as it was when this was declared: a file that has changed since does not change what is under way."""
    return policy_of(tx.db, AppraisalKind, f"appraisals/{appraisal.kind}", version=appraisal.version)


def about(tx: Tx, appraisal: Appraisal) -> About:
    """What an event says of the appraisal it is about."""
    kind = kind_of(tx, appraisal)
    keys = tx.db.scalars(select(Item.key).where(Item.appraisal_id == appraisal.id).order_by(Item.id))
    names = "、".join(kind.item[key].name for key in keys)
    people = tuple(dict.fromkeys((appraisal.doer_id, *_head(tx, appraisal.household_id), appraisal.declared_by)))
    return About(appraisal.id, appraisal.kind, kind.name, names, appraisal.area_path, appraisal.household_id, people)


def household_people(tx: Tx, appraisal: Appraisal) -> tuple[UUID, ...]:
    """Who of the household is told: the doer and the head."""
    return tuple(dict.fromkeys((appraisal.doer_id, *_head(tx, appraisal.household_id))))


def _head(tx: Tx, household_id: UUID) -> tuple[UUID, ...]:
    facts = areas.household_facts(tx.db, household_id)
    return (facts.head_id,) if facts and facts.head_id else ()
