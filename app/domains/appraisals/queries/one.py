"""One appraisal followed from its declaration to its end, for those whose it is and those who answer for the place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domains.appraisals import rules
from app.domains.appraisals.errors import AppraisalNotFound
from app.domains.appraisals.models import Appraisal, TimelineEntry
from app.domains.appraisals.preset import AppraisalKind
from app.domains.appraisals.queries.own import is_nominated
from app.domains.appraisals.queries.parts import (
    ItemSeen,
    files_of,
    items_of,
    kind_of,
    names_in,
    told_to,
    voice_of,
    words_of,
)
from app.domains.appraisals.queries.voices import Voice, name_of_reason, voices_of
from app.domains.areas import queries as areas
from app.kernel.access import Actor, reach, unscoped
from app.kernel.crypto import Vault
from app.kernel.values import mask_name


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline: what happened when, and what can be said of it."""

    at: datetime
    step: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Followed:
    """One appraisal with its timeline; votes only of panels that have decided."""

    id: UUID
    kind: str
    kind_name: str
    items: tuple[ItemSeen, ...]
    household: str = field(repr=False)
    doer: str = field(repr=False)
    way: str
    done_on: date
    declared_at: datetime
    words: str = field(repr=False)
    file_ids: tuple[UUID, ...]
    voice_id: UUID | None
    stage: str
    due_at: datetime | None
    published_at: datetime | None
    publish_until: datetime | None
    publish_days: int  # as the rules say under which it runs; a last day on a holiday moves on
    points: int
    help: str
    may_withdraw: bool
    may_decline: bool
    timeline: tuple[Line, ...]
    voices: tuple[Voice, ...]


@unscoped("reach of the own household, what the actor has declared, or an area that he answers for")
def followed(db: Session, vault: Vault, actor: Actor, *, appraisal_id: UUID) -> Followed:
    """One appraisal and how it went, for the household, who declared it, and the offices of the place."""
    ways = [reach(actor, permission, Appraisal) for permission in ("appraisals.own", "appraisals.check")]
    is_ours = or_(*ways, Appraisal.declared_by == actor.person_id)
    appraisal = db.scalars(select(Appraisal).where(Appraisal.id == appraisal_id, is_ours)).one_or_none()
    if appraisal is None:
        raise AppraisalNotFound
    kind = kind_of(db, appraisal)
    names = names_in(db, vault, [appraisal])
    return Followed(
        id=appraisal.id,
        kind=appraisal.kind,
        kind_name=kind.name,
        items=tuple(items_of(db, [appraisal])[appraisal.id]),
        household=told_to(names.heads.get(appraisal.household_id, ""), appraisal, actor),
        doer=told_to(names.doers.get(appraisal.doer_id, ""), appraisal, actor),
        way=appraisal.way,
        done_on=appraisal.done_on,
        declared_at=appraisal.declared_at,
        words=words_of(vault, appraisal),
        file_ids=files_of(db, [appraisal], is_public=False).get(appraisal.id, ()),
        voice_id=voice_of(db, [appraisal]).get(appraisal.id),
        stage=appraisal.stage,
        due_at=appraisal.due_at,
        published_at=appraisal.published_at,
        publish_until=appraisal.publish_until,
        publish_days=kind.publish.days,
        points=appraisal.points,
        help=kind.refusal[appraisal.reason].help if appraisal.reason else "",
        may_withdraw=appraisal.declared_by == actor.person_id and appraisal.stage in rules.BEFORE_JUDGING,
        may_decline=is_nominated(appraisal, actor),
        timeline=tuple(_timeline(db, vault, appraisal_id, kind=kind)),
        voices=tuple(voices_of(db, vault, appraisal_id, kind=kind)),
    )


def _timeline(db: Session, vault: Vault, appraisal_id: UUID, *, kind: AppraisalKind) -> Iterator[Line]:
    """All lines, with the names of reasons in place of their keys, and a masked name where somebody acted for another."""
    lines: Sequence[TimelineEntry] = db.scalars(
        select(TimelineEntry).where(TimelineEntry.appraisal_id == appraisal_id).order_by(TimelineEntry.number)
    ).all()
    through = {UUID(line.detail[rules.THROUGH]) for line in lines if rules.THROUGH in line.detail}
    names = areas.names_of(db, vault, through)
    for line in lines:
        detail = dict(line.detail)
        if rules.THROUGH in detail:
            detail[rules.THROUGH] = mask_name(names.get(UUID(detail[rules.THROUGH]), ""))
        if reason := detail.get("reason"):
            detail["reason"] = name_of_reason(kind, reason)
        yield Line(line.at, line.step, detail)


@unscoped("asked again by who has done something about it: where it stands, nothing else")
def stage_of(db: Session, appraisal_id: UUID) -> rules.Stage | None:
    """Where an appraisal stands."""
    found = db.scalar(select(Appraisal.stage).where(Appraisal.id == appraisal_id))
    return None if found is None else rules.Stage(found)
