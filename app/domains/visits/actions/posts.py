"""What of a visit is shown in the feed: only after the check, only with consent for pictures; a cadre can take it out."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from app.domains.areas import queries as areas
from app.domains.media import actions as media_actions
from app.domains.media import queries as media
from app.domains.media.rules import CheckState
from app.domains.visits import rules
from app.domains.visits.actions.reports import check_reason, settle_reports
from app.domains.visits.errors import PicturesNeedConsent, PostIsRisky, PostNotFound
from app.domains.visits.events import PostHeld, PostHidden, PostReleased
from app.domains.visits.models import Post, Visit
from app.domains.visits.queries.consents import refuses_pictures
from app.kernel.access import require, scoped, unscoped
from app.kernel.transaction import Tx
from app.kernel.values import local_day


def share_visit(tx: Tx, visit_id: UUID, *, household_id: UUID, area_path: str, share: rules.Share) -> None:
    """Write a post that nobody else sees yet, and ask for its words and pictures to be checked."""
    require(tx.actor, "feed.post", within=area_path)
    if share.file_ids:
        _check_consent(tx, household_id, share)
    tx.add(
        Post,
        id=visit_id,
        area_path=area_path,
        village_path=areas.village_of(area_path),
        town_path=rules.town_of(area_path),
        author_id=tx.actor.person_id,
        words=share.words,
        file_ids=list(share.file_ids),
        has_picture_consent=share.has_picture_consent,
        state=rules.PostState.checking,
        posted_at=tx.now,
    )
    media_actions.ask_checks(tx, f"{rules.POST_SUBJECT}{visit_id}", text=share.words, file_ids=share.file_ids)


def _check_consent(tx: Tx, household_id: UUID, share: rules.Share) -> None:
    """The visitor has asked at the door, and nobody of the household has said no on his own phone."""
    if not share.has_picture_consent or refuses_pictures(tx.db, household_id):
        raise PicturesNeedConsent(field="share.has_picture_consent")


@unscoped("follows from a household's own word on its pictures")
def withdraw_pictures(tx: Tx, household_id: UUID) -> None:
    """The household no longer wants its pictures to be seen: at once, in every post; the words stay."""
    of_household = select(Visit.id).where(Visit.household_id == household_id)
    tx.db.execute(
        update(Post)
        .where(Post.id.in_(of_household), Post.has_picture_consent)
        .values(has_picture_consent=False, file_ids=[])
        .execution_options(synchronize_session=False)
    )


@unscoped("called when a check is decided: the machine itself shows or holds the post")
def settle_post(tx: Tx, post_id: UUID) -> None:
    """Show a post whose words have passed, hold one in which something may not be shown. A cadre's word stays."""
    post = tx.db.scalars(select(Post).where(Post.id == post_id).with_for_update(key_share=True)).one_or_none()
    if post is None or post.state not in {rules.PostState.checking, rules.PostState.shown}:
        return
    checks = media.checks_of(tx.db, f"{rules.POST_SUBJECT}{post_id}")
    if any(check.state in {CheckState.held, CheckState.risky} for check in checks):
        hold_post(tx, post)
    elif all(check.state == CheckState.passed for check in checks if check.kind == "text"):
        post.state = rules.PostState.shown


def hold_post(tx: Tx, post: Post) -> None:
    """Nobody but its author sees the post until a cadre has looked."""
    post.state, post.waits_since = rules.PostState.held, post.waits_since or tx.now
    tx.emit(PostHeld(post.id, post.area_path, post.author_id, local_day(post.posted_at)))


def hide_post(tx: Tx, post_id: UUID, *, reason: str) -> Post:
    """Take a post out of the feed, for a cadre of the place; its author is told why."""
    said = check_reason(tx, reason)
    post = _reached(tx, post_id)
    if post.state != rules.PostState.hidden:
        post.state, post.hidden_reason = rules.PostState.hidden, reason
        _looked_at(tx, post)
        tx.emit(PostHidden(post.id, post.area_path, post.author_id, said, local_day(post.posted_at)))
    return post


def release_post(tx: Tx, post_id: UUID) -> Post:
    """A cadre has looked at a held or hidden post and lets it be shown; what the check calls risky stays unseen."""
    post = _reached(tx, post_id)
    if not media_actions.release_checks(tx, f"{rules.POST_SUBJECT}{post_id}"):
        raise PostIsRisky
    post.state, post.hidden_reason = rules.PostState.shown, None
    _looked_at(tx, post)
    tx.emit(PostReleased(post.id, post.area_path))
    return post


def _looked_at(tx: Tx, post: Post) -> None:
    """Nothing waits any more, and what was reported until now is answered."""
    post.waits_since, post.report_count = None, 0
    settle_reports(tx, post.id)


def _reached(tx: Tx, post_id: UUID) -> Post:
    found = scoped(tx.actor, "feed.hold", Post).where(Post.id == post_id).with_for_update(key_share=True)
    post: Post | None = tx.db.scalars(found).one_or_none()
    if post is None:
        raise PostNotFound
    return post
