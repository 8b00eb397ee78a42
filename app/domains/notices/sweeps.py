"""What the clock does about messages: leases that ran out, broadcasts that are not told to the end, what is old enough to be forgotten."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Boolean, delete, literal_column

from app.domains.notices import rules
from app.domains.notices.actions import telling
from app.domains.notices.actions.recording import Report, record
from app.domains.notices.actions.taking import Taken
from app.domains.notices.models import Envelope, Inbound, Message
from app.domains.notices.ports import Outcome, SendResult
from app.domains.notices.preset import Delivery
from app.domains.notices.queries.broadcasts import being_told
from app.domains.notices.rules import InboundState, MessageState, Urgency
from app.kernel.access import SYSTEM
from app.kernel.queue import claim
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction

_SENDING = literal_column("notices_message.state = 'sending'", Boolean)
_BATCH = 500
_ENVELOPE_LIFE = timedelta(minutes=15)  # longer than a signature is taken for fresh


def expire_leases(runtime: Runtime) -> int:
    """A worker died in the middle: nobody knows what arrived. Alarms are sent again once, the rest is shown to staff.

    Taking the message over moves its fence, so a worker that was only asleep can write nothing about it any more.
    """
    policy: Delivery = runtime.presets["notices"]
    with transaction(runtime, SYSTEM) as tx:
        rows = claim(tx.db, Message, ready=_SENDING, now=tx.now, limit=_BATCH, seconds=policy.lease_seconds)
        record(tx, [Report(_left_behind(row), SendResult(Outcome.UNKNOWN, code="lease_expired")) for row in rows])
    return len(rows)


def _left_behind(row: Message) -> Taken:
    urgency, channel = Urgency(row.urgency), row.channel or rules.INBOX
    return Taken(row.id, row.attempt, rules.Attempted(urgency, channel, row.template, row.tries, row.doubts))


def tell_on(runtime: Runtime) -> int:
    """Go on with every broadcast that has people left, round after round; how many were told."""
    with reading(runtime) as db:
        left = being_told(db)
    return sum(_rounds(runtime, broadcast_id) for broadcast_id in left)


def _rounds(runtime: Runtime, broadcast_id: UUID) -> int:
    told = 0
    while True:
        with transaction(runtime, SYSTEM) as tx:
            round_of = telling.tell_on(tx, broadcast_id)
        if not round_of:
            return told
        told += round_of


def purge(runtime: Runtime) -> int:
    """Forget messages, packets and envelopes that have been kept long enough; what is not ended stays."""
    policy: Delivery = runtime.presets["notices"]
    now = runtime.clock.now()
    ended = (MessageState.sent, MessageState.failed, MessageState.unknown)
    old_messages = delete(Message).where(
        Message.created_at < now - timedelta(days=policy.keep_days), Message.state.in_(ended)
    )
    old_packets = delete(Inbound).where(
        Inbound.received_at < now - timedelta(days=policy.keep_inbound_days), Inbound.state != InboundState.waiting
    )
    old_envelopes = delete(Envelope).where(Envelope.received_at < now - _ENVELOPE_LIFE)
    with transaction(runtime, SYSTEM) as tx:
        gone = [tx.db.execute(statement) for statement in (old_messages, old_packets, old_envelopes)]
    return sum(int(getattr(result, "rowcount", 0)) for result in gone)
