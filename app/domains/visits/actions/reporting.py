"""Reporting a post or a comment, for every reader; from some households on it waits unseen for a cadre's eye."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.domains.visits.actions.comments import hold_comment
from app.domains.visits.actions.posts import hold_post
from app.domains.visits.actions.reports import keep_report
from app.domains.visits.errors import CommentNotFound, PostNotFound
from app.domains.visits.models import Comment, Post
from app.domains.visits.queries.reading import is_readable
from app.domains.visits.rules import CommentState
from app.kernel.access import unscoped
from app.kernel.transaction import Tx


@unscoped("a post that the feed shows to this reader, by is_readable")
def report_post(tx: Tx, post_id: UUID, *, reason: str) -> None:
    """Tell the cadres of the place that a post is not right; nobody learns who said so."""
    readable = select(Post).where(Post.id == post_id, is_readable(tx.actor, "feed.read"))
    post = tx.db.scalars(readable.with_for_update(key_share=True)).one_or_none()
    if post is None:
        raise PostNotFound
    post.report_count = keep_report(tx, post_id, reason)
    if post.report_count:
        post.waits_since = post.waits_since or tx.now
    if post.report_count >= tx.runtime.presets["feed"].reports_to_hold:
        hold_post(tx, post)


@unscoped("a comment under a post that the feed shows to this reader, by is_readable")
def report_comment(tx: Tx, comment_id: UUID, *, reason: str) -> None:
    """Tell the cadres of the place that a comment is not right; nobody learns who said so."""
    shown = select(Comment).join(Post, Post.id == Comment.post_id).where(Comment.id == comment_id)
    shown = shown.where(Comment.state == CommentState.shown, is_readable(tx.actor, "feed.read"))
    comment = tx.db.scalars(shown.with_for_update(of=Comment)).one_or_none()
    if comment is None:
        raise CommentNotFound
    comment.report_count = keep_report(tx, comment_id, reason)
    if comment.report_count:
        comment.waits_since = comment.waits_since or tx.now
    if comment.report_count >= tx.runtime.presets["feed"].reports_to_hold:
        hold_comment(tx, comment)
