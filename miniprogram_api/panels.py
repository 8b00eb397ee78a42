"""The judging side of appraisals: what waits for a vote, a first look, a look at the door, an answer; and what one has voted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from flask import Response

from app.domains.appraisals import queries, rules
from app.domains.appraisals.preset import Refusal
from app.kernel.transaction import reading
from app.web.answers import answer
from app.web.forms import Shape
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.appraisals import AppraisedItemShape, ChoiceShape, VoiceShape, choices, facts_of

api = blueprint("panels", "评议和初审")


class AskedShape(Shape):
    """What a member of a panel sees before he votes."""

    id: UUID
    round: int
    is_review: bool
    kind: str
    kind_name: str
    items: list[AppraisedItemShape]
    household: str
    doer: str
    done_on: date
    words: str
    file_ids: list[UUID]
    voice_id: UUID | None
    objections: list[str]
    panel_size: int
    panel_least_yes: int
    points: tuple[int, int]
    points_before: int | None
    due_at: datetime
    praises: list[ChoiceShape]
    refusals: list[ChoiceShape]
    recusals: list[ChoiceShape]


class JudgedShape(Shape):
    """One that one has voted on; the others' votes are there when everybody has spoken."""

    id: UUID
    round: int
    kind_name: str
    items: list[AppraisedItemShape]
    voted_at: datetime
    own: VoiceShape
    is_decided: bool
    is_yes: bool
    points: int
    voices: list[VoiceShape]


class AskedPage(Shape):
    """Everything that waits for one's vote, and what one has voted on lately."""

    votes: list[AskedShape]
    judged: list[JudgedShape]


class RefusalShape(ChoiceShape):
    """A reason for a no, and what the household will read that would help."""

    help: str


class FlagShape(Shape):
    """Something to look at twice: same_deed or same_picture, and with which other appraisal."""

    kind: str
    other_id: UUID


class WaitingCheckShape(Shape):
    """One appraisal that waits for the first look."""

    id: UUID
    kind: str
    kind_name: str
    items: list[AppraisedItemShape]
    household: str
    doer: str
    way: rules.Way
    done_on: date
    declared_at: datetime
    due_at: datetime | None
    words: str
    words_state: rules.WordsState
    file_ids: list[UUID]
    voice_id: UUID | None
    flags: list[FlagShape]
    refusals: list[RefusalShape]


class ChecksPage(Shape):
    """Everything that waits for one's look."""

    checks: list[WaitingCheckShape]


class TryingShape(Shape):
    """A household that is being tried, and how often somebody has looked in."""

    id: UUID
    kind_name: str
    items: list[AppraisedItemShape]
    household: str
    words: str
    looks: int
    looks_wanted: int
    until: datetime | None
    looked_today: bool


class TryingPage(Shape):
    """Where one may look in."""

    looks: list[TryingShape]


class ContestedShape(Shape):
    """A publication with objections that an office answers."""

    id: UUID
    kind_name: str
    items: list[AppraisedItemShape]
    household: str
    words: str
    file_ids: list[UUID]
    voice_id: UUID | None
    objections: list[str]
    due_at: datetime | None
    refusals: list[RefusalShape]


class ContestedPage(Shape):
    """Everything that waits for one's answer."""

    objected: list[ContestedShape]


@api.get("/appraisals/votes", summary="等我评的", responses={200: AskedPage})
@needs("appraisals.vote")
def votes() -> Response:
    """What one was drawn for; not who declared it, not what others have said."""
    here = runtime()
    with reading(here) as db:
        asked = queries.asked_of(db, here.vault, actor())
        judged = queries.judged_by(db, here.vault, actor())
    return answer(AskedPage(votes=[_asked(one) for one in asked], judged=[_judged(one) for one in judged]))


@api.get("/appraisals/checks", summary="等我初审的", responses={200: ChecksPage})
@needs("appraisals.check")
def checks() -> Response:
    """What waits for the first look in one's area, with what is to be looked at twice."""
    here = runtime()
    with reading(here) as db:
        waiting = queries.check_queue(db, here.vault, actor())
    return answer(ChecksPage(checks=[_waiting(one) for one in waiting]))


@api.get("/appraisals/looks", summary="等我去看的", responses={200: TryingPage})
@needs("appraisals.look")
def looks() -> Response:
    """Households that are being tried in one's area."""
    here = runtime()
    with reading(here) as db:
        tried = queries.tried_in(db, here.vault, actor(), now=here.clock.now())
    return answer(TryingPage(looks=[TryingShape(**facts_of(one)) for one in tried]))


@api.get("/appraisals/objected", summary="等我答复的异议", responses={200: ContestedPage})
@needs("appraisals.answer")
def objected() -> Response:
    """What waits for one's answer, with what was objected and without who."""
    here = runtime()
    with reading(here) as db:
        contested = queries.contested_in(db, here.vault, actor())
    return answer(ContestedPage(objected=[_contested(one) for one in contested]))


def _asked(asked: queries.Asked) -> AskedShape:
    kind = asked.policy
    facts = facts_of(asked)
    facts.pop("policy")
    named = {key: refusal.name for key, refusal in kind.refusal.items()}
    return AskedShape(
        **facts,
        panel_size=kind.panel.draw,
        panel_least_yes=kind.panel.least_yes,
        praises=choices(kind.praise),
        refusals=choices(named),
        recusals=choices(kind.recusal),
    )


def _judged(judged: queries.Judged) -> JudgedShape:
    return JudgedShape(**facts_of(judged))


def _waiting(waiting: queries.Waiting) -> WaitingCheckShape:
    flags = [FlagShape(kind=kind, other_id=other) for kind, other in waiting.flags]
    return WaitingCheckShape(**{**facts_of(waiting), "flags": flags, "refusals": _refusals(waiting.refusals)})


def _contested(contested: queries.Contested) -> ContestedShape:
    return ContestedShape(**{**facts_of(contested), "refusals": _refusals(contested.refusals)})


def _refusals(named: Mapping[str, Refusal]) -> list[RefusalShape]:
    return [RefusalShape(key=key, name=refusal.name, help=refusal.help) for key, refusal in named.items()]
