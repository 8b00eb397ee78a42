"""One's own: what one has declared, what others have declared for one's household, and the titles it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from app.domains.appraisals import rules
from app.domains.appraisals.models import Appraisal, Title
from app.domains.appraisals.queries.parts import ItemSeen, items_of, kind_of, names_in, told_to
from app.kernel.access import Actor, reach, scoped, unscoped
from app.kernel.crypto import Vault

_PAGE = 30


@dataclass(frozen=True, slots=True)
class Mine:
    """One appraisal in the list of who declared it or whose household it is about."""

    id: UUID
    kind: str
    kind_name: str
    items: tuple[ItemSeen, ...]
    household: str = field(repr=False)
    way: str
    stage: str
    declared_at: datetime
    due_at: datetime | None
    points: int
    given: int | None
    may_withdraw: bool
    may_decline: bool


@unscoped("reach of the own household, or what the actor himself has declared")
def mine(db: Session, vault: Vault, actor: Actor, *, after: tuple[datetime, UUID] | None = None) -> Sequence[Mine]:
    """Thirty of one's own, the newest first."""
    is_own = or_(reach(actor, "appraisals.own", Appraisal), Appraisal.declared_by == actor.person_id)
    found = select(Appraisal).where(is_own).order_by(Appraisal.declared_at.desc(), Appraisal.id.desc())
    if after is not None:
        found = found.where(tuple_(Appraisal.declared_at, Appraisal.id) < after)
    rows = db.scalars(found.limit(_PAGE)).all()
    items, names = items_of(db, rows), names_in(db, vault, rows)
    return [
        Mine(
            id=row.id,
            kind=row.kind,
            kind_name=kind_of(db, row).name,
            items=tuple(items[row.id]),
            household=told_to(names.heads.get(row.household_id, ""), row, actor),
            way=row.way,
            stage=row.stage,
            declared_at=row.declared_at,
            due_at=row.publish_until if row.stage == rules.Stage.published else row.due_at,
            points=row.points,
            given=_given(items[row.id]),
            may_withdraw=row.declared_by == actor.person_id and row.stage in rules.BEFORE_JUDGING,
            may_decline=is_nominated(row, actor),
        )
        for row in rows
    ]


def is_nominated(appraisal: Appraisal, actor: Actor) -> bool:
    """Whether this is about the actor's household, declared by others, and can still be turned down."""
    is_ours = appraisal.household_id == actor.household_id and appraisal.way != rules.Way.villager
    return is_ours and appraisal.stage not in rules.ENDED


def _given(items: Sequence[ItemSeen]) -> int | None:
    given = [item.given for item in items if item.given is not None]
    return sum(given) if given else None


def titles_of(db: Session, actor: Actor, today: date) -> Sequence[Title]:
    """The titles that the actor's own household holds today."""
    found = scoped(actor, "appraisals.own", Title).where(Title.since <= today, Title.until > today)
    return db.scalars(found.order_by(Title.since)).all()
