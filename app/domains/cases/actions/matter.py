"""One case while something is done about it: its row under lock, its places, its timers, and whom to tell."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, exists, func, select

from app.domains.areas import queries as areas
from app.domains.cases.errors import CaseNotFound
from app.domains.cases.events import About, Telling
from app.domains.cases.models import Answer, Case, CaseEntry, CaseFile, Party, Timer
from app.domains.cases.preset.model import CaseKind
from app.domains.cases.queries.seats import Asking, Known, Place, persons_in
from app.domains.cases.rules import ACTIVE, THROUGH, Happened, Seat, TimerKind, TimerState
from app.domains.cases.rules.forms import Filled
from app.domains.cases.rules.sight import Sitting
from app.kernel.access import unscoped
from app.kernel.policies import policy_of
from app.kernel.transaction import Tx
from app.kernel.values import SHANGHAI


def sealed_in(answer_id: UUID) -> str:
    """What an answer is sealed to."""
    return f"cases_answer.body:{answer_id}"


def says_when(moment: datetime) -> str:
    """A moment as people say it: 11月25日18点前; the end of a day is the day."""
    local = moment.astimezone(SHANGHAI)
    day = f"{local.month}月{local.day}日"
    return f"{day}前" if (local.hour, local.minute) == (23, 59) else f"{day}{local.hour}点{local.minute:02d}分前"


@dataclass
class Matter:
    """A case with all that a deed about it needs; changes are written as they are made."""

    tx: Tx
    case: Case
    kind: CaseKind
    parties: list[Party] = field(default_factory=list)
    timers: dict[str, Timer] = field(default_factory=dict)
    tellings: list[Telling] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    entry_id: UUID | None = None
    known: Known | None = None

    @property
    def place(self) -> Place:
        """Where it lies."""
        return Place(self.case.area_path, self.case.household_id)

    @property
    def asking(self) -> Asking:
        """The question who answers for it now."""
        named = frozenset(p.person_id for p in self.parties if p.state == Seat.kept_out)
        offices = self.kind.category[self.case.category].without
        left_out = (
            persons_in(self.tx.elsewhere, offices, self.place, now=self.tx.now, known=self.known)
            if offices
            else frozenset[UUID]()
        )
        return Asking(self.place, self.tx.now, named | left_out, self.known, self.kind.tell["new"])

    @property
    def asking_above(self) -> Asking:
        """The question who hears of it when it climbs."""
        return self.asking._replace(template=self.kind.tell["climbed"])

    @property
    def sittings(self) -> tuple[Sitting, ...]:
        """Its places as values."""
        return tuple(Sitting(p.party, p.person_id, Seat(p.state), p.office) for p in self.parties)

    def persons(self, party: str, states: Collection[Seat] = ACTIVE) -> list[UUID]:
        """Who is in a place."""
        return [p.person_id for p in self.parties if p.party == party and p.state in states]

    def seat(self, party: str, person_ids: Iterable[UUID], state: Seat, *, office: str = "") -> list[UUID]:
        """Give people a place; those who have it already keep it. Answers who is new in it."""
        new = []
        for person_id in person_ids:
            old = next((p for p in self.parties if (p.party, p.person_id) == (party, person_id)), None)
            if old is not None and old.state in {state, Seat.holds, Seat.kept_out}:
                continue
            new.append(person_id)
            if old is not None:
                old.state, old.office, old.since = state, office, self.tx.now
                continue
            row = {"case_id": self.case.id, "party": party, "person_id": person_id, "state": state, "office": office}
            self.parties.append(Party(**row, since=self.tx.now))
            self.tx.keep(self.parties[-1])
        return new

    def release(self, party: str, *, but: Collection[UUID] = ()) -> list[UUID]:
        """Take a place from everybody in it except some; answers who had it."""
        gone = [p for p in self.parties if p.party == party and p.state in ACTIVE and p.person_id not in but]
        for one in gone:
            one.state = Seat.released
        return [one.person_id for one in gone]

    def write(self, happened: Happened, *, entry_id: UUID | None = None, **said: Any) -> UUID:
        """Add an entry to the timeline; it is what people are told about."""
        entry_id = entry_id or self.tx.new_id()
        self.entry_id = self.entry_id or entry_id
        empty = {"move": "", "from_stage": self.case.stage, "to_stage": self.case.stage, "by_party": ""}
        row = {**empty, "by_person_id": None, "detail": {}, **said}
        if self.tx.actor.through_id is not None and row["by_person_id"] == self.tx.actor.person_id:
            row["detail"] = {**row["detail"], THROUGH: str(self.tx.actor.through_id)}
        place = {"case_id": self.case.id, "position": self.case.entry_count, "at": self.tx.now, "kind": happened}
        self.tx.add(CaseEntry, id=entry_id, **place, **row)
        self.case.entry_count += 1
        return entry_id

    def keep_form(self, form: str, filled: Filled, *, entry_id: UUID) -> None:
        """Keep what was written, sealed by group, and the files it names."""
        for group, values in filled.by_group.items():
            answer_id = self.tx.new_id()
            body = self.tx.vault.seal(sealed_in(answer_id), json.dumps(values, ensure_ascii=False))
            row = {"id": answer_id, "case_id": self.case.id, "entry_id": entry_id, "form": form}
            self.tx.add(Answer, **row, group_name=group, body_sealed=body)
        for file_id, group in filled.files.items():
            row = {"entry_id": entry_id, "file_id": file_id, "case_id": self.case.id, "group_name": group}
            self.tx.add(CaseFile, **row, by_person_id=self.tx.actor.person_id)

    def tell(self, purpose: str, person_ids: Iterable[UUID], **facts: str) -> None:
        """Note whom to tell what about the entry that was written; nobody is told of his own deed."""
        self.tellings += [
            Telling(person_id, purpose, f"case:{self.case.id}:{self.entry_id}:{purpose}", facts)
            for person_id in dict.fromkeys(person_ids)
            if person_id != self.tx.actor.person_id
        ]

    def about(self) -> About:
        """What a message may say of the case as it is now."""
        case, kind = self.case, self.kind
        clock = kind.stage[case.stage].clock
        timer = self.timers.get(clock) if clock else None
        is_ahead = timer is not None and timer.state == TimerState.running and timer.due_at > self.tx.now
        said = {
            "kind": kind.name,
            "category": kind.category[case.category].name,
            "number": case.number,
            "place": self._place_name(),
            "stage": kind.stage[case.stage].name,
            "due": says_when(timer.due_at) if timer and is_ahead else "今天",
            "move": "",
            "who": "",
            "why": "",
        }
        is_alarm = case.level in kind.alarms
        return About(case.id, case.kind, case.area_path, is_alarm, {**said, **self.facts}, kind.tell)

    def _place_name(self) -> str:
        path = areas.village_of(self.case.area_path)
        known = {} if self.known is None else self.known
        if path not in known:
            known[path] = areas.place_name(self.tx.elsewhere, path)
        return str(known[path])

    # -------------------------------------------------------------- timers

    def states(self) -> dict[str, TimerState]:
        """How each clock of the kind stands."""
        return {name: TimerState(t.state) for name, t in self.timers.items() if t.kind == TimerKind.clock}

    def set_timer(self, name: str, kind: TimerKind, **changes: Any) -> Timer:
        """Start a timer, or change one that is there."""
        timer = self.timers.get(name)
        if timer is not None:
            for column, value in changes.items():
                setattr(timer, column, value)
            return timer
        row = {"state": TimerState.running, "started_at": self.tx.now, "reminded": 0, "left": None, "extended": 0}
        row |= {"case_id": self.case.id, "name": name, "kind": kind, **changes}
        self.timers[name] = Timer(**row)
        self.tx.keep(self.timers[name])
        return self.timers[name]

    def leave(self) -> None:
        """Nothing more is done about it in this transaction: all that has changed is sent in one statement."""
        self.tx.leave([self.case, *self.timers.values(), *self.parties])


_ONE = select(Case).where(Case.id == bindparam("case_id"))
_LOCKED = _ONE.with_for_update()
_DUE = _ONE.where(exists().where(Timer.case_id == Case.id, Timer.next_at <= bindparam("now"))).with_for_update(
    skip_locked=True
)
_PARTIES = select(Party).where(Party.case_id == bindparam("case_id")).order_by(Party.since, Party.person_id)
_TIMERS = select(Timer).where(Timer.case_id == bindparam("case_id"))


@unscoped("the clock looks at what is due, wherever it is")
def due_matter(tx: Tx, case_id: UUID) -> Matter | None:
    """A case under lock of which a timer is due; None when none is any more, or when another clock is at it."""
    return _under_lock(tx, _DUE, case_id=case_id, now=tx.now)


@unscoped("the case is asked for by id; who may act in it is decided by the places he has in it")
def load_matter(tx: Tx, case_id: UUID) -> Matter | None:
    """A case under lock; None when it is not there."""
    return _under_lock(tx, _LOCKED, case_id=case_id)


@unscoped("what belongs to a case that is locked")
def _under_lock(tx: Tx, found: Select[Any], **which: Any) -> Matter | None:
    case: Case | None = tx.db.scalars(found, which).one_or_none()
    if case is None:
        return None
    whose = {"case_id": case.id}
    kind = policy_of(tx.db, CaseKind, f"cases/{case.kind}", version=case.version)
    parties, timers = tx.db.scalars(_PARTIES, whose).all(), tx.db.scalars(_TIMERS, whose).all()
    return Matter(tx, case, kind, list(parties), {timer.name: timer for timer in timers})


def matter_of(tx: Tx, case_id: UUID) -> Matter:
    """A case under lock, for somebody who acts."""
    found = load_matter(tx, case_id)
    if found is None:
        raise CaseNotFound
    return found


def times_made(tx: Tx, case_id: UUID, move: str) -> int:
    """How often a move was made in a case."""
    return tx.db.scalar(select(func.count()).where(CaseEntry.case_id == case_id, CaseEntry.move == move)) or 0


def details(values: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry keeps besides: only what holds nothing personal."""
    return {key: value for key, value in values.items() if value not in (None, "", [])}
