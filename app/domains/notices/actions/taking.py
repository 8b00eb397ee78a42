"""The push worker takes due messages: alarms first, each with its channel and its credit, all in one transaction.

This is one of the five fast paths: whole batches in a handful of statements. After the commit nothing is open while the
messages are sent.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from app.domains.notices import rules
from app.domains.notices.actions.supplies import Supplies
from app.domains.notices.ports import Channels, Outgoing, TemplateText
from app.domains.notices.preset import Delivery, Messages, ProviderTemplate
from app.domains.notices.queries.contacts import Contact, contacts, heard_lately
from app.domains.notices.rules import OFFICIAL, SMS, SUBSCRIBE, MessageState, Urgency
from app.kernel.driver import run
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes on its channel, still sealed, and to what it is sealed."""

    context: str
    sealed: bytes = field(repr=False)
    account_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A message under our lease: its fence, what is tried, and what must be given back if it is not sent."""

    message_id: UUID
    attempt: int
    tried: rules.Attempted
    account_id: UUID | None = None
    used_credit: bool = False
    is_probe: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One message to send now."""

    taken: Taken
    person_id: UUID
    page: str
    address: Address
    values_sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What becomes of one claimed message."""

    message_id: UUID
    state: MessageState
    channel: str | None = None
    next_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    job: Job | None = None


class _Due(NamedTuple):
    """What must be known of a message to decide about it."""

    id: UUID
    attempt: int
    person_id: UUID
    template: str
    values_sealed: bytes
    page: str
    urgency: str
    tried: list[str]
    tries: int
    doubts: int
    created_at: datetime


# As `kernel.queue.claim`, with alarms first (by the index, in the order of the words) and without building objects.
_CLAIM = """
    WITH due AS (
        SELECT id FROM notices_message
        WHERE state = 'waiting' AND next_at <= %(now)s AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
        ORDER BY urgency, next_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE notices_message AS m
    SET attempt = m.attempt + 1, claimed_until = clock_timestamp() + make_interval(secs => %(seconds)s)
    FROM due WHERE m.id = due.id
    RETURNING m.id, m.attempt, m.person_id, m.template, m.values_sealed, m.page, m.urgency, m.tried, m.tries, m.doubts,
              m.created_at
"""
_WRITE = """
    UPDATE notices_message AS m
    SET state = v.state, channel = v.channel, outcome = coalesce(v.outcome, m.outcome),
        next_at = coalesce(v.next_at, m.next_at), ended_at = v.ended_at,
        claimed_until = CASE WHEN v.state = 'sending' THEN m.claimed_until END
    FROM unnest(cast(%(ids)s AS uuid[]), cast(%(states)s AS text[]), cast(%(channels)s AS text[]), cast(%(outcomes)s AS text[]),
                cast(%(nexts)s AS timestamptz[]), cast(%(ends)s AS timestamptz[]))
        AS v(id, state, channel, outcome, next_at, ended_at)
    WHERE m.id = v.id
"""


def take(tx: Tx, limit: int) -> list[Job]:
    """Take up to `limit` due messages and decide about each: send now, wait, or leave it to the inbox."""
    rows = _claimed(tx, limit)
    if not rows:
        return []
    judge = _Judge(tx, rows)
    verdicts = [judge.decide(row) for row in rows]
    judge.supplies.settle()
    _write(tx, verdicts)
    return [verdict.job for verdict in verdicts if verdict.job]


def outgoing(runtime: Runtime, job: Job) -> Outgoing:
    """The message in words and with its address, opened at the last moment."""
    messages: Messages = runtime.presets["messages"]
    template = messages.templates[job.taken.tried.template]
    opened = runtime.vault.open(rules.sealed_in(job.taken.message_id), job.values_sealed)
    values: dict[str, str] = json.loads(opened)
    provider = {SUBSCRIBE: template.subscribe, OFFICIAL: template.official}.get(job.taken.tried.channel)
    return Outgoing(
        message_id=job.taken.message_id,
        address=runtime.vault.open(job.address.context, job.address.sealed),
        template=_template_text(provider, values, job.page),
        text=rules.filled(template.sms, values),
    )


def _template_text(provider: ProviderTemplate | None, values: dict[str, str], page: str) -> TemplateText:
    if provider is None:
        return TemplateText("", {}, page)
    fields = {one.name: rules.filled(one.text, values) for one in provider.fields}
    return TemplateText(provider.id, fields, page)


def _claimed(tx: Tx, limit: int) -> list[_Due]:
    policy: Delivery = tx.runtime.presets["notices"]
    facts = {"now": tx.now, "limit": limit, "seconds": policy.lease_seconds}
    rows = [_Due(*row) for row in run(tx.link, _CLAIM, facts)]
    return sorted(rows, key=lambda row: (row.urgency, row.created_at))


class _Judge:
    """Everything one must know to decide about a batch, read in four statements."""

    def __init__(self, tx: Tx, rows: Sequence[_Due]) -> None:
        self._tx = tx
        self._messages: Messages = tx.runtime.presets["messages"]
        self._policy: Delivery = tx.runtime.presets["notices"]
        self._order = [name for name in self._policy.channels if name in tx.runtime.port(Channels)]
        persons = {row.person_id for row in rows}
        self._contacts = contacts(tx.link, persons)
        since = tx.now - timedelta(hours=self._policy.noise.hours)
        self._heard = heard_lately(tx.link, _normal(rows), since=since)
        accounts = [a.account_id for c in self._contacts.values() for a in c.accounts]
        self.supplies = Supplies(tx, accounts=accounts, templates={row.template for row in rows})

    def decide(self, row: _Due) -> _Verdict:
        """Send now, wait, or leave it to the inbox."""
        urgency, now = Urgency(row.urgency), self._tx.now
        contact = self._contacts.get(row.person_id)
        if reason := self._hush(row, urgency):
            return self._leave(row, urgency, reason)
        if contact and (until := self._quiet_until(row, contact, urgency)):
            return _Verdict(row.id, MessageState.waiting, next_at=until)
        addresses = self._addresses(row, contact) if contact else {}
        left = rules.candidates(self._order, reachable=addresses, tried=row.tried)
        resting = {channel: self.supplies.rests_until(channel, row.template) for channel in left}
        patience = timedelta(minutes=self._policy.wait_for_lane_minutes)
        way = rules.route(left, resting=resting, urgency=urgency, now=now, patience=patience)
        if way.channel:
            return self._send(row, urgency, way.channel, address=addresses[way.channel])
        if way.wait_until:
            return _Verdict(row.id, MessageState.waiting, next_at=way.wait_until)
        return self._leave(row, urgency, "inbox_only")

    def _hush(self, row: _Due, urgency: Urgency) -> str | None:
        template = self._messages.templates.get(row.template)
        if template and template.is_quiet:
            return "quiet"
        if rules.is_stale(row.created_at, urgency, self._tx.now, policy=self._policy):
            return "too_old"
        too_noisy = rules.is_too_noisy(self._heard.get(row.person_id, 0), urgency, self._policy.noise)
        return "noise" if too_noisy else None

    def _quiet_until(self, row: _Due, contact: Contact, urgency: Urgency) -> datetime | None:
        quiet = self._policy.quiet_hours
        hours = contact.quiet_hours or (quiet.from_hour, quiet.to_hour)
        spread = timedelta(minutes=quiet.spread_minutes)
        return rules.quiet_until(self._tx.now, urgency, hours, spread=spread, seed=row.id.int)

    def _addresses(self, row: _Due, contact: Contact) -> dict[str, Address]:
        template = self._messages.templates.get(row.template)
        if template is None:
            return {}
        found: dict[str, Address] = {}
        for account in reversed(contact.accounts):
            own = account.account_id
            if template.subscribe and account.mp_sealed and self.supplies.has_credit(own, row.template):
                found[SUBSCRIBE] = Address(f"identity_account.mp_openid:{own}", account.mp_sealed, own)
            if template.official and account.oa_sealed:
                found[OFFICIAL] = Address(f"identity_account.oa_openid:{own}", account.oa_sealed, own)
        if contact.phone_sealed:
            found[SMS] = Address(f"areas_person.phone:{row.person_id}", contact.phone_sealed)
        return found

    def _send(self, row: _Due, urgency: Urgency, channel: str, *, address: Address) -> _Verdict:
        taken = Taken(
            row.id,
            row.attempt,
            rules.Attempted(urgency, channel, row.template, row.tries, row.doubts),
            account_id=address.account_id,
            is_probe=self.supplies.use_lane(channel, row.template),
        )
        if channel == SUBSCRIBE and address.account_id:
            taken = replace(taken, used_credit=self.supplies.use_credit(address.account_id, row.template))
        self._heard[row.person_id] = self._heard.get(row.person_id, 0) + 1
        job = Job(taken, row.person_id, row.page, address, row.values_sealed)
        return _Verdict(row.id, MessageState.sending, channel=channel, job=job)

    def _leave(self, row: _Due, urgency: Urgency, reason: str) -> _Verdict:
        state = rules.unreached(urgency)
        return _Verdict(row.id, state, channel=rules.INBOX, ended_at=self._tx.now, outcome=reason)


def _normal(rows: Iterable[_Due]) -> Collection[UUID]:
    return {row.person_id for row in rows if row.urgency == Urgency.normal}


def _write(tx: Tx, verdicts: Sequence[_Verdict]) -> None:
    run(
        tx.link,
        _WRITE,
        {
            "ids": [v.message_id for v in verdicts],
            "states": [str(v.state) for v in verdicts],
            "channels": [v.channel for v in verdicts],
            "outcomes": [v.outcome for v in verdicts],
            "nexts": [v.next_at for v in verdicts],
            "ends": [v.ended_at for v in verdicts],
        },
    )
