"""Channels, doors and replies that work in memory, and messages and credits for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text

from app.domains.notices import actions as notices
from app.domains.notices.actions import Job, Report
from app.domains.notices.models import Credit, Message
from app.domains.notices.ports import (
    Channels,
    Followers,
    Inbound,
    InboundKind,
    Outcome,
    Outgoing,
    Replies,
    SendResult,
    Why,
)
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction
from bot.inbound import InboundWorker

Answer = Callable[[Outgoing], SendResult]
OPENID = "openid-member"
ACCEPTED = SendResult(Outcome.SENT, code="0")
NO_CONSENT = SendResult(Outcome.UNREACHABLE, code="43101", why=Why.NO_CONSENT)
BUSY = SendResult(Outcome.RETRY, code="-1")


def accepting(message: Outgoing) -> SendResult:
    """The provider takes everything."""
    return replace(ACCEPTED, provider_id=f"p-{message.message_id.hex}")


@dataclass
class MemoryChannel:
    """A provider in memory: takes messages, keeps what it took, answers as it is told, as slowly as it is told."""

    name: str
    answer: Answer = accepting
    seconds: float = 0.0
    seen: list[Outgoing] = field(default_factory=list)
    delivered: list[Outgoing] = field(default_factory=list)
    overlaps: int = 0
    _busy: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, message: Outgoing) -> SendResult:
        """Take one message."""
        with self._lock:
            self.seen.append(message)
            self.overlaps += message.address in self._busy
            self._busy.add(message.address)
        time.sleep(self.seconds)
        result = self.answer(message)
        with self._lock:
            self._busy.discard(message.address)
            if result.outcome is Outcome.SENT:
                self.delivered.append(message)
        return result


@dataclass
class MemoryReplies:
    """Keeps what was answered to whom."""

    said: list[tuple[str, str, str]] = field(default_factory=list)

    def reply(self, app: str, openid: str, text: str) -> SendResult:
        """Say it."""
        self.said.append((app, openid, text))
        return ACCEPTED


@dataclass
class MemoryFollowers:
    """Knows the union ids it was told."""

    unionids: dict[str, str] = field(default_factory=dict)

    def unionid_of(self, openid: str) -> str | None:
        """The union id of a follower."""
        return self.unionids.get(openid)


@dataclass
class Outside:
    """Every provider of a test, by name."""

    subscribe: MemoryChannel = field(default_factory=lambda: MemoryChannel("wechat_subscribe"))
    official: MemoryChannel = field(default_factory=lambda: MemoryChannel("wechat_template"))
    sms: MemoryChannel = field(default_factory=lambda: MemoryChannel("sms"))
    replies: MemoryReplies = field(default_factory=MemoryReplies)
    followers: MemoryFollowers = field(default_factory=MemoryFollowers)

    def ports(self) -> Mapping[type[Any], Any]:
        """The ports of a runtime."""
        channels = Channels({one.name: one for one in (self.subscribe, self.official, self.sms)})
        return {Channels: channels, Replies: self.replies, Followers: self.followers}


def with_outside(runtime: Runtime, outside: Outside) -> Runtime:
    """A runtime whose messages go to these providers."""
    return replace(runtime, ports={**runtime.ports, **outside.ports()})


def rows(runtime: Runtime, statement: Select[Any]) -> Sequence[Any]:
    """What a query finds, to be looked at after the session is over."""
    with runtime.sessions() as db:
        found = db.scalars(statement).all()
        db.expunge_all()
        return found


def make_message(
    tx: Tx, person_id: UUID, key: str = "k", *, urgency: str = "", template: str = "visit_reminder"
) -> None:
    """Queue a message with made-up values."""
    known = tx.runtime.presets["messages"].templates[template].values
    values = dict.fromkeys(known, "9") | ({"due": "2026年11月30日"} if "due" in known else {})
    notices.queue(tx, person_id=person_id, template=template, values=values, key=key, urgency=urgency)


def make_credit(
    tx: Tx, account_id: UUID, count: int = 1, *, template: str = "visit_reminder", is_long_term: bool = False
) -> None:
    """What a person has allowed."""
    tx.add(
        Credit,
        account_id=account_id,
        template=template,
        count=count,
        reported=0,
        is_long_term=is_long_term,
        updated_at=tx.now,
    )


def make_inbound(
    event: str, openid: str | None, payload: Mapping[str, Any], *, at: datetime, key: str = "", app: str = "mp"
) -> Inbound:
    """A packet as the door hands it in."""
    kind = InboundKind.MESSAGE if event == "text" else InboundKind.EVENT
    key = key or f"{app}-{event}-{openid}-{payload!r}"
    return Inbound(
        app=app,
        kind=kind,
        event=event,
        key=key,
        nonce_key=f"nonce-{key}",
        openid=openid,
        created_at=at,
        payload=payload,
    )


def take(post: Runtime, limit: int = 10) -> list[Job]:
    """Claim as a worker does."""
    with transaction(post, SYSTEM) as tx:
        return notices.take(tx, limit)


def send(post: Runtime, jobs: Sequence[Job]) -> None:
    """Send and record as a worker does, one after the other."""
    channels = post.port(Channels)
    said = [Report(job.taken, channels[job.taken.tried.channel].send(notices.outgoing(post, job))) for job in jobs]
    with transaction(post, SYSTEM) as tx:
        notices.record(tx, said)


def turn(post: Runtime, times: int = 1) -> None:
    """A worker's turn: take what is due, send it, write it down."""
    for _ in range(times):
        send(post, take(post))


def remind(post: Runtime, person: UUID, key: str = "k", urgency: str = "") -> None:
    """Queue one reminder."""
    with transaction(post, SYSTEM) as tx:
        make_message(tx, person, key, urgency=urgency)


def only(post: Runtime) -> Message:
    """The one message there is."""
    (message,) = rows(post, select(Message))
    assert isinstance(message, Message)
    return message


def credit(post: Runtime) -> int:
    """How many reminders are still allowed."""
    return sum(rows(post, select(Credit.count)))


def run_out_of_lease(post: Runtime) -> None:
    """The database's clock goes past every lease."""
    with transaction(post, SYSTEM) as tx:
        tx.db.execute(text("UPDATE notices_message SET claimed_until = clock_timestamp() - interval '1 second'"))


def hear(
    post: Runtime,
    event: str,
    payload: Mapping[str, Any],
    *,
    openid: str | None = OPENID,
    app: str = "mp",
    key: str = "",
    acted: bool = True,
) -> None:
    """WeChat sends a packet, and the worker acts."""
    packet = make_inbound(event, openid, payload, at=post.clock.now(), key=key, app=app)
    with transaction(post, SYSTEM) as tx:
        notices.store(tx, app, packet)
    if acted:
        InboundWorker(post).work_once()
