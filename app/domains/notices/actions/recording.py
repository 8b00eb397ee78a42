"""What came of messages that were sent: written in sets, and only where the message is still ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, text, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.notices import rules
from app.domains.notices.actions.credits import empty_credit
from app.domains.notices.actions.supplies import move_credits
from app.domains.notices.actions.taking import Taken
from app.domains.notices.events import AddressRefused
from app.domains.notices.models import Lane
from app.domains.notices.ports import Outcome, SendResult
from app.domains.notices.preset import Delivery
from app.domains.notices.rules import CreditMove, Decision, MessageState
from app.kernel.driver import run
from app.kernel.transaction import Tx

_WRITE = """
    UPDATE notices_message AS m
    SET state = v.state, next_at = v.next_at, tries = v.tries, doubts = v.doubts, outcome = v.outcome,
        provider_id = coalesce(v.provider_id, m.provider_id),
        tried = CASE WHEN v.gives_up THEN array_append(m.tried, m.channel) ELSE m.tried END,
        ended_at = CASE WHEN v.state = 'waiting' THEN NULL ELSE cast(%(now)s AS timestamptz) END,
        claimed_until = NULL
    FROM unnest(cast(%(ids)s AS uuid[]), cast(%(attempts)s AS integer[]), cast(%(states)s AS text[]),
                cast(%(nexts)s AS timestamptz[]), cast(%(tries)s AS integer[]), cast(%(doubts)s AS integer[]),
                cast(%(outcomes)s AS text[]), cast(%(provider_ids)s AS text[]), cast(%(gives_up)s AS boolean[]))
        AS v(id, attempt, state, next_at, tries, doubts, outcome, provider_id, gives_up)
    WHERE m.id = v.id AND m.attempt = v.attempt AND m.state = 'sending'
    RETURNING m.id
"""
_TRIES = """
    INSERT INTO notices_try (id, message_id, channel, attempt, outcome, code, rid, at)
    SELECT v.*, cast(%(now)s AS timestamptz)
    FROM unnest(cast(%(ids)s AS uuid[]), cast(%(messages)s AS uuid[]), cast(%(channels)s AS text[]),
                cast(%(attempts)s AS integer[]), cast(%(outcomes)s AS text[]), cast(%(codes)s AS text[]), cast(%(rids)s AS text[]))
        AS v(id, message_id, channel, attempt, outcome, code, rid)
"""
# Those in doubt go on waiting for their receipt. Whoever else is at one of them leaves it as it is.
_WAKE = text(
    """
    UPDATE notices_message SET next_at = :now WHERE id IN (
        SELECT id FROM notices_message
        WHERE state = 'waiting' AND urgency = 'alarm' AND doubts = 0 AND next_at > :now AND next_at <= :until
        ORDER BY id FOR UPDATE SKIP LOCKED
    )
    """
)


class Report(NamedTuple):
    """A message that was taken, and what its channel said; None: it was never handed over."""

    taken: Taken
    result: SendResult | None


class _Case(NamedTuple):
    taken: Taken
    result: SendResult | None
    decision: Decision


def record(tx: Tx, reports: Sequence[Report]) -> None:
    """Write down what came of a batch; a message that somebody else has taken since is left alone."""
    cases = [_Case(taken, result, _decide(tx, taken, result)) for taken, result in reports]
    if not cases:
        return
    _note_tries(tx, cases)
    mine = _write(tx, cases)
    ours = [case for case in cases if case.taken.message_id in mine]
    _move_credits(tx, ours)
    _rest_lanes(tx, cases)
    for case in ours:
        if case.decision.void and case.taken.account_id:
            tx.emit(AddressRefused(case.taken.account_id, case.taken.tried.channel, case.decision.void))


def _decide(tx: Tx, taken: Taken, result: SendResult | None) -> Decision:
    policy = tx.runtime.presets["notices"]
    if result is None:
        return rules.untouched(taken.tried, tx.now)
    return rules.after(result, taken.tried, tx.now, policy=policy, is_probe=taken.is_probe)


def _write(tx: Tx, cases: Sequence[_Case]) -> set[UUID]:
    facts = {
        "now": tx.now,
        "ids": [case.taken.message_id for case in cases],
        "attempts": [case.taken.attempt for case in cases],
        "states": [str(case.decision.state) for case in cases],
        "nexts": [case.decision.at for case in cases],
        "tries": [case.decision.tries for case in cases],
        "doubts": [case.decision.doubts for case in cases],
        "outcomes": [str(case.result.outcome) if case.result else None for case in cases],
        "provider_ids": [case.result.provider_id if case.result else None for case in cases],
        "gives_up": [case.decision.gives_up_channel for case in cases],
    }
    return {message_id for (message_id,) in run(tx.link, _WRITE, facts)}


def _note_tries(tx: Tx, cases: Sequence[_Case]) -> None:
    """Also tries whose message is not ours any more: that they happened is a fact."""
    told = [(case.taken, case.result) for case in cases if case.result]
    if not told:
        return
    facts = {
        "now": tx.now,
        "ids": [tx.new_id() for _ in told],
        "messages": [taken.message_id for taken, _ in told],
        "channels": [taken.tried.channel for taken, _ in told],
        "attempts": [taken.attempt for taken, _ in told],
        "outcomes": [str(result.outcome) for _, result in told],
        "codes": [result.code for _, result in told],
        "rids": [result.rid for _, result in told],
    }
    run(tx.link, _TRIES, facts)


def _move_credits(tx: Tx, cases: Sequence[_Case]) -> None:
    returned = [
        ((case.taken.account_id, case.taken.tried.template), 1)
        for case in cases
        if case.taken.used_credit and case.taken.account_id and case.decision.credit is CreditMove.returned
    ]
    move_credits(tx, returned)
    for case in cases:
        if case.decision.credit is CreditMove.emptied and case.taken.account_id:
            empty_credit(tx, case.taken.account_id, case.taken.tried.template)


def _rest_lanes(tx: Tx, cases: Sequence[_Case]) -> None:
    """Lanes that must rest, for all workers; and lanes that were tried and are open again."""
    rests = {case.decision.rest.lane: case.decision.rest for case in cases if case.decision.rest}
    for rest in sorted(rests.values(), key=lambda one: one.lane):
        row = {"rests_until": rest.until, "reason": rest.reason, "needs_operator": rest.needs_operator}
        fresh = insert(Lane).values(channel=rest.lane, updated_at=tx.now, **row)
        longer = or_(Lane.rests_until.is_(None), Lane.rests_until < rest.until)
        changed = {**row, "updated_at": tx.now}
        tx.db.execute(fresh.on_conflict_do_update(index_elements=["channel"], set_=changed, where=longer))
    opened = {lane for case in cases if case.taken.is_probe for lane in _proven(case)} - rests.keys()
    if opened:
        reopened = update(Lane).where(Lane.channel.in_(sorted(opened)))
        free = reopened.values(rests_until=None, needs_operator=False, updated_at=tx.now)
        tx.db.execute(free.execution_options(synchronize_session=False))
        _wake_alarms(tx)


def _wake_alarms(tx: Tx) -> None:
    """A way is open again: alarms that waited for it go first, and do not wait for the moment of its next probe."""
    policy: Delivery = tx.runtime.presets["notices"]
    until = tx.now + timedelta(seconds=policy.probe_seconds)
    tx.db.execute(_WAKE, {"now": tx.now, "until": until})


def _proven(case: _Case) -> tuple[str, ...]:
    """The lanes that a probe has shown to be open: the provider spoke, and not about the lane."""
    if case.result is None or case.decision.state is MessageState.unknown:
        return ()
    if case.result.outcome in {Outcome.RETRY, Outcome.UNKNOWN}:
        return ()
    channel, template = case.taken.tried.channel, case.taken.tried.template
    return (channel, rules.lane_of(channel, template))
