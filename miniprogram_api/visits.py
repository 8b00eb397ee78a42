"""Visits: write one down, put it right, add a note, say whether it happened; and look at those of a household."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from flask import Response
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from app.domains.visits import actions as visits
from app.domains.visits import queries, rules
from app.domains.visits.errors import VisitNotFound
from app.kernel.access import Actor
from app.kernel.transaction import Tx, reading
from app.web.answers import JSON, answer
from app.web.forms import Form, Moment, Shape
from app.web.paging import PAGE, Cursor
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.codes import note_look
from miniprogram_api.deliveries import KINDS, RECEIVED, Counter, Deed, Delivered, Item

api = blueprint("visits", "走访")

Word = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Words = Annotated[str, StringConstraints(max_length=2000)]


class ShareForm(Form):
    """What of a visit others may see, once it has been checked."""

    words: str = Field(min_length=1, max_length=500, description="晒出来的话，不写户主的名字")
    file_ids: list[UUID] = Field(default=[], max_length=9)
    has_picture_consent: bool = Field(default=False, description="照片户主同意晒")

    def share(self) -> rules.Share:
        """The share as the domain knows it."""
        return rules.Share(self.words, tuple(dict.fromkeys(self.file_ids)), self.has_picture_consent)


class StoryForm(Form):
    """What was heard and seen."""

    themes: list[rules.Theme] = Field(default=[], max_length=6, description="聊了什么，六类里选")
    note: Words = ""
    problems: list[Word] = Field(default=[], max_length=10, description="看到的问题，每条几个字")

    def story(self) -> rules.Story:
        """The story as the domain knows it."""
        return rules.Story(tuple(str(t) for t in dict.fromkeys(self.themes)), self.note, tuple(self.problems))


class VisitForm(StoryForm):
    """One visit; the door is named, scanned, or both."""

    id: UUID
    household_id: UUID | None = None
    door_code: str | None = Field(default=None, min_length=8, max_length=64, description="扫到的门牌码")
    visited_at: Moment
    kind: rules.Kind = rules.Kind.door
    file_ids: list[UUID] = Field(default=[], max_length=9)
    share: ShareForm | None = None


class CorrectionForm(StoryForm):
    """What a visit should have said; within a day, by who made it."""

    id: UUID
    made_at: Moment


class VoidForm(Form):
    """Why a visit was a mistake."""

    id: UUID
    made_at: Moment
    reason: str = Field(min_length=1, max_length=200)


class NoteForm(Form):
    """What is to be said about a visit afterwards."""

    id: UUID
    made_at: Moment
    words: Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class TapForm(Form):
    """The villager's word: yes, they were here, or no."""

    id: UUID
    made_at: Moment
    says_yes: bool


class VisitPath(Form):
    """Which visit."""

    visit_id: UUID


class HouseholdPath(Form):
    """Which household."""

    household_id: UUID


class PageQuery(Form):
    """Where the page goes on."""

    after: str | None = Field(default=None, max_length=64)


class LoggedShape(Shape):
    """What the visitor is told of the visit that he wrote down."""

    id: UUID
    household_id: UUID
    visited_at: datetime
    proof: rules.Proof
    is_late: bool
    is_counted: bool = Field(description="同一天同一户只算一次")
    post_state: rules.PostState | None


class NotedShape(Shape):
    """A correction, a note or a tap has been received."""

    id: UUID
    visit_id: UUID
    visit_state: rules.VisitState


class StoryShape(Shape):
    """What was heard and seen."""

    themes: list[rules.Theme]
    note: str
    problems: list[str]


class ToldShape(Shape):
    """What was said about a visit afterwards."""

    kind: rules.CorrectionKind
    at: datetime
    by_name: str
    words: str
    story: StoryShape | None
    first_story: StoryShape | None


class VisitShape(StoryShape):
    """A visit as those who may see the household see it."""

    id: UUID
    household_id: UUID
    visited_at: datetime
    logged_at: datetime
    kind: rules.Kind
    state: rules.VisitState
    proof: rules.Proof
    is_late: bool
    is_counted: bool
    visitor_name: str
    file_ids: list[UUID] = Field(description="照片")
    voice_ids: list[UUID] = Field(description="录音")
    is_mine: bool = Field(description="是我记的")


class VisitWithHistory(VisitShape):
    """A visit with all that was said about it afterwards."""

    correct_until: datetime | None = Field(description="我还能改、能作废到什么时候；不能了是空，有话补一条说明")
    history: list[ToldShape]


class VisitsShape(Shape):
    """A page of visits, and the mark under which it goes on."""

    visits: list[VisitShape]
    next: str | None


class WaitingShape(Shape):
    """An item that waits for its parent."""

    id: UUID
    state: str = Field(description="waiting：等待")


@api.post("/visits", summary="记一次走访", responses={201: LoggedShape, 202: WaitingShape})
@needs("visits.log")
def log_visit(body: VisitForm) -> Response:
    """The client makes the id: the same id again gives the same answer."""
    return _deliver(Item(body.id, "visit", body))


@api.post("/visits/<visit_id>/correct", summary="改一次走访（一天内）", responses={201: NotedShape, 202: WaitingShape})
@needs("visits.correct")
def correct_visit(path: VisitPath, body: CorrectionForm) -> Response:
    """Put right what was heard and seen."""
    return _deliver(Item(body.id, "visit_correction", body, path.visit_id))


@api.post("/visits/<visit_id>/void", summary="作废一次走访（一天内）", responses={201: NotedShape, 202: WaitingShape})
@needs("visits.correct")
def void_visit(path: VisitPath, body: VoidForm) -> Response:
    """Take a mistaken visit out of all counts."""
    return _deliver(Item(body.id, "visit_void", body, path.visit_id))


@api.post("/visits/<visit_id>/note", summary="补一条说明", responses={201: NotedShape, 202: WaitingShape})
@needs("visits.correct")
def add_note(path: VisitPath, body: NoteForm) -> Response:
    """Add a note, at any time."""
    return _deliver(Item(body.id, "visit_note", body, path.visit_id))


@api.post("/visits/<visit_id>/tap", summary="村民点一下：来过、没来", responses={201: NotedShape, 202: WaitingShape})
@needs("visits.confirm")
def tap_visit(path: VisitPath, body: TapForm) -> Response:
    """The household's own word on a visit."""
    return _deliver(Item(body.id, "visit_tap", body, path.visit_id))


@api.get("/visits/<visit_id>", summary="一次走访和它的来龙去脉", responses={200: VisitWithHistory})
@needs("visits.read")
def one_visit(path: VisitPath) -> Response:
    """A visit with its corrections and notes."""
    here = runtime()
    with reading(here) as db:
        seen = queries.visit_of(db, here.vault, actor=actor(), visit_id=path.visit_id)
    note_look(seen.household_id)
    told = [
        ToldShape(
            kind=rules.CorrectionKind(one.kind),
            at=one.at,
            by_name=one.by_name,
            words=one.words,
            story=_story(one.story),
            first_story=_story(one.first_story),
        )
        for one in seen.history
    ]
    return answer(VisitWithHistory(**_facts(seen), correct_until=_correct_until(seen), history=told))


@api.get("/households/<household_id>/visits", summary="一户的走访", responses={200: VisitsShape})
@needs("visits.read")
def visits_of_household(path: HouseholdPath, query: PageQuery) -> Response:
    """A household's visits, the newest first, thirty at a time."""
    here, after = runtime(), Cursor.read(query.after)
    with reading(here) as db:
        page = queries.visits_of(db, here.vault, actor=actor(), household_id=path.household_id, after=after)
    note_look(path.household_id)
    more = Cursor.write(page[-1].visited_at, page[-1].id) if len(page) == PAGE else None
    return answer(VisitsShape(visits=[VisitShape(**_facts(seen)) for seen in page], next=more))


def _deliver(item: Item) -> Response:
    counter = Counter(runtime(), actor(), KINDS)
    delivered = counter.take(item)
    if delivered.state == RECEIVED:
        counter.follow([item.id])
    return answer_to(delivered)


def answer_to(delivered: Delivered) -> Response:
    """A delivery as the answer of a single route: a refusal is raised, what waits is 202."""
    if delivered.refusal is not None:
        raise delivered.refusal
    if delivered.state != RECEIVED:
        return answer(WaitingShape(id=delivered.id, state=delivered.state), status=202)
    response = Response(delivered.answer, status=201, mimetype=JSON)
    response.headers["Cache-Control"] = "no-store"
    return response


def _log(tx: Tx, item: Item) -> LoggedShape:
    form: VisitForm = item.form
    entry = rules.Entry(
        id=form.id,
        household_id=form.household_id,
        door_code=form.door_code,
        visited_at=form.visited_at,
        kind=form.kind,
        story=form.story(),
        file_ids=tuple(dict.fromkeys(form.file_ids)),
        share=form.share.share() if form.share else None,
    )
    logged = visits.log_visit(tx, entry, arrived_at=item.arrived_at)
    return LoggedShape(
        id=logged.id,
        household_id=logged.household_id,
        visited_at=logged.visited_at,
        proof=rules.Proof(logged.proof),
        is_late=logged.is_late,
        is_counted=logged.is_counted,
        post_state=rules.PostState.checking if logged.has_post else None,
    )


def _logged(db: Session, who: Actor, item: Item) -> LoggedShape:
    now = queries.standing_of(db, actor=who, visit_id=item.id)
    facts = now._asdict()
    del facts["state"]
    return LoggedShape(**facts)


def _noted(db: Session, who: Actor, item: Item) -> NotedShape:
    now = queries.standing_of(db, actor=who, visit_id=_target(item))
    return NotedShape(id=item.id, visit_id=now.id, visit_state=now.state)


def _correct(tx: Tx, item: Item) -> NotedShape:
    form: CorrectionForm = item.form
    visit = visits.correct_visit(tx, _target(item), correction_id=form.id, story=form.story(), made_at=form.made_at)
    return NotedShape(id=form.id, visit_id=visit.id, visit_state=rules.VisitState(visit.state))


def _void(tx: Tx, item: Item) -> NotedShape:
    form: VoidForm = item.form
    visit = visits.void_visit(tx, _target(item), correction_id=form.id, reason=form.reason, made_at=form.made_at)
    return NotedShape(id=form.id, visit_id=visit.id, visit_state=rules.VisitState(visit.state))


def _note(tx: Tx, item: Item) -> NotedShape:
    form: NoteForm = item.form
    visit = visits.add_note(tx, _target(item), correction_id=form.id, words=form.words, made_at=form.made_at)
    return NotedShape(id=form.id, visit_id=visit.id, visit_state=rules.VisitState(visit.state))


def _tap(tx: Tx, item: Item) -> NotedShape:
    form: TapForm = item.form
    visit = visits.tap_visit(tx, _target(item), says_yes=form.says_yes, made_at=form.made_at)
    return NotedShape(id=form.id, visit_id=visit.id, visit_state=rules.VisitState(visit.state))


def _target(item: Item) -> UUID:
    if item.target is None:
        raise VisitNotFound
    return item.target


def _facts(seen: queries.SeenVisit) -> dict[str, object]:
    facts = asdict(seen)
    facts.update(facts.pop("story"))
    facts.pop("history")
    return facts


def _correct_until(seen: queries.SeenVisit) -> datetime | None:
    """Until when the reader may put the visit right."""
    here = runtime()
    until = rules.put_right_until(seen.logged_at, hours=here.presets["visits"].correction_hours)
    is_open = seen.is_mine and seen.state == rules.VisitState.logged and here.clock.now() < until
    return until if is_open else None


def _story(story: rules.Story | None) -> StoryShape | None:
    return None if story is None else StoryShape(**asdict(story))


DEEDS = {
    "visit": Deed(VisitForm, _log, _logged),
    "visit_correction": Deed(CorrectionForm, _correct, _noted, VisitNotFound),
    "visit_void": Deed(VoidForm, _void, _noted, VisitNotFound),
    "visit_note": Deed(NoteForm, _note, _noted, VisitNotFound),
    "visit_tap": Deed(TapForm, _tap, _noted, VisitNotFound),
}
KINDS.update(DEEDS)
