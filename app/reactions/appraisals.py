"""What follows when something is appraised: those who must act are asked, those whose it is are told, the audit knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.domains.appraisals import actions as appraisals
from app.domains.appraisals.events import (
    About,
    AnswerLate,
    AppraisalDeclared,
    AppraisalEnded,
    AppraisalInForce,
    AppraisalObjected,
    AppraisalPublished,
    AppraisalRefused,
    CheckAwaited,
    LooksAwaited,
    ObjectionsAnswered,
    PanelShort,
    SeatDrawn,
)
from app.domains.appraisals.rules import SUBJECT
from app.domains.audit import actions as audit
from app.domains.duties.rules import says_day
from app.domains.media.events import CheckDecided
from app.domains.notices import actions as notices
from app.kernel.events import Reactions
from app.kernel.transaction import Tx
from app.kernel.values import local_day

_OF_ONE = {  # told to those whose it is: they open the one itself, not a list
    "appraisal_nominated",
    "appraisal_published",
    "appraisal_objected",
    "appraisal_in_force",
    "appraisal_refused",
}


def settle_content(tx: Tx, event: CheckDecided) -> None:
    """The words may be shown or not, a picture may be recognised; other subjects are not ours."""
    if event.subject.startswith(SUBJECT):
        appraisals.settle_content(tx, UUID(event.subject.removeprefix(SUBJECT)))


def tell_nominees(tx: Tx, event: AppraisalDeclared) -> None:
    """A household that others have named hears of it, and that it may say no."""
    _tell(tx, event.about, event.nominees, template="appraisal_nominated", key="nominated")


def record_declaration(tx: Tx, event: AppraisalDeclared) -> None:
    """The audit knows who declared what."""
    _record(tx, event.about, "declare", way=event.way)


def ask_for_check(tx: Tx, event: CheckAwaited) -> None:
    """The office looks; after the first time the one above is told that nobody has."""
    template = "appraisal_check_late" if event.rung else "appraisal_check"
    key = f"check:{event.due_at:%Y%m%d}"
    _tell(tx, event.about, event.persons, template=template, key=key, due=_day(event.due_at))


def ask_for_looks(tx: Tx, event: LooksAwaited) -> None:
    """Somebody has to be at the door before the panel can judge."""
    key = f"look:{event.on:%Y%m%d}"
    _tell(tx, event.about, event.persons, template="appraisal_look", key=key, missing=str(event.missing))


def ask_for_vote(tx: Tx, event: SeatDrawn) -> None:
    """Who was drawn is asked; nothing says who declared."""
    key = f"vote:{event.round}"
    _tell(tx, event.about, [event.person_id], template="appraisal_vote", key=key, due=_day(event.due_at))


def tell_of_short_panel(tx: Tx, event: PanelShort) -> None:
    """Those above hear plainly that fewer do not decide, and what to do."""
    key = f"short:{event.round}:{event.missing}"
    _tell(tx, event.about, event.persons, template="appraisal_short", key=key, missing=str(event.missing))


def tell_of_publication(tx: Tx, event: AppraisalPublished) -> None:
    """Whose it is hears until when it is published."""
    key = f"published:{event.publication}"
    _tell(tx, event.about, event.about.people, template="appraisal_published", key=key, until=_day(event.until))


def record_publication(tx: Tx, event: AppraisalPublished) -> None:
    """The audit knows what was published with how many points."""
    _record(tx, event.about, "publish", publication=event.publication, points=event.points)


def tell_of_objection(tx: Tx, event: AppraisalObjected) -> None:
    """Whose it is hears that there is an objection, not whose; an office that must answer is asked."""
    people = [person for person in event.about.people if person != event.by]
    _tell(
        tx,
        event.about,
        people,
        template="appraisal_objected",
        key=f"objected:{event.objection_id}",
        due=_day(event.due_at),
    )
    _tell(
        tx,
        event.about,
        event.answerers,
        template="appraisal_answer",
        key=f"answer:{event.objection_id}",
        due=_day(event.due_at),
    )


def record_objection(tx: Tx, event: AppraisalObjected) -> None:
    """The audit knows that somebody objected."""
    _record(tx, event.about, "object", objection_id=str(event.objection_id))


def tell_of_late_answer(tx: Tx, event: AnswerLate) -> None:
    """Those above hear that an objection has no answer."""
    key = f"late:{event.due_at:%Y%m%d}"
    _tell(tx, event.about, event.persons, template="appraisal_answer_late", key=key, due=_day(event.due_at))


def tell_objectors(tx: Tx, event: ObjectionsAnswered) -> None:
    """Who objected hears what came of it."""
    answer = "查了，结果已经改过来" if event.is_upheld else "重新评过，结果不变"
    for objection_id, person_id in event.objectors:
        _tell(
            tx, event.about, [person_id], template="appraisal_answered", key=f"answered:{objection_id}", answer=answer
        )


def tell_of_force(tx: Tx, event: AppraisalInForce) -> None:
    """Whose it is hears what it brought; the doer hears of whole points from the ledger itself."""
    gain = f"称号到{event.until}" if event.until else f"记 {event.given} 分"
    if event.given < event.claimed:
        gain = f"评了 {event.claimed} 分，到上限了，记 {event.given} 分"
    is_told = 0 < event.given == event.claimed
    _tell(tx, event.about, event.about.people[int(is_told) :], template="appraisal_in_force", key="in_force", gain=gain)


def record_force(tx: Tx, event: AppraisalInForce) -> None:
    """The audit knows what came into force."""
    _record(tx, event.about, "in_force", claimed=event.claimed, given=event.given, cut_by=event.cut_by)


def tell_of_refusal(tx: Tx, event: AppraisalRefused) -> None:
    """Whose it is hears why not, and what would help."""
    _tell(
        tx,
        event.about,
        event.about.people,
        template="appraisal_refused",
        key="refused",
        reason=event.reason_name,
        help=event.help,
    )


def record_refusal(tx: Tx, event: AppraisalRefused) -> None:
    """The audit knows the reason of a no."""
    _record(tx, event.about, "refuse", reason=event.reason)


def record_end(tx: Tx, event: AppraisalEnded) -> None:
    """The audit knows that it was taken back or turned down."""
    _record(tx, event.about, event.stage)


def _day(moment: datetime) -> str:
    return says_day(local_day(moment))


def _tell(tx: Tx, about: About, people: Iterable[UUID], *, template: str, key: str, **values: str) -> None:
    told = {"kind": about.kind_name, "what": about.item_names, **values}
    page = f"pages/appraisal/index?id={about.id}" if template in _OF_ONE else ""
    notices.queue_many(
        tx,
        [
            notices.Notice(person, template, told, f"appraisal:{about.id}:{key}", page)
            for person in dict.fromkeys(people)
        ],
    )


def _record(tx: Tx, about: About, deed: str, **detail: object) -> None:
    audit.record(
        tx,
        action=f"appraisals.{deed}",
        subject="appraisal",
        subject_id=about.id,
        area_path=about.area_path,
        detail=detail or None,
    )


REACTIONS: Reactions = {
    CheckDecided: (settle_content,),
    AppraisalDeclared: (record_declaration, tell_nominees),
    CheckAwaited: (ask_for_check,),
    LooksAwaited: (ask_for_looks,),
    SeatDrawn: (ask_for_vote,),
    PanelShort: (tell_of_short_panel,),
    AppraisalPublished: (record_publication, tell_of_publication),
    AppraisalObjected: (record_objection, tell_of_objection),
    AnswerLate: (tell_of_late_answer,),
    ObjectionsAnswered: (tell_objectors,),
    AppraisalInForce: (record_force, tell_of_force),
    AppraisalRefused: (record_refusal, tell_of_refusal),
    AppraisalEnded: (record_end,),
}
