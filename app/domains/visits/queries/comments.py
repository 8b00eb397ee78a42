"""What is said under a post, the oldest first; one's own words are seen at once, those of others after the check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from app.domains.areas.models import Person
from app.domains.visits.errors import PostNotFound
from app.domains.visits.models import Comment, Post
from app.domains.visits.queries.reading import is_readable
from app.domains.visits.rules import CommentState
from app.kernel.access import Actor, unscoped
from app.kernel.crypto import Vault
from app.kernel.values import mask_name

_PAGE = 30
_OWN = (CommentState.checking, CommentState.held, CommentState.hidden)


@dataclass(frozen=True, slots=True)
class SeenComment:
    """One comment as this reader sees it."""

    id: UUID
    author: str = field(repr=False)
    words: str = field(repr=False)
    commented_at: datetime
    state: str
    is_mine: bool


@unscoped("comments under a post that the feed shows to this reader, by is_readable")
def comments_of(
    db: Session, vault: Vault, *, actor: Actor, post_id: UUID, after: tuple[datetime, UUID] | None = None
) -> Sequence[SeenComment]:
    """Thirty comments under a post, the oldest first; the author of a post reads them in any state of it."""
    own_post = Post.author_id == actor.person_id
    if db.scalar(select(Post.id).where(Post.id == post_id, or_(own_post, is_readable(actor, "feed.read")))) is None:
        raise PostNotFound
    mine = Comment.author_id == actor.person_id
    seen = select(Comment, Person.name_sealed, Person.area_path).join(Person, Person.id == Comment.author_id)
    seen = seen.where(Comment.post_id == post_id)
    seen = seen.where(or_(Comment.state == CommentState.shown, mine & Comment.state.in_(_OWN)))
    if after:
        seen = seen.where(tuple_(Comment.commented_at, Comment.id) > after)
    rows = db.execute(seen.order_by(Comment.commented_at, Comment.id).limit(_PAGE)).all()
    return [_seen(vault, actor, comment, sealed=sealed, home=home) for comment, sealed, home in rows]


def _seen(vault: Vault, actor: Actor, comment: Comment, *, sealed: bytes, home: str) -> SeenComment:
    """With his whole name for those of his own village, who know him; the village of the post may be another."""
    name = vault.open(f"areas_person.name:{comment.author_id}", sealed)
    is_near = home.startswith(actor.paths("feed.read"))
    return SeenComment(
        id=comment.id,
        author=name if is_near else mask_name(name),
        words=comment.words,
        commented_at=comment.commented_at,
        state=comment.state,
        is_mine=comment.author_id == actor.person_id,
    )
