"""What follows when something happens in notices."""

from __future__ import annotations

from app.domains.audit import actions as audit
from app.domains.duties.rules import says_day
from app.domains.identity.actions import followers
from app.domains.notices import actions as notices
from app.domains.notices.events import (
    AddressRefused,
    AuthorizationRevoked,
    BroadcastHeld,
    BroadcastRefused,
    BroadcastReleased,
    BroadcastSent,
    UnreadReminded,
)
from app.domains.notices.rules import OFFICIAL
from app.kernel.events import Reactions
from app.kernel.transaction import Tx


def forget_follower(tx: Tx, event: AddressRefused) -> None:
    """Who does not follow the official account any more is not addressed there until they come back."""
    if event.channel == OFFICIAL:
        followers.unlink_account(tx, account_id=event.account_id)


def note_revocation(tx: Tx, event: AuthorizationRevoked) -> None:
    """That a person took back a permission on WeChat's pages is kept, for whoever must answer for it."""
    audit.record(
        tx,
        action="wechat.revoked",
        subject="account",
        subject_id=event.account_id,
        area_path=f"{tx.runtime.settings.county}/",
        reason=event.scope,
    )


def tell_author(tx: Tx, event: BroadcastHeld) -> None:
    """Who wrote to everybody learns that his words are kept, and for what they wait."""
    notices.queue(
        tx,
        person_id=event.author_id,
        template="broadcast_held",
        values={"date": says_day(event.written_on)},
        key=f"broadcast_held:{event.broadcast_id}",
    )


def tell_why(tx: Tx, event: BroadcastRefused) -> None:
    """Who wrote to everybody learns that nobody was told, why, and what to do."""
    notices.queue(
        tx,
        person_id=event.author_id,
        template="broadcast_refused",
        values={"date": says_day(event.written_on), "reason": event.reason},
        key=f"broadcast_refused:{event.broadcast_id}",
    )


def record_refusal(tx: Tx, event: BroadcastRefused) -> None:
    """The audit knows who kept words in; nobody, when the check did."""
    _record(tx, "broadcast.refuse", event)


def record_release(tx: Tx, event: BroadcastReleased) -> None:
    """The audit knows who let words go out."""
    _record(tx, "broadcast.release", event)


def record_sending(tx: Tx, event: BroadcastSent) -> None:
    """The audit knows how many were told."""
    _record(tx, "broadcast.sent", event, told=event.told_count)


def record_reminding(tx: Tx, event: UnreadReminded) -> None:
    """The audit knows who reminded, and how many."""
    _record(tx, "broadcast.remind", event, reminded=event.reminded_count)


def _record(
    tx: Tx,
    action: str,
    event: BroadcastSent | UnreadReminded | BroadcastRefused | BroadcastReleased,
    **detail: int,
) -> None:
    audit.record(
        tx,
        action=action,
        subject="broadcast",
        subject_id=event.broadcast_id,
        area_path=event.area_path,
        detail=dict(detail),
    )


REACTIONS: Reactions = {
    BroadcastSent: (record_sending,),
    BroadcastHeld: (tell_author,),
    BroadcastRefused: (tell_why, record_refusal),
    BroadcastReleased: (record_release,),
    UnreadReminded: (record_reminding,),
    AddressRefused: (forget_follower,),
    AuthorizationRevoked: (note_revocation,),
}
