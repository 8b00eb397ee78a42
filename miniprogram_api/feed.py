"""The feed 晒走访 of one's village and town, without what the reader does not want to see."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Response
from pydantic import Field

from app.domains.visits import actions as visits
from app.domains.visits import queries, rules
from app.kernel.transaction import Tx, glancing
from app.web.answers import answer, write
from app.web.forms import Form, Shape
from app.web.paging import PAGE, Cursor
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.comments import PostPath

api = blueprint("feed", "晒走访")


class FeedQuery(Form):
    """How far to look, and where the page goes on."""

    area: queries.Reach = queries.Reach.village
    after: str | None = Field(default=None, max_length=64)


class PostShape(Shape):
    """One post as this reader sees it."""

    id: UUID
    author: str = Field(description="本村写全名，外村写 张*")
    place: str
    words: str
    posted_at: datetime
    state: rules.PostState
    file_ids: list[UUID]
    is_mine: bool
    like_count: int
    comment_count: int
    is_liked: bool = Field(description="我点过赞")


class FeedShape(Shape):
    """A page of the feed; `unseen` are one's own posts that nobody else sees yet, on the first page only."""

    posts: list[PostShape]
    unseen: list[PostShape]
    next: str | None


class MutedShape(Shape):
    """Whether this reader sees the post in his feed."""

    id: UUID
    is_muted: bool


@api.get("/feed", summary="晒走访", responses={200: FeedShape})
@needs("feed.read")
def feed(query: FeedQuery) -> Response:
    """Thirty posts at a time, the newest first; they go to JSON as they are, for speed (a test holds them to the shape)."""
    here, after = runtime(), Cursor.read(query.after)
    with glancing(here) as link:
        page = queries.feed_page(link, here.vault, actor=actor(), far=query.area, after=after)
        unseen = [] if after else queries.unseen_posts(link, here.vault, actor=actor())
    more = Cursor.write(page[-1].posted_at, page[-1].id) if len(page) == PAGE else None
    return answer({"posts": page, "unseen": unseen, "next": more}, etag=True)


@api.post("/feed/<post_id>/mute", summary="这条我不想看了", responses={200: MutedShape})
@needs("feed.read")
def mute(path: PostPath) -> Response:
    """Leave a post out of one's own feed; nobody is told."""
    return write(lambda tx: _muted(tx, path.post_id))


@api.delete("/feed/<post_id>/mute", summary="又想看了", responses={200: MutedShape})
@needs("feed.read")
def unmute(path: PostPath) -> Response:
    """Show the post again in one's own feed."""
    return write(lambda tx: _unmuted(tx, path.post_id))


def _muted(tx: Tx, post_id: UUID) -> MutedShape:
    visits.mute_post(tx, post_id)
    return MutedShape(id=post_id, is_muted=True)


def _unmuted(tx: Tx, post_id: UUID) -> MutedShape:
    visits.unmute_post(tx, post_id)
    return MutedShape(id=post_id, is_muted=False)
