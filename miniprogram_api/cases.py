"""Matters that must be solved: what may be raised, who will get it, raise one, make a move, extend a clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.cases import actions as cases
from app.domains.cases import queries
from app.domains.cases.actions import Opening, Preview, Step
from app.domains.cases.errors import CaseNotFound
from app.domains.cases.preset import CaseKind
from app.domains.cases.preset.model import FormField
from app.domains.cases.rules.ladder import SAYS, Stop
from app.domains.visits import queries as visits
from app.domains.visits.errors import VisitNotFound
from app.kernel.access import Actor
from app.kernel.transaction import Tx, transaction
from app.kernel.values import mask_name
from app.web.answers import answer
from app.web.forms import Form, Shape
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.deliveries import KINDS, RECEIVED, Counter, Deed, Item
from miniprogram_api.visits import WaitingShape, answer_to

api = blueprint("cases", "要办的事")

_KEY = r"^[a-z][a-z_]{0,30}$"


class CaseForm(Form):
    """A matter as somebody raises it; the fields of `form` are those of the kind."""

    id: UUID
    kind: str = Field(pattern=_KEY)
    category: str = Field(pattern=_KEY)
    household_id: UUID | None = Field(default=None, description="哪一户的事；不填是自己家，或表里写的那个人家")
    form: dict[str, Any]


class CaseBody(CaseForm):
    """The same, raised at a door: the visit that carries it."""

    visit_id: UUID | None = None


class AskForm(Form):
    """For whom it is asked who will get it; nothing is kept."""

    kind: str = Field(pattern=_KEY)
    category: str = Field(pattern=_KEY)
    household_id: UUID | None = None
    form: dict[str, Any] = Field(default_factory=dict)


class MoveForm(Form):
    """A move and what its form asks."""

    id: UUID
    move: str = Field(pattern=_KEY)
    form: dict[str, Any] = Field(default_factory=dict)


class ExtensionForm(Form):
    """Which clock is to be moved on, and why."""

    id: UUID
    clock: str = Field(pattern=_KEY)
    reason: str = Field(min_length=1, max_length=200)


class CasePath(Form):
    """Which case."""

    case_id: UUID


class FieldShape(Shape):
    """One field of a form, for the phone to draw."""

    key: str
    name: str
    type: str
    required: bool
    choices: list[str]
    choice_names: list[str]
    max: int | None


class MoveShape(Shape):
    """One move: its name and its form."""

    key: str
    name: str
    form: list[FieldShape]


class CategoryShape(Shape):
    """One category of a kind; by its words a phone suggests it."""

    key: str
    name: str
    level: str
    words: list[str]


class KindShape(Shape):
    """A kind of case that one may raise, with all that a phone needs to draw it."""

    key: str
    name: str
    usual: str | None = Field(description="没选类别时先用这一类")
    categories: list[CategoryShape]
    form: list[FieldShape]
    moves: list[MoveShape]


class KindsShape(Shape):
    """The kinds that one may raise."""

    kinds: list[KindShape]


class PassedShape(Shape):
    """An office that is passed over, and why."""

    office: str
    why: str


class AnswererShape(Shape):
    """Somebody who will be asked; without a name when the office alone is to be known."""

    name: str
    office: str


class StopShape(Shape):
    """An office on the way up, and when it is told."""

    office: str
    level: str = Field(description="village、town、county")
    at: datetime
    is_told: bool


class WhoShape(Shape):
    """Who will get it and until when, who is passed over, and who is told when nobody takes it."""

    will_get: list[AnswererShape]
    passed: list[PassedShape]
    due_at: datetime
    then: list[StopShape]


class CaseOpenedShape(Shape):
    """What whoever raised a matter is told."""

    id: UUID
    number: str
    stage: str


class CaseMovedShape(Shape):
    """Where the case stands after the move."""

    id: UUID
    case_id: UUID
    stage: str
    outcome: str | None


class UrgeForm(Form):
    """Ask whoever is waited on to hurry."""

    id: UUID


class UrgedShape(Shape):
    """From when on one may urge again."""

    id: UUID
    again_from: datetime | None


class ExtendedShape(Shape):
    """When the clock is due now."""

    id: UUID
    due_at: datetime


@api.get("/cases/kinds", summary="能报哪些事", responses={200: KindsShape})
@needs("cases.open")
def kinds() -> Response:
    """Kinds, categories and forms for the phone to draw; offices by their names."""
    roles = {grant.role for grant in actor().grants}
    mine = [kind for kind in runtime().presets["cases"].values() if roles & set(kind.open_by)]
    return answer(KindsShape(kinds=[_kind(kind) for kind in mine]), etag=True)


@api.post("/cases/who-will-get", summary="送出前看看谁会收到", responses={200: WhoShape})
@needs("cases.open")
def who_will_get(body: AskForm) -> Response:
    """Shown before sending: whom the place and the category lead to, who is passed over and why."""
    opening = Opening(UUID(int=0), body.kind, body.category, body.form, body.household_id)
    with transaction(runtime(), actor()) as tx:
        found = cases.preview_case(tx, opening)
        return answer(_who(tx, found))


@api.post("/cases", summary="报一件事", responses={201: CaseOpenedShape, 202: WaitingShape})
@needs("cases.open")
def open_case(body: CaseBody) -> Response:
    """Whoever answers for the place is told in the same transaction."""
    form = CaseForm(**body.model_dump(exclude={"visit_id"}))
    return _deliver(Item(body.id, "case", form, body.visit_id))


@api.post("/cases/<case_id>/moves", summary="往前办一步", responses={201: CaseMovedShape, 202: WaitingShape})
@needs("cases.move")
def make_move(path: CasePath, body: MoveForm) -> Response:
    """A move of the kind, by whose turn it is."""
    return _deliver(Item(body.id, "case_move", body, path.case_id))


@api.post("/cases/<case_id>/extend", summary="延一次时限", responses={201: ExtendedShape, 202: WaitingShape})
@needs("cases.move")
def extend_clock(path: CasePath, body: ExtensionForm) -> Response:
    """Move a clock on, with a reason that stays in the timeline."""
    return _deliver(Item(body.id, "case_extend", body, path.case_id))


@api.post("/cases/<case_id>/urge", summary="催一下", responses={201: UrgedShape, 202: WaitingShape})
@needs("cases.move")
def urge(path: CasePath, body: UrgeForm) -> Response:
    """Whoever is waited on gets a message; it stands in the timeline; so often as the kind allows."""
    return _deliver(Item(body.id, "case_urge", body, path.case_id))


def _deliver(item: Item) -> Response:
    counter = Counter(runtime(), actor(), KINDS)
    delivered = counter.take(item)
    if delivered.state == RECEIVED:
        counter.follow([item.id])
    return answer_to(delivered)


def _open(tx: Tx, item: Item) -> CaseOpenedShape:
    form: CaseForm = item.form
    household_id = form.household_id
    if item.target is not None:
        visit = visits.visit_of(tx.db, tx.vault, actor=tx.actor, visit_id=item.target)
        if household_id not in {None, visit.household_id}:
            raise VisitNotFound
        household_id = visit.household_id
    opening = Opening(form.id, form.kind, form.category, form.form, household_id, item.target)
    opened = cases.open_case(tx, opening)
    return CaseOpenedShape(id=opened.id, number=opened.number, stage=opened.stage)


def _opened(db: Session, who: Actor, item: Item) -> CaseOpenedShape:
    seen = queries.case_of(db, runtime().vault, actor=who, case_id=item.id)
    return CaseOpenedShape(id=item.id, number=seen.brief.number, stage=seen.brief.stage)


def _move(tx: Tx, item: Item) -> CaseMovedShape:
    form: MoveForm = item.form
    moved = cases.move_case(tx, _case(item), Step(form.id, form.move, form.form))
    return CaseMovedShape(id=form.id, case_id=moved.case_id, stage=moved.stage, outcome=moved.outcome)


def _moved(db: Session, who: Actor, item: Item) -> CaseMovedShape:
    brief = queries.case_of(db, runtime().vault, actor=who, case_id=_case(item)).brief
    return CaseMovedShape(id=item.id, case_id=brief.id, stage=brief.stage, outcome=brief.outcome)


def _extend(tx: Tx, item: Item) -> ExtendedShape:
    form: ExtensionForm = item.form
    due_at = cases.extend_case(tx, _case(item), extension_id=form.id, clock=form.clock, reason=form.reason)
    return ExtendedShape(id=form.id, due_at=due_at)


def _extended(db: Session, who: Actor, item: Item) -> ExtendedShape:
    brief = queries.case_of(db, runtime().vault, actor=who, case_id=_case(item)).brief
    return ExtendedShape(id=item.id, due_at=brief.due_at or brief.opened_at)


def _urge(tx: Tx, item: Item) -> UrgedShape:
    return UrgedShape(id=item.id, again_from=cases.urge_case(tx, _case(item), urge_id=item.id))


def _urged(db: Session, who: Actor, item: Item) -> UrgedShape:
    ahead = queries.ahead_of(db, who, _case(item), now=runtime().clock.now())
    return UrgedShape(id=item.id, again_from=ahead.urge_from)


def _case(item: Item) -> UUID:
    if item.target is None:
        raise CaseNotFound
    return item.target


def _who(tx: Tx, shown: Preview) -> WhoShape:
    found = shown.found
    holders = found.step.able if found.step else ()
    names = areas.names_of(tx.db, tx.vault, [holder.person_id for holder in holders])
    say = mask_name if shown.strict else str
    office = office_name(found.step.office) if found.step else ""
    return WhoShape(
        will_get=[AnswererShape(name=say(names[h.person_id]), office=office) for h in holders],
        passed=[PassedShape(office=office_name(step.office), why=SAYS[step.why_not]) for step in found.passed],
        due_at=shown.due_at,
        then=[stop_shape(stop) for stop in shown.stops],
    )


def stop_shape(stop: Stop) -> StopShape:
    """An office on the way up as people call it."""
    level = stop.office.partition("@")[2]
    return StopShape(office=office_name(stop.office), level=level, at=stop.at, is_told=stop.is_told)


def office_name(said: str) -> str:
    """An office as people say it: 村文书; a key that is none stays."""
    roles, key = runtime().presets["roles"], said.partition("@")[0]
    role = roles.get("party_member" if said == "member@zone" else key)
    return role.name if role else said


def _kind(kind: CaseKind) -> KindShape:
    return KindShape(
        key=kind.kind,
        name=kind.name,
        usual=kind.usual,
        categories=[
            CategoryShape(key=key, name=c.name, level=c.level, words=list(kind.words.get(key, ())))
            for key, c in kind.category.items()
        ],
        form=fields_of(kind, kind.opens_with),
        moves=[MoveShape(key=key, name=m.name, form=fields_of(kind, m.form)) for key, m in kind.move.items()],
    )


def fields_of(kind: CaseKind, form: str | None) -> list[FieldShape]:
    """A form for the phone to draw."""
    return [_field(key, one) for key, one in kind.form[form].items()] if form else []


def _field(key: str, one: FormField) -> FieldShape:
    names = [office_name(choice) for choice in one.choices] if one.type in {"unit", "units"} else list(one.choices)
    return FieldShape(
        key=key,
        name=one.name,
        type=one.type,
        required=one.required,
        choices=list(one.choices),
        choice_names=names,
        max=one.max,
    )


DEEDS = {
    "case": Deed(CaseForm, _open, _opened, VisitNotFound, needs_target=False),
    "case_move": Deed(MoveForm, _move, _moved, CaseNotFound, target="case_id"),
    "case_extend": Deed(ExtensionForm, _extend, _extended, CaseNotFound, target="case_id"),
    "case_urge": Deed(UrgeForm, _urge, _urged, CaseNotFound, target="case_id"),
}
KINDS.update(DEEDS)
