"""Matters as people look at them: their own, their queue, their area's, one with its timeline, and those that are perhaps the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.domains.cases import queries
from app.domains.cases.rules import Phase, TimerState
from app.domains.cases.rules.offers import Weight
from app.kernel.transaction import reading
from app.web.answers import answer
from app.web.forms import Form, Shape
from app.web.paging import Cursor
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.case_words import Reader, SaidShape, reader_of
from miniprogram_api.cases import CasePath, MoveShape, StopShape, fields_of, office_name, stop_shape

api = blueprint("case_lists", "要办的事：看")


class CasePageQuery(Form):
    """Where the page goes on."""

    after: str | None = Field(default=None, max_length=64)


class CaseAreaQuery(CasePageQuery):
    """Of which place."""

    area: str = Field(max_length=60, pattern=r"^[0-9a-z/]+/$")


class QuickShape(Shape):
    """A move that asks nothing."""

    key: str
    name: str


class BriefShape(Shape):
    """A case as a line of a list."""

    id: UUID
    kind: str
    kind_name: str
    number: str
    category_name: str
    level: str
    stage: str
    stage_name: str
    outcome: str | None
    place: str
    opened_at: datetime
    started_at: datetime | None = Field(description="现在这个时限从什么时候算起")
    due_at: datetime | None
    is_late: bool
    places: list[str] = Field(description="我在这件事里是谁")
    is_mine: bool = Field(description="现在等的是不是我")
    phase: Phase
    words: str = Field(description="报的人说的第一句，能看的人才有")
    quick: QuickShape | None = Field(description="在名单上一点就能办的那一步")
    hand_on: str | None = Field(description="转给别处的那一步；转不了是空")


class CasesShape(Shape):
    """A page of cases, and the mark under which it goes on."""

    cases: list[BriefShape]
    next: str | None


class HappeningShape(Shape):
    """One line of the timeline."""

    id: UUID
    at: datetime
    kind: str
    move: str
    move_name: str
    stage_name: str
    party_name: str
    by_name: str
    is_me: bool
    office: str = Field(description="往上找到的岗位；不是往上找的是空")
    through_name: str = Field(description="替他办的人；自己办的是空")
    said: list[SaidShape]
    detail: dict[str, Any]


class SitterShape(Shape):
    """Somebody who has a place in the case."""

    party: str
    party_name: str
    name: str
    has_taken: bool


class MoveOfferShape(MoveShape):
    """A move that I may make now; how it should be shown, and the outcome with which it ends the case."""

    weight: Weight
    outcome: str | None


class ClockShape(Shape):
    """The clock that runs now, and who is told when, if nobody acts."""

    key: str
    name: str
    state: TimerState
    started_at: datetime
    due_at: datetime
    stops: list[StopShape]


class ExtensionShape(Shape):
    """A clock that I may move on, and by how much."""

    clock: str
    name: str
    amount: int
    unit: str


class CaseShape(BriefShape):
    """One case as one may see it; what one may not see is empty."""

    opening: list[SaidShape]
    file_ids: list[UUID]
    people: list[SitterShape]
    timeline: list[HappeningShape]
    moves: list[str] = Field(description="现在轮到我能办的")
    offers: list[MoveOfferShape] = Field(description="现在轮到我能办的，连着各自的表")
    rating: str | None
    held: list[str] = Field(description="收下了、还没交还的材料；看得见收条的人才看得见")
    waits_on: str = Field(description="现在等的那一方")
    clock: ClockShape | None
    promised_at: datetime | None = Field(description="答应哪天办好")
    urge_from: datetime | None = Field(description="从什么时候起能催；不能催是空")
    extension: ExtensionShape | None


class NearShape(Shape):
    """Cases that may be the same matter, the likeliest first."""

    cases: list[BriefShape]
    alike: int = Field(description="前几件话里有相同的字眼；后面的只是同一类、同一处")


@api.get("/cases/mine", summary="我报的和替我报的", responses={200: CasesShape})
@needs("cases.read")
def my_cases(query: CasePageQuery) -> Response:
    """The newest first, thirty at a time."""
    with reading(runtime()) as db:
        return _page(db, queries.my_cases(db, actor(), after=Cursor.read(query.after)))


@api.get("/cases/queue", summary="等我办的", responses={200: CasesShape})
@needs("cases.read")
def my_queue(query: CasePageQuery) -> Response:
    """Open cases in which one has an office's place."""
    with reading(runtime()) as db:
        return _page(db, queries.my_queue(db, actor(), after=Cursor.read(query.after)))


@api.get("/cases/area", summary="一个地方的", responses={200: CasesShape})
@needs("cases.read")
def area_cases(query: CaseAreaQuery) -> Response:
    """What a place's cadres may know: number, kind, stage and dates, nothing that was said."""
    with reading(runtime()) as db:
        return _page(db, queries.area_cases(db, actor(), path=query.area, after=Cursor.read(query.after)))


@api.get("/cases/<case_id>", summary="一件事和它的来龙去脉", responses={200: CaseShape})
@needs("cases.read")
def one_case(path: CasePath) -> Response:
    """As far as one may see it."""
    here = runtime()
    with reading(here) as db:
        seen = queries.case_of(db, here.vault, actor=actor(), case_id=path.case_id)
        ahead = queries.ahead_of(db, actor(), path.case_id, now=here.clock.now())
        words = queries.first_words(db, here.vault, actor=actor(), case_ids=[path.case_id])
        said = [*seen.opening, *(one for line in seen.timeline for one in line.said)]
        reader = reader_of(db, here.vault, ahead.kind, said=said)
    brief = _brief(seen.brief, words.get(path.case_id, "")).model_dump()
    return answer(CaseShape(**brief, **_said(seen, reader), **_ahead(ahead)))


@api.get("/cases/<case_id>/near", summary="可能是同一件的", responses={200: NearShape})
@needs("cases.move")
def near_cases(path: CasePath) -> Response:
    """For whoever answers for the case: open cases nearby of the same category, with the words of those that he may read."""
    with reading(runtime()) as db:
        found = queries.same_perhaps(db, runtime().vault, actor=actor(), case_id=path.case_id)
        words = queries.first_words(db, runtime().vault, actor=actor(), case_ids=[one.id for one in found.briefs])
    return answer(NearShape(cases=[_brief(one, words.get(one.id, "")) for one in found.briefs], alike=found.alike))


def _brief(one: queries.Brief, words: str = "") -> BriefShape:
    facts = asdict(one)
    quick = facts.pop("quick")
    return BriefShape(**facts, words=words, quick=QuickShape(key=quick[0], name=quick[1]) if quick else None)


def _page(db: Session, found: Sequence[queries.Brief]) -> Response:
    words = queries.first_words(db, runtime().vault, actor=actor(), case_ids=[one.id for one in found])
    more = Cursor.write(found[-1].opened_at, found[-1].id) if len(found) == queries.PAGE else None
    return answer(CasesShape(cases=[_brief(one, words.get(one.id, "")) for one in found], next=more))


def _said(seen: queries.Seen, reader: Reader) -> dict[str, Any]:
    return {
        "opening": reader.read(seen.opening),
        "file_ids": seen.file_ids,
        "people": [SitterShape(**asdict(one)) for one in seen.people],
        "timeline": [_happening(one, reader) for one in seen.timeline],
        "moves": seen.moves,
        "rating": seen.rating,
        "held": seen.held,
    }


def _happening(one: queries.Happening, reader: Reader) -> HappeningShape:
    office = str(one.detail.get("office", ""))
    facts = {**asdict(one), "said": reader.read(one.said), "office": office_name(office) if office else ""}
    return HappeningShape(**facts)


def _ahead(ahead: queries.Ahead) -> dict[str, Any]:
    clock, extension = ahead.clock, ahead.extension
    return {
        "offers": [
            MoveOfferShape(
                key=o.key, name=o.name, form=fields_of(ahead.kind, o.form), weight=o.weight, outcome=o.outcome
            )
            for o in ahead.offers
        ],
        "waits_on": ahead.waits_on,
        "clock": clock and ClockShape(**{**asdict(clock), "stops": [stop_shape(stop) for stop in clock.stops]}),
        "promised_at": ahead.promised_at,
        "urge_from": ahead.urge_from,
        "extension": extension and ExtensionShape(**asdict(extension)),
    }
