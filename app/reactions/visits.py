"""What follows when something happens at the doors: the month's duty is done or open again, the audit knows, people are told."""

from __future__ import annotations

from app.domains.audit import actions as audit
from app.domains.duties import actions as duties
from app.domains.duties.rules import says_day
from app.domains.identity.events import AccountClosed, ConsentSaid
from app.domains.notices import actions as notices
from app.domains.visits import actions as visits
from app.domains.visits.events import (
    CommentHidden,
    CommentReleased,
    DigestDue,
    EyesWanted,
    PostHeld,
    PostHidden,
    PostReleased,
    VisitCorrected,
    VisitLogged,
    VisitTapped,
    VisitVoided,
)
from app.domains.visits.rules import PICTURES
from app.kernel.events import Reactions
from app.kernel.transaction import Tx
from app.kernel.values import month_of


def record_visit(tx: Tx, event: VisitLogged) -> None:
    """The audit knows who wrote a visit down."""
    audit.record(tx, action="visits.log", subject="visit", subject_id=event.visit_id, area_path=event.area_path)


def fulfil_duty(tx: Tx, event: VisitLogged) -> None:
    """The visit fulfils what is owed for its month; it goes along with the gathered rows."""
    for kind, preset in tx.runtime.presets["duties"].items():
        if event.kind in preset.fulfilled_by:
            duties.fulfil(
                tx,
                kind,
                month_of(event.visited_on),
                household_id=event.household_id,
                at=event.visited_at,
                by=event.visitor_id,
            )


def reopen_duty(tx: Tx, event: VisitVoided) -> None:
    """What the voided visit fulfilled is owed again, unless another visit of the month stands for it."""
    for kind, preset in tx.runtime.presets["duties"].items():
        standing = [other for other in event.others if other.kind in preset.fulfilled_by]
        instead = (standing[0].visited_at, standing[0].visitor_id) if standing else None
        duties.unfulfil(tx, kind, month_of(event.visited_on), household_id=event.household_id, instead=instead)


def record_correction(tx: Tx, event: VisitCorrected) -> None:
    """The audit knows who corrected, voided or added a note."""
    audit.record(
        tx,
        action=f"visits.{event.kind}",
        subject="visit",
        subject_id=event.visit_id,
        area_path=event.area_path,
    )


def record_tap(tx: Tx, event: VisitTapped) -> None:
    """The audit knows that a household has given its word."""
    audit.record(
        tx,
        action="visits.confirm",
        subject="visit",
        subject_id=event.visit_id,
        area_path=event.area_path,
        detail={"says_yes": event.says_yes},
    )


def tell_author(tx: Tx, event: PostHeld) -> None:
    """The author learns that his post is not shown, and that the visit itself stands."""
    notices.queue(
        tx,
        person_id=event.author_id,
        template="post_held",
        values={"date": says_day(event.posted_on), "reason": "村里要先看一眼"},
        key=f"post:{event.post_id}:held",
    )


def record_hiding(tx: Tx, event: PostHidden) -> None:
    """The audit knows which cadre took a post out of the feed."""
    audit.record(tx, action="feed.hide", subject="post", subject_id=event.post_id, area_path=event.area_path)


def tell_why_post_is_hidden(tx: Tx, event: PostHidden) -> None:
    """The author learns kindly why his post was taken in."""
    notices.queue(
        tx,
        person_id=event.author_id,
        template="words_hidden",
        values={"date": says_day(event.posted_on), "what": "晒的走访", "reason": event.reason},
        key=f"post:{event.post_id}:hidden:{tx.new_id()}",
    )


def record_hidden_comment(tx: Tx, event: CommentHidden) -> None:
    """The audit knows which cadre took a comment out of the feed."""
    audit.record(tx, action="feed.hide", subject="comment", subject_id=event.comment_id, area_path=event.area_path)


def tell_why_comment_is_hidden(tx: Tx, event: CommentHidden) -> None:
    """Who wrote a comment learns kindly why it was taken in."""
    notices.queue(
        tx,
        person_id=event.author_id,
        template="words_hidden",
        values={"date": says_day(event.commented_on), "what": "写的评论", "reason": event.reason},
        key=f"comment:{event.comment_id}:hidden:{tx.new_id()}",
    )


def record_released_comment(tx: Tx, event: CommentReleased) -> None:
    """The audit knows which cadre let a comment be shown."""
    audit.record(tx, action="feed.release", subject="comment", subject_id=event.comment_id, area_path=event.area_path)


def tell_of_the_day(tx: Tx, event: DigestDue) -> None:
    """Who posted learns what the day brought, in one quiet message."""
    notices.queue(
        tx,
        person_id=event.author_id,
        template="feed_digest",
        values={"likes": str(event.likes), "comments": str(event.comments)},
        key=f"feed_digest:{event.on}",
    )


def tell_of_what_waits(tx: Tx, event: EyesWanted) -> None:
    """Who may look learns once a day how much waits for an eye."""
    notices.queue(
        tx,
        person_id=event.person_id,
        template="eyes_wanted",
        values={"count": str(event.count)},
        key=f"eyes_wanted:{event.on}",
    )


def forget_person(tx: Tx, event: AccountClosed) -> None:
    """Who leaves takes his likes and comments along."""
    if event.person_id is not None:
        visits.forget_person(tx, event.person_id)


def record_release(tx: Tx, event: PostReleased) -> None:
    """The audit knows which cadre let a post be shown."""
    audit.record(tx, action="feed.release", subject="post", subject_id=event.post_id, area_path=event.area_path)


def withdraw_pictures(tx: Tx, event: ConsentSaid) -> None:
    """A household that says no to its pictures being seen is heard at once."""
    if event.purpose == PICTURES and not event.is_given and event.household_id is not None:
        visits.withdraw_pictures(tx, event.household_id)


REACTIONS: Reactions = {
    VisitLogged: (record_visit, fulfil_duty),
    VisitVoided: (reopen_duty,),
    VisitCorrected: (record_correction,),
    VisitTapped: (record_tap,),
    PostHeld: (tell_author,),
    PostHidden: (record_hiding, tell_why_post_is_hidden),
    PostReleased: (record_release,),
    CommentHidden: (record_hidden_comment, tell_why_comment_is_hidden),
    CommentReleased: (record_released_comment,),
    DigestDue: (tell_of_the_day,),
    EyesWanted: (tell_of_what_waits,),
    AccountClosed: (forget_person,),
    ConsentSaid: (withdraw_pictures,),
}
