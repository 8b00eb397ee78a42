"""What readers of the demo's feed have said: likes and comments under the newest walks of the village and its town."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select

from app.demo.cast import STAGE, TOWN
from app.demo.then import Stage, Story
from app.domains.visits import actions as visits
from app.domains.visits.models import Post
from app.kernel.access import unscoped
from app.kernel.transaction import reading

_POSTS = {STAGE: 24, TOWN: 16}
_COMMENTS = (
    "辛苦了，天冷多穿点",
    "俺家那条巷子也想请你们看看",
    "说得在理，医保那事我也弄明白了",
    "咱村的路灯亮了，晚上敢出门了",
    "好样的",
    "啥时候来俺家坐坐",
    "核桃今年收成不错，欢迎来尝",
    "谢谢惦记着老人",
)


class _Shown(NamedTuple):
    """A post that readers see."""

    id: UUID
    author_id: UUID
    posted_at: datetime


def life(stage: Stage) -> Iterator[Story]:
    """Each post has a life of its own, in the hours after it was shown."""
    for path, most in _POSTS.items():
        for post in _newest(stage, path, most):
            yield _heard(stage, post)


@unscoped("the story reads what everybody of the town reads")
def _newest(stage: Stage, path: str, most: int) -> Sequence[_Shown]:
    with reading(stage.runtime) as db:
        here = or_(Post.village_path == path, Post.town_path == path)
        shown = select(Post.id, Post.author_id, Post.posted_at).where(here, Post.state == "shown")
        return [_Shown(*row) for row in db.execute(shown.order_by(Post.posted_at.desc(), Post.id).limit(most))]


def _heard(stage: Stage, post: _Shown) -> Story:
    rng = Random(str(post.id))
    readers = [key for key, one in stage.players.items() if one.household_id and one.person_id != post.author_id]
    moment = post.posted_at
    for who in rng.sample(readers, min(len(readers), rng.randint(2, 9))):
        moment = min(moment + timedelta(minutes=rng.randint(3, 150)), stage.ago(seconds=5))
        yield moment
        with stage.acting(who) as tx:
            visits.like_post(tx, post.id, likes=True, made_at=tx.now)
            if rng.random() < 0.25:
                visits.comment_on(tx, post.id, comment_id=tx.new_id(), words=rng.choice(_COMMENTS))
