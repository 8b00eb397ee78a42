"""What follows when a check is decided: what waited for it is shown or sent, or held."""

from __future__ import annotations

from uuid import UUID

from app.domains.media.events import CheckDecided
from app.domains.notices import actions as notices
from app.domains.notices.rules import BROADCAST_SUBJECT
from app.domains.visits import actions as visits
from app.domains.visits.rules import COMMENT_SUBJECT, POST_SUBJECT
from app.kernel.events import Reactions
from app.kernel.transaction import Tx


def settle_comment(tx: Tx, event: CheckDecided) -> None:
    """Show or hold a comment in the feed."""
    if event.subject.startswith(COMMENT_SUBJECT):
        visits.settle_comment(tx, UUID(event.subject.removeprefix(COMMENT_SUBJECT)))


def settle_post(tx: Tx, event: CheckDecided) -> None:
    """Show or hold the post of a visit; other subjects are not ours."""
    if event.subject.startswith(POST_SUBJECT):
        visits.settle_post(tx, UUID(event.subject.removeprefix(POST_SUBJECT)))


def settle_broadcast(tx: Tx, event: CheckDecided) -> None:
    """Send or hold words to everybody."""
    if event.subject.startswith(BROADCAST_SUBJECT):
        notices.settle_broadcast(tx, UUID(event.subject.removeprefix(BROADCAST_SUBJECT)))


REACTIONS: Reactions = {CheckDecided: (settle_post, settle_comment, settle_broadcast)}
