"""A like, and the wish not to see a post any more: what one reader says of a post, without words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.visits.errors import PostNotFound
from app.domains.visits.models import Like, Mute, Post
from app.domains.visits.queries.reading import is_readable
from app.kernel.access import unscoped
from app.kernel.errors import Forbidden
from app.kernel.transaction import Tx

_NEVER = datetime(1999, 1, 1, tzinfo=UTC)  # before any moment that a form accepts


@dataclass(frozen=True, slots=True)
class Liked:
    """How a post stands after somebody's word."""

    post_id: UUID
    like_count: int
    is_liked: bool


def reader_of(tx: Tx) -> UUID:
    """The person who is reading; an account that belongs to nobody says nothing in the feed."""
    if tx.actor.person_id is None:
        raise Forbidden
    return tx.actor.person_id


@unscoped("a post that the feed shows to this reader, by is_readable")
def read_post(tx: Tx, post_id: UUID, permission: str = "feed.read") -> Post:
    """The post, when this reader sees it in the feed."""
    found = tx.db.scalars(select(Post).where(Post.id == post_id, is_readable(tx.actor, permission))).one_or_none()
    if found is None:
        raise PostNotFound
    return found


def like_post(tx: Tx, post_id: UUID, *, likes: bool, made_at: datetime) -> Liked:
    """Keep a like, or take it back; when two words differ, the one said last counts, in whatever order they came."""
    person_id, said_at = reader_of(tx), min(made_at, tx.now)
    read_post(tx, post_id)
    like = _of(tx, post_id, person_id)
    change = 0
    if (said_at, likes) > (like.said_at, like.is_given):
        change = int(likes) - int(like.is_given)
        like.is_given, like.said_at, like.at = likes, said_at, tx.now
    return Liked(post_id, _counted(tx, post_id, change), like.is_given)


def _of(tx: Tx, post_id: UUID, person_id: UUID) -> Like:
    """What the reader has said of the post so far, his alone until the commit."""
    unsaid = insert(Like).values(post_id=post_id, person_id=person_id, is_given=False, said_at=_NEVER, at=tx.now)
    tx.db.execute(unsaid.on_conflict_do_nothing())
    mine = select(Like).where(Like.post_id == post_id, Like.person_id == person_id)
    return tx.db.scalars(mine.with_for_update().execution_options(populate_existing=True)).one()


@unscoped("the count beside a row that this transaction has changed")
def _counted(tx: Tx, post_id: UUID, change: int) -> int:
    counted = update(Post).where(Post.id == post_id).values(like_count=Post.like_count + change)
    said = counted.returning(Post.like_count).execution_options(synchronize_session=False)
    count = tx.db.scalar(said if change else select(Post.like_count).where(Post.id == post_id))
    assert count is not None
    return count


def mute_post(tx: Tx, post_id: UUID) -> None:
    """Do not show this post to this reader any more."""
    person_id = reader_of(tx)
    read_post(tx, post_id)
    unwanted = insert(Mute).values(person_id=person_id, post_id=post_id, at=tx.now)
    tx.db.execute(unwanted.on_conflict_do_nothing())


def unmute_post(tx: Tx, post_id: UUID) -> None:
    """Show a post again that this reader did not want to see."""
    person_id = reader_of(tx)
    read_post(tx, post_id)
    tx.db.execute(delete(Mute).where(Mute.person_id == person_id, Mute.post_id == post_id))
