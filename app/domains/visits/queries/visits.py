"""Questions about visits: those of a household, and one with all that was said about it afterwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.areas.errors import HouseholdNotFound
from app.domains.areas.models import Household
from app.domains.media.models import File
from app.domains.media.rules import FileKind
from app.domains.visits import rules
from app.domains.visits.errors import VisitNotFound
from app.domains.visits.models import Correction, Picture, Post, Tap, Visit
from app.kernel.access import Actor, reach, scoped, unscoped
from app.kernel.crypto import Vault


@dataclass(frozen=True, slots=True)
class Told:
    """What was said about a visit afterwards: a note, the reason why it was void, or a new story beside the first one."""

    kind: str
    at: datetime
    by_name: str = field(repr=False)
    words: str = field(repr=False)
    story: rules.Story | None = field(repr=False)
    first_story: rules.Story | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """A visit as those who may see the household see it."""

    id: UUID
    household_id: UUID
    visited_at: datetime
    logged_at: datetime
    kind: str
    state: str
    proof: str
    is_late: bool
    is_counted: bool
    visitor_name: str = field(repr=False)
    story: rules.Story = field(repr=False)
    file_ids: tuple[UUID, ...]
    voice_ids: tuple[UUID, ...]
    is_mine: bool
    history: tuple[Told, ...] = ()


class Standing(NamedTuple):
    """What a visit counts for, and what became of what was shown of it."""

    id: UUID
    household_id: UUID
    visited_at: datetime
    state: rules.VisitState
    proof: rules.Proof
    is_late: bool
    is_counted: bool
    post_state: rules.PostState | None


def visits_of(
    db: Session,
    vault: Vault,
    *,
    actor: Actor,
    household_id: UUID,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 30,
) -> Sequence[SeenVisit]:
    """A household's visits, the newest first, for whoever answers for it now, its area's cadres, and itself."""
    if db.scalar(scoped(actor, "visits.read", Household, Household.id).where(Household.id == household_id)) is None:
        raise HouseholdNotFound
    page = _visits(household_id)
    if after is not None:
        page = page.where(tuple_(Visit.visited_at, Visit.id) < after)
    rows = db.execute(page.limit(limit)).all()
    names = areas.names_of(db, vault, {visit.visitor_id for visit, _ in rows})
    files = _files(db, [visit.id for visit, _ in rows])
    shown = _Shown(vault, actor.person_id, names, files)
    return [_seen(shown, visit, tap) for visit, tap in rows]


def visit_of(db: Session, vault: Vault, *, actor: Actor, visit_id: UUID) -> SeenVisit:
    """One visit with its history; the first word stays readable."""
    found = (
        select(Visit, Tap.says_yes)
        .join(Household, Household.id == Visit.household_id)
        .outerjoin(Tap, Tap.visit_id == Visit.id)
        .where(Visit.id == visit_id, reach(actor, "visits.read", Household))
    )
    row = db.execute(found).first()
    if row is None:
        raise VisitNotFound
    visit, tap = row
    told = db.scalars(
        select(Correction).where(Correction.visit_id == visit_id).order_by(Correction.at, Correction.id)
    ).all()
    people = {visit.visitor_id, *(one.by_person_id for one in told if one.by_person_id)}
    names = areas.names_of(db, vault, people)
    history = tuple(_told(vault, one, names) for one in told)
    files = _files(db, [visit_id])
    return _seen(_Shown(vault, actor.person_id, names, files), visit, tap, history=history)


def standing_of(db: Session, *, actor: Actor, visit_id: UUID) -> Standing:
    """How a visit stands now, for whoever sent it long ago and asks again."""
    found = (
        select(Visit, Tap.says_yes, Post.state)
        .join(Household, Household.id == Visit.household_id)
        .outerjoin(Tap, Tap.visit_id == Visit.id)
        .outerjoin(Post, Post.id == Visit.id)
        .where(Visit.id == visit_id, reach(actor, "visits.read", Household))
    )
    row = db.execute(found).first()
    if row is None:
        raise VisitNotFound
    visit, tap, post = row
    return Standing(
        id=visit.id,
        household_id=visit.household_id,
        visited_at=visit.visited_at,
        state=rules.VisitState(visit.state),
        proof=rules.Proof(rules.proof_shown(visit.proof, tap)),
        is_late=visit.is_late,
        is_counted=visit.is_counted,
        post_state=rules.PostState(post) if post else None,
    )


@unscoped("the household was reached before")
def _visits(household_id: UUID) -> Select[Visit, bool | None]:
    return (
        select(Visit, Tap.says_yes)
        .outerjoin(Tap, Tap.visit_id == Visit.id)
        .where(Visit.household_id == household_id)
        .order_by(Visit.visited_at.desc(), Visit.id.desc())
    )


@dataclass(frozen=True, slots=True)
class _Files:
    """What was taken at the door; a file that has not arrived counts as a picture."""

    pictures: tuple[UUID, ...] = ()
    voices: tuple[UUID, ...] = ()


class _Shown(NamedTuple):
    """What is known around the visits of one page."""

    vault: Vault
    reader_id: UUID | None
    names: dict[UUID, str]
    files: dict[UUID, _Files]


@unscoped("only what kind of file it is, of visits that were reached before")
def _files(db: Session, visit_ids: Sequence[UUID]) -> dict[UUID, _Files]:
    rows = db.execute(
        select(Picture.visit_id, Picture.file_id, File.kind)
        .outerjoin(File, File.id == Picture.file_id)
        .where(Picture.visit_id.in_(visit_ids))
        .order_by(Picture.visit_id, Picture.position)
    )
    files: dict[UUID, _Files] = {}
    for visit_id, file_id, kind in rows:
        old = files.get(visit_id, _Files())
        is_voice = kind == FileKind.voice
        files[visit_id] = (
            _Files(old.pictures, (*old.voices, file_id)) if is_voice else _Files((*old.pictures, file_id), old.voices)
        )
    return files


def _seen(shown: _Shown, visit: Visit, tap: bool | None, *, history: tuple[Told, ...] = ()) -> SeenVisit:
    vault, files = shown.vault, shown.files.get(visit.id, _Files())
    note = vault.open(f"visits_visit.note:{visit.id}", visit.note_sealed) if visit.note_sealed else ""
    return SeenVisit(
        id=visit.id,
        household_id=visit.household_id,
        visited_at=visit.visited_at,
        logged_at=visit.logged_at,
        kind=visit.kind,
        state=visit.state,
        proof=rules.proof_shown(visit.proof, tap),
        is_late=visit.is_late,
        is_counted=visit.is_counted,
        visitor_name=shown.names.get(visit.visitor_id, ""),
        story=rules.Story(tuple(visit.themes), note, tuple(visit.problems)),
        file_ids=files.pictures,
        voice_ids=files.voices,
        is_mine=visit.visitor_id == shown.reader_id,
        history=history,
    )


def _told(vault: Vault, one: Correction, names: dict[UUID, str]) -> Told:
    words = vault.open(f"visits_correction.text:{one.id}", one.text_sealed) if one.text_sealed else ""
    by = names.get(one.by_person_id, "") if one.by_person_id else ""
    if one.kind != rules.CorrectionKind.correct or one.before_sealed is None:
        return Told(one.kind, one.at, by, words, None, None)
    first = vault.open(f"visits_correction.before:{one.id}", one.before_sealed)
    return Told(one.kind, one.at, by, "", rules.Story.of(json.loads(words)), rules.Story.of(json.loads(first)))
