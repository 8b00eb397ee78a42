"""Keeping public words decent: readers report, cadres look at what waits, keep it in with a reason or let it be seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from flask import Response
from pydantic import Field

from app.domains.notices import actions as notices
from app.domains.notices.rules import BroadcastState
from app.domains.visits import actions as visits
from app.domains.visits import queries, rules
from app.kernel.transaction import Tx, reading
from app.web.answers import answer, once, write
from app.web.forms import Form, Shape
from app.web.paging import PAGE, Cursor
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.comments import CommentPath, CommentsPageQuery, PostPath

api = blueprint("moderation", "晒走访的管理")

_REASON = Field(max_length=40, description="原因的代码，从 /feed/reasons 里选")


class ReportForm(Form):
    """Why something is not right."""

    id: UUID
    reason: str = _REASON


class HoldForm(Form):
    """Why something is taken in; who wrote it is told."""

    reason: str = _REASON


class ReasonShape(Shape):
    """One reason of the list."""

    code: str
    words: str


class ReasonsShape(Shape):
    """Why something may be reported or taken in."""

    reasons: list[ReasonShape]


class ReportedShape(Shape):
    """The report has been received; nobody is told who made it."""

    id: UUID
    message: str


class ReasonCount(ReasonShape):
    """How many people gave this reason."""

    count: int


class WaitingForEye(Shape):
    """A post, a comment or a broadcast that a cadre has to look at; who reported it is nowhere."""

    kind: Literal["post", "comment", "broadcast"]
    id: UUID
    post_id: UUID
    author: str
    place: str
    words: str
    file_ids: list[UUID]
    said_at: datetime
    state: str = Field(description="held 已先收起来、shown 有人举报但还看得到、checking 还在检查")
    waits_since: datetime
    reports: int = Field(description="几户人家举报")
    reasons: list[ReasonCount]


class HeldShape(Shape):
    """A page of what waits, the longest waiting first."""

    items: list[WaitingForEye]
    next: str | None


class WaitingBroadcastPath(Form):
    """Which broadcast waits."""

    broadcast_id: UUID


class BroadcastStateShape(Shape):
    """What a broadcast is now."""

    id: UUID
    state: BroadcastState


class PostStateShape(Shape):
    """What a post is now."""

    id: UUID
    state: rules.PostState


class CommentStateShape(Shape):
    """What a comment is now."""

    id: UUID
    state: rules.CommentState


@api.get("/feed/reasons", summary="举报或收起来的原因", responses={200: ReasonsShape})
@needs("feed.read")
def reasons() -> Response:
    """The list that the village has set."""
    told = runtime().presets["feed"].reasons
    return answer(ReasonsShape(reasons=[ReasonShape(code=key, words=words) for key, words in told.items()]), etag=True)


@api.post("/feed/<post_id>/report", summary="举报一条晒走访", responses={201: ReportedShape})
@needs("feed.read")
def report_post(path: PostPath, body: ReportForm) -> Response:
    """Nobody learns who reported; the village looks at it."""

    def work(tx: Tx) -> ReportedShape:
        visits.report_post(tx, path.post_id, reason=body.reason)
        return _reported(body)

    return once(body.id, body, work)


@api.post("/feed/comments/<comment_id>/report", summary="举报一条评论", responses={201: ReportedShape})
@needs("feed.read")
def report_comment(path: CommentPath, body: ReportForm) -> Response:
    """Nobody learns who reported; the village looks at it."""

    def work(tx: Tx) -> ReportedShape:
        visits.report_comment(tx, path.comment_id, reason=body.reason)
        return _reported(body)

    return once(body.id, body, work)


@api.get("/feed/held", summary="等着看一眼的", responses={200: HeldShape})
@needs("feed.hold")
def held(query: CommentsPageQuery) -> Response:
    """What the check did not let through and what was reported, in the caller's area."""
    here, after = runtime(), Cursor.read(query.after)
    with reading(here) as db:
        page = queries.waiting_page(db, here.vault, actor=actor(), after=after)
    more = Cursor.write(page[-1].waits_since, page[-1].id) if len(page) == PAGE else None
    return answer(HeldShape(items=[_waiting(one) for one in page], next=more))


@api.post("/feed/<post_id>/hold", summary="把一条收起来", responses={200: PostStateShape})
@needs("feed.hold")
def hold(path: PostPath, body: HoldForm) -> Response:
    """Take a post out of the feed and tell its author why; doing it twice changes nothing more."""
    return write(lambda tx: _post(visits.hide_post(tx, path.post_id, reason=body.reason)))


@api.post("/feed/<post_id>/release", summary="看过了，放出来", responses={200: PostStateShape})
@needs("feed.hold")
def release(path: PostPath) -> Response:
    """Let a held, reported or hidden post be shown, unless the check calls it risky."""
    return write(lambda tx: _post(visits.release_post(tx, path.post_id)))


@api.post("/feed/comments/<comment_id>/hold", summary="把一条评论收起来", responses={200: CommentStateShape})
@needs("feed.hold")
def hold_comment(path: CommentPath, body: HoldForm) -> Response:
    """Take a comment out of the feed and tell who wrote it why; doing it twice changes nothing more."""
    return write(lambda tx: _comment(visits.hide_comment(tx, path.comment_id, reason=body.reason)))


@api.post("/feed/comments/<comment_id>/release", summary="评论看过了，放出来", responses={200: CommentStateShape})
@needs("feed.hold")
def release_comment(path: CommentPath) -> Response:
    """Let a held, reported or hidden comment be shown, unless the check calls it risky."""
    return write(lambda tx: _comment(visits.release_comment(tx, path.comment_id)))


@api.post("/feed/broadcasts/<broadcast_id>/hold", summary="一条通知不发", responses={200: BroadcastStateShape})
@needs("feed.hold")
def hold_broadcast(path: WaitingBroadcastPath, body: HoldForm) -> Response:
    """Keep somebody else's broadcast in and tell who wrote it why; doing it twice changes nothing more."""
    return write(lambda tx: _broadcast(path.broadcast_id, _refused(tx, path.broadcast_id, body.reason)))


@api.post("/feed/broadcasts/<broadcast_id>/release", summary="通知看过了，发出去", responses={200: BroadcastStateShape})
@needs("feed.hold")
def release_broadcast(path: WaitingBroadcastPath) -> Response:
    """Let somebody else's broadcast that the check was not sure of go out."""
    return write(lambda tx: _broadcast(path.broadcast_id, notices.release_broadcast(tx, path.broadcast_id)))


def _refused(tx: Tx, broadcast_id: UUID, reason: str) -> str:
    return notices.refuse_broadcast(tx, broadcast_id, reason=visits.check_reason(tx, reason))


def _broadcast(broadcast_id: UUID, state: str) -> BroadcastStateShape:
    return BroadcastStateShape(id=broadcast_id, state=BroadcastState(state))


def _reported(body: ReportForm) -> ReportedShape:
    return ReportedShape(id=body.id, message="收到了，村里会看一眼。谁说的不会告诉别人。")


def _waiting(one: queries.Waiting) -> WaitingForEye:
    told = runtime().presets["feed"].reasons
    why = [ReasonCount(code=key, words=told.get(key, "别的原因"), count=n) for key, n in sorted(one.reasons.items())]
    return WaitingForEye(
        kind=one.kind,
        id=one.id,
        post_id=one.post_id,
        author=one.author,
        place=one.place,
        words=one.words,
        file_ids=list(one.file_ids),
        said_at=one.said_at,
        state=one.state,
        waits_since=one.waits_since,
        reports=one.reports,
        reasons=why,
    )


def _post(post: Any) -> PostStateShape:
    return PostStateShape(id=post.id, state=rules.PostState(post.state))


def _comment(said: visits.Said) -> CommentStateShape:
    return CommentStateShape(id=said.id, state=rules.CommentState(said.state))
