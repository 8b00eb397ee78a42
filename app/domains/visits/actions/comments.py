"""Words under a post: shown after the check, taken back by who wrote them, taken in by a cadre with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from app.domains.media import actions as media_actions
from app.domains.media import queries as media
from app.domains.media.rules import CheckState
from app.domains.visits import rules
from app.domains.visits.actions.likes import read_post, reader_of
from app.domains.visits.actions.reports import check_reason, settle_reports
from app.domains.visits.errors import CommentIsRisky, CommentNotFound, CommentTakenBack, CommentTooLong
from app.domains.visits.events import CommentHidden, CommentReleased
from app.domains.visits.models import Comment, Post
from app.domains.visits.queries.reading import household_is_named
from app.domains.visits.rules import CommentState
from app.kernel.access import scoped, unscoped
from app.kernel.transaction import Tx
from app.kernel.values import local_day


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as it stands now."""

    id: UUID
    post_id: UUID
    state: str


def comment_on(tx: Tx, post_id: UUID, *, comment_id: UUID, words: str) -> Said:
    """Write a comment that nobody else sees yet, and ask for its words to be checked.

    Words that name somebody of the household behind the post wait for a cadre's eye: the feed never says whose door it was.
    """
    most = tx.runtime.presets["feed"].comment_letters
    if len(words) > most:
        raise CommentTooLong(most)
    author_id, post = reader_of(tx), read_post(tx, post_id, "feed.comment")
    is_named = household_is_named(tx.db, tx.vault, post_id=post_id, words=words)
    state = CommentState.held if is_named else CommentState.checking
    tx.add(
        Comment,
        id=comment_id,
        post_id=post_id,
        area_path=post.area_path,
        author_id=author_id,
        words=words,
        state=state,
        commented_at=tx.now,
        waits_since=tx.now if is_named else None,
    )
    media_actions.ask_checks(tx, f"{rules.COMMENT_SUBJECT}{comment_id}", text=words, file_ids=())
    return Said(comment_id, post_id, state)


@unscoped("called when a check is decided: the machine itself shows or holds the comment")
def settle_comment(tx: Tx, comment_id: UUID) -> None:
    """Show a comment whose words have passed, hold one that may not be shown. A person's word stays."""
    comment = tx.db.scalars(select(Comment).where(Comment.id == comment_id).with_for_update()).one_or_none()
    if comment is None or comment.state not in {CommentState.checking, CommentState.shown}:
        return
    checks = media.checks_of(tx.db, f"{rules.COMMENT_SUBJECT}{comment_id}")
    if any(check.state in {CheckState.held, CheckState.risky} for check in checks):
        hold_comment(tx, comment)
    elif all(check.state == CheckState.passed for check in checks):
        _turn(tx, comment, CommentState.shown)


def hold_comment(tx: Tx, comment: Comment) -> None:
    """Nobody but its author sees the comment until a cadre has looked."""
    comment.waits_since = comment.waits_since or tx.now
    _turn(tx, comment, CommentState.held)


@unscoped("one's own words, by who wrote them")
def take_back_comment(tx: Tx, comment_id: UUID) -> Said:
    """Take one's own comment out of the feed; its words are forgotten."""
    mine = select(Comment).where(Comment.id == comment_id, Comment.author_id == reader_of(tx))
    comment = tx.db.scalars(mine.with_for_update()).one_or_none()
    if comment is None:
        raise CommentNotFound
    comment.words, comment.waits_since = "", None
    _turn(tx, comment, CommentState.taken_back)
    return _said(comment)


def hide_comment(tx: Tx, comment_id: UUID, *, reason: str) -> Said:
    """Take a comment out of the feed, for a cadre of the place; who wrote it is told why."""
    said = check_reason(tx, reason)
    comment = _reached(tx, comment_id)
    if comment.state != CommentState.hidden:
        comment.hidden_reason, comment.waits_since, comment.report_count = reason, None, 0
        settle_reports(tx, comment_id)
        _turn(tx, comment, CommentState.hidden)
        tx.emit(CommentHidden(comment.id, comment.area_path, comment.author_id, said, local_day(comment.commented_at)))
    return _said(comment)


def release_comment(tx: Tx, comment_id: UUID) -> Said:
    """A cadre has looked at a comment and lets it be shown; what the check calls risky stays unseen."""
    comment = _reached(tx, comment_id)
    if not media_actions.release_checks(tx, f"{rules.COMMENT_SUBJECT}{comment_id}"):
        raise CommentIsRisky
    comment.hidden_reason, comment.waits_since, comment.report_count = None, None, 0
    settle_reports(tx, comment_id)
    _turn(tx, comment, CommentState.shown)
    tx.emit(CommentReleased(comment.id, comment.area_path))
    return _said(comment)


def _reached(tx: Tx, comment_id: UUID) -> Comment:
    found = scoped(tx.actor, "feed.hold", Comment).where(Comment.id == comment_id).with_for_update()
    comment: Comment | None = tx.db.scalars(found).one_or_none()
    if comment is None:
        raise CommentNotFound
    if comment.state == CommentState.taken_back:
        raise CommentTakenBack
    return comment


@unscoped("the count beside a comment that this transaction has locked")
def _turn(tx: Tx, comment: Comment, state: CommentState) -> None:
    """Give a comment another state; the post counts those that are shown."""
    change = int(state == CommentState.shown) - int(comment.state == CommentState.shown)
    comment.state = state
    if change:
        counted = update(Post).where(Post.id == comment.post_id).values(comment_count=Post.comment_count + change)
        tx.db.execute(counted.execution_options(synchronize_session=False))


def _said(comment: Comment) -> Said:
    return Said(comment.id, comment.post_id, comment.state)
