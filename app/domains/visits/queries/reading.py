"""Which posts somebody can read: those of his village and town, as the feed shows them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.domains.areas.models import Person
from app.domains.visits import rules
from app.domains.visits.models import Comment, Like, Post, Visit
from app.kernel.access import Actor, reach, unscoped
from app.kernel.crypto import Vault


def is_readable(actor: Actor, permission: str) -> ColumnElement[bool]:
    """The posts that the feed shows to this reader: those of the towns in which he holds the permission, and below."""
    towns = {rules.town_of(path) for path in actor.paths(permission)}
    near = or_(Post.town_path.in_(towns), reach(actor, permission, Post))
    return (Post.state == rules.PostState.shown) & near


@unscoped("the names of the household behind a post, so that nobody writes them under it")
def household_is_named(db: Session, vault: Vault, *, post_id: UUID, words: str) -> bool:
    """Whether these words call somebody of the household that was visited by name."""
    sealed = select(Person.id, Person.name_sealed).join(Visit, Visit.household_id == Person.household_id)
    people = db.execute(sealed.where(Visit.id == post_id))
    return rules.names_one_of(words, [vault.open(f"areas_person.name:{key}", name) for key, name in people])


@unscoped("the reader's own like, of which he has been told before")
def standing_like(db: Session, *, actor: Actor, post_id: UUID) -> tuple[int, bool]:
    """How many like a post now, and whether this reader does."""
    mine = select(Like.is_given).where(Like.post_id == post_id, Like.person_id == actor.person_id).scalar_subquery()
    row = db.execute(select(Post.like_count, mine).where(Post.id == post_id)).one()
    return row[0], bool(row[1])


@unscoped("the reader's own comment, of which he has been told before")
def standing_comment(db: Session, *, actor: Actor, comment_id: UUID) -> tuple[UUID, str]:
    """Under which post one's own comment is, and what has become of it."""
    mine = select(Comment.post_id, Comment.state).where(Comment.author_id == actor.person_id)
    row = db.execute(mine.where(Comment.id == comment_id)).one()
    return row.post_id, row.state
