"""What a member of a panel sees: before he votes the deed alone, not who declared it and not what others have said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.appraisals import rules
from app.domains.appraisals.models import Appraisal, Objection, Panel, Seat, Vote
from app.domains.appraisals.preset import AppraisalKind
from app.domains.appraisals.queries.parts import ItemSeen, files_of, items_of, kind_of, names_in, voice_of, words_of
from app.domains.appraisals.queries.voices import Voice, voice_in, voices_of
from app.kernel.access import Actor, unscoped
from app.kernel.crypto import Vault

_LATEST = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """One appraisal that waits for the actor's vote."""

    id: UUID
    round: int
    is_review: bool
    kind: str
    kind_name: str
    items: tuple[ItemSeen, ...]
    household: str = field(repr=False)
    doer: str = field(repr=False)
    done_on: date
    words: str = field(repr=False)
    file_ids: tuple[UUID, ...]
    voice_id: UUID | None
    objections: tuple[str, ...]
    points: tuple[int, int]
    points_before: int | None
    due_at: datetime
    policy: AppraisalKind


@unscoped("only where the actor himself was drawn and has not voted")
def asked_of(db: Session, vault: Vault, actor: Actor) -> Sequence[Asked]:
    """What waits for the actor's vote, the most urgent first."""
    found = (
        select(Appraisal, Seat, Panel)
        .join(Seat, Seat.appraisal_id == Appraisal.id)
        .join(Panel, (Panel.appraisal_id == Seat.appraisal_id) & (Panel.round == Seat.round))
        .where(Seat.person_id == actor.person_id, Seat.state == rules.SeatState.asked)
        .where(Seat.round == Appraisal.round)
        .order_by(Seat.due_at, Seat.id)
    )
    rows = db.execute(found).all()
    appraisals = [appraisal for appraisal, _, _ in rows]
    items, names = items_of(db, appraisals), names_in(db, vault, appraisals)
    files, voices = files_of(db, appraisals, is_public=False), voice_of(db, appraisals)
    asked = []
    for appraisal, seat, panel in rows:
        kind = kind_of(db, appraisal)
        gives_points = kind.gives.what == "points"
        asked.append(
            Asked(
                id=appraisal.id,
                round=seat.round,
                is_review=panel.is_review,
                kind=appraisal.kind,
                kind_name=kind.name,
                items=tuple(items[appraisal.id]),
                household=names.heads.get(appraisal.household_id, ""),
                doer=names.doers.get(appraisal.doer_id, ""),
                done_on=appraisal.done_on,
                words=words_of(vault, appraisal),
                file_ids=files.get(appraisal.id, ()),
                voice_id=voices.get(appraisal.id),
                objections=objections_to(db, vault, appraisal, kind=kind) if panel.is_review else (),
                points=kind.item[items[appraisal.id][0].key].points if gives_points else (0, 0),
                points_before=appraisal.points if panel.is_review and gives_points else None,
                due_at=seat.due_at,
                policy=kind,
            )
        )
    return asked


def objections_to(db: Session, vault: Vault, appraisal: Appraisal, *, kind: AppraisalKind) -> tuple[str, ...]:
    """What was objected, without who."""
    found = select(Objection).where(
        Objection.appraisal_id == appraisal.id, Objection.publication == appraisal.publication
    )
    return tuple(_said(vault, each, kind) for each in db.scalars(found.order_by(Objection.id)))


def _said(vault: Vault, objection: Objection, kind: AppraisalKind) -> str:
    reason = kind.objection.reasons[objection.reason]
    if objection.words_sealed is None:
        return reason
    return f"{reason}：{vault.open(f'appraisals_objection.words:{objection.id}', objection.words_sealed)}"


@dataclass(frozen=True, slots=True)
class Judged:
    """One appraisal on which the actor has voted: his own word at once, the others' when all have spoken."""

    id: UUID
    round: int
    kind_name: str
    items: tuple[ItemSeen, ...]
    voted_at: datetime
    own: Voice
    is_decided: bool
    is_yes: bool
    points: int
    voices: tuple[Voice, ...]


@unscoped("only where the actor himself has voted; the others' votes only of panels that have decided, and nameless")
def judged_by(db: Session, vault: Vault, actor: Actor) -> Sequence[Judged]:
    """What the actor has voted on, the newest first."""
    found = (
        select(Appraisal, Panel, Vote)
        .join(Seat, Seat.appraisal_id == Appraisal.id)
        .join(Panel, (Panel.appraisal_id == Seat.appraisal_id) & (Panel.round == Seat.round))
        .join(Vote, Vote.seat_id == Seat.id)
        .where(Seat.person_id == actor.person_id)
        .order_by(Vote.at.desc(), Vote.seat_id)
        .limit(_LATEST)
    )
    rows = db.execute(found).all()
    items = items_of(db, [appraisal for appraisal, _, _ in rows])
    judged = []
    for appraisal, panel, vote in rows:
        kind = kind_of(db, appraisal)
        voices = [one for one in voices_of(db, vault, appraisal.id, kind=kind) if one.round == panel.round]
        judged.append(
            Judged(
                id=appraisal.id,
                round=panel.round,
                kind_name=kind.name,
                items=tuple(items[appraisal.id]),
                voted_at=vote.at,
                own=voice_in(vault, vote, panel.round, kind=kind),
                is_decided=panel.decided_at is not None,
                is_yes=bool(panel.is_yes),
                points=panel.points or 0,
                voices=tuple(voices),
            )
        )
    return judged
