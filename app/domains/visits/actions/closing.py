"""What somebody who closes his account leaves in the feed: his likes and comments go with him, the visits stay."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from sqlalchemy import delete, select, update

from app.domains.visits.models import Comment, Like, Mute, Post
from app.domains.visits.rules import CommentState
from app.kernel.access import unscoped
from app.kernel.transaction import Tx


@unscoped("follows from a person's own wish to go")
def forget_person(tx: Tx, person_id: UUID) -> None:
    """Take back every like and every comment of a person; what he reported stays, without a name to anybody."""
    shown, liked = _take_back_comments(tx, person_id), _take_back_likes(tx, person_id)
    posts = sorted({*shown, *liked})
    tx.db.execute(select(Post.id).where(Post.id.in_(posts)).order_by(Post.id).with_for_update(key_share=True))
    for post_id in posts:
        left = {"like_count": Post.like_count - liked[post_id], "comment_count": Post.comment_count - shown[post_id]}
        counted = update(Post).where(Post.id == post_id).values(left)
        tx.db.execute(counted.execution_options(synchronize_session=False))
    tx.db.execute(delete(Mute).where(Mute.person_id == person_id))


@unscoped("the person's own comments")
def _take_back_comments(tx: Tx, person_id: UUID) -> Counter[UUID]:
    """Forget what the person wrote; answers how many of the comments under which post were shown."""
    written = select(Comment).where(Comment.author_id == person_id, Comment.state != CommentState.taken_back)
    comments = tx.db.scalars(written.order_by(Comment.id).with_for_update()).all()
    shown = Counter(comment.post_id for comment in comments if comment.state == CommentState.shown)
    for comment in comments:
        comment.words, comment.waits_since, comment.state = "", None, CommentState.taken_back
    return shown


def _take_back_likes(tx: Tx, person_id: UUID) -> Counter[UUID]:
    """Forget what the person liked; answers which posts that was."""
    given = select(Like.post_id).where(Like.person_id == person_id, Like.is_given).order_by(Like.post_id)
    posts = Counter(tx.db.scalars(given.with_for_update()))
    tx.db.execute(delete(Like).where(Like.person_id == person_id))
    return posts
