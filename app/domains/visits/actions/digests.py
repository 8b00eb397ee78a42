"""What the day brought to those who posted: one quiet message, however many likes and comments there were."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, literal, select, union_all

from app.domains.visits.events import DigestDue
from app.domains.visits.models import Comment, Like, Post
from app.domains.visits.rules import CommentState, PostState
from app.kernel.access import unscoped
from app.kernel.transaction import Tx
from app.kernel.values import local_day

_DAY = timedelta(days=1)


@unscoped("the clock looks at the whole county")
def tell_authors(tx: Tx) -> int:
    """Raise one event for each author whose posts were liked or commented on by others in the last day."""
    since, one, none = tx.now - _DAY, literal(1), literal(0)
    likes = (
        select(Post.author_id, one.label("likes"), none.label("comments"))
        .join(Like, Like.post_id == Post.id)
        .where(Like.at > since, Like.is_given, Like.person_id != Post.author_id, Post.state == PostState.shown)
    )
    comments = (
        select(Post.author_id, none.label("likes"), one.label("comments"))
        .join(Comment, Comment.post_id == Post.id)
        .where(Comment.commented_at > since, Comment.state == CommentState.shown)
        .where(Comment.author_id != Post.author_id, Post.state == PostState.shown)
    )
    heard = union_all(likes, comments).subquery()
    counted = select(heard.c.author_id, func.sum(heard.c.likes), func.sum(heard.c.comments)).group_by(heard.c.author_id)
    rows = tx.db.execute(counted.order_by(heard.c.author_id)).all()
    for author_id, like_count, comment_count in rows:
        tx.emit(DigestDue(author_id, local_day(tx.now), int(like_count), int(comment_count)))
    return len(rows)
