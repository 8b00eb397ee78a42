"""The feed 晒走访 of one's branch, village and town, without what the reader does not want to see; and what the month has brought."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Response
from pydantic import Field

from app.domains.cases.queries import Standing
from app.domains.visits import actions as visits
from app.domains.visits import queries, rules
from app.kernel.transaction import Tx, glancing, reading
from app.kernel.values import local_day
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


class FeedReachQuery(Form):
    """How far to look."""

    area: queries.Reach = queries.Reach.village


class MatterShape(Shape):
    """A matter that the visit carried, and how it stands; nothing of what it is about."""

    words: str = Field(description="给人看的名字，如 吹了哨")
    standing: Standing
    case_id: UUID | None = Field(description="看得见这件事的人才有，点开就是那件事")


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
    matters: list[MatterShape]


class FeedShape(Shape):
    """A page of the feed; `unseen` are one's own posts that nobody else sees yet, on the first page only."""

    posts: list[PostShape]
    unseen: list[PostShape]
    next: str | None


class FeedMonthShape(Shape):
    """The month where one looks, in four numbers."""

    visitors: int = Field(description="几个人去走访了")
    visited: int = Field(description="走访了几户")
    owed: int = Field(description="还差几户")
    solved: int = Field(description="这个月办成了几件事")


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
        page = queries.feed_page(
            link, here.vault, actor=actor(), far=query.area, kinds=here.presets["feed"].matters, after=after
        )
        unseen = [] if after else queries.unseen_posts(link, here.vault, actor=actor())
    more = Cursor.write(page[-1].posted_at, page[-1].id) if len(page) == PAGE else None
    return answer({"posts": page, "unseen": unseen, "next": more}, etag=True)


@api.get("/feed/month", summary="这个月走访得怎么样", responses={200: FeedMonthShape})
@needs("feed.read")
def month(query: FeedReachQuery) -> Response:
    """Counted over the branch, village or town, of nobody in particular."""
    here = runtime()
    with reading(here) as db:
        found = queries.month_of_feed(db, actor(), far=query.area, today=local_day(here.clock.now()))
    return answer(FeedMonthShape(**found._asdict()), etag=True)


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
