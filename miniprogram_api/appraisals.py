"""Appraisals: declare a good deed or nominate a neighbour, follow it, look at what is published, object, say no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from flask import Response
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from app.domains.appraisals import actions as appraisals
from app.domains.appraisals import queries, rules
from app.domains.appraisals.preset import AppraisalKind
from app.kernel.access import Actor
from app.kernel.errors import Forbidden
from app.kernel.transaction import Tx, reading
from app.kernel.values import local_day
from app.web.answers import answer
from app.web.forms import Form, Shape
from app.web.paging import PAGE, Cursor
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.deliveries import KINDS, Counter, Deed, Item
from miniprogram_api.visits import answer_to

api = blueprint("appraisals", "善行和文明户")

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Words = Annotated[str, StringConstraints(max_length=300)]


class DeclareForm(Form):
    """What somebody declares; without a household it is his own."""

    id: UUID
    kind: Key
    items: list[Key] = Field(min_length=1, max_length=10, description="选的项目，见 kinds")
    words: str = Field(default="", max_length=500, description="做了什么，写清时间、地点；录了音可以不写")
    done_on: date | None = Field(default=None, description="哪天做的；不填就是今天")
    household_id: UUID | None = None
    door_code: str | None = Field(default=None, min_length=8, max_length=64, description="推荐邻居时扫到的门牌码")
    doer_id: UUID | None = Field(default=None, description="这一户里谁做的")
    file_ids: list[UUID] = Field(default=[], max_length=9, description="照片")
    voice_id: UUID | None = Field(default=None, description="一段录音；初审和评议的人听得到，公示里没有")
    has_picture_consent: bool = Field(default=False, description="照片可以公示")
    has_plate_consent: bool = Field(default=False, description="愿意挂牌、公示户主姓名")


class AppraisalPath(Form):
    """Which appraisal."""

    appraisal_id: UUID


class OnwardQuery(Form):
    """Where the page goes on."""

    after: str | None = Field(default=None, max_length=64)


class BoardQuery(OnwardQuery):
    """How far the board reaches, and where the page goes on."""

    area: queries.Far = queries.Far.village


class ObjectionForm(Form):
    """What somebody says against a publication."""

    id: UUID
    reason: Key
    words: Words = ""


class StepForm(Form):
    """A step that needs no more words."""

    id: UUID


class QueuedObjection(ObjectionForm):
    """An objection of a phone without signal names the appraisal."""

    appraisal_id: UUID


class QueuedStep(StepForm):
    """A step of a phone without signal names the appraisal."""

    appraisal_id: UUID


class ChoiceShape(Shape):
    """One reason to choose from."""

    key: str
    name: str


class AppraisedItemShape(Shape):
    """An item with what was claimed and given for it."""

    key: str
    name: str
    claimed: int
    given: int | None
    cut_by: str
    points: tuple[int, int] = Field(description="一次给几分到几分")
    cap: int | None
    per: str


class StageShape(Shape):
    """Where an appraisal stands."""

    id: UUID
    stage: rules.Stage


class MineShape(Shape):
    """One of one's own."""

    id: UUID
    kind: str
    kind_name: str
    items: list[AppraisedItemShape]
    household: str
    way: rules.Way
    stage: rules.Stage
    declared_at: datetime
    due_at: datetime | None
    points: int
    given: int | None
    may_withdraw: bool
    may_decline: bool


class TitleShape(Shape):
    """A title that one's household holds."""

    kind: str
    kind_name: str
    items: list[str]
    since: date
    until: date
    has_plate_consent: bool


class MinePage(Shape):
    """One's own appraisals, and the titles that the household holds today."""

    appraisals: list[MineShape]
    titles: list[TitleShape]
    next: str | None


class LineShape(Shape):
    """One line of a timeline."""

    at: datetime
    step: rules.Step
    detail: dict[str, Any]


class VoiceShape(Shape):
    """A vote of a panel that has decided, without a name."""

    round: int
    is_yes: bool
    points: int
    reason: str
    words: str


class FollowedShape(Shape):
    """One appraisal from its declaration to where it stands."""

    id: UUID
    kind: str
    kind_name: str
    items: list[AppraisedItemShape]
    household: str
    doer: str
    way: rules.Way
    done_on: date
    declared_at: datetime
    words: str
    file_ids: list[UUID]
    voice_id: UUID | None
    stage: rules.Stage
    due_at: datetime | None
    published_at: datetime | None
    publish_until: datetime | None
    publish_days: int = Field(description="按它那时的办法要公示几天；最后一天放假就顺延")
    points: int
    help: str = Field(description="没有通过时，怎样做下次能通过")
    may_withdraw: bool
    may_decline: bool
    timeline: list[LineShape]
    voices: list[VoiceShape]


class OwnObjectionShape(Shape):
    """What one has said oneself, and what came of it."""

    reason: str
    state: rules.ObjectionState
    at: datetime
    answered_at: datetime | None


class ShownShape(Shape):
    """One published appraisal."""

    id: UUID
    kind: str
    kind_name: str
    items: list[AppraisedItemShape]
    name: str
    place: str
    words: str
    file_ids: list[UUID]
    stage: rules.Stage
    points: int
    yes_count: int = Field(description="评议的人里几个同意")
    no_count: int
    published_at: datetime
    until: datetime
    may_object: bool
    is_mine: bool
    reasons: list[ChoiceShape]
    objection: OwnObjectionShape | None = Field(description="自己提过的异议")


class BoardPage(Shape):
    """A page of the board."""

    appraisals: list[ShownShape]
    next: str | None


@api.post("/appraisals", summary="申报或推荐", responses={201: StageShape})
@needs("appraisals.declare")
def declare(body: DeclareForm) -> Response:
    """For one's own household, for a neighbour's, or for one that one keeps; the client makes the id."""
    return answer_to(Counter(runtime(), actor(), KINDS).take(Item(body.id, "appraisal", body)))


@api.get("/appraisals/mine", summary="我的申报", responses={200: MinePage})
@needs("appraisals.own")
def mine(query: OnwardQuery) -> Response:
    """What one has declared, and what others have declared for one's household."""
    here, after = runtime(), Cursor.read(query.after)
    with reading(here) as db:
        page = queries.mine(db, here.vault, actor(), after=after)
        titles = [] if after else queries.titles_of(db, actor(), local_day(here.clock.now()))
    more = Cursor.write(page[-1].declared_at, page[-1].id) if len(page) == PAGE else None
    return answer(
        MinePage(appraisals=[MineShape(**facts_of(one)) for one in page], titles=[_title(t) for t in titles], next=more)
    )


@api.get("/appraisals/published", summary="公示栏", responses={200: BoardPage})
@needs("appraisals.read")
def published(query: BoardQuery) -> Response:
    """What is published in one's village, or with masked names in its town; the newest first."""
    here, after = runtime(), Cursor.read(query.after)
    with reading(here) as db:
        page = queries.published(db, here.vault, actor(), far=query.area, now=here.clock.now(), after=after)
    more = Cursor.write(page[-1].published_at, page[-1].id) if len(page) == PAGE else None
    return answer(BoardPage(appraisals=[_shown(one) for one in page], next=more), etag=True)


@api.get("/appraisals/<appraisal_id>", summary="一件事走到哪了", responses={200: FollowedShape})
@needs("appraisals.read")
def one(path: AppraisalPath) -> Response:
    """For whose it is, for who declared it, and for the offices of the place."""
    here = runtime()
    with reading(here) as db:
        seen = queries.followed(db, here.vault, actor(), appraisal_id=path.appraisal_id)
    return answer(FollowedShape(**facts_of(seen)))


@api.post("/appraisals/<appraisal_id>/object", summary="提异议", responses={201: StageShape})
@needs("appraisals.object")
def object_to(path: AppraisalPath, body: ObjectionForm) -> Response:
    """Anybody of the village, while it is published."""
    return _deliver("appraisal_object", QueuedObjection(appraisal_id=path.appraisal_id, **body.model_dump()))


@api.post("/appraisals/<appraisal_id>/withdraw", summary="撤回", responses={201: StageShape})
@needs("appraisals.read")
def withdraw(path: AppraisalPath, body: StepForm) -> Response:
    """Who declared it takes it back, before it is judged."""
    return _deliver("appraisal_withdraw", QueuedStep(appraisal_id=path.appraisal_id, id=body.id))


@api.post("/appraisals/<appraisal_id>/decline", summary="谢谢，不用了", responses={201: StageShape})
@needs("appraisals.decline")
def decline(path: AppraisalPath, body: StepForm) -> Response:
    """A household that others have named says no."""
    return _deliver("appraisal_decline", QueuedStep(appraisal_id=path.appraisal_id, id=body.id))


def _deliver(kind: str, form: QueuedObjection | QueuedStep) -> Response:
    return answer_to(Counter(runtime(), actor(), KINDS).take(Item(form.id, kind, form)))


def _object(tx: Tx, item: Item) -> StageShape:
    form: QueuedObjection = item.form
    appraisals.object_to(tx, form.appraisal_id, appraisals.Said(form.id, form.reason, form.words))
    return StageShape(id=form.appraisal_id, stage=rules.Stage.objected)


def _withdraw(tx: Tx, item: Item) -> StageShape:
    """Whoever hands it in for another needs what that other has left to him."""
    if not tx.actor.places("appraisals.read"):
        raise Forbidden
    return stage_of(appraisals.withdraw(tx, item.form.appraisal_id))


def _decline(tx: Tx, item: Item) -> StageShape:
    return stage_of(appraisals.decline(tx, item.form.appraisal_id))


def _declare(tx: Tx, item: Item) -> StageShape:
    form: DeclareForm = item.form
    facts = form.model_dump()
    facts["items"], facts["file_ids"] = tuple(dict.fromkeys(form.items)), tuple(dict.fromkeys(form.file_ids))
    return stage_of(appraisals.declare(tx, appraisals.Declaration(**facts)))


def stage_of(appraisal: Any) -> StageShape:
    """Where it stands now."""
    return StageShape(id=appraisal.id, stage=rules.Stage(appraisal.stage))


def facts_of(seen: Any) -> dict[str, Any]:
    """What a question found, as a shape takes it."""
    facts = asdict(seen)
    if "items" in facts:
        facts["items"] = [item._asdict() for item in seen.items]
    return facts


def choices(named: Mapping[str, str]) -> list[ChoiceShape]:
    """Reasons to choose from."""
    return [ChoiceShape(key=key, name=name) for key, name in named.items()]


def _title(title: Any) -> TitleShape:
    kind: AppraisalKind | None = runtime().presets["appraisals"].get(title.kind)
    names = {key: item.name for key, item in kind.item.items()} if kind else {}
    return TitleShape(
        kind=title.kind,
        kind_name=kind.name if kind else title.kind,
        items=[names.get(key, key) for key in title.items],
        since=title.since,
        until=title.until,
        has_plate_consent=title.has_plate_consent,
    )


def _shown(shown: queries.Shown) -> ShownShape:
    mine = OwnObjectionShape(**shown.objection._asdict()) if shown.objection else None
    return ShownShape(**{**facts_of(shown), "reasons": choices(shown.reasons), "objection": mine})


def stands(db: Session, _who: Actor, item: Item) -> StageShape:
    """Where the appraisal stands that an item names, or is, for who asks again when the first answer is long gone."""
    appraisal_id: UUID = getattr(item.form, "appraisal_id", item.id)
    stage = queries.stage_of(db, appraisal_id)
    assert stage
    return StageShape(id=appraisal_id, stage=stage)


DEEDS = {
    "appraisal": Deed(DeclareForm, _declare, stands),
    "appraisal_object": Deed(QueuedObjection, _object, stands),
    "appraisal_withdraw": Deed(QueuedStep, _withdraw, stands),
    "appraisal_decline": Deed(QueuedStep, _decline, stands),
}
KINDS.update(DEEDS)
