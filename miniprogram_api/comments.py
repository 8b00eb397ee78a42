"""Talking in the feed: like a post, say something under it, take one's own words back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from flask import Response
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from app.domains.visits import actions as visits
from app.domains.visits import queries, rules
from app.kernel.access import Actor
from app.kernel.transaction import Tx, reading
from app.web.answers import answer
from app.web.forms import Form, Moment, Shape
from app.web.paging import PAGE, Cursor
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.deliveries import KINDS, RECEIVED, Counter, Deed, Item
from miniprogram_api.visits import WaitingShape, answer_to

api = blueprint("comments", "点赞和评论")


class LikeForm(Form):
    """A like, or that it is taken back; of two that differ the one made last counts."""

    id: UUID
    made_at: Moment
    likes: bool


class CommentForm(Form):
    """What is said under a post; the village sets how long it may be."""

    id: UUID
    words: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(description="不写户主的名字")


class TakeBackForm(Form):
    """One's own words are taken back."""

    id: UUID


class QueuedLike(LikeForm):
    """A like in the queue names its post."""

    post_id: UUID


class QueuedComment(CommentForm):
    """A comment in the queue names its post."""

    post_id: UUID


class QueuedTakeBack(TakeBackForm):
    """What is taken back; when the comment itself is still in the queue, the item depends on it."""

    comment_id: UUID


class PostPath(Form):
    """Which post."""

    post_id: UUID


class CommentPath(Form):
    """Which comment."""

    comment_id: UUID


class CommentsPageQuery(Form):
    """Where the page goes on."""

    after: str | None = Field(default=None, max_length=64)


class LikeShape(Shape):
    """How the post stands now."""

    id: UUID
    post_id: UUID
    like_count: int
    is_liked: bool


class CommentedShape(Shape):
    """What has become of a comment."""

    id: UUID
    comment_id: UUID
    post_id: UUID
    state: rules.CommentState = Field(description="checking 看过就放出来、held 村里要先看一眼、taken_back 已收回")


class CommentShape(Shape):
    """One comment as this reader sees it."""

    id: UUID
    author: str = Field(description="本村写全名，外村写 张*")
    words: str
    commented_at: datetime
    state: rules.CommentState
    is_mine: bool


class CommentsShape(Shape):
    """A page of comments, the oldest first; one's own are among them before others see them."""

    comments: list[CommentShape]
    next: str | None


@api.post("/feed/<post_id>/like", summary="点赞、取消点赞", responses={201: LikeShape, 202: WaitingShape})
@needs("feed.read")
def like(path: PostPath, body: LikeForm) -> Response:
    """One like of one person for one post, however often it is tapped."""
    return _deliver(Item(body.id, "post_like", QueuedLike(post_id=path.post_id, **body.model_dump())))


@api.get("/feed/<post_id>/comments", summary="一条晒走访的评论", responses={200: CommentsShape})
@needs("feed.read")
def comments(path: PostPath, query: CommentsPageQuery) -> Response:
    """Thirty comments at a time."""
    here, after = runtime(), Cursor.read(query.after)
    with reading(here) as db:
        page = queries.comments_of(db, here.vault, actor=actor(), post_id=path.post_id, after=after)
    more = Cursor.write(page[-1].commented_at, page[-1].id) if len(page) == PAGE else None
    return answer({"comments": page, "next": more}, etag=True)


@api.post("/feed/<post_id>/comments", summary="说一句", responses={201: CommentedShape, 202: WaitingShape})
@needs("feed.comment")
def comment(path: PostPath, body: CommentForm) -> Response:
    """Who wrote it sees it at once, others when it has been checked."""
    return _deliver(Item(body.id, "comment", QueuedComment(post_id=path.post_id, **body.model_dump())))


@api.post(
    "/feed/comments/<comment_id>/take-back",
    summary="收回自己的评论",
    responses={201: CommentedShape, 202: WaitingShape},
)
@needs("feed.read")
def take_back(path: CommentPath, body: TakeBackForm) -> Response:
    """One's own words go, at any time."""
    form = QueuedTakeBack(comment_id=path.comment_id, **body.model_dump())
    return _deliver(Item(body.id, "comment_take_back", form))


def _deliver(item: Item) -> Response:
    counter = Counter(runtime(), actor(), KINDS)
    delivered = counter.take(item)
    if delivered.state == RECEIVED:
        counter.follow([item.id])
    return answer_to(delivered)


def _like(tx: Tx, item: Item) -> LikeShape:
    form: QueuedLike = item.form
    liked = visits.like_post(tx, form.post_id, likes=form.likes, made_at=form.made_at)
    return LikeShape(id=form.id, post_id=liked.post_id, like_count=liked.like_count, is_liked=liked.is_liked)


def _comment(tx: Tx, item: Item) -> CommentedShape:
    form: QueuedComment = item.form
    return _said(form.id, visits.comment_on(tx, form.post_id, comment_id=form.id, words=form.words))


def _take_back(tx: Tx, item: Item) -> CommentedShape:
    form: QueuedTakeBack = item.form
    return _said(form.id, visits.take_back_comment(tx, form.comment_id))


def _said(item_id: UUID, said: visits.Said) -> CommentedShape:
    return CommentedShape(id=item_id, comment_id=said.id, post_id=said.post_id, state=rules.CommentState(said.state))


def _liked(db: Session, who: Actor, item: Item) -> LikeShape:
    form: QueuedLike = item.form
    count, is_liked = queries.standing_like(db, actor=who, post_id=form.post_id)
    return LikeShape(id=form.id, post_id=form.post_id, like_count=count, is_liked=is_liked)


def _commented(db: Session, who: Actor, item: Item) -> CommentedShape:
    return _stands(db, who, item.id, comment_id=item.id)


def _taken_back(db: Session, who: Actor, item: Item) -> CommentedShape:
    return _stands(db, who, item.id, comment_id=item.form.comment_id)


def _stands(db: Session, who: Actor, item_id: UUID, *, comment_id: UUID) -> CommentedShape:
    post_id, state = queries.standing_comment(db, actor=who, comment_id=comment_id)
    return CommentedShape(id=item_id, comment_id=comment_id, post_id=post_id, state=rules.CommentState(state))


DEEDS = {
    "post_like": Deed(QueuedLike, _like, _liked),
    "comment": Deed(QueuedComment, _comment, _commented),
    "comment_take_back": Deed(QueuedTakeBack, _take_back, _taken_back),
}
KINDS.update(DEEDS)
