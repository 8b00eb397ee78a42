"""Lists for many: what is published in a village or its town, and what waits for the first look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.domains.appraisals import rules
from app.domains.appraisals.models import Appraisal, Flag, Objection, Panel
from app.domains.appraisals.preset import AppraisalKind, Refusal
from app.domains.appraisals.queries.parts import (
    ItemSeen,
    files_of,
    items_of,
    kind_of,
    names_in,
    shown_as,
    voice_of,
    words_of,
)
from app.domains.areas import queries as areas
from app.kernel.access import Actor, below, scoped, unscoped
from app.kernel.crypto import Vault
from app.kernel.errors import Forbidden

_PAGE = 30


class Far(StrEnum):
    """How far the board reaches."""

    village = "village"
    town = "town"


class OwnObjection(NamedTuple):
    """What the reader himself has said against a publication, and what came of it."""

    reason: str
    state: str
    at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One published appraisal as this reader may read it."""

    id: UUID
    kind: str
    kind_name: str
    items: tuple[ItemSeen, ...]
    name: str = field(repr=False)
    place: str
    words: str = field(repr=False)
    file_ids: tuple[UUID, ...]
    stage: str
    points: int
    yes_count: int
    no_count: int
    published_at: datetime
    until: datetime
    may_object: bool
    is_mine: bool
    reasons: dict[str, str]
    objection: OwnObjection | None


@unscoped("published in the reader's own village or town; names as the kind allows")
def published(
    db: Session, vault: Vault, actor: Actor, *, far: Far, now: datetime, after: tuple[datetime, UUID] | None = None
) -> Sequence[Shown]:
    """Thirty published appraisals of the reader's village or town, the newest first."""
    found = (
        select(Appraisal)
        .where(below(Appraisal.area_path, _place(actor, far)), Appraisal.stage.in_(rules.SHOWN))
        .order_by(Appraisal.published_at.desc(), Appraisal.id.desc())
    )
    if after is not None:
        found = found.where(tuple_(Appraisal.published_at, Appraisal.id) < after)
    return _seen_by(db, vault, actor, rows=db.scalars(found.limit(_PAGE)).all(), now=now)


def _place(actor: Actor, far: Far) -> str:
    paths = actor.paths("appraisals.read")
    if not paths:
        raise Forbidden
    home = areas.village_of(max(paths, key=len))
    return (areas.parent_of(home) or home) if far is Far.town and areas.level_of(home) == "village" else home


def _seen_by(db: Session, vault: Vault, actor: Actor, *, rows: Sequence[Appraisal], now: datetime) -> Sequence[Shown]:
    """Published appraisals as a reader may read them."""
    items, names, files = items_of(db, rows), names_in(db, vault, rows), files_of(db, rows, is_public=True)
    places = areas.place_names(db, {row.area_path for row in rows})
    counts, objections = _counts(db, rows), _objections_by(db, actor, rows)
    board = []
    for row in rows:
        kind = kind_of(db, row)
        name = shown_as(names, row, kind, is_near=_is_near(actor, row))
        looks = _Looks(
            kind,
            tuple(items[row.id]),
            files.get(row.id, ()),
            name,
            places.get(row.area_path, ""),
            counts.get(row.id, (0, 0)),
            objections.get(row.id),
        )
        board.append(_shown(vault, actor, row, looks=looks, now=now))
    return board


class _Looks(NamedTuple):
    """What belongs to one row of the board and was read for all rows at once."""

    kind: AppraisalKind
    items: tuple[ItemSeen, ...]
    files: tuple[UUID, ...]
    name: str
    place: str
    counts: tuple[int, int]
    objection: Objection | None


def _counts(db: Session, rows: Sequence[Appraisal]) -> dict[UUID, tuple[int, int]]:
    """How the panel that decided last has voted: yes and no, without names."""
    found = (
        select(Panel.appraisal_id, Panel.yes_count, Panel.no_count)
        .where(Panel.appraisal_id.in_([row.id for row in rows]), Panel.decided_at.is_not(None))
        .order_by(Panel.appraisal_id, Panel.round)
    )
    return {appraisal_id: (yes or 0, no or 0) for appraisal_id, yes, no in db.execute(found)}


def _objections_by(db: Session, actor: Actor, rows: Sequence[Appraisal]) -> dict[UUID, Objection]:
    """The reader's own objections, the latest of each."""
    mine = select(Objection).where(
        Objection.appraisal_id.in_([row.id for row in rows]), Objection.person_id == actor.person_id
    )
    return {one.appraisal_id: one for one in db.scalars(mine.order_by(Objection.publication))}


def _is_near(actor: Actor, row: Appraisal) -> bool:
    """Whether the reader belongs to the village, or answers for it."""
    return any(row.area_path.startswith(path) for path in actor.paths("appraisals.read"))


def _shown(vault: Vault, actor: Actor, row: Appraisal, *, looks: _Looks, now: datetime) -> Shown:
    assert row.published_at
    assert row.publish_until
    is_open = row.stage not in rules.ENDED and now < row.publish_until
    return Shown(
        id=row.id,
        kind=row.kind,
        kind_name=looks.kind.name,
        items=looks.items,
        name=looks.name,
        place=looks.place,
        words=words_of(vault, row) if row.words_state == rules.WordsState.passed else "",
        file_ids=looks.files,
        stage=row.stage,
        points=row.points,
        yes_count=looks.counts[0],
        no_count=looks.counts[1],
        published_at=row.published_at,
        until=row.publish_until,
        may_object=is_open
        and not _has_objected(looks.objection, row)
        and actor.covers("appraisals.object", row.area_path),
        is_mine=row.household_id == actor.household_id or row.declared_by == actor.person_id,
        reasons=looks.kind.objection.reasons if is_open else {},
        objection=_own(looks.objection, looks.kind),
    )


def _has_objected(objection: Objection | None, row: Appraisal) -> bool:
    return objection is not None and objection.publication == row.publication


def _own(objection: Objection | None, kind: AppraisalKind) -> OwnObjection | None:
    if objection is None:
        return None
    reason = kind.objection.reasons.get(objection.reason, "")
    return OwnObjection(reason, objection.state, objection.at, objection.answered_at)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One appraisal that waits for the first look, with what is to be looked at twice."""

    id: UUID
    kind: str
    kind_name: str
    items: tuple[ItemSeen, ...]
    household: str = field(repr=False)
    doer: str = field(repr=False)
    way: str
    done_on: date
    declared_at: datetime
    due_at: datetime | None
    words: str = field(repr=False)
    words_state: str
    file_ids: tuple[UUID, ...]
    voice_id: UUID | None
    flags: tuple[tuple[str, UUID], ...]
    refusals: dict[str, Refusal]


def check_queue(db: Session, vault: Vault, actor: Actor) -> Sequence[Waiting]:
    """What waits for the actor's look, the longest waiting first; his own household's is left to others."""
    found = scoped(actor, "appraisals.check", Appraisal).where(Appraisal.stage == rules.Stage.checking)
    if actor.household_id is not None:
        found = found.where(Appraisal.household_id != actor.household_id)
    rows = db.scalars(found.order_by(Appraisal.declared_at, Appraisal.id).limit(100)).all()
    items, names, files = items_of(db, rows), names_in(db, vault, rows), files_of(db, rows, is_public=False)
    voices, flags = voice_of(db, rows), _flags(db, [row.id for row in rows])
    return [
        Waiting(
            id=row.id,
            kind=row.kind,
            kind_name=(kind := kind_of(db, row)).name,
            items=tuple(items[row.id]),
            household=names.heads.get(row.household_id, ""),
            doer=names.doers.get(row.doer_id, ""),
            way=row.way,
            done_on=row.done_on,
            declared_at=row.declared_at,
            due_at=row.due_at,
            words=words_of(vault, row),
            words_state=row.words_state,
            file_ids=files.get(row.id, ()),
            voice_id=voices.get(row.id),
            flags=tuple(flags.get(row.id, ())),
            refusals=kind.refusal,
        )
        for row in rows
    ]


def _flags(db: Session, ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, UUID]]]:
    found: dict[UUID, list[tuple[str, UUID]]] = {}
    for flag in db.scalars(select(Flag).where(Flag.appraisal_id.in_(ids)).order_by(Flag.kind, Flag.other_id)):
        found.setdefault(flag.appraisal_id, []).append((flag.kind, flag.other_id))
    return found
