"""What judges, offices and those who look in do about an appraisal; each also as an item of a phone that was without signal."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.domains.appraisals import actions as appraisals
from app.domains.appraisals import rules
from app.domains.appraisals.errors import AppraisalNotFound
from app.kernel.access import Actor
from app.kernel.transaction import Tx
from app.kernel.values import local_day
from app.web.forms import Form
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.appraisals import AppraisalPath, Key, StageShape, StepForm, Words, stage_of, stands
from miniprogram_api.deliveries import KINDS, Counter, Deed, Item
from miniprogram_api.visits import answer_to

api = blueprint("ballots", "评议和初审")


class CheckForm(Form):
    """The first look: fine, or a reason why not."""

    id: UUID
    is_fine: bool
    reason: Key | None = None


class LookForm(StepForm):
    """One has been at the door; from a phone that was without signal, when that was."""

    made_at: datetime | None = Field(default=None, description="没信号时去看的，写上是什么时候；不填就是现在")


class VoteForm(Form):
    """One vote."""

    id: UUID
    round: int | None = Field(default=None, ge=1, le=1000, description="评的是第几轮；送到时已经换了一轮，就不算")
    is_yes: bool
    points: int = Field(default=0, ge=0, le=1000, description="同意时给几分，在项目的范围里")
    reason: Key
    words: Words = ""


class AsideForm(Form):
    """Why a member of the panel lets somebody else judge."""

    id: UUID
    round: int | None = Field(default=None, ge=1, le=1000, description="评的是第几轮")
    reason: Key


class AnswerForm(Form):
    """The office's answer to objections."""

    id: UUID
    is_upheld: bool
    reason: Key | None = Field(default=None, description="异议成立时，不通过的原因")


class QueuedCheck(CheckForm):
    """A first look of a phone without signal names the appraisal."""

    appraisal_id: UUID


class QueuedLook(LookForm):
    """A look at the door of a phone without signal names the appraisal."""

    appraisal_id: UUID


class QueuedVote(VoteForm):
    """A vote of a phone without signal names the appraisal."""

    appraisal_id: UUID


class QueuedAside(AsideForm):
    """Standing aside of a phone without signal names the appraisal."""

    appraisal_id: UUID


class QueuedAnswer(AnswerForm):
    """An office's answer of a phone without signal names the appraisal."""

    appraisal_id: UUID


@api.post("/appraisals/<appraisal_id>/check", summary="初审", responses={201: StageShape})
@needs("appraisals.check")
def check(path: AppraisalPath, body: CheckForm) -> Response:
    """Fine, or not and why."""
    return _deliver("appraisal_check", QueuedCheck(appraisal_id=path.appraisal_id, **body.model_dump()))


@api.post("/appraisals/<appraisal_id>/look", summary="去看过了", responses={201: StageShape})
@needs("appraisals.look")
def look(path: AppraisalPath, body: LookForm) -> Response:
    """One has been at the door of a household that is being tried."""
    return _deliver("appraisal_look", QueuedLook(appraisal_id=path.appraisal_id, **body.model_dump()))


@api.post("/appraisals/<appraisal_id>/vote", summary="投一票", responses={201: StageShape})
@needs("appraisals.vote")
def vote(path: AppraisalPath, body: VoteForm) -> Response:
    """Yes with points and praise, or no with a reason."""
    return _deliver("appraisal_vote", QueuedVote(appraisal_id=path.appraisal_id, **body.model_dump()))


@api.post("/appraisals/<appraisal_id>/stand-aside", summary="我要回避", responses={201: StageShape})
@needs("appraisals.vote")
def stand_aside(path: AppraisalPath, body: AsideForm) -> Response:
    """Somebody else is drawn."""
    return _deliver("appraisal_aside", QueuedAside(appraisal_id=path.appraisal_id, **body.model_dump()))


@api.post("/appraisals/<appraisal_id>/answer", summary="答复异议", responses={201: StageShape})
@needs("appraisals.answer")
def answer_objections(path: AppraisalPath, body: AnswerForm) -> Response:
    """Where the kind leaves the answer to an office."""
    return _deliver("appraisal_answer", QueuedAnswer(appraisal_id=path.appraisal_id, **body.model_dump()))


def _deliver(kind: str, form: QueuedCheck | QueuedLook | QueuedVote | QueuedAside | QueuedAnswer) -> Response:
    return answer_to(Counter(runtime(), actor(), KINDS).take(Item(form.id, kind, form)))


def _check(tx: Tx, item: Item) -> StageShape:
    form: QueuedCheck = item.form
    return stage_of(appraisals.check(tx, form.appraisal_id, is_fine=form.is_fine, reason=form.reason or ""))


def _look(tx: Tx, item: Item) -> StageShape:
    form: QueuedLook = item.form
    return stage_of(appraisals.look_in(tx, form.appraisal_id, on=_day_of(tx, form.made_at)))


def _day_of(tx: Tx, made_at: datetime | None) -> date | None:
    """The day that a phone tells, when it can be believed: not to come, and not longer ago than an item may be on its way."""
    earliest = tx.now - timedelta(days=tx.runtime.presets["visits"].offline_days)
    return local_day(made_at) if made_at and earliest <= made_at <= tx.now else None


def _vote(tx: Tx, item: Item) -> StageShape:
    form: QueuedVote = item.form
    ballot = rules.Ballot(form.is_yes, form.points, form.reason)
    return _voted(appraisals.vote(tx, form.appraisal_id, ballot, words=form.words, meant=form.round))


def _stand_aside(tx: Tx, item: Item) -> StageShape:
    form: QueuedAside = item.form
    return _voted(appraisals.stand_aside(tx, form.appraisal_id, reason=form.reason, meant=form.round))


def _answer(tx: Tx, item: Item) -> StageShape:
    form: QueuedAnswer = item.form
    return stage_of(appraisals.answer(tx, form.appraisal_id, is_upheld=form.is_upheld, reason=form.reason or ""))


def _voted(appraisal: Any) -> StageShape:
    """A voter is not told what his vote has decided before everybody is."""
    return StageShape(id=appraisal.id, stage=rules.Stage.judging)


def _untold(_db: Session, _who: Actor, _item: Item) -> StageShape:
    """Nor later: his list tells it, when everybody has spoken."""
    raise AppraisalNotFound


DEEDS = {
    "appraisal_check": Deed(QueuedCheck, _check, stands),
    "appraisal_look": Deed(QueuedLook, _look, stands),
    "appraisal_vote": Deed(QueuedVote, _vote, _untold),
    "appraisal_aside": Deed(QueuedAside, _stand_aside, _untold),
    "appraisal_answer": Deed(QueuedAnswer, _answer, stands),
}
KINDS.update(DEEDS)
