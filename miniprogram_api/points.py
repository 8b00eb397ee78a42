"""Points: how many one's household has, what each entry was for, and why it is as it is."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.domains.appraisals import queries as appraisals
from app.domains.points import queries, rules
from app.domains.points.errors import AccountNotFound
from app.kernel.transaction import reading
from app.kernel.values import local_day, start_of
from app.web.answers import answer
from app.web.forms import Form, Shape
from app.web.paging import PAGE
from app.web.routes import actor, blueprint, needs, runtime

api = blueprint("points", "积分")
_EACH: dict[rules.Per, str] = {"event": "每次", "month": "每月", "quarter": "每季", "year": "每年"}


class PointsHouseholdPath(Form):
    """Which household."""

    household_id: UUID


class TransferPath(Form):
    """Which entry."""

    transfer_id: UUID


class PointsPageQuery(Form):
    """Where the page goes on."""

    before: int | None = Field(default=None, ge=1, le=2**62, description="上一页给的 next")


class PointsEntryShape(Shape):
    """One entry of a household."""

    transfer_id: UUID
    at: datetime
    counted_on: date = Field(description="算在哪一天")
    kind: rules.TransferKind
    what: str = Field(description="为了什么")
    points: int = Field(description="记了几分，扣分和改正是负数")
    claimed: int = Field(description="申报几分")
    cut_by: str = Field(description="被哪一条上限减少；没有减少是空的")
    cut_words: str = Field(description="减少的原因，照着念就行")
    balance: int = Field(description="记完后有几分")


class PointsShape(Shape):
    """A household's points and a page of its entries, the newest first."""

    household_id: UUID
    balance: int = Field(description="能换东西的")
    score: int = Field(description="这一期评的，评文明户看这个数")
    score_per: rules.Per = Field(description="一期是一个月、一季还是一年")
    score_from: date
    moved_this_month: int = Field(description="这个月多了（负数是少了）几分")
    entries: list[PointsEntryShape]
    next: int | None


class WhyShape(PointsEntryShape):
    """One entry down to the deed and the rule."""

    household_id: UUID
    rule: str
    rule_version: str = Field(description="评的时候用的规则版本")
    rule_points: tuple[int, int] | None = Field(description="这一项一次给几分到几分")
    rule_cap: int | None = Field(description="这一项最多几分")
    rule_per: rules.Per | None = Field(description="最多几分是每次、每月、每季还是每年")
    caps_version: str = Field(description="当时的上限版本")
    subject: str
    subject_id: UUID | None
    original_id: UUID | None = Field(description="冲正的是哪一笔")
    reversed_by_id: UUID | None = Field(description="被哪一笔冲正")
    reason: str | None = Field(description="为什么冲正")


@api.get("/points", summary="我家的积分", responses={200: PointsShape})
@needs("points.read")
def my_points(query: PointsPageQuery) -> Response:
    """The household of whoever asks."""
    mine = actor().household_id
    if mine is None:
        raise AccountNotFound
    return _page(mine, query)


@api.get("/households/<household_id>/points", summary="一户的积分", responses={200: PointsShape})
@needs("points.read")
def points_of_household(path: PointsHouseholdPath, query: PointsPageQuery) -> Response:
    """A household's points, for itself and for those who answer for the area."""
    return _page(path.household_id, query)


@api.get("/points/<transfer_id>", summary="这一笔为什么", responses={200: WhyShape})
@needs("points.read")
def why_points(path: TransferPath) -> Response:
    """Why an entry is there: what was claimed, what was given, and what made the difference."""
    here = runtime()
    with reading(here) as db:
        found = queries.why(db, here.vault, actor(), transfer_id=path.transfer_id)
        item = appraisals.item_under(db, found.line.rule, found.line.rule_version)
        facts = _facts(db, found.line)
    shape = WhyShape(
        **facts,
        household_id=found.household_id,
        rule=found.line.rule,
        rule_version=found.line.rule_version,
        rule_points=item.points if item else None,
        rule_cap=item.cap if item else None,
        rule_per=item.per if item else None,
        caps_version=found.caps_version,
        subject=found.subject,
        subject_id=found.subject_id,
        original_id=found.original_id,
        reversed_by_id=found.reversed_by_id,
        reason=found.reason,
    )
    return answer(shape)


def _page(household_id: UUID, query: PointsPageQuery) -> Response:
    here = runtime()
    now, caps = here.clock.now(), here.presets["points"]
    today = local_day(now)
    period = rules.period_of(caps.score.per, today)
    with reading(here) as db:
        book = queries.passbook(db, actor(), household_id, before=query.before, limit=PAGE)
        shape = PointsShape(
            household_id=household_id,
            balance=book.balance,
            score=queries.judged_between(db, household_id, period),
            score_per=caps.score.per,
            score_from=period[0],
            moved_this_month=queries.moved_since(db, household_id, start_of(today.replace(day=1))),
            entries=[PointsEntryShape(**_facts(db, line)) for line in book.lines],
            next=book.lines[-1].version if len(book.lines) == PAGE else None,
        )
    return answer(shape)


def _facts(db: Session, line: queries.Line) -> dict[str, Any]:
    names: dict[str, str] = runtime().presets["points"].names
    facts = line._asdict()
    for inner in ("version", "rule", "rule_version"):
        del facts[inner]
    what = facts.pop("rule_name") or "评议结果"
    return {**facts, "what": what, "cut_by": names.get(line.cut_by, line.cut_by), "cut_words": _cut_words(db, line)}


def _cut_words(db: Session, line: queries.Line) -> str:
    """What has cut an entry, as one says it: the cap of the item with its figure, or a general cap by its name."""
    if not line.cut_by:
        return ""
    names: dict[str, str] = runtime().presets["points"].names
    item = None if line.cut_by in names else appraisals.item_under(db, line.rule, line.rule_version)
    if item is None or item.cap is None:
        return names.get(line.cut_by, "这一类的上限")
    return f"这一类{_EACH[item.per]}最多 {item.cap} 分"
