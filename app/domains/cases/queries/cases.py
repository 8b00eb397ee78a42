"""One case as far as somebody may see it: what was said, its timeline, its files, and those that are perhaps the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.cases.errors import CaseNotFound
from app.domains.cases.models import Answer, Case, CaseEntry, CaseFile, Party, Timer
from app.domains.cases.preset.model import CaseKind
from app.domains.cases.preset.words import STAGE_GROUP, TIMELINE_GROUP, word
from app.domains.cases.queries.lists import Brief, brief_of, briefs_of, has_place, kind_of, sitting_of, visible
from app.domains.cases.queries.near import near_cases
from app.domains.cases.queries.timeline import held_of
from app.domains.cases.rules import ACTIVE, LIVE, THROUGH, Seat
from app.domains.cases.rules.sight import Sitting, called, groups_seen, is_kept_out, is_strict, places_of
from app.domains.media.models import File
from app.domains.media.rules import FileState
from app.kernel.access import Actor, unscoped
from app.kernel.crypto import Vault
from app.kernel.values import mask_name


@dataclass(frozen=True, slots=True)
class Said:
    """What was written in a form, as far as it is seen."""

    form: str
    values: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the timeline."""

    id: UUID
    at: datetime
    kind: str
    move: str
    move_name: str
    stage_name: str
    party_name: str
    by_name: str = field(repr=False)
    is_me: bool
    through_name: str = field(repr=False)
    said: tuple[Said, ...] = field(repr=False)
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sitter:
    """Somebody who has a place in the case."""

    party: str
    party_name: str
    name: str = field(repr=False)
    has_taken: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """One case as somebody sees it; what he may not see is empty."""

    brief: Brief
    groups: frozenset[str]
    opening: tuple[Said, ...] = field(repr=False)
    file_ids: tuple[UUID, ...]
    people: tuple[Sitter, ...] = field(repr=False)
    timeline: tuple[Happening, ...] = field(repr=False)
    moves: tuple[str, ...]
    rating: str | None
    held: tuple[str, ...] = field(default=(), repr=False)  # papers that were taken in and not given back yet


class Alike(NamedTuple):
    """Cases that may be the same matter, and how many of the first of them share words with it."""

    briefs: Sequence[Brief]
    alike: int


@unscoped("through visible(): the actor's places, and what his area may see")
def case_of(db: Session, vault: Vault, *, actor: Actor, case_id: UUID) -> Seen:
    """One case as far as somebody may see it; for others it does not exist."""
    case = db.scalar(select(Case).where(Case.id == case_id, visible(actor)))
    if case is None:
        raise CaseNotFound
    return _seen(db, vault, case, actor=actor)


@unscoped("the case was reached before")
def _seen(db: Session, vault: Vault, case: Case, *, actor: Actor) -> Seen:
    kind = kind_of(db, case)
    parties = db.scalars(select(Party).where(Party.case_id == case.id).order_by(Party.since, Party.person_id)).all()
    sittings = [sitting_of(p) for p in parties]
    mine = places_of(sittings, actor.person_id, actor.stands_for)
    groups = _groups(case, kind, sittings, actor=actor)
    if STAGE_GROUP not in groups:
        raise CaseNotFound
    entries = db.scalars(select(CaseEntry).where(CaseEntry.case_id == case.id).order_by(CaseEntry.position)).all()
    said = _said(db, vault, case, groups=groups)
    acted = {e.by_person_id for e in entries if e.by_person_id}
    through = {UUID(e.detail[THROUGH]) for e in entries if THROUGH in e.detail}
    names = areas.names_of(db, vault, {p.person_id for p in parties} | acted | through)
    look = _Look(
        kind,
        groups,
        names,
        None if actor.through_id else actor.person_id,
        is_strict(sittings, is_area_seen=case.is_area_seen),
    )
    timers = db.scalars(select(Timer).where(Timer.case_id == case.id, Timer.state.in_(LIVE))).all()
    place = areas.place_name(db, areas.village_of(case.area_path))
    return Seen(
        brief=brief_of(case, kind, timers={t.name: t for t in timers}, place=place, mine=mine),
        groups=groups,
        opening=said.get(entries[0].id, ()),
        file_ids=tuple(_files(db, case, groups)),
        people=tuple(look.people(sittings)) if TIMELINE_GROUP in groups else (),
        timeline=tuple(look.line(entry, said) for entry in entries) if TIMELINE_GROUP in groups else (),
        moves=tuple(n for n, m in kind.move.items() if case.stage in m.from_ and set(m.by) & mine),
        rating=case.rating if TIMELINE_GROUP in groups else None,
        held=held_of(kind, entries, said),
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """How names are shown: whoever answers by his office in full, those who raised the matter only to those who may know them."""

    kind: CaseKind
    groups: frozenset[str]
    names: Mapping[UUID, str]
    me: UUID | None
    strict: bool

    def _is_shown(self, party: str) -> bool:
        place = self.kind.party.get(party)
        is_private = place is not None and (
            place.fill == "opener" or place.fill.startswith(f"field:{self.kind.opens_with}.")
        )
        hidden = {f.group for f in self.kind.form[self.kind.opens_with].values() if f.type == "person"}
        return not is_private or hidden <= self.groups

    def name(self, party: str, person_id: UUID | None) -> str:
        """What somebody is called here, where it may be known."""
        if person_id is None or not self._is_shown(party):
            return ""
        return called(self.names.get(person_id, ""), self.kind, party, strict=self.strict)

    def party(self, party: str) -> str:
        """What a place is called."""
        place = self.kind.party.get(party)
        return place.name if place else {"supervisor": "上级", "clock": "时钟"}.get(party, "")

    def people(self, sittings: Sequence[Sitting]) -> list[Sitter]:
        """Who has which place now."""
        return [
            Sitter(s.party, self.party(s.party), self.name(s.party, s.person_id), s.state is Seat.holds)
            for s in sittings
            if s.state in ACTIVE
        ]

    def _through(self, entry: CaseEntry) -> str:
        """Who really acted, where somebody acted for the one who is named."""
        through = entry.detail.get(THROUGH)
        return mask_name(self.names.get(UUID(through), "")) if through and self._is_shown(entry.by_party) else ""

    def line(self, entry: CaseEntry, said: Mapping[UUID, tuple[Said, ...]]) -> Happening:
        """One line of the timeline."""
        move, stage = self.kind.move.get(entry.move), self.kind.stage.get(entry.to_stage)
        return Happening(
            id=entry.id,
            at=entry.at,
            kind=entry.kind,
            move=entry.move,
            move_name=move.name if move else "",
            stage_name=stage.name if stage else "",
            party_name=self.party(entry.by_party),
            by_name=self.name(entry.by_party, entry.by_person_id),
            is_me=entry.by_person_id is not None and entry.by_person_id == self.me,
            through_name=self._through(entry),
            said=said.get(entry.id, ()),
            detail={key: value for key, value in entry.detail.items() if key != THROUGH},
        )


@unscoped("the case was reached before; only the groups that are seen are opened")
def _said(db: Session, vault: Vault, case: Case, *, groups: frozenset[str]) -> dict[UUID, tuple[Said, ...]]:
    found = select(Answer).where(Answer.case_id == case.id, Answer.group_name.in_(groups)).order_by(Answer.id)
    said: dict[UUID, tuple[Said, ...]] = {}
    for answer in db.scalars(found):
        values = json.loads(vault.open(f"cases_answer.body:{answer.id}", answer.body_sealed))
        said[answer.entry_id] = (*said.get(answer.entry_id, ()), Said(answer.form, values))
    return said


def _files(db: Session, case: Case, groups: frozenset[str]) -> Sequence[UUID]:
    found = select(CaseFile.file_id).where(CaseFile.case_id == case.id, CaseFile.group_name.in_(groups))
    return db.scalars(found.order_by(CaseFile.entry_id, CaseFile.file_id)).all()


@unscoped("each case in which the file is named is looked at with the eyes of the actor")
def may_see_file(db: Session, actor: Actor, file_id: UUID) -> bool:
    """Whether a file belongs to a case of which the actor sees its group; naming a stranger's file gives no right."""
    rows = db.execute(
        select(Case, CaseFile.group_name)
        .join(CaseFile, CaseFile.case_id == Case.id)
        .join(File, File.id == CaseFile.file_id)
        .where(CaseFile.file_id == file_id, File.owner_id == CaseFile.by_person_id, File.state == FileState.ready)
        .where(visible(actor))
    ).all()
    return any(group in groups_in(db, case, actor) for case, group in rows)


@unscoped("asked about a case and for somebody that the caller has")
def groups_in(db: Session, case: Case, actor: Actor) -> frozenset[str]:
    """The groups of a case that somebody sees."""
    sittings = [sitting_of(p) for p in db.scalars(select(Party).where(Party.case_id == case.id))]
    return _groups(case, kind_of(db, case), sittings, actor=actor)


def _groups(case: Case, kind: CaseKind, sittings: Sequence[Sitting], *, actor: Actor) -> frozenset[str]:
    mine = places_of(sittings, actor.person_id, actor.stands_for)
    is_out = is_kept_out(sittings, actor.person_id)
    through_area = case.is_area_seen and not is_out and actor.covers("cases.read", case.area_path)
    return groups_seen(kind.eyes(case.category), mine, through_area=through_area)


@unscoped("the case is reached through the places that the actor has in it")
def same_perhaps(db: Session, vault: Vault, *, actor: Actor, case_id: UUID) -> Alike:
    """Open cases that may be the same as one that somebody answers for, the likeliest first; he sees of them what a list shows."""
    case = db.scalar(select(Case).where(Case.id == case_id, has_place(actor)))
    kind = kind_of(db, case) if case else None
    if case is None or kind is None:
        raise CaseNotFound
    sittings = [sitting_of(p) for p in db.scalars(select(Party).where(Party.case_id == case.id))]
    merging = {party for m in kind.move.values() if any(word(d).verb == "merge" for d in m.does) for party in m.by}
    if not merging & places_of(sittings, actor.person_id, actor.stands_for):
        return Alike((), 0)
    near = near_cases(db, vault, case, kind=kind, actor=actor)
    return Alike(briefs_of(db, actor, near.cases), near.alike)
