"""What waits for an office beside the first look: doors to be looked in at, and objections that it has to answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.domains.appraisals import rules
from app.domains.appraisals.models import Appraisal, Objection, TimelineEntry
from app.domains.appraisals.preset import Refusal
from app.domains.appraisals.queries.panels import objections_to
from app.domains.appraisals.queries.parts import ItemSeen, files_of, items_of, kind_of, names_in, voice_of, words_of
from app.kernel.access import Actor, scoped, unscoped
from app.kernel.crypto import Vault
from app.kernel.values import local_day, start_of

_MOST = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an office reads of anything that waits for it: what it is, of whom, in which words."""

    id: UUID
    kind_name: str
    items: tuple[ItemSeen, ...]
    household: str = field(repr=False)
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Trying(Waiting):
    """One household that is being tried: how often somebody has looked in, and how often it takes."""

    looks: int
    looks_wanted: int
    until: datetime | None
    looked_today: bool


@dataclass(frozen=True, slots=True)
class Contested(Waiting):
    """One publication to which somebody objects and that an office has to answer."""

    file_ids: tuple[UUID, ...]
    voice_id: UUID | None
    objections: tuple[str, ...] = field(repr=False)
    due_at: datetime | None
    refusals: dict[str, Refusal]


def tried_in(db: Session, vault: Vault, actor: Actor, *, now: datetime) -> Sequence[Trying]:
    """Households that are being tried where the actor looks in, but not his own; those that end first come first."""
    found = scoped(actor, "appraisals.look", Appraisal).where(Appraisal.stage == rules.Stage.trial)
    if actor.household_id is not None:
        found = found.where(Appraisal.household_id != actor.household_id)
    rows = db.scalars(found.order_by(Appraisal.due_at, Appraisal.id).limit(_MOST)).all()
    seen = _looked_today(db, actor, rows, now=now)
    return [
        Trying(
            **asdict(facts),
            looks=row.looks,
            looks_wanted=trial.looks if (trial := kind_of(db, row).trial) else 0,
            until=row.due_at,
            looked_today=row.id in seen,
        )
        for row, facts in _facts(db, vault, rows)
    ]


@unscoped("the actor's own looks at appraisals that he has reached")
def _looked_today(db: Session, actor: Actor, rows: Sequence[Appraisal], *, now: datetime) -> set[UUID]:
    mine = select(TimelineEntry).where(
        TimelineEntry.appraisal_id.in_([row.id for row in rows]),
        TimelineEntry.step == rules.Step.looked_in,
        TimelineEntry.by_person_id == actor.person_id,
        TimelineEntry.at >= start_of(local_day(now)),
    )
    lines = db.scalars(mine)
    return {line.appraisal_id for line in lines if rules.day_of_look(line.at, line.detail) == local_day(now)}


def contested_in(db: Session, vault: Vault, actor: Actor) -> Sequence[Contested]:
    """What waits for the actor's answer; not what is his own, what he has declared, or what he himself objects to."""
    by_himself = exists().where(Objection.appraisal_id == Appraisal.id, Objection.person_id == actor.person_id)
    found = (
        scoped(actor, "appraisals.answer", Appraisal)
        .where(Appraisal.stage == rules.Stage.objected, Appraisal.answer_due_at.is_not(None))
        .where(Appraisal.declared_by != actor.person_id, ~by_himself)
        .order_by(Appraisal.answer_due_at, Appraisal.id)
    )
    if actor.household_id is not None:
        found = found.where(Appraisal.household_id != actor.household_id)
    rows = [row for row in db.scalars(found.limit(_MOST)) if kind_of(db, row).objection.answered_by != "panel"]
    files, voices = files_of(db, rows, is_public=False), voice_of(db, rows)
    return [
        Contested(
            **asdict(facts),
            file_ids=files.get(row.id, ()),
            voice_id=voices.get(row.id),
            objections=objections_to(db, vault, row, kind=(kind := kind_of(db, row))),
            due_at=row.answer_due_at,
            refusals=kind.refusal,
        )
        for row, facts in _facts(db, vault, rows)
    ]


def _facts(db: Session, vault: Vault, rows: Sequence[Appraisal]) -> Iterator[tuple[Appraisal, Waiting]]:
    items, names = items_of(db, rows), names_in(db, vault, rows)
    for row in rows:
        household = names.heads.get(row.household_id, "")
        yield row, Waiting(row.id, kind_of(db, row).name, tuple(items[row.id]), household, words_of(vault, row))
