"""What people and staff do with messages: read one, choose quiet hours, send a dead one again."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.audit import actions as audit
from app.domains.notices.errors import BroadcastNotFound, MessageNotFound, NoAccount, NotRetriable
from app.domains.notices.models import Message, Preference, Recipient
from app.domains.notices.rules import MessageState, broadcast_key, broadcast_of
from app.kernel.transaction import Tx

_DEAD = (MessageState.failed, MessageState.unknown)


def mark_read(tx: Tx, message_id: UUID) -> None:
    """The person has opened one of their messages; the first time counts."""
    opened = (
        update(Message)
        .where(Message.id == message_id, Message.person_id == tx.actor.person_id)
        .values(read_at=func.coalesce(Message.read_at, tx.now))
        .returning(Message.key)
        .execution_options(synchronize_session=False)
    )
    key = None if tx.actor.person_id is None else tx.db.scalar(opened)
    if key is None:
        raise MessageNotFound
    if broadcast_id := broadcast_of(key):
        _mark_heard(tx, broadcast_id)


def read_broadcast(tx: Tx, broadcast_id: UUID) -> None:
    """Somebody who was told has read it: whoever wrote it sees that, and no message of it waits unread any more."""
    if tx.actor.person_id is None or not _mark_heard(tx, broadcast_id):
        raise BroadcastNotFound
    mine = Message.person_id == tx.actor.person_id
    unread = mine & Message.read_at.is_(None) & Message.key.startswith(broadcast_key(broadcast_id), autoescape=True)
    tx.db.execute(update(Message).where(unread).values(read_at=tx.now).execution_options(synchronize_session=False))


def _mark_heard(tx: Tx, broadcast_id: UUID) -> bool:
    heard = (
        update(Recipient)
        .where(Recipient.broadcast_id == broadcast_id, Recipient.person_id == tx.actor.person_id)
        .values(read_at=func.coalesce(Recipient.read_at, tx.now))
        .returning(Recipient.person_id)
        .execution_options(synchronize_session=False)
    )
    return tx.db.execute(heard).first() is not None


def choose_quiet_hours(tx: Tx, *, from_hour: int, to_hour: int) -> None:
    """From when to when only alarms may ring for this person; equal hours mean never quiet."""
    if tx.actor.person_id is None:
        raise NoAccount
    hours = {"quiet_from": from_hour, "quiet_to": to_hour}
    fresh = insert(Preference).values(person_id=tx.actor.person_id, is_elder_view=False, **hours)
    tx.db.execute(fresh.on_conflict_do_update(index_elements=["person_id"], set_=hours))


def send_again(tx: Tx, message_ids: Collection[UUID]) -> int:
    """Staff let dead messages try every channel once more; answers how many there were."""
    again = (
        update(Message)
        .where(Message.id.in_(message_ids), Message.state.in_(_DEAD))
        .values(
            state=MessageState.waiting,
            tried=[],
            tries=0,
            doubts=0,
            attempt=Message.attempt + 1,
            next_at=tx.now,
            created_at=tx.now,
            ended_at=None,
            claimed_until=None,
        )
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    sent = tx.db.scalars(again).all()
    if not sent:
        raise NotRetriable
    for message_id in sent:
        place = f"{tx.runtime.settings.county}/"
        audit.record(tx, action="notices.send_again", subject="message", subject_id=message_id, area_path=place)
    return len(sent)
